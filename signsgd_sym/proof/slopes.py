"""Equality of two functions of a parameter by their slopes: for integrals whose direct evaluation is slow.

F(c) = k + int_a^c g(s) ds for all c  iff  F(a) = k and F'(c) = g(c). With F(c) = int f(x, c) dx the slope is
int d/dc f dx (Leibniz); SymPy proposes d/dc f, and the proposal is certified against the derivative that the
kernel computes.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

Pair = tuple[Any, Any]


def by_slopes(lhs: Any, rhs: Any) -> tuple[list[Pair], tuple[tuple[Any, Any, Any], ...]] | None:
    """Pairs to be certified equal in place of lhs = rhs, and the ranges of bound variables in them.

    Of the form F(c) = k + int_a^c g, or F'(c) = g(c); None for anything else.

    >>> x, s, c = sp.symbols("x s c", positive=True)
    >>> F = sp.Integral(sp.erf(c * x) * sp.exp(-x), (x, 0, sp.oo))
    >>> pairs, bound = by_slopes(F, sp.Integral(sp.exp(s), (s, 0, c)))
    >>> pairs[1], bound
    ((0, 0), ((x, 0, oo),))
    """
    if isinstance(lhs, sp.Derivative):
        return _slope_itself(lhs, rhs)
    constant, integral = rhs.as_independent(sp.Integral, as_Add=True)
    if not isinstance(integral, sp.Integral) or len(integral.limits) != 1 or len(integral.limits[0]) != 3:
        return None
    s, start, c = integral.limits[0]
    factor, F = lhs.as_independent(sp.Integral, as_Add=False)
    if not (c.is_Symbol and isinstance(F, sp.Integral) and len(F.limits) == 1 and len(F.limits[0]) == 3):
        return None
    if integral.function.has(c) or factor.has(c) or any(end.has(c) for end in F.limits[0][1:]):
        return None
    slope, at_start = sp.diff(F.function, c), F.function.subs(c, start)
    pairs = [
        (factor * sp.Integral(slope, F.limits[0]), integral.function.subs(s, c)),
        (factor * sp.Integral(at_start, F.limits[0]) if at_start != 0 else sp.S.Zero, constant),
        (sp.Derivative(F.function, c), slope),
    ]
    return pairs, (F.limits[0],)


def _slope_itself(lhs: Any, rhs: Any) -> tuple[list[Pair], tuple[tuple[Any, Any, Any], ...]] | None:
    """d/dc int f dx = g(c) by int d/dc f dx."""
    factor, F = lhs.expr.as_independent(sp.Integral, as_Add=False)
    if len(lhs.variable_count) != 1 or lhs.variable_count[0][1] != 1:
        return None
    c = lhs.variable_count[0][0]
    if not (isinstance(F, sp.Integral) and len(F.limits) == 1 and len(F.limits[0]) == 3):
        return None
    if factor.has(c) or any(end.has(c) for end in F.limits[0][1:]):
        return None
    slope = sp.diff(F.function, c)
    pairs = [(factor * sp.Integral(slope, F.limits[0]), rhs), (sp.Derivative(F.function, c), slope)]
    return pairs, (F.limits[0],)
