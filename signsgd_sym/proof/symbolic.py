"""Exact equality by rewriting: what turns CERTIFIED into PROVED.

Only rewritings that end quickly are tried, and only their success counts: SymPy is not trusted, so a step
is PROVED when rewriting makes both sides one expression *and* the kernel certified it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

MAX_OPERATIONS = 150


def is_identity(lhs: Any, rhs: Any) -> bool:
    """Whether both sides become the same expression.

    >>> x = sp.Symbol("x", positive=True)
    >>> is_identity(sp.Derivative(sp.erf(x), x), 2 * sp.exp(-x**2) / sp.sqrt(sp.pi))
    True
    >>> is_identity(sp.sin(x) ** 2, 1 - sp.cos(x) ** 2)
    False
    """
    if lhs == rhs:
        return True
    if isinstance(lhs, sp.MatrixExpr) or isinstance(rhs, sp.MatrixExpr):
        return False
    if lhs.has(sp.Integral, sp.Sum) or rhs.has(sp.Integral, sp.Sum):
        return False
    if sp.count_ops(lhs) + sp.count_ops(rhs) > MAX_OPERATIONS:
        return False
    try:
        gap = (lhs - rhs).doit(deep=True) if (lhs - rhs).has(sp.Derivative, sp.Subs) else lhs - rhs
        return any(rewrite(gap) == 0 for rewrite in _REWRITINGS)
    except (TypeError, ValueError, NotImplementedError, AttributeError):
        return False  # SymPy did not know what to do: nothing is proved


def _together(gap: Any) -> Any:
    return sp.expand(sp.numer(sp.together(sp.powsimp(gap))))


_REWRITINGS: tuple[Callable[[Any], Any], ...] = (
    sp.expand,
    lambda gap: sp.expand(sp.powsimp(sp.expand(gap))),
    _together,
)
