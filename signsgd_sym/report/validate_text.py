"""A validation for a terminal: what was compared with what, how far apart they are, and the verdicts."""

from __future__ import annotations

from pathlib import Path

from signsgd_sym.report.risk_command import table_lines, theory_lines
from signsgd_sym.report.significance import LEVEL, ROUNDING
from signsgd_sym.report.validation import Validation
from signsgd_sym.simulate.runner import SignCounts

NAMES = {"drift": "mean step", "diffusion": "second moments", "risk": "risk curve"}


def validation_text(found: Validation, plot: Path | None = None) -> str:
    """The report; `plot` is named at the end."""
    c = found.comparison
    lines = [
        *theory_lines(found.theory),
        "",
        *_step_lines(found),
        "",
        *_limit_lines(found),
        "",
        f"The risk: the mean of {c.runs} runs from the same Delta(0) against the ODE.",
        *table_lines(found.theory, c, with_z=True),
        "",
        signs_line(c.signs),
        "",
    ]
    for name, (verdict, evidence) in found.verdicts.items():
        lines.append(f"  {NAMES[name]:<16}{verdict.value:<13}{evidence.summary()}")
    if plot is not None:
        lines += ["", f"plot: {plot}"]
    return "\n".join(lines)


def _step_lines(found: Validation) -> list[str]:
    """What was sampled, what chance allows, and a row for each kind of moment at each time."""
    drift = found.drift
    lines = [
        f"One step F = f(r x) at a fixed Delta: {drift.samples:,} samples against the derived moments,",
        f"exact for every d. By chance the largest of {drift.comparisons:,} |z| exceeds "
        f"{drift.threshold:.2f} once in {1 / LEVEL:,.0f} validations.",
        f"{'t':>10}  {'R':>12}  {'moment':<10}{'compared':>9}  {'largest |z|':>11}  {'verdict':<11}  "
        "SDE is off by",
    ]
    for step in found.steps:
        rows = (
            (f"{step.time:>10.4g}  {step.risk:>12.6g}", "E[F_i]", step.drift, step.linearisation_error),
            (" " * 24, "E[F_i F_j]", step.diffusion, step.factorisation_error),
        )
        for at, name, contrast, error in rows:
            z = "-" if contrast.undefined else f"{contrast.largest_z:.2f}"
            off = f"{100 * error:.2g} %" if error > ROUNDING else "0"
            compared = len(contrast.expected)
            lines.append(f"{at}  {name:<10}{compared:>9,}  {z:>11}  {contrast.verdict.value:<11}  {off:>13}")
    return lines


def _limit_lines(found: Validation) -> list[str]:
    """What the SDE leaves out at this d, and so what gap the risk may have."""
    d, first = found.theory.covariance.d, found.steps[0]
    if first.linearisation_error > ROUNDING:
        seen = "see that" if first.linear.exceeds else "are too few to see that"
        what = "The SDE keeps of the mean step what is linear in the correlations rho_i; these samples\n"
        what += f"{seen} (|z| = {first.linear.largest_z:.1f} at t = 0)."
    else:
        what = (
            "The drift of the SDE is the exact mean step; its diffusion takes f(r)^2 and f(x) as independent."
        )
    return [
        what,
        "The risk ODE rests on the SDE, a limit d -> oo: a gap of the size of the last column and of 1/d = "
        f"{100 / d:.2g} %",
        "is expected of it.",
    ]


def signs_line(signs: SignCounts) -> str:
    """How the signs of residuals were decided, in one sentence.

    >>> signs_line(SignCounts(float64=998, exact=2))
    'Signs of 1,000 residuals: 998 proved in float64, 0 in two floats, 2 exactly; 0 uncertified.'
    """
    total = signs.certified + signs.uncertified
    if total == 0:
        return "The rule takes no signs of residuals."
    return (
        f"Signs of {total:,} residuals: {signs.float64:,} proved in float64, {signs.double_double:,} in two "
        f"floats, {signs.exact:,} exactly; {signs.uncertified:,} uncertified."
    )
