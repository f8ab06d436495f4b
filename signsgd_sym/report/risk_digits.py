"""`risk --dps N`: the curve to N digits beside that of float64."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from signsgd_sym.model.exact import exact_number
from signsgd_sym.solve.precise import (
    PreciseCurve,
    PreciseInterrupted,
    decimal,
    precise_curve,
    precise_stationary,
)
from signsgd_sym.solve.risk import RiskResult
from signsgd_sym.solve.series import series_scope


@dataclass(frozen=True, eq=False)
class RiskDigits:
    """The curve to N digits, the stationary risk, and how far float64 is from the curve.

    `float64_gap` is the largest relative difference of the float64 curve, None where float64 has none and
    `failure` says why.
    """

    curve: PreciseCurve
    stationary: str | None
    float64_gap: float | None
    failure: str


def exact_times(time: Any, points: int) -> list[Any]:
    """k T/points as exact numbers.

    >>> exact_times("1/2", 2)
    [0, 1/4, 1/2]
    """
    return [exact_number(time) * k / points for k in range(points + 1)]


def risk_digits(
    result: RiskResult, time: Any, digits: int, progress: Callable[[float], object] = lambda share: None
) -> RiskDigits:
    """Solve again to `digits` digits; raises as `precise_curve` does."""
    times = exact_times(time, len(result.t) - 1)
    curve = precise_curve(
        result.problem, result.covariance, result.schedule, result.delta0, times, digits, progress
    )
    stationary = None
    if result.stationary is not None:
        root = precise_stationary(
            result.problem, result.covariance, result.schedule, result.stationary, digits
        )
        with series_scope(math.ceil(3.4 * digits) + 40, 2):
            stationary = decimal(root, digits)
    failure = result.curve.failure
    gap = None if failure else float(curve.gap_of(result.risk).max())
    return RiskDigits(curve, stationary, gap, failure)


def digits_data(found: RiskDigits) -> dict[str, Any]:
    """Fields of the JSON answer: numbers of many digits are strings."""
    gap = found.curve.gap
    first, second = found.curve.runs
    return {
        "risk": list(found.curve.decimals),
        "stationary": found.stationary,
        "digits": found.curve.digits,
        "precision": {
            "agreement": None if gap == -math.inf else f"1e{math.ceil(gap)}",
            "orders": [first.order, second.order],
            "steps": [first.steps, second.steps],
            "bits": [first.bits, second.bits],
            "float64_gap": found.float64_gap,
        },
    }


def digits_lines(found: RiskDigits) -> list[str]:
    """What the terminal shows: how the digits were checked, and a short table."""
    curve = found.curve
    first, second = curve.runs
    agreement = "in every bit" if curve.gap == -math.inf else f"to {math.floor(-curve.gap)} digits"
    lines = [
        f"{curve.digits} digits: Taylor steps of order {first.order} ({first.steps} steps) and of order "
        f"{second.order} ({second.steps} steps) at {second.bits} bits agree {agreement}.",
        f"Float64 has no curve: {found.failure.rstrip('.')}."
        if found.float64_gap is None
        else f"The float64 curve differs from them by at most {found.float64_gap:.1e} (relative).",
    ]
    if found.stationary is not None:
        lines.append(f"stationary  R = {found.stationary}")
    lines += ["", f"{'t':>10}  R(t)"]
    step = max(1, (len(curve.times) - 1) // 10)
    decimals = curve.decimals
    lines += [f"{float(curve.times[k]):>10.4g}  {decimals[k]}" for k in range(0, len(decimals), step)]
    return lines


def finished_data(stopped: PreciseInterrupted) -> dict[str, Any]:
    """The times and risks (strings) that one run had found and no second one has checked, as JSON data."""
    return {"t": [float(time) for time in stopped.times], "risk": list(stopped.finished)}


def finished_lines(stopped: PreciseInterrupted) -> list[str]:
    """The risks that an interrupted curve had found, or nothing."""
    if not stopped.finished:
        return []
    rows = zip(stopped.times, stopped.finished, strict=True)
    return [
        "",
        "finished by one run, not checked by a second:",
        *(f"{float(time):>10.4g}  {risk}" for time, risk in rows),
    ]
