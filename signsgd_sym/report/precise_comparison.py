r"""Theory against simulation at N digits: the mean of exact trajectories, the curve, and their gap.

The runs are those of infinite precision and their risks are proved; the curve is what two solutions of
different order agree on. So the gap between them has an error that is stated, and it is not rounding.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb, fmpq

from signsgd_sym.balls.ball import precision
from signsgd_sym.balls.decimals import CertifiedDecimal, certified_decimal
from signsgd_sym.solve.precise import PreciseCurve

MOST_TIMES = 6
"""Times at which the risks of all runs are proved: with a dense K of dimension 500 each takes 0.1 s."""


@dataclass(frozen=True)
class PreciseGap:
    """At one time: curve R(t), mean of the runs, gap = mean - curve, and its standard error.

    `curve` and `mean` have `digits` digits. `gap` has as many as the subtraction leaves, its radius is that
    of the runs plus 10^-digits of the curve, on which its two solutions agree; None where nothing is left.
    """

    time: Any
    curve: str
    mean: CertifiedDecimal
    gap: CertifiedDecimal | None
    stderr: CertifiedDecimal | None

    @property
    def z(self) -> float | None:
        """gap/stderr."""
        if self.gap is None or self.stderr is None:
            return None
        return float(self.gap.text) / float(self.stderr.text)


def precise_gaps(
    curve: PreciseCurve, at: Sequence[int], risks: Sequence[Sequence[CertifiedDecimal]], digits: int
) -> tuple[PreciseGap, ...]:
    """Compare a curve with proved risks.

    curve : to `digits` digits
    at : indices of curve.times
    risks : one sequence a run, its risks at those times
    """
    decimals = curve.decimals
    return tuple(
        _gap(curve.times[k], decimals[k], [run[place] for run in risks], digits) for place, k in enumerate(at)
    )


def chosen_times(points: int) -> list[int]:
    """Indices of at most `MOST_TIMES` of the times 1, ..., points - 1, the last among them.

    >>> chosen_times(101), chosen_times(3)
    ([17, 33, 50, 67, 83, 100], [1, 2])
    """
    count = min(MOST_TIMES, points - 1)
    return [round((points - 1) * (k + 1) / count) for k in range(count)]


def _gap(time: Any, curve: str, risks: list[CertifiedDecimal], digits: int) -> PreciseGap:
    bits = math.ceil(4 * digits) + 64
    with precision(bits):
        theory = _ball(CertifiedDecimal(curve, "0"))
        theory = arb(theory.mid(), abs(theory.mid()) * arb(10) ** -digits)
        balls = [_ball(risk) for risk in risks]
        mean = sum(balls, arb(0)) / len(balls)
        stderr = None
        if len(balls) > 1:
            spread = sum(((ball - mean) ** 2 for ball in balls), arb(0))
            stderr = (spread / (len(balls) * (len(balls) - 1))).sqrt()
        return PreciseGap(
            time,
            curve,
            certified_decimal(mean, digits - 1, bits),
            _with_its_digits(mean - theory, digits, bits),
            None if stderr is None else _with_its_digits(stderr, digits, bits),
        )


def _ball(decimal: CertifiedDecimal) -> arb:
    """The ball that a decimal with its radius is."""
    exact, radius = Fraction(decimal.text), Fraction(decimal.radius)
    return arb(fmpq(exact.numerator, exact.denominator)) + arb(0, 1) * arb(
        fmpq(radius.numerator, radius.denominator)
    )


def _with_its_digits(ball: arb, digits: int, bits: int) -> CertifiedDecimal | None:
    """The ball to as many digits as it has, at most `digits`."""
    if not ball.is_finite() or ball.contains(0):
        return None
    held = (
        math.floor(float((abs(ball.mid()) / arb(ball.rad())).log() / arb(10).log())) - 1
        if ball.rad()
        else digits
    )
    return certified_decimal(ball, min(held, digits), bits) if held >= 1 else None


def gap_data(gap: PreciseGap) -> dict[str, Any]:
    """The comparison at one time as JSON data."""

    def pair(value: CertifiedDecimal | None) -> dict[str, str] | None:
        return None if value is None else {"value": value.text, "radius": value.radius}

    return {
        "t": str(gap.time),
        "curve": gap.curve,
        "mean": pair(gap.mean),
        "gap": pair(gap.gap),
        "stderr": pair(gap.stderr),
        "z": gap.z,
    }


__all__ = ["MOST_TIMES", "PreciseGap", "chosen_times", "gap_data", "precise_gaps"]
