r"""Equality in law: two random variables have the same law iff they agree on enough test functions.

X and Y have one law iff E exp(-s (X - q)^2) = E exp(-s (Y - q)^2) for one s > 0 and all real q: that is
the density of X + N(0, 1/(2 s)) at q up to a constant, and a Gaussian factor can be divided out of
characteristic functions. Both sides are integrals (or sums over atoms) that the kernel encloses at random
q and s.
"""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.stats import density
from sympy.stats.rv import RandomSymbol, random_symbols

_q = sp.Dummy("q", real=True)
_s = sp.Dummy("s", positive=True)


def test_means(variable: Any, law: Any) -> tuple[Any, Any]:
    """E exp(-s (X - q)^2) for X = `variable`, an expression in one random symbol, and for X = `law`.

    Raises `TypeError` for two random symbols in one expression, or none.
    """
    return _mean(variable), _mean(law)


def _mean(expr: Any) -> Any:
    symbols = random_symbols(expr)
    if len(symbols) != 1:
        raise TypeError(f"{expr} has {len(symbols)} random variables; a law is checked for exactly one.")
    [symbol] = symbols
    return expectation(sp.exp(-_s * (expr - _q) ** 2), symbol)


def expectation(quantity: Any, symbol: RandomSymbol) -> Any:
    """E[quantity] over the law of a `sympy.stats` symbol, as an unevaluated integral or a finite sum."""
    space = symbol.pspace
    if space.is_Finite:
        return sp.Add(*(p * quantity.xreplace({symbol: value}) for value, p in density(symbol).dict.items()))
    x = sp.Dummy("x", integer=True) if space.is_Discrete else sp.Dummy("x", real=True)
    weighted = quantity.xreplace({symbol: x}) * density(symbol)(x)
    support = space.domain.set
    if space.is_Discrete:
        return sp.Sum(weighted, (x, support.inf, support.sup))
    return sp.Integral(_inside(weighted), (x, support.inf, support.sup))


def _inside(weighted: Any) -> Any:
    """The branch of a density on its support: SymPy writes some as Piecewise((f, inside), (0, True))."""
    pieces = [node for node in weighted.atoms(sp.Piecewise) if len(node.args) == 2 and node.args[1][0] == 0]
    return weighted.xreplace({node: node.args[0][0] for node in pieces})
