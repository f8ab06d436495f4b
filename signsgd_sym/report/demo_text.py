"""What `demo` prints when it is done."""

from __future__ import annotations

from pathlib import Path

from signsgd_sym.report.demo import DemoResult
from signsgd_sym.report.text import law_label, sde_text, text


def demo_text(result: DemoResult, paths: dict[str, Path]) -> str:
    """The law, the equations, a table of rungs, and where the files are."""
    problem = result.sign.problem
    lines = [
        f"{len(result.patches.y):,} patches of two photographs, d = {result.patches.covariance.d}; "
        f"label noise: {law_label(result.fit.law)}, the likeliest of {len(result.fit.candidates)}",
        "",
        f"signSGD  {sde_text(problem.ode.sde)}",
        f"         dr_i/dt = {text(problem.ode.rhs)}",
        f"SGD      {sde_text(result.sgd.problem.ode.sde)}",
        f"         dr_i/dt = {text(result.sgd.problem.ode.rhs)}",
        "",
        f"{'rung':<12}{'data':<16}{'noise':<26}{'times in band':>14}{'median gap':>12}{'gap at T':>10}",
    ]
    for rung in result.rungs:
        s = rung.comparison.summary()
        name = "signSGD" if rung.optimizer == "sign" else "SGD"
        noise = rung.noise if rung.law is None else law_label(rung.law)
        data = "Gaussian" if rung.data == "Gaussian" else "real patches"
        lines.append(
            f"({rung.id}) {name:<8}{data:<16}{noise:<26}{100 * s['share_in_band']:>12.0f} %"
            f"{100 * s['median_gap']:>10.1f} %{100 * s['final_gap']:>+8.1f} %"
        )
    lines += [
        "",
        "In band: within 3 standard errors plus 3 % of the ODE.",
        "The theory assumes (a); (b) and (c) leave its assumptions.",
        "",
        *(f"{name:<9}{path}" for name, path in paths.items()),
    ]
    return "\n".join(lines)
