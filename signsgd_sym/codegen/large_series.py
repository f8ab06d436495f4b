r"""phi for R -> oo from the moments of the noise: phi = (2/pi) sum_k (-1)^k E eps^(2k)/(k! (4 R)^k).

|exp(-s) - sum_{k<n} (-s)^k/k!| <= s^n/n! for s >= 0, so after n terms the remainder is at most

    B(R) = (2/pi) E eps^(2n)/(n! (4 R)^n):

a bound for every law with 2n moments, whether the series converges or not. phi increases with R, B decreases:
phi >= S(start) - B(start) and the series S >= phi - B >= S(start) - 2 B(start) for R >= start.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp
from flint import arb

from signsgd_sym.balls.ball import precision
from signsgd_sym.codegen.end_series import GOAL, TERMS, EndSeries
from signsgd_sym.codegen.even_moments import EvenMoments, Moment
from signsgd_sym.codegen.measure import Measure
from signsgd_sym.codegen.power_sums import Outside, real_ball
from signsgd_sym.notation import R

BITS = 128
FLOAT_DIGITS = 25
HIGHEST = 1000
"""No series that starts to hold beyond 2^HIGHEST."""


@dataclass(frozen=True)
class _Coefficient:
    """(2/pi) (-1)^k E eps^(2k)/(k! 4^k): its ball, what is stored, how far that may be off, what it is."""

    ball: arb
    stored: Any
    radius: arb
    expression: Any

    @staticmethod
    def of(k: int, moment: Moment) -> _Coefficient:
        """From E eps^(2k)."""
        factor = 2 / sp.pi * sp.Rational((-1) ** k, math.factorial(k) * 4**k)
        ball = real_ball(factor) * moment.ball
        expression = factor * moment.expression
        if moment.number is not None:
            return _Coefficient(ball, expression, arb(0), expression)
        stored = sp.Float(ball.mid().str(40, radius=False), FLOAT_DIGITS)
        exact = real_ball(sp.Rational(stored))
        return _Coefficient(ball, stored, abs(ball - exact).upper(), expression)


def large_series(measure: Measure, goal: float = GOAL, terms: int = TERMS) -> EndSeries | None:
    """The series for R -> oo with the smallest start that at most `terms` terms reach.

    None where E eps^2 is infinite or not known, or no power of two up to 2^1000 is a start. The measure must
    be that of a probability law.

    >>> from signsgd_sym.notation import x
    >>> found = large_series(Measure.of(pieces=((sp.S.One, sp.exp(-x), sp.S.Zero, sp.oo),)))
    >>> found.coefficients[:3], found.start
    ((2/pi, -1/pi, 3/(2*pi)), Fraction(128, 1))
    """
    with precision(BITS):
        try:
            moments = EvenMoments(measure)
            found = []
            for k in range(terms + 1):
                moment = moments[k]
                if moment is None:
                    break
                found.append(_Coefficient.of(k, moment))
        except Outside:
            return None
        starts = [(start, n) for n in range(1, len(found)) if (start := _start(found, n, goal)) is not None]
        if not starts:
            return None
        j, n = min(starts)
        error = _error(found, n, j)
    kept = found[:n]
    reason = (
        f"exp(-s) is expanded to {n} terms at s = eps^2/(4 R) and the mean is taken; the remainder is at "
        f"most the next term, (2/pi) E eps^{2 * n}/({n}! (4 R)^{n})"
        + (
            ""
            if all(c.radius == 0 for c in kept)
            else ", and the stored moments are accurate to their digits"
        )
        + "."
    )
    return EndSeries(
        "oo",
        sp.S.One,
        1 / R,
        tuple(c.stored for c in kept),
        Fraction(2) ** j,
        math.nextafter(float(error.upper()), math.inf),
        reason,
        tuple(c.expression for c in kept),
    )


def _error(found: list[_Coefficient], n: int, j: int) -> arb:
    """A bound of |f/S - 1| and |S/f - 1| for R >= 2^j; infinite where there is none."""
    scale = arb(2) ** -j
    bound = abs(found[n].ball) * scale**n + sum((found[k].radius * scale**k for k in range(n)), arb(0))
    value = sum((found[k].ball * scale**k for k in range(n)), arb(0))
    least = value - 2 * bound
    return bound / least if least > 0 else arb.pos_inf()


def _start(found: list[_Coefficient], n: int, goal: float) -> int | None:
    """The smallest j with an error of at most `goal` from 2^j on, close to what the remainder asks for."""
    size = float(abs(found[n].ball / found[0].ball).log() / math.log(2)) if found[n].ball != 0 else -HIGHEST
    first = math.floor((size - math.log2(goal)) / n) - 1
    for j in range(first, first + 12):
        if j <= HIGHEST and _error(found, n, j) <= goal:
            return j
    return None
