"""One integral, or an expression with integrals in it, through all routes: the simplest value wins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sympy as sp

from signsgd_sym.derive.routes import library, mellin, power, square, termwise
from signsgd_sym.derive.routes.found import Found
from signsgd_sym.derive.simplicity import measure

Route = Callable[[Any], Found | None]
QUICK: tuple[Route, ...] = (power.integrate, mellin.integrate, termwise.integrate)
"""Rules of our own, on part of the half-line x > 0."""
SLOW: tuple[Route, ...] = (library.integrate,)


def solve(integral: Any, routes: Sequence[Route] = QUICK) -> list[Found]:
    """What the routes find for an Integral over an interval: the whole at once, or its parts beside 0."""
    found = [square.integrate(integral)] if routes is QUICK else []
    halves, words = fold(integral)
    best = [_simplest([route(half) for route in routes]) for _, half in halves]
    if best and all(best):
        split = sp.Add(*(factor * half for factor, half in halves))
        value = sp.Add(*(factor * one.value for (factor, _), one in zip(halves, best, strict=True) if one))
        reason = " and ".join(sorted({one.forms[-1][1] for one in best if one}))
        route = " and ".join(sorted({one.route for one in best if one}))
        forms = ((split, words), (value, reason)) if split != integral else ((value, reason),)
        found.append(Found(route, forms))
    return [one for one in found if one is not None]


def fold(integral: Any) -> tuple[list[tuple[Any, Any]], str]:
    """`integral` as a sum of factor * Integral over parts of x >= 0, and why; empty if the ends are unclear.

    >>> from signsgd_sym.notation import x
    >>> fold(sp.Integral(sp.exp(-x**2), (x, -sp.oo, sp.oo)))
    ([(2, Integral(exp(-x**2), (x, 0, oo)))], 'the integrand is even')
    """
    variable, lo, hi = integral.limits[0]
    f, mirror = integral.function, integral.function.subs(variable, -variable)
    if lo.is_extended_nonnegative:
        return [(sp.S.One, integral)], "the same"
    if hi.is_extended_nonpositive:
        return [(sp.S.One, sp.Integral(mirror, (variable, -hi, -lo)))], "reflect at 0"
    if not (lo.is_extended_negative and hi.is_extended_positive):
        return [], ""
    if lo == -hi and sp.simplify(f - mirror) == 0:
        return [(sp.Integer(2), sp.Integral(f, (variable, 0, hi)))], "the integrand is even"
    right, left = sp.Integral(f, (variable, 0, hi)), sp.Integral(mirror, (variable, 0, -lo))
    return [(sp.S.One, right), (sp.S.One, left)], "split at 0"


def solve_all(expr: Any, routes: Sequence[Route] = QUICK) -> Found | None:
    """`expr` with each of its integrals in closed form; None if one of them has none."""
    integrals = sorted(expr.atoms(sp.Integral), key=sp.default_sort_key)
    best = {integral: _simplest(solve(integral, routes)) for integral in integrals}
    if not integrals or not all(best.values()):
        return None
    chains = {integral: found.forms for integral, found in best.items() if found is not None}
    longest = max(map(len, chains.values()))
    forms = []
    for stage in range(longest):
        current = {i: chain[min(stage, len(chain) - 1)] for i, chain in chains.items()}
        reasons = sorted({c[stage][1] for c in chains.values() if stage < len(c)})
        forms.append((expr.xreplace({i: form for i, (form, _) in current.items()}), " and ".join(reasons)))
    return Found(" and ".join(sorted({f.route for f in best.values() if f})), tuple(forms))


def _simplest(found: Sequence[Found | None]) -> Found | None:
    return min((one for one in found if one is not None), key=lambda one: measure(one.value), default=None)
