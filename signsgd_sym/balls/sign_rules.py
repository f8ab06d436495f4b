"""The sign of a real expression from the signs of its parts: rules that hold point by point.

A sign is 1 for e >= 0, -1 for e <= 0, and 0 for unknown, at every point of a set where `e` is defined; which
set that is, the function `leaf` knows, which is asked where the rules say nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from signsgd_sym.special import Erfcx

Leaf = Callable[[sp.Expr], int]
POSITIVE = (sp.exp, sp.erfc, Erfcx, sp.cosh, sp.sech, sp.Abs)
"""Not negative at any real argument."""
REAL = (sp.Add, sp.Mul, sp.sin, sp.cos, sp.tanh, sp.atan, sp.erf, *POSITIVE)
"""Real at real arguments."""


def sign_from_parts(e: sp.Expr, leaf: Leaf) -> int:
    """The sign of `e`.

    A product has the product of signs; a sum that of its summands, if they have one. g^q >= 0 for even
    integers q, and for real q if g >= 0; it has the sign of g for odd q. log g >= 0 for g >= 1, <= 0 for
    0 < g <= 1. For g >= 0, gamma(g), I_nu(g) with nu >= 0 and K_nu(g) with real nu are positive (integrals
    and series of positive terms: DLMF 5.2.1, 10.25.2, 10.32.9). Functions in POSITIVE are not negative.

    >>> x = sp.Symbol("x", real=True)
    >>> sign_from_parts((x - 1) ** 2 * sp.exp(-x) + 3, lambda part: 1 if part.is_positive else 0)
    1
    """
    found = 0
    if e.is_Mul:
        found = 1
        for factor in e.args:
            found = found and found * sign_from_parts(factor, leaf)
    elif e.is_Add:
        signs = {sign_from_parts(term, leaf) for term in e.args}
        found = signs.pop() if len(signs) == 1 else 0
    elif isinstance(e, POSITIVE):
        found = int(is_real_from_parts(e.args[0], leaf))
    elif isinstance(e, sp.log):
        above = sign_from_parts(e.args[0] - 1, leaf)
        found = above if above > 0 or (above and sign_from_parts(e.args[0], leaf) > 0) else 0
    elif isinstance(e, sp.besselk | sp.besseli | sp.gamma):
        order_fits = {
            sp.gamma: True,
            sp.besseli: e.args[0].is_nonnegative,
            sp.besselk: e.args[0].is_real,
        }[e.func]
        found = int(bool(order_fits) and sign_from_parts(e.args[-1], leaf) > 0)
    elif e.is_Pow and is_real_from_parts(e.exp, leaf):
        if e.exp.is_even and is_real_from_parts(e.base, leaf):
            return 1
        base = sign_from_parts(e.base, leaf)
        found = base if base > 0 or e.exp.is_odd else 0
    return found or leaf(e)


def is_real_from_parts(e: sp.Expr, leaf: Leaf) -> bool:
    """Whether `e` is real: SymPy knows it, or it is a real function of real parts, or a logarithm or a power
    of something that is not negative."""
    if e.is_extended_real:
        return True
    if isinstance(e, REAL):
        return all(is_real_from_parts(part, leaf) for part in e.args)
    if isinstance(e, sp.log):
        return sign_from_parts(e.args[0], leaf) > 0
    if e.is_Pow and is_real_from_parts(e.exp, leaf):
        if e.exp.is_integer:
            return is_real_from_parts(e.base, leaf)
        return sign_from_parts(e.base, leaf) > 0
    return False
