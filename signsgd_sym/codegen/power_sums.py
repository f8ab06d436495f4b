r"""Generalised power sums at R -> 0+ with a bounded remainder, and their arithmetic.

A `PowerSum` says |f(R) - sum_p terms[p] R^p| <= sum_p rest[p] R^p for 0 < R <= 2^reach: the powers are
rational, the coefficients exact, so that what cancels does so exactly, and the bounds are balls with an upper
end that is meant. A product of two has for its remainder M1 |P2| + |P1| M2 + M1 M2. Known terms that are not
larger than the remainder are moved into it.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy as sp
from flint import arb, fmpq

from signsgd_sym.balls import PointRejected, Undecided, Unsupported, compile_expr
from signsgd_sym.balls.ball import rational

FAR = 1000
"""2^FAR is where a bound ends that holds for every R."""
BOUNDS = 6
"""Powers kept apart in a remainder; what is smaller is put into the last of them."""


class Outside(Exception):
    """The expression, or a sign that is needed, is beyond what is expanded here."""


def real_ball(value: Any) -> arb:
    """A real exact number as a ball at the current precision. Raises `Outside`."""
    if isinstance(value, sp.Rational):
        return rational(value).real
    try:
        ball = compile_expr(sp.sympify(value, strict=True), ())((), False)
    except (Unsupported, Undecided, PointRejected, ValueError, ZeroDivisionError):
        raise Outside(f"the number {value}") from None
    if not (ball.is_finite() and ball.imag.is_zero()):
        raise Outside(f"the number {value} is not seen to be real")
    return ball.real


def fraction(value: Any) -> Fraction:
    """A SymPy Rational, or an integer, as a Fraction: powers are compared often."""
    value = sp.Rational(value)
    return Fraction(int(value.p), int(value.q))


def power_of_two(exponent: Fraction) -> arb:
    """2^exponent."""
    return arb(2) ** arb(fmpq(exponent.numerator, exponent.denominator))


def sign_of(value: Any) -> int:
    """The sign of an exact number: 0 only where SymPy finds 0. Raises `Outside` when it cannot be told."""
    if isinstance(value, sp.Rational):
        return int(sp.sign(value))
    ball = real_ball(value)
    if ball > 0:
        return 1
    if ball < 0:
        return -1
    if sp.simplify(value) == 0:
        return 0
    raise Outside(f"the sign of {value}")


@dataclass(frozen=True)
class PowerSum:
    """See the head of the file; `terms` holds no zeros."""

    terms: Mapping[Fraction, Any]
    rest: Mapping[Fraction, arb] = field(default_factory=dict)
    reach: int = FAR

    @staticmethod
    def monomial(coefficient: Any, power: Any = 0) -> PowerSum:
        """coefficient R^power, exactly."""
        return PowerSum({fraction(power): sp.sympify(coefficient, strict=True)})

    @property
    def leading(self) -> tuple[Any, Any]:
        """(power, coefficient) that dominates for R -> 0. Raises `Outside` where the remainder hides it."""
        if not self.terms:
            raise Outside("a sum of which nothing but a bound is known")
        return min(self.terms.items(), key=lambda item: item[0])

    def __add__(self, other: PowerSum) -> PowerSum:
        terms = dict(self.terms)
        for power, coefficient in other.terms.items():
            terms[power] = terms.get(power, sp.S.Zero) + coefficient
        rest = dict(self.rest)
        for power, size in other.rest.items():
            rest[power] = rest.get(power, arb(0)) + size
        return _tidy(terms, rest, min(self.reach, other.reach), set(self.terms) & set(other.terms))

    def __mul__(self, other: PowerSum) -> PowerSum:
        reach = min(self.reach, other.reach)
        rest: dict[Fraction, arb] = {}
        mine, theirs = self.sizes(), other.sizes()
        for left, right in ((self.rest, theirs), (mine, other.rest), (self.rest, other.rest)):
            for p, x in left.items():
                for q, y in right.items():
                    rest[p + q] = rest.get(p + q, arb(0)) + x * y
        least = min(rest) if rest else None
        terms: dict[Fraction, Any] = {}
        several = set()
        ordered = sorted(other.terms.items(), key=lambda item: item[0])
        beyond = None
        if least is not None and reach < FAR:
            beyond = _Beyond([(q, theirs[q]) for q, _ in ordered], least, reach)
        for p, a in self.terms.items():
            for q, b in ordered if beyond is None else ordered[: beyond.first(p, mine[p])]:
                power = p + q
                if least is not None and power >= least:
                    rest[power] = rest.get(power, arb(0)) + mine[p] * theirs[q]
                elif power in terms:
                    several.add(power)
                    terms[power] += a * b
                else:
                    terms[power] = a * b
        if beyond is not None and least is not None:
            rest[least] += beyond.total
        return _tidy(terms, rest, reach, several)

    def scaled(self, coefficient: Any, power: Fraction | int = 0) -> PowerSum:
        """The sum times coefficient R^power."""
        return self * PowerSum({Fraction(power): sp.sympify(coefficient, strict=True)})

    def sizes(self) -> dict[Any, arb]:
        """|coefficient| of every known term."""
        return {power: abs(real_ball(c)) for power, c in self.terms.items()}

    def majorant(self) -> dict[Any, arb]:
        """Powers with coefficients whose sum bounds |f|."""
        found = self.sizes()
        for power, size in self.rest.items():
            found[power] = found.get(power, arb(0)) + size
        return found

    def within(self, bound: arb) -> PowerSum:
        """The same sum, of positive powers only, up to where its majorant is at most `bound`."""
        sizes, reach = self.majorant(), self.reach
        if any(power <= 0 for power in sizes):
            raise Outside("a sum that does not tend to 0")
        for power, size in sizes.items():
            if size == 0:
                continue
            share = bound / len(sizes) / size.upper()
            reach = min(reach, math.floor(float(share.log() / math.log(2)) / float(power) - 1e-9))
        return PowerSum(self.terms, self.rest, reach)

    def bound_of_power(self, n: int) -> tuple[Any, arb]:
        """(p, M) with |f|^n <= M R^p up to `reach`: f has the lowest power in front and is largest there."""
        sizes = self.majorant()
        lowest = min(sizes)
        if len(sizes) == 1:
            return n * lowest, sizes[lowest] ** n
        total = sum((size * power_of_two(self.reach * (p - lowest)) for p, size in sizes.items()), arb(0))
        return n * lowest, total**n


class _Beyond:
    """A bound of the products of known terms as small as the remainder, at the power `least`.

    The products a b R^(p + q) with p + q >= least are at most a b 2^(reach (p + q - least)) R^least.
    """

    def __init__(self, terms: list[tuple[Fraction, arb]], least: Fraction, reach: int) -> None:
        """The second factor, in increasing powers."""
        self.least, self.reach, self.total = least, reach, arb(0)
        self.powers = [q for q, _ in terms]
        self.sums = [arb(0)]
        """Sums of b 2^(reach (q - least)) over the last terms."""
        for q, size in reversed(terms):
            self.sums.append(self.sums[-1] + size * power_of_two(reach * (q - least)))

    def first(self, p: Fraction, size: arb) -> int:
        """How many terms of the second factor make a known term with size R^p; bounds the other products."""
        k = bisect_left(self.powers, self.least - p)
        if k < len(self.powers):
            self.total += size * power_of_two(self.reach * p) * self.sums[len(self.powers) - k]
        return k


def _tidy(terms: dict[Any, Any], rest: dict[Any, arb], reach: int, several: set[Any]) -> PowerSum:
    """Without zeros, which can arise at the powers `several`, and without terms as small as the remainder."""
    least = min(rest) if rest else None
    kept: dict[Any, Any] = {}
    for power, coefficient in terms.items():
        if power in several and coefficient.is_Add:
            coefficient = sp.expand(coefficient)
        if power in several and sign_of(coefficient) == 0:
            continue
        if least is not None and power >= least:
            rest[power] = rest.get(power, arb(0)) + abs(real_ball(coefficient))
        else:
            kept[power] = coefficient
    if len(rest) > BOUNDS and reach < FAR:  # R^p <= 2^(reach (p - q)) R^q for p > q
        *few, last = sorted(rest)[:BOUNDS]
        total = sum((rest[p] * power_of_two(reach * (p - last)) for p in rest if p >= last), arb(0))
        rest = {p: rest[p] for p in few} | {last: total}
    return PowerSum(kept, rest, reach)


def powers(h: PowerSum, cut: Any = None) -> Iterator[PowerSum]:
    """1, h, h^2, ..., exact below the power `cut` at most if that is given."""
    now = PowerSum({Fraction(0): sp.S.One}, {} if cut is None else {cut: arb(0)})
    while True:
        yield now
        now = now * h


def _series(h: PowerSum, coefficients: list[Any], remainder: arb) -> PowerSum:
    """sum_k coefficients[k] h^k, with remainder |h|^n times `remainder`, n their number."""
    total = PowerSum({}, {}, h.reach)
    lowest, size = h.bound_of_power(len(coefficients))
    for coefficient, power in zip(coefficients, powers(h, lowest), strict=False):
        if coefficient != 0:
            total = total + power.scaled(coefficient)
    return total + PowerSum({}, {lowest: size * remainder}, h.reach)


def one_plus_to(h: PowerSum, exponent: Any, n: int) -> PowerSum:
    r"""(1 + h)^a for h -> 0 by n terms of the binomial series.

    |C(a, k + 1)/C(a, k)| = |a - k|/(k + 1) <= q = max(1, (|a| + n)/(n + 1)) for k >= n, so that with q |h| <=
    1/4 the remainder is at most |C(a, n)| |h|^n 4/3. A polynomial is given in full.
    """
    if not h.majorant():
        return PowerSum.monomial(1)
    a = sp.Rational(exponent)
    if a.is_Integer and 0 <= a < n:
        return _exact(h, [sp.binomial(a, k) for k in range(int(a) + 1)])
    ratio = max(sp.S.One, (abs(a) + n) / (n + 1))
    h = h.within(arb(1) / (4 * real_ball(ratio)))
    return _series(h, [sp.binomial(a, k) for k in range(n)], abs(real_ball(sp.binomial(a, n))) * 4 / 3)


def _exact(h: PowerSum, coefficients: list[Any]) -> PowerSum:
    total = PowerSum({}, {}, h.reach)
    for coefficient, power in zip(coefficients, powers(h), strict=False):
        total = total + power.scaled(coefficient)
    return total


def exponential(h: PowerSum, n: int) -> PowerSum:
    """e^h for h -> 0: |e^h - sum_{k<n} h^k/k!| <= |h|^n/n! e^|h|, used where |h| <= 1."""
    if not h.majorant():
        return PowerSum.monomial(1)
    h = h.within(arb(1))
    return _series(h, [1 / sp.factorial(k) for k in range(n)], arb(1).exp() / math.factorial(n))


def error_function(v: PowerSum, n: int) -> PowerSum:
    """erf(v) for v -> 0: the Taylor series alternates, |remainder| <= 2/sqrt(pi) |v|^(2n+1)/(n! (2n+1))."""
    front = 2 / sp.sqrt(sp.pi)
    bounded = v if len(v.majorant()) == 1 else v.within(arb(1))
    lowest, size = bounded.bound_of_power(2 * n + 1)
    total = PowerSum({}, {}, v.reach)
    for k, power in zip(range(n), powers(v * v, lowest), strict=False):
        total = total + power.scaled(sp.Rational((-1) ** k, math.factorial(k) * (2 * k + 1)))
    factor = real_ball(front / (sp.factorial(n) * (2 * n + 1)))
    return (total * v).scaled(front) + PowerSum({}, {lowest: size * factor}, bounded.reach)


def scaled_complement(inverse: PowerSum, n: int) -> PowerSum:
    r"""exp(v^2) erfc(v) for v -> +oo, from 1/v > 0.

    1/(sqrt(pi) v) (sum_{k<n} (-1)^k (2k-1)!!/(2 v^2)^k + theta (-1)^n (2n-1)!!/(2 v^2)^n), 0 <= theta <= 1
    (DLMF 7.12.1 and 7.12(i): the remainder is bounded by the first term left out and has its sign).
    """
    front = 1 / sp.sqrt(sp.pi)
    lowest, size = inverse.bound_of_power(2 * n + 1)
    total = PowerSum({}, {}, inverse.reach)
    for k, power in zip(range(n), powers(inverse * inverse, lowest), strict=False):
        total = total + power.scaled(sp.Rational((-1) ** k * sp.factorial2(2 * k - 1), 2**k))
    factor = real_ball(front * sp.factorial2(2 * n - 1) / 2**n)
    return (total * inverse).scaled(front) + PowerSum({}, {lowest: size * factor}, inverse.reach)
