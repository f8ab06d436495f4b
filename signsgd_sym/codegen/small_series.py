r"""phi for R -> 0 from its closed form: exact powers of R where the closed form cancels.

The closed form is expanded as sum_j exp(w_j) P_j (`transseries`). With w_0 the exponent that dominates and
c_0 R^p the first power of P_0 that does not cancel,

    f/(exp(w_0) R^p) = sum_{k<n} c_k R^(q k) + remainder,
    |remainder| <= sum_{k>=n} |c_k| R^(q k) + M_0(R) R^-p + sum_{j>0} exp(w_j - w_0) (|P_j| + M_j)(R) R^-p.

Every summand on the right increases with R up to some R that is found, and |sum_{k<n} c_k R^(q k)| is at
least |c_0| - sum_{0<k<n} |c_k| R^(q k), which decreases: the relative error at `start` is a bound on
(0, start].
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any

import sympy as sp
from flint import arb

from signsgd_sym.balls.ball import precision
from signsgd_sym.codegen.end_series import GOAL, TERMS, EndSeries
from signsgd_sym.codegen.power_sums import Outside, PowerSum, power_of_two, real_ball, sign_of
from signsgd_sym.codegen.transseries import Expansion, Exponent, Transseries, in_powers, plus
from signsgd_sym.notation import R

BITS = 128
SPARE = 4
"""Terms expanded beyond those kept, so that the remainder is mostly a known next term."""
DEEPEST = -1000
"""No series that starts to hold below 2^DEEPEST."""


@dataclass(frozen=True)
class Dominated:
    """exp(-a R^-s) sum_q M_q R^q: a bound of a summand exponentially smaller than the leading one.

    R^q exp(-a R^-s) increases where q R^s >= -a s: for every R where q >= 0.
    """

    a: arb
    s: Fraction
    sizes: dict[Fraction, arb]

    def at(self, j: int) -> arb:
        """The bound at R = 2^j, infinite where it may be larger at a smaller R."""
        if not all(
            q >= 0
            or -q.numerator * self.s.denominator * power_of_two(j * self.s)
            <= self.a * self.s.numerator * q.denominator
            for q in self.sizes
        ):
            return arb.pos_inf()
        total = sum((m * power_of_two(j * q) for q, m in self.sizes.items()), arb(0))
        return total * (-self.a * power_of_two(-j * self.s)).exp()


def small_series(expr: Any, goal: float = GOAL, terms: int = TERMS) -> EndSeries | None:
    """The series of a closed form in R for R -> 0 that reaches farthest with at most `terms` terms.

    None where `expr` has other symbols, or functions or signs that are not expanded here.

    >>> found = small_series(1 - sp.sqrt(sp.pi / R) * sp.exp(1 / R) * sp.erfc(1 / sp.sqrt(R)))
    >>> found.front, found.coefficients[:3], found.start
    (R, (1/2, -3/4, 15/8), Fraction(1, 256))
    """
    if expr.free_symbols != {R}:
        return None
    with precision(BITS):
        for n in (terms + SPARE, 2 * terms + SPARE):
            try:
                found = _from(Expansion(n)(expr), goal, terms)
            except Outside:
                return None
            if found is not None:
                return found
    return None


def _from(expansion: Transseries, goal: float, terms: int) -> EndSeries | None:
    """The series; None when more terms of the expansion are needed."""
    if not expansion:
        return None
    top = reduce(_larger, expansion)
    main = expansion[top]
    if not main.terms:
        return None
    lowest, _ = main.leading
    step = _step([p - lowest for p in main.terms])
    count = max(int((p - lowest) / step) for p in main.terms) + 1
    if main.rest and count < terms + 1:
        return None
    lattice = [main.terms.get(lowest + k * step, sp.S.Zero) for k in range(count)]
    dominated = [_dominated(w, top, lowest, series) for w, series in expansion.items() if w != top]
    reach = min(series.reach for series in expansion.values())
    bounds = _Bounds(
        [abs(real_ball(c)) for c in lattice], step, {p - lowest: m for p, m in main.rest.items()}, dominated
    )
    best: tuple[int, int, arb] | None = None
    for n in range(1, min(terms, count) + 1):
        if lattice[n - 1] == 0:
            continue
        j = bounds.farthest(n, goal, reach)
        if j is not None and (best is None or j > best[0]):
            best = j, n, bounds.error(n, j)
    if best is None:
        return None
    j, n, error = best
    kept = tuple(lattice[:n])
    reason = (
        "exp, erf and erfc are expanded for R -> 0 and powers of R cancel exactly; the remainder, a bound of "
        "each expansion times its factor"
        + (" and the summands that are exponentially smaller" if dominated else "")
        + ", is largest at the largest R."
    )
    front = sp.exp(in_powers(top)) * R ** sp.Rational(lowest)
    return EndSeries("0", front, R ** sp.Rational(step), kept, Fraction(2) ** j, _above(error), reason, kept)


def _above(error: arb) -> float:
    """A float64 at least as large."""
    return math.nextafter(float(error.upper()), math.inf)


def _larger(left: Exponent, right: Exponent) -> Exponent:
    """The exponent that dominates for R -> 0."""
    gap = plus(left, right, -1)
    return left if not gap or sign_of(gap[0][1]) > 0 else right


def _step(gaps: list[Fraction]) -> Fraction:
    """The largest rational number of which all `gaps` are multiples; 1 where there is one power only."""
    numbers = [g for g in gaps if g != 0]
    if not numbers:
        return Fraction(1)
    denominator = math.lcm(*(g.denominator for g in numbers))
    return Fraction(math.gcd(*(int(g * denominator) for g in numbers)), denominator)


def _dominated(w: Exponent, top: Exponent, lowest: Any, series: PowerSum) -> Dominated:
    """exp(w - top) <= exp(-a R^-s) with its leading term; further powers must not be positive."""
    (power, coefficient), *others = plus(w, top, -1)
    if any(sign_of(c) > 0 for _, c in others):
        raise Outside("an exponent of mixed signs")
    sizes = {p - lowest: m for p, m in series.majorant().items()}
    return Dominated(-real_ball(coefficient), -power, sizes)


@dataclass(frozen=True)
class _Bounds:
    """Relative to front: |c_k| on the lattice, the remainder of the leading summand, the other summands."""

    sizes: list[arb]
    step: Fraction
    rest: dict[Fraction, arb]
    dominated: list[Dominated]

    def error(self, n: int, j: int) -> arb:
        """A bound of |f/series - 1| and |series/f - 1| for n terms on (0, 2^j]; else infinite."""
        left_out = [m * power_of_two(j * k * self.step) for k, m in enumerate(self.sizes)]
        remainder = sum(left_out[n:], arb(0)) + sum(
            (m * power_of_two(j * q) for q, m in self.rest.items()), arb(0)
        )
        remainder += sum((one.at(j) for one in self.dominated), arb(0))
        least = self.sizes[0] - sum(left_out[1:n], arb(0)) - remainder
        return remainder / least if least > 0 else arb.pos_inf()

    def farthest(self, n: int, goal: float, reach: int) -> int | None:
        """The largest j with a bound at most `goal`, which increases with j."""
        if not self.error(n, DEEPEST) <= goal:
            return None
        low, high = DEEPEST, reach + 1
        while high - low > 1:
            middle = (low + high) // 2
            if self.error(n, middle) <= goal:
                low = middle
            else:
                high = middle
        return low
