"""A density cut at its kinks: on each piece Abs, sign, Heaviside, Min, Max and Piecewise are resolved."""

from __future__ import annotations

from itertools import pairwise

import sympy as sp

from signsgd_sym import notation
from signsgd_sym.model.families.family import Piece

x = notation.x
KINKED = (sp.Abs, sp.sign, sp.Heaviside, sp.Min, sp.Max, sp.Piecewise)


def split(density: sp.Expr, lo: sp.Expr, hi: sp.Expr) -> tuple[Piece, ...]:
    """Pieces of the density between its kinks in (lo, hi), where it vanishes left out.

    Kinks are roots of the arguments of Abs and its kin. Where their order depends on the values of
    symbolic parameters, or a root cannot be found exactly, the density stays in one piece.

    Example:
        >>> from sympy import Abs, exp, oo
        >>> for piece in split(exp(-Abs(x))/2, -oo, oo): print(piece.density, piece.lo, piece.hi)
        exp(x)/2 -oo 0
        exp(-x)/2 0 oo
    """
    points = _between(_kinks(density), lo, hi)
    if points is None:
        return (Piece(density, lo, hi),)
    edges = (lo, *points, hi)
    pieces = []
    for start, stop in pairwise(edges):
        branch = _resolve(density, _inside(start, stop))
        if branch != 0:
            pieces.append(Piece(branch, start, stop))
    return tuple(pieces) or (Piece(density, lo, hi),)


def _arguments(density: sp.Expr) -> set[sp.Expr]:
    """Expressions in x at whose roots the density may have a kink."""
    found: set[sp.Expr] = set()
    for node in density.atoms(*KINKED):
        if isinstance(node, sp.Abs | sp.sign | sp.Heaviside):
            found.add(node.args[0])
        elif isinstance(node, sp.Min | sp.Max):
            found.update(p - q for i, p in enumerate(node.args) for q in node.args[i + 1 :])
        else:
            for _, condition in node.args:
                found.update(r.lhs - r.rhs for r in condition.atoms(sp.core.relational.Relational))
    return {argument for argument in found if argument.has(x)}


def _kinks(density: sp.Expr) -> list[sp.Expr] | None:
    kinks: set[sp.Expr] = set()
    for argument in _arguments(density):
        roots = _roots(argument)
        if roots is None:
            return None
        kinks.update(roots)
    return list(kinks)


def _roots(argument: sp.Expr) -> list[sp.Expr] | None:
    """All real roots in x, `None` when they are not found exactly."""
    if argument.is_polynomial(x):
        polynomial = sp.Poly(argument, x)
        if polynomial.degree() == 1:
            return [sp.cancel(-polynomial.nth(0) / polynomial.nth(1))]
        if not polynomial.free_symbols_in_domain and polynomial.domain in (sp.ZZ, sp.QQ):
            return [root for root in sp.real_roots(polynomial) if root.is_Atom or root.is_algebraic]
    if argument.count_ops() > 8:
        return None
    try:
        solutions = sp.solveset(argument, x, sp.Reals)
    except (NotImplementedError, ValueError, TypeError):
        return None
    return list(solutions) if isinstance(solutions, sp.FiniteSet) else None


def _between(points: list[sp.Expr] | None, lo: sp.Expr, hi: sp.Expr) -> list[sp.Expr] | None:
    """The points inside (lo, hi) in order, `None` when the order is not certain."""
    if points is None:
        return None
    inside: list[sp.Expr] = []
    for point in points:
        above, below = _sign(point - lo), _sign(hi - point)
        if above is None or below is None:
            return None
        if above > 0 and below > 0:
            inside.append(point)
    ordered: list[sp.Expr] = []
    for point in inside:
        position = 0
        for other in ordered:
            side = _sign(point - other)
            if side is None:
                return None
            position += side > 0
        ordered.insert(position, point)
    return ordered


def _sign(value: sp.Expr) -> int | None:
    if value.is_zero:
        return 0
    if value.is_extended_positive:
        return 1
    if value.is_extended_negative:
        return -1
    if value.is_number:
        number = value.evalf(30)
        if number.is_comparable:
            return int(sp.sign(number))
    return None


def order(p: sp.Expr, q: sp.Expr) -> int | None:
    """The sign of p - q, both possibly infinite; None where it depends on symbolic parameters.

    Example:
        >>> order(sp.Integer(2), sp.oo), order(-sp.oo, -sp.oo)
        (-1, 0)
    """
    if p == q:
        return 0
    if p == -sp.oo or q == sp.oo:
        return -1
    if p == sp.oo or q == -sp.oo:
        return 1
    return _sign(p - q)


def clamped(point: sp.Expr, lo: sp.Expr, hi: sp.Expr) -> sp.Expr:
    """Max(lo, Min(point, hi)), without Min and Max where the order is known."""
    above, below = order(point, lo), order(point, hi)
    if above is not None and above <= 0:
        return lo
    if below is not None and below >= 0:
        return hi
    inner = point if below is not None else sp.Min(point, hi)
    return inner if above is not None else sp.Max(lo, inner)


def _inside(lo: sp.Expr, hi: sp.Expr) -> sp.Expr:
    """A point strictly between."""
    if lo == -sp.oo:
        return sp.Integer(0) if hi == sp.oo else hi - 1
    return lo + 1 if hi == sp.oo else (lo + hi) / 2


def _resolve(node: sp.Expr, point: sp.Expr) -> sp.Expr:
    """The branch of the expression that holds around the point."""
    if not node.has(*KINKED):
        return node
    if isinstance(node, sp.Piecewise):
        for value, condition in node.args:
            holds = condition.subs(x, point)
            if holds == sp.true:
                return _resolve(value, point)
            if holds != sp.false:
                return node
        return sp.Integer(0)
    arguments = [_resolve(argument, point) for argument in node.args]
    if isinstance(node, sp.Abs | sp.sign | sp.Heaviside):
        side = _sign(arguments[0].subs(x, point))
        if side is not None and side != 0:
            if isinstance(node, sp.Abs):
                return side * arguments[0]
            return sp.Integer(side) if isinstance(node, sp.sign) else sp.Integer((1 + side) // 2)
    if isinstance(node, sp.Min | sp.Max):
        best = arguments[0]
        for other in arguments[1:]:
            side = _sign((other - best).subs(x, point))
            if side is None:
                return node.func(*arguments)
            if side > 0 if isinstance(node, sp.Max) else side < 0:
                best = other
        return best
    return node.func(*arguments)
