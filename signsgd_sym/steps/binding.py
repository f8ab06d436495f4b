"""What the bound variable of an integral, a sum or a limit is: a symbol that is true on the whole range.

SymPy simplifies by what it knows of a symbol, so x > 0 turns Abs(x) into x. A name that the file declares
keeps its declaration where that holds on the range, and otherwise becomes a plain real (or, in a sum,
integer) symbol, lest Integral(exp(-Abs(x)), (x, -oo, oo)) lose its left half.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from signsgd_sym.errors import ParseError

Scope = Mapping[str, sp.Expr]


def bound_symbol(
    name: str, scope: Scope, lo: sp.Expr, hi: sp.Expr, *, integer: bool = False, closed: bool = False
) -> sp.Symbol:
    """The symbol that `name` is while it runs from `lo` to `hi`; with `closed` the ends count.

    >>> x = sp.Symbol("x", positive=True)
    >>> bound_symbol("x", {"x": x}, sp.S.Zero, sp.oo) == x
    True
    >>> bound_symbol("x", {"x": x}, -sp.oo, sp.oo).is_positive is None
    True

    Raises:
        ParseError: without a place, if the name is an abbreviation.
    """
    known = scope.get(name)
    if known is not None and not (known.is_Symbol and known.name == name):
        raise ParseError(f"{name} is an abbreviation; give the bound variable another name")
    if known is not None and _holds(known, integer, closed or integer, lo, hi):
        return known
    return sp.Symbol(name, integer=True) if integer else sp.Symbol(name, real=True)


def _holds(symbol: sp.Symbol, integer: bool, closed: bool, lo: sp.Expr, hi: sp.Expr) -> bool:
    """Whether what is assumed of a symbol is true from `lo` to `hi`."""
    if bool(symbol.is_integer) != integer and not (closed and not integer):
        return False
    ends = (lo, hi)
    if symbol.is_positive and closed:
        return all(end.is_extended_positive for end in ends)
    if symbol.is_nonnegative:
        return all(end.is_extended_nonnegative for end in ends)
    if symbol.is_negative and closed:
        return all(end.is_extended_negative for end in ends)
    if symbol.is_nonpositive:
        return all(end.is_extended_nonpositive for end in ends)
    return True


def check_capture(name: str, scope: Scope, symbol: sp.Symbol, body: sp.Expr) -> None:
    """Refuse a body in which an abbreviation speaks of `name` as declared, which is another symbol.

    Raises:
        ParseError: without a place.
    """
    declared = scope.get(name)
    if declared is not None and declared != symbol and declared in body.free_symbols:
        raise ParseError(
            f"an abbreviation uses {name} as declared, which does not hold on this whole range; "
            f"declare it as `{name} {'integer' if symbol.is_integer else 'real'}`"
        )


def check_sum_ends(*ends: sp.Expr) -> None:
    """Refuse the ends of a sum that are certainly not integers.

    Raises:
        ParseError: without a place.
    """
    for end in ends:
        if end.is_infinite is not True and end.is_integer is False:
            raise ParseError(f"a sum runs over integers, but one end is {end}; change it")
