"""A precision study as JSON data, as lines for a terminal, and as a figure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from signsgd_sym.balls.decimals import CertifiedDecimal
from signsgd_sym.report import plots
from signsgd_sym.report.precise_comparison import gap_data
from signsgd_sym.report.precision import PrecisionStudy
from signsgd_sym.simulate.rounding import Rounding
from signsgd_sym.solve.precise_step import PreciseStep


def precision_data(study: PrecisionStudy) -> dict[str, Any]:
    """The study as JSON data: numbers of many digits are strings."""
    run, curve = study.rounding, study.curve
    return {
        "digits": study.digits,
        "t": [str(time) for time in study.times],
        "run": {
            "steps": run.steps,
            "certified": bool(run.proved),
            "signs": asdict(run.counts),
            "wrong_signs": run.wrong_signs,
            "first_wrong": run.first_wrong,
            "float64": run.float64.tolist(),
            "proved": [_number(value) for value in run.proved],
            "float64_error": run.float64_error.tolist(),
            "literal": {
                "steps": run.literal_steps,
                "at": list(run.literal_at),
                "risk": list(run.literal),
                "first_different_sign": run.first_literal,
                "error": run.literal_error.tolist(),
            },
        },
        "curve": None
        if curve is None
        else {
            "risk": list(curve.decimals),
            "agreement": None if curve.gap == -math.inf else f"1e{math.ceil(curve.gap)}",
            "float64_gap": None if study.curve_gap is None else study.curve_gap.tolist(),
            "float64_stated_error": study.stated_error,
        },
        "step": None if study.step is None else _step_data(study.step),
        "comparison": [gap_data(gap) for gap in study.gaps],
        "refusals": list(study.refusals),
    }


def _number(value: CertifiedDecimal) -> dict[str, str]:
    return {"value": value.text, "radius": value.radius}


def _step_data(step: PreciseStep) -> dict[str, Any]:
    return {
        "R": _number(step.risk),
        "drift_rate": _number(step.rate),
        "noise_scale": _number(step.scale),
        "means": [
            {
                "coordinate": mean.coordinate,
                "rho": _number(mean.rho),
                "exact": _number(mean.exact),
                "linear": _number(mean.linear),
                "difference": mean.difference,
            }
            for mean in step.means
        ],
        "second_moment": None
        if step.pair is None
        else {"coordinates": list(step.pair.coordinates), **_number(step.pair.value)},
    }


def precision_lines(study: PrecisionStudy) -> list[str]:
    """What the terminal shows of a study."""
    lines = [*_run_lines(study.rounding), ""]
    if study.curve is not None:
        agreement = "every bit" if study.curve.gap == -math.inf else f"{math.floor(-study.curve.gap)} digits"
        lines.append(f"curve       two solutions agree to {agreement}")
        lines.append(
            "            float64 has no curve"
            if study.curve_gap is None
            else f"            float64 is off by at most {study.curve_gap.max():.1e}, "
            f"and states {study.stated_error:.1e} (relative)"
        )
    if study.step is not None:
        lines += _step_lines(study.step)
    if study.gaps:
        lines += ["", f"{'t':>10}  mean of the same runs, certified, - curve, the error of that, z"]
        for gap in study.gaps:
            shown = "no digit left" if gap.gap is None else str(gap.gap)
            lines.append(f"{float(gap.time):>10.4g}  {shown}  {'-' if gap.z is None else f'{gap.z:+.2f}'}")
    return lines + [f"not had: {reason}" for reason in study.refusals]


def _run_lines(run: Rounding) -> list[str]:
    lines = [f"{run.digits} digits beside float64, on the same samples:", ""]
    if run.wrong_signs is not None:
        reference = "proved" if run.proved else f"those in {run.digits} digits"
        compared = run.steps if run.proved else run.literal_steps
        lines.append(
            f"signs       float64 has {run.wrong_signs} of {compared} wrong"
            + (f", the first at step {run.first_wrong}" if run.first_wrong is not None else "")
            + f" ({reference})"
        )
    if run.proved:
        if run.counts.certified:
            n = run.counts
            how = f"{n.float64} in one float, {n.double_double} in two, {n.exact} exactly"
            lines.append(f"            proved {how}; {n.ties} ties")
        lines.append(f"R           at T {run.proved[-1]}, proved")
    if run.float64_error.size:
        lines.append(
            f"            float64 differs from it by at most {run.float64_error.max():.1e} (relative)"
        )
    if run.literal:
        against = "there is no certified run to hold them against"
        if run.proved:
            against = f"risks differ by at most {run.literal_error.max():.1e}"
            if run.wrong_signs is not None:
                against = f"signs {'agree' if run.first_literal is None else 'differ'}, {against}"
        lines.append(f"definition  in {run.digits} digits over {run.literal_steps} steps: {against}")
    return lines


def _step_lines(step: PreciseStep) -> list[str]:
    mean = step.means[0]
    lines = [
        f"one step    R(0) = {step.risk}",
        f"            a(R) = {step.rate}",
        f"            E f(r x_i) = {mean.exact}, i = {mean.coordinate}",
        f"            linearised {mean.linear}, off by {mean.difference:.1e} (relative)",
    ]
    if step.pair is not None:
        i, j = step.pair.coordinates
        lines.append(f"            E f(x_i) f(x_j) = {step.pair.value}, i, j = {i}, {j}")
    return lines


def precision_figure(studies: Mapping[str, PrecisionStudy]) -> Any:
    """Relative errors against time, a panel a study: of the float64 run, the N-digit run, the curve."""
    figure, axes = plots.new_figure(
        4.6 * max(len(studies), 1.4), 3.6, columns=len(studies), squeeze=False, sharey=True
    )
    for ax, (title, study) in zip(axes[0], studies.items(), strict=True):
        _draw(ax, study)
        ax.set_title(title, fontsize=10.5)
    axes[0][0].set_ylabel(r"relative error of $R$")
    axes[0][0].legend(frameon=False, loc="center right", fontsize=8.5)
    return figure


def _draw(ax: Any, study: PrecisionStudy) -> None:
    run = study.rounding
    t, at = run.times, list(run.literal_at)

    def series(times: Any, error: Any, style: str, color: str, label: str) -> None:
        seen = np.asarray(error) > 0  # an error of 0 has no place on a logarithmic axis
        ax.plot(
            np.asarray(times)[seen], np.asarray(error)[seen], style, color=color, label=label, markersize=3.2
        )

    if study.curve_gap is not None:
        ax.axhline(
            study.stated_error, color=plots.GREY, linestyle=":", linewidth=1.0, label="stated by the curve"
        )
        series(t, study.curve_gap, "--", plots.BLUE, "risk ODE, float64")
    series(t if run.proved else t[at], run.float64_error, "o", plots.VERMILION, "run, float64")
    if run.proved and run.literal:
        series(t[at], run.literal_error, "s", plots.GREEN, f"run, {run.digits} digits")
    if run.first_wrong is not None:
        ax.axvline(
            run.first_wrong * t[-1] / run.steps, color=plots.PURPLE, linewidth=1.0, label="first wrong sign"
        )
    ax.set_yscale("log")
    ax.set_xlabel(r"time $t = k/d$")
    ax.grid(True, color="#dddddd", linewidth=0.6)


__all__ = ["precision_data", "precision_figure", "precision_lines"]
