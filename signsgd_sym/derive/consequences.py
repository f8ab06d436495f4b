r"""What follows from phi under one law: limits, expansions at both ends, psi, the stationary risk.

Everything here is a claim; `law_formulas` records the claims and has them checked. Small R: Watson's lemma on
the density at 0 (`expansion`). Large R: with u = 1/(4 R) the moments give

    (pi/2) phi = 1 - E eps^2 u + E eps^4 u^2/2 - ...       as far as they exist,

and each term c y^(-p) of a tail adds c (4 R)^((1-p)/2) G((1-p)/2)/2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sympy as sp

from signsgd_sym.derive.expansion import far_out, near_zero, neat
from signsgd_sym.derive.phi import drift_rate_at_zero
from signsgd_sym.derive.routes.product import read_product
from signsgd_sym.derive.routes.solve import solve_all
from signsgd_sym.derive.search import mean_over
from signsgd_sym.derive.simplicity import hardest
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.parts import Atom
from signsgd_sym.notation import R, eps, eta


@dataclass(frozen=True)
class Expansion:
    """phi = sum of `terms` + O(`order`) as R -> `point`, the largest term first.

    Each term is a coefficient times R to the power in `powers`; `order` is 0 where the rest is smaller than
    every power.
    """

    point: Any
    terms: tuple[Any, ...]
    powers: tuple[Any, ...]
    order: Any
    reason: str

    @property
    def series(self) -> Any:
        """The sum of the terms."""
        return sp.Add(*self.terms)


def expansions(law: NoiseLaw, factor: Any) -> Iterator[Expansion]:
    """The expansions of phi at 0 and oo that the density and the moments give; `factor` is 2/pi."""
    for find in (small_risk, large_risk):
        found = find(law, factor)
        if found is not None:
            yield found


def small_risk(law: NoiseLaw, factor: Any) -> Expansion | None:
    """Watson's lemma at 0, to relative order 2 in R; None where the density is no sum of powers there."""
    total, rests = _Sum(), []
    for weight, part in law.parts:
        if isinstance(part, Atom):
            if part.location == 0:
                total.add(sp.S.Zero, weight)
            elif not (part.location.is_nonzero or part.location.is_positive):
                return None
            continue
        if not part.has_elementary_density:
            return None
        for piece in part.pieces:
            for sign, near in ((1, piece.lo), (-1, -piece.hi)):
                reached = _reaches_zero(piece, sign)
                if reached is None:
                    return None
                if reached:
                    series = near_zero(piece.density, sign)
                    if series is None:
                        return None
                    for p, c in series.terms:
                        total.add((p + 1) / 2, weight * c * _mellin(p))
                    rests.append((series.rest + 1) / 2 if series.rest is not sp.oo else sp.oo)
                elif near is None:
                    return None
    return _expansion(sp.S.Zero, total, rests, factor, "Watson's lemma: the density near 0")


def _reaches_zero(piece: Any, sign: int) -> bool | None:
    """Whether the piece has values of this sign arbitrarily near 0; None where that depends on parameters."""
    lo, hi = (piece.lo, piece.hi) if sign > 0 else (-piece.hi, -piece.lo)
    inside = sp.And(sp.Le(lo, 0), sp.Gt(hi, 0))
    return None if inside not in (sp.true, sp.false) else bool(inside)


def large_risk(law: NoiseLaw, factor: Any) -> Expansion | None:
    """Moments and tails, to order 2 in 1/R; None where a tail is unknown or its power is."""
    tails = _tails(law)
    if tails is None:
        return None
    heaviest = max((p for p, _ in tails), default=-sp.oo)
    if not heaviest.is_number:
        return None
    total, order = _Sum(), 2
    total.add(sp.S.Zero, sp.S.One)
    for n in (1, 2):
        if heaviest >= -(2 * n + 1):
            order = n - 1
            break
        moment = law.second_moment() if n == 1 else _moment(law, 4)
        if moment is None or moment.has(sp.Piecewise, sp.Integral):
            order = n - 1
            break
        total.add(-sp.Integer(n), moment * (-sp.Rational(1, 4)) ** n / sp.factorial(n))
    rest = sp.Integer(order + 1)
    for p, c in tails:
        exponent = -(p + 1) / 2
        if exponent.is_Integer:
            if exponent <= rest:
                return None  # a logarithm, where a power of the tail meets one of the moments
        elif exponent < rest:
            total.add(-exponent, c * _mellin(p))
    if len(total.terms) == 1:
        return None
    return _expansion(sp.oo, total, [-rest], factor, "moments and tails of the density")


def _tails(law: NoiseLaw) -> list[tuple[Any, Any]] | None:
    """The powers of the density far out, both sides; None where it has another form."""
    found: list[tuple[Any, Any]] = []
    for weight, part in law.parts:
        if isinstance(part, Atom):
            continue
        if not part.has_elementary_density:
            return None
        ends = [(piece, sign) for piece in part.pieces for sign in (1, -1)]
        for piece, sign in ends:
            if (piece.hi if sign > 0 else -piece.lo) is not sp.oo:
                continue
            series = far_out(piece.density, sign)
            if series is None:
                return None
            found += [(p, weight * c) for p, c in series.terms]
    return found


def _moment(law: NoiseLaw, n: int) -> Any | None:
    total = sp.S.Zero
    for weight, part in law.parts:
        start = mean_over(part, eps**n)
        if start.has(sp.Integral):
            found = solve_all(start)
            if found is None:
                return None
            start = found.value
        total += weight * start
    return sp.simplify(total)


class _Sum:
    """sum c R^p, terms with the same power together."""

    def __init__(self) -> None:
        self.terms: dict[Any, Any] = {}

    def add(self, power: Any, coefficient: Any) -> None:
        power = sp.expand(power)
        self.terms[power] = self.terms.get(power, sp.S.Zero) + coefficient

    def ordered(self, factor: Any, descending: bool) -> tuple[tuple[Any, Any], ...]:
        """(p, factor c R^p), by powers where these are numbers or differ by numbers."""
        first = next(iter(self.terms), sp.S.Zero)
        gaps = {p: sp.simplify(p - first) for p in self.terms}
        powers = list(self.terms)
        if all(gap.is_number for gap in gaps.values()):
            powers.sort(key=lambda p: float(gaps[p]), reverse=descending)
        terms = ((p, neat(factor * self.terms[p]) * R**p) for p in powers)
        return tuple((p, sp.powsimp(term)) for p, term in terms if term != 0)


def _mellin(p: Any) -> Any:
    """int_0^oo y^p exp(-y^2/(4 R)) dy / R^((p + 1)/2)."""
    return 2**p * sp.gamma((p + 1) / 2)


def _expansion(point: Any, total: _Sum, rests: list[Any], factor: Any, reason: str) -> Expansion | None:
    rest = _smallest(rests)
    terms = total.ordered(factor, descending=point is sp.oo)
    if rest is None or not terms:
        return None
    order = sp.S.Zero if rest is sp.oo else R ** sp.simplify(rest)
    return Expansion(point, tuple(t for _, t in terms), tuple(p for p, _ in terms), order, reason)


def _smallest(rests: list[Any]) -> Any | None:
    finite = {rest for rest in rests if rest is not sp.oo}
    if not finite:
        return sp.oo
    if len(finite) == 1:
        return finite.pop()
    return min(finite) if all(rest.is_number for rest in finite) else None


@dataclass(frozen=True)
class DriftLimit:
    """lim phi/sqrt(2 R) as R -> 0; a Piecewise where it depends on the sign of a power.

    `follows` says whether it is read off the expansion at 0.
    """

    value: Any
    follows: bool


def drift_limit(law: NoiseLaw, response: Any, small: Expansion | None) -> DriftLimit | None:
    """From the first term of the expansion at 0, else from the density there; None where neither is known."""
    if small is None:
        try:
            return DriftLimit(drift_rate_at_zero(law, response), False)
        except (NotImplementedError, ValueError, TypeError, AttributeError):
            return None
    power = sp.simplify(small.powers[0] - sp.Rational(1, 2))
    coefficient = neat(small.terms[0] / R ** small.powers[0] / sp.sqrt(2))
    if power.is_positive:
        return DriftLimit(sp.S.Zero, True)
    if power.is_negative:
        return DriftLimit(sp.oo, True)
    if power.is_zero:
        return DriftLimit(coefficient, True)
    at_zero = _at_equality(coefficient, power)
    cases = [(sp.S.Zero, power > 0), (at_zero, sp.Eq(power, 0)), (sp.oo, True)]
    if power.is_nonnegative:
        cases = [(at_zero, sp.Eq(power, 0)), (sp.S.Zero, True)]
    return DriftLimit(sp.Piecewise(*cases), True)


def _at_equality(coefficient: Any, power: Any) -> Any:
    """The coefficient where the power is 0, if that determines one parameter."""
    for symbol in sorted(power.free_symbols, key=str):
        roots = sp.solve(power, symbol)
        if len(roots) == 1:
            return sp.simplify(coefficient.subs(symbol, roots[0]))
    return coefficient


def solve_stationary(left: Any, level: Any) -> Iterator[Any]:
    """Solutions R of left(R) = level; unchecked, and the caller keeps the one that holds.

    SymPy solves what is algebraic in R. left = C R^a exp(-c/R) has R = c/(a W(z)), W the Lambert function and
    z = (c/a) (C/level)^(1/a): with y = c/R the equation is (y/a) exp(y/a) = z.
    """
    product = read_product(sp.powsimp(left), R)
    if not product.rest and not product.binomials and len(product.exponent) == 1:
        ((k, rate),) = product.exponent
        if k == -1 and rate.is_negative and product.power.is_positive:
            a, c = product.power, -rate
            yield c / (a * sp.LambertW(sp.powsimp(c / a * (product.constant / level) ** (1 / a))))
        return
    if hardest(left) > 0:
        return
    A = sp.Dummy("A", positive=True)
    try:
        found = sp.solve(sp.powsimp(left) - A, R, simplify=False, check=False)
    except (NotImplementedError, ValueError, TypeError):
        return
    for root in found:
        value = root.subs(A, level)
        if not value.has(sp.Piecewise, sp.I) and value.free_symbols & {eta, *level.free_symbols}:
            yield sp.simplify(value)


__all__ = ["DriftLimit", "Expansion", "drift_limit", "expansions", "solve_stationary"]
