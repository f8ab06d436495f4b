r"""The report of `demo`: one figure, one page, the generated module, the numbers as JSON."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from signsgd_sym.derive.moments import linear_response, linearisation, one_step_mean
from signsgd_sym.derive.orthant import arcsine_law
from signsgd_sym.derive.phi import phi_of, smoothing_identity
from signsgd_sym.derive.risk import risk_process
from signsgd_sym.files import write_file
from signsgd_sym.model.update_rule import SIGN
from signsgd_sym.notation import phi
from signsgd_sym.report import plots
from signsgd_sym.report.demo import LEARNING_RATE, DemoResult, Rung
from signsgd_sym.report.html import derivation_html, formula, math, page, table
from signsgd_sym.report.latex import latex, sde_latex
from signsgd_sym.report.precision_show import precision_figure
from signsgd_sym.report.resources import resource
from signsgd_sym.report.text import law_label

MARKS = {"a": (plots.VERMILION, "o"), "b": (plots.GREEN, "s"), "c": (plots.PURPLE, "^")}
LABELS = {
    "a": "(a) Gaussian data, fitted law",
    "b": "(b) real patches, fitted law",
    "c": "(c) real patches, real labels",
}


def demo_figure(result: DemoResult) -> Any:
    """Risk against time for signSGD and SGD, and below it the relative gap of each rung to its ODE."""
    figure, axes = plots.new_figure(
        9.2, 5.6, rows=2, columns=2, sharex=True, sharey="row", gridspec_kw={"height_ratios": [2.2, 1]}
    )
    for column, (curve, name, title) in enumerate(
        ((result.sign, "sign", "signSGD"), (result.sgd, "sgd", "SGD"))
    ):
        risk, gap = axes[0][column], axes[1][column]
        plots.risk_axes(risk)
        risk.set_title(title, fontsize=10.5)
        plots.draw_curve(risk, curve.t, curve.risk, "risk ODE")
        gap.axhline(0.0, color=plots.BLUE, linewidth=1.2, zorder=3)
        for rung in (r for r in result.rungs if r.optimizer == name):
            c = rung.comparison
            color, marker = MARKS[rung.id]
            plots.draw_simulation(risk, curve.t, c.mean, c.stderr, LABELS[rung.id], color, marker)
            plots.draw_gap(gap, curve.t, c.gap, 3 * c.stderr / c.risk, LABELS[rung.id], color, marker)
        plots.draw_level(risk, curve.stationary, "stationary risk", near=curve.risk)
        risk.set_xlabel("")
        risk.legend(frameon=False)
        gap.set_xlabel(r"time $t = k/d$")
        gap.grid(True, color="#dddddd", linewidth=0.6)
    axes[0][1].set_ylabel("")
    axes[1][0].set_ylabel("gap to the ODE, %")
    return figure


def _percent(value: float, digits: int = 1) -> str:
    return f"{100 * value:.{digits}f} %"


def _rung_row(rung: Rung) -> list[str]:
    s = rung.comparison.summary()
    optimizer = "signSGD" if rung.optimizer == "sign" else "SGD"
    data = "Gaussian data" if rung.data == "Gaussian" else "real patches"
    noise = "real residuals" if rung.law is None else law_label(rung.law)
    return [
        f"({rung.id}) {optimizer}",
        f"{data}, {escape(noise)}",
        str(s["runs"]),
        _percent(s["share_in_band"], 0),
        _percent(s["median_gap"]),
        _percent(s["final_gap"]),
        _percent(s["largest_relative_stderr"]),
    ]


def _largest_correlation(result: DemoResult) -> float:
    """max_i |rho_i| at time 0: how far from small the correlations are that the limit takes to 0."""
    K, delta = result.patches.covariance, result.sign.delta0
    gradient = K.K @ delta
    return float(np.max(np.abs(gradient) / (K.D * np.sqrt(delta @ gradient))))


def _data_fields(result: DemoResult) -> dict[str, str]:
    K = result.patches.covariance
    candidates = [
        [escape(law_label(c.law)), f"{c.log_likelihood:.4f}", "yes" if c.has_variance else "no"]
        for c in result.fit.candidates
    ]
    return {
        "size": str(result.patches.size),
        "d": str(K.d),
        "patches": f"{len(result.patches.y):,}",
        "effective_dimension": f"{K.diagonal.sum() ** 2 / (K.K**2).sum():.2f}",
        "law": escape(law_label(result.fit.law)),
        "candidates": table(
            ["law", "log-likelihood a sample", "finite variance"], candidates, frozenset({1})
        ),
    }


def _comparison_fields(result: DemoResult) -> dict[str, str]:
    sign = {r.id: r.comparison.summary() for r in result.rungs if r.optimizer == "sign"}
    head = ["rung", "data and noise", "runs", "times in band", "median gap", "gap at T", "largest s.e."]
    fields = {
        "figure": plots.svg(demo_figure(result)),
        "eta_sign": LEARNING_RATE,
        "eta_sgd": str(result.sgd.schedule.expr),
        "rungs": table(head, [_rung_row(rung) for rung in result.rungs], frozenset({2, 3, 4, 5, 6})),
        "largest_gap": _percent(sign["a"]["largest_gap"], 0),
        "largest_correlation": f"{_largest_correlation(result):.2f}",
        "tame": escape(law_label(result.fit.best_with_variance.law)),
        "tame_power": f"{float(result.fit.best_with_variance.law.second_moment()):.3e}",
        "real_power": f"{float((result.patches.residuals**2).mean()):.3e}",
    }
    for rung, summary in sign.items():
        fields[f"{rung}_in_band"] = _percent(summary["share_in_band"], 0)
        fields[f"{rung}_median"] = _percent(summary["median_gap"])
        fields[f"{rung}_final"] = _percent(summary["final_gap"])
    return fields


def _precision_fields(result: DemoResult) -> dict[str, str]:
    study = result.precision
    run = study.rounding
    wrong = "none" if not run.wrong_signs else f"{run.wrong_signs}, the first at step {run.first_wrong}"
    curve = "is not known to so many digits"
    if study.curve is not None and study.curve_gap is not None:
        curve = f"is off by at most {study.curve_gap.max():.1e}, and states {study.stated_error:.1e}"
    return {
        "precision_figure": plots.svg(precision_figure({"signSGD on the photographs, rung (a)": study})),
        "digits": str(study.digits),
        "steps": f"{run.steps:,}",
        "literal_steps": f"{run.literal_steps:,}",
        "decided": f"{run.counts.float64:,} of them by a bound on the rounding of one float, "
        f"{run.counts.double_double:,} in two floats, {run.counts.exact:,} in integers",
        "wrong_signs": wrong,
        "run_error": f"{run.float64_error.max():.1e}",
        "literal_signs": "the same" if run.first_literal is None else "not all the same",
        "exact_risk": str(run.proved[-1]) if run.proved else "not proved",
        "curve_error": curve,
    }


def _theory_fields(result: DemoResult) -> dict[str, str]:
    problem, best = result.sign.problem, result.fit.candidates[0]
    sde, family_phi = problem.ode.sde, phi_of(result.family)
    values = ", ".join(f"{latex(symbol)} = {float(value):.4g}" for symbol, value in best.values)
    derivations = [
        one_step_mean(SIGN),
        linearisation(SIGN),
        linear_response(SIGN),
        smoothing_identity(),
        arcsine_law(),
        sde.derivation,
        risk_process(sde)[1],
        problem.ode.derivation,
        result.sign.stationary_equation.derivation,
        result.family.derivation,
    ]
    return {
        "sign_sde": formula(sde_latex(sde)),
        "phi_general": formula(rf"\phi(R) = {latex(dict(sde.definitions)[phi])}"),
        "family": escape(best.family.text),
        "values": math(values),
        "phi_family": formula(rf"\phi(R) = {latex(family_phi)}") if family_phi is not None else "",
        "evidence": escape(problem.functions.evidence),
        "sign_modes": formula(latex(problem.ode.equation)),
        "forcing": math("n_i = " + latex(problem.ode.forcing)),
        "stationary": formula(latex(result.sign.stationary_equation.equation)),
        "stationary_value": f"{result.sign.stationary:.6g}" if result.sign.stationary is not None else "none",
        "derivations": "\n".join(derivation_html(d) for d in derivations),
        "sgd_sde": formula(sde_latex(result.sgd.problem.ode.sde)),
        "sgd_modes": formula(latex(result.sgd.problem.ode.equation)),
        "sgd_derivation": derivation_html(result.sgd.problem.ode.derivation),
        "phi_error": f"{problem.phi_error:.1e}",
        "solver_error": f"{result.sign.curve.solver_error:.1e}",
        "source": escape(problem.source),
    }


def demo_page(result: DemoResult) -> str:
    """The HTML report."""
    symbols = {
        "theta_star": math(r"\theta^{*}"),
        "trace_ratio": math(r"\operatorname{tr}(K)^2/\operatorname{tr}(K^2)"),
        "risk": math(r"R = \Delta^{\top} K \Delta/2"),
        "eta": math(r"\eta"),
        "symmetric": math(r"D^{-1/2} K D^{-1/2}"),
    }
    body = Template(resource("demo.html")).substitute(
        symbols,
        **_data_fields(result),
        **_comparison_fields(result),
        **_precision_fields(result),
        **_theory_fields(result),
    )
    return page("signSGD on photographs: derived, solved, simulated", body)


def write_demo(result: DemoResult, directory: Path) -> dict[str, Path]:
    """Write report.html, risk.svg, risk_functions.py and result.json; returns their paths."""
    contents = {
        "report": ("report.html", demo_page(result)),
        "figure": ("risk.svg", plots.svg(demo_figure(result))),
        "module": ("risk_functions.py", result.sign.problem.source),
        "numbers": ("result.json", json.dumps(result.summary(), indent=2) + "\n"),
    }
    return {name: write_file(directory / file, content) for name, (file, content) in contents.items()}
