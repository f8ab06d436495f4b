"""Where an integrand is not smooth, and what it is between those points.

A *kink function* of f is a g such that f is holomorphic where g does not vanish: the argument of Abs, sign
or Heaviside, a difference of arguments of Max or Min, the difference of the sides of a condition of
Piecewise. If g is a polynomial of degree 1 or 2 in the variable, all its real roots are known, its sign is
constant between them, and f may be resolved there.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import sympy as sp
from sympy.core.relational import Relational

Signs = Mapping[sp.Expr, int]
STEP_LIMIT = 64
BINDERS = (sp.Integral, sp.Sum, sp.Product, sp.Derivative, sp.Subs)


def without_floors(f: sp.Expr, t: sp.Symbol, lo: sp.Expr, hi: sp.Expr) -> sp.Expr:
    """`f` on [lo, hi] with the steps of floors as kinks: for real g between the integers m and M,

    floor(g) = m + sum_{m < j <= M} H(g - j), and a sum over a <= k <= floor(g) is the sum of its terms up to
    M times H(g - k), if m >= a - 1. Only for linear g with rational values at rational ends.
    """

    def span(g: sp.Expr) -> tuple[int, int] | None:
        ends = [g.subs(t, end) for end in (lo, hi)]
        if not (lo.is_Rational and hi.is_Rational and all(end.is_Rational for end in ends)):
            return None
        low, high = sorted(int(sp.floor(end)) for end in ends)
        return (low, high) if g.diff(t).is_Rational and high - low <= STEP_LIMIT else None

    def of_floor(e: sp.Expr) -> sp.Expr:
        between = span(e.args[0])
        if between is None:
            return e
        low, high = between
        return low + sp.Add(*(sp.Heaviside(e.args[0] - j, 1) for j in range(low + 1, high + 1)))

    def of_sum(e: sp.Sum) -> sp.Expr:
        (k, a, b), *more = e.limits
        between = span(b.args[0]) if isinstance(b, sp.floor) and not more and a.is_Integer else None
        if between is None or between[0] < a - 1:
            return e
        terms = range(int(a), between[1] + 1)
        return sp.Add(*(e.function.subs(k, j) * sp.Heaviside(b.args[0] - j, 1) for j in terms))

    return f.replace(sp.Sum, lambda *args: of_sum(sp.Sum(*args))).replace(
        sp.floor, lambda g: of_floor(sp.floor(g, evaluate=False))
    )


def kink_functions(f: sp.Expr, t: sp.Symbol) -> dict[sp.Expr, list[sp.Expr]]:
    """The kink functions of `f` that are of degree 1 or 2 in `t`, with the expressions of their roots."""
    found: dict[sp.Expr, list[sp.Expr]] = {}
    nodes = sp.preorder_traversal(f)
    for node in nodes:
        if isinstance(node, BINDERS):  # kinks inside move with their own variable
            nodes.skip()
            continue
        for g in _candidates(node):
            roots = _roots(g, t) if g.has(t) else None
            # Real by its symbols, or linear: then a real root and one real value elsewhere show it is real.
            if roots is not None and (g.is_extended_real or len(roots) == 1):
                found[g] = roots
    return found


def _candidates(node: Any) -> list[sp.Expr]:
    if isinstance(node, sp.Abs | sp.sign | sp.Heaviside):
        return [node.args[0]]
    if isinstance(node, sp.Max | sp.Min):
        return [a - b for a, b in combinations(node.args, 2)]
    if isinstance(node, Relational):
        return [node.lhs - node.rhs]
    return []


def _roots(g: sp.Expr, t: sp.Symbol) -> list[sp.Expr] | None:
    """All roots of a linear or quadratic polynomial in t; None for anything else.

    A leading coefficient that vanishes at the point makes the roots NaN there, never wrong.
    """
    if not g.is_polynomial(t) or g.has(sp.Abs, sp.Max, sp.Min, sp.Piecewise, sp.sign, sp.Heaviside):
        return None
    coefficients = sp.Poly(g, t).all_coeffs()
    if len(coefficients) == 2:
        a, b = coefficients
        return [-b / a]
    if len(coefficients) == 3:
        a, b, c = coefficients
        return [(-b + s * sp.sqrt(b**2 - 4 * a * c)) / (2 * a) for s in (1, -1)]
    return None


def resolve(f: Any, signs: Signs) -> Any:
    """`f` where each kink function has the given strict sign."""
    if isinstance(f, sp.Piecewise):
        kept = []
        for value, test in f.args:
            holds = _resolve_condition(test, signs)
            if holds == sp.false:
                continue
            kept.append((resolve(value, signs), holds))
            if holds == sp.true:
                break
        if not kept:  # no condition holds: SymPy's value is nan
            return sp.nan
        return kept[0][0] if kept[0][1] == sp.true else sp.Piecewise(*kept, evaluate=False)
    if isinstance(f, sp.Max | sp.Min):
        for a in f.args:
            order = [signs.get(a - b, -signs.get(b - a, 0)) for b in f.args if b != a]
            if all(s == (1 if isinstance(f, sp.Max) else -1) for s in order):
                return resolve(a, signs)
    if isinstance(f, sp.Abs | sp.sign | sp.Heaviside) and (s := signs.get(f.args[0])):
        inside = resolve(f.args[0], signs)
        return (
            s * inside if isinstance(f, sp.Abs) else sp.Integer(s if isinstance(f, sp.sign) else (1 + s) // 2)
        )
    if (
        not f.args
        or isinstance(f, BINDERS)
        or not f.has(sp.Abs, sp.sign, sp.Heaviside, sp.Max, sp.Min, sp.Piecewise)
    ):
        return f
    return f.func(*(resolve(arg, signs) for arg in f.args))


def _resolve_condition(c: Any, signs: Signs) -> Any:
    if isinstance(c, Relational) and (s := signs.get(c.lhs - c.rhs)):
        return sp.S(c.func(s, 0))
    if isinstance(c, sp.And | sp.Or | sp.Not):
        return c.func(*(_resolve_condition(arg, signs) for arg in c.args))
    return c


def peaks_of(f: sp.Expr, t: sp.Symbol) -> set[sp.Expr]:
    """The vertices of quadratics in t under a negative power, real parts of the poles of a Lorentzian peak.

    Cut there, the integrand is seen in the distance from its peak, in whose logarithm a narrow one is as
    good as a wide one. Cutting anywhere is right, so this need not find all.
    """
    found = set()
    for node in f.atoms(sp.Pow):
        if not (node.exp.is_negative and node.base.has(t) and node.base.is_polynomial(t)):
            continue
        p = sp.Poly(node.base, t)
        if p.degree() == 2:
            found.add(-p.coeff_monomial(t) / (2 * p.coeff_monomial(t**2)))
    return {peak for peak in found if peak.is_extended_real}
