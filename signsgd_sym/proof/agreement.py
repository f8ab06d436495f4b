r"""Numerical agreement of two expressions at random points, in mpmath at two precisions.

SymPy's answers are proposals. Before one is used, it is compared with the integral it claims to
equal: at random points of the symbols' ranges both sides are evaluated by mpmath (tanh-sinh quadrature on the
side of the integral). Agreement is evidence, with the points and digits stated; it is not a proof.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import sympy as sp


@dataclass(frozen=True)
class Agreement:
    """`points` points were compared; `digits` is the smallest number of digits on which the sides agree.

    `witness` is the point of least agreement.
    """

    points: int
    digits: float
    witness: dict[Any, Any]


def random_point(symbols: Sequence[Any], rng: random.Random) -> dict[Any, Any]:
    """A rational point: positive symbols log-uniform in [1/16, 16], real ones uniform in [-3, 3]."""
    point = {}
    for symbol in symbols:
        if symbol.is_integer:
            point[symbol] = sp.Integer(rng.randint(2, 6))
        elif symbol.is_positive:
            point[symbol] = sp.Rational(round(1000 * 2.0 ** rng.uniform(-4, 4)), 1000)
        else:
            point[symbol] = sp.Rational(rng.randint(-3000, 3000), 1000)
    return point


def _integral_value(integral: Any, digits: int) -> Any:
    """Quadrature of a one-dimensional integral, split where its integrand can be narrow."""
    (variable, lo, hi) = integral.limits[0]
    f = sp.lambdify(variable, integral.function, modules="mpmath")
    with mpmath.workdps(digits):
        ends = [mpmath.mpf(str(sp.N(end, digits))) if end.is_finite else end for end in (lo, hi)]
        lo_value, hi_value = (mpmath.inf if e == sp.oo else -mpmath.inf if e == -sp.oo else e for e in ends)
        marks = [s * mpmath.mpf(2) ** k for s in (-1, 1) for k in range(-6, 7, 2)] + [mpmath.mpf(0)]
        marks += _around_the_peak(f, lo_value, hi_value)
        nodes = [lo_value, *sorted(m for m in marks if lo_value < m < hi_value), hi_value]
        return mpmath.quad(f, nodes)


def _around_the_peak(f: Any, lo: Any, hi: Any) -> list[Any]:
    """Points that close in on the largest |f| on a logarithmic grid: a narrow peak is not stepped over."""
    grid = [s * mpmath.mpf(2) ** (mpmath.mpf(k) / 48) for s in (-1, 1) for k in range(-480, 481)]
    inside = [point for point in grid if lo < point < hi]
    if not inside:
        return []
    peak = max(inside, key=lambda point: abs(f(point)))
    return [peak, *(peak * (1 + s * mpmath.mpf(4) ** -j) for s in (-1, 1) for j in range(1, 9))]


def value_at(expr: Any, point: dict[Any, Any], digits: int) -> Any:
    """`expr` at `point` as an mpmath number, integrals by quadrature."""
    at = expr.subs(point)
    integrals = sorted(at.atoms(sp.Integral), key=sp.default_sort_key)
    names = {integral: sp.Dummy(f"I{k}") for k, integral in enumerate(integrals)}
    with mpmath.workdps(digits):
        values = {names[integral]: _integral_value(integral, digits) for integral in integrals}
        return sp.lambdify(list(values), at.xreplace(names), modules=["mpmath", {"TricomiU": mpmath.hyperu}])(
            *values.values()
        )


def agreement(left: Any, right: Any, *, points: int = 5, digits: int = 30, seed: int = 0) -> Agreement:
    """Compare two expressions at `points` random points; `digits` is the working precision."""
    symbols = sorted(left.free_symbols | right.free_symbols, key=lambda symbol: symbol.name)
    rng = random.Random(seed)
    worst, witness = float(digits), {}
    for _ in range(points):
        point = random_point(symbols, rng)
        with mpmath.workdps(digits):
            a, b = value_at(left, point, digits), value_at(right, point, digits)
            gap = abs(a - b) / max(abs(a), abs(b), mpmath.mpf(10) ** -digits)
            agreed = float(digits) if gap == 0 else float(-mpmath.log10(gap))
        if agreed < worst:
            worst, witness = agreed, point
    return Agreement(points, worst, witness)
