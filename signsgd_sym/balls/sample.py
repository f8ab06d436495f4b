"""Sample points drawn from assumptions: exact rationals, moderate ones first, then some extreme ones.

Only moderate points refute a wrong subdominant term (at extreme ones it is invisible), and only extreme
ones a wrong dominant one; every sample therefore has both, moderate points in the majority.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any, Literal

import sympy as sp

from signsgd_sym.balls.ball import PointRejected, Undecided
from signsgd_sym.balls.evaluate import enclose

Kind = Literal["real", "positive", "integer"]


@dataclass(frozen=True)
class Variable:
    """A symbol and where it lives; bounds are strict for real kinds, inclusive for integers, and may contain
    variables that come earlier."""

    symbol: sp.Symbol
    kind: Kind = "real"
    lower: sp.Expr = -sp.oo
    upper: sp.Expr = sp.oo


@dataclass(frozen=True)
class Domain:
    """Variables in order, and further relations they satisfy, such as R < b^2."""

    variables: tuple[Variable, ...]
    constraints: tuple[Any, ...] = ()


def sample(
    domain: Domain, count: int, seed: int, extreme: float = 0.25
) -> list[dict[sp.Symbol, sp.Rational]]:
    """`count` points of `domain`; a share `extreme` of them (never the first) is drawn from wide ranges.

    Raises `Undecided` if the constraints reject 500 draws in a row.
    """
    rng = Random(seed)
    points: list[dict[sp.Symbol, sp.Rational]] = []
    every = max(2, round(1 / extreme)) if extreme > 0 else count + 1
    while len(points) < count:
        wide = len(points) % every == every - 1
        for _ in range(500):
            point = draw(domain, rng, wide)
            if point is not None:
                break
        else:
            raise Undecided(f"no point found that satisfies {domain.constraints}")
        points.append(point)
    return points


def draw(domain: Domain, rng: Random, wide: bool = False) -> dict[sp.Symbol, sp.Rational] | None:
    """One point, or None if it does not surely satisfy the constraints."""
    point: dict[sp.Symbol, sp.Rational] = {}
    for v in domain.variables:
        low = _bound(sp.sympify(v.lower, strict=True), point)
        high = _bound(sp.sympify(v.upper, strict=True), point)
        if v.kind == "positive":
            low = max(low, sp.S.Zero)
        if not low < high and not (v.kind == "integer" and low == high):
            return None
        point[v.symbol] = (
            _integer(low, high, rng, wide) if v.kind == "integer" else _real(low, high, rng, wide)
        )
    return point if all(holds(c, point) for c in domain.constraints) else None


def holds(constraint: Any, point: dict[sp.Symbol, sp.Rational]) -> bool:
    """Whether a strict or weak inequality, or a disequality, surely holds at the point (a tie fails)."""
    if constraint in (sp.true, sp.false):
        return bool(constraint)
    gap = _value(constraint.lhs - constraint.rhs, point)
    if constraint.rel_op == "!=":
        return gap != 0
    return bool(gap > 0) if constraint.rel_op in (">", ">=") else bool(gap < 0)


def _real(low: sp.Expr, high: sp.Expr, rng: Random, wide: bool) -> sp.Rational:
    """Log-uniform in the distance from a finite end; both signs without one."""
    spread = 3 if wide else 1  # decades on either side of 1
    size = _magnitude(rng, spread)
    if low.is_infinite and high.is_infinite:
        return rng.choice((-1, 1)) * size
    if high.is_infinite:
        return low + size
    if low.is_infinite:
        return high - size
    share = size / (1 + size)
    return low + (high - low) * share


def _magnitude(rng: Random, decades: int) -> sp.Rational:
    """Log-uniform in 10^-decades .. 10^decades, with denominators of 101: no accidental equalities of
    parameters.
    """
    exponent = rng.uniform(-decades, decades)
    scaled = sp.Rational(round(10 ** (exponent % 1) * 101) + 1, 101)
    return scaled * sp.Integer(10) ** int(exponent // 1)


def _integer(low: sp.Expr, high: sp.Expr, rng: Random, wide: bool) -> sp.Integer:
    width = 20 if wide else 6
    if low.is_infinite and high.is_infinite:
        return sp.Integer(rng.randint(-width, width))
    if low.is_infinite:
        return sp.Integer(rng.randint(int(sp.floor(high)) - width, int(sp.floor(high))))
    start = int(sp.ceiling(low))
    end = start + width if high.is_infinite else min(start + width, int(sp.floor(high)))
    return sp.Integer(rng.randint(start, max(start, end)))


def _bound(e: sp.Expr, point: dict[sp.Symbol, sp.Rational]) -> sp.Expr:
    return e if e.is_infinite or e.is_Rational else _value(e, point)


def _value(e: sp.Expr, point: dict[sp.Symbol, sp.Rational]) -> sp.Rational:
    """A rational within 10^-30 relative of a real expression: drawn points keep a wider distance from
    bounds.
    """
    try:
        middle = enclose(e, point, digits=30).ball.real.mid()
    except PointRejected:
        return sp.nan
    mantissa, exponent = middle.man_exp()
    return sp.Rational(int(mantissa)) * sp.Integer(2) ** int(exponent)
