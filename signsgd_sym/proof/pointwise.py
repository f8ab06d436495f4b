"""Equal integrands over equal ranges: how an integral of an integral is certified.

Each rule turns `lhs = rhs` into a statement without the outer integral, from which it follows:

    int_a^b f dx = int_a^b g dx              from  f = g for a < x < b;
    d/dc int_a^b f dx = int_a^b g dx         from  d/dc f = g (Leibniz), a and b free of c.

What remains is certified at random points, x among them. The other way round nothing follows: integrands that
differ refute no equality of integrals.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

Bound = tuple[Any, Any, Any]


def without_integral(lhs: Any, rhs: Any) -> tuple[Any, Any, tuple[Bound, ...], str] | None:
    """(f, g, ranges of the variables of integration, name of the rule), or None where no rule applies.

    >>> x, c = sp.symbols("x c", positive=True)
    >>> f, g = sp.Integral(sp.exp(-c * x), (x, 0, 1)), sp.Integral(-x * sp.exp(-c * x), (x, 0, 1))
    >>> without_integral(sp.Derivative(f, c), g)[:2]
    (Derivative(exp(-c*x), c), -x*exp(-c*x))
    """
    rule = "equal integrands"
    parameter = None
    if isinstance(lhs, sp.Derivative) and len(lhs.variable_count) == 1:
        parameter, lhs, rule = (
            lhs.variable_count[0],
            lhs.expr,
            "equal integrands, differentiated under the integral",
        )
    left, right = _outer(lhs), _outer(rhs)
    if left is None or right is None:
        return None
    (a, f, limit), (b, g, other) = left, right
    g, other = g.xreplace({other[0]: limit[0]}), other.xreplace({other[0]: limit[0]})
    if limit != other or len(limit) != 3:
        return None
    variable, lo, hi = limit
    if parameter is not None:
        if parameter[0] in lo.free_symbols | hi.free_symbols | a.free_symbols:
            return None
        f = sp.Derivative(f, parameter)
    return a * f, b * g, ((variable, lo, hi),), rule


def _outer(side: Any) -> tuple[Any, Any, Any] | None:
    """(c, integrand, outermost limit) of a side c * integral with c free of integrals."""
    constant, rest = side.as_independent(sp.Integral, as_Add=False)
    if not isinstance(rest, sp.Integral):
        return None
    *inner, outermost = rest.limits
    return constant, sp.Integral(rest.function, *inner) if inner else rest.function, outermost
