"""Derivatives of an integral by a parameter, under the integral sign.

Lemma. Let the ends be free of p, f(p, x) holomorphic in p on an open set P for almost every x, and |f(p, x)|
<= h(x) on P with h integrable. Then F(p) = int f dx is holomorphic on P and F^(n)(p) = int d^n f/dp^n dx.

Proof. By Cauchy's formula d^n f/dp^n = n!/(2 pi i) times the integral of f(s, x)/(s - p)^(n+1) over a circle
in P around p; the same formula gives F^(n), and Fubini exchanges the two integrals because h is integrable.

The hypothesis is what a finite answer of the evaluator of F says, if P is given to it with `analytic` set: it
then found f holomorphic and bounded on P times every stretch it integrated, and majorants of the rest
(`majorant`). The derivative that SymPy finds of f is compared with one from `circle`.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp
from flint import acb, arb

from signsgd_sym.balls.ball import Ball, Evaluator, Unsupported, agree, disc, nan, precision
from signsgd_sym.balls.circle import derivative
from signsgd_sym.balls.compile import compile_node
from signsgd_sym.balls.scope import Slots, extend

RADII = [-20, -40, -80, -160]  # of P, as powers of 2


def compile_under_integral(e: sp.Integral, p: sp.Symbol, n: int, slots: Slots) -> Evaluator | None:
    """The evaluator of d^n e/dp^n; None if the ends depend on p, or SymPy finds no derivative known here."""
    (x, *ends), *more = e.limits
    if more or x == p or len(ends) != 2 or any(end.has(p) for end in ends):
        return None
    slope = e.function.diff(p, n)
    try:
        whole, inner = compile_node(e, slots), compile_node(sp.Integral(slope, (x, *ends)), slots)
        f, df = compile_node(e.function, extend(slots, x)), compile_node(slope, extend(slots, x))
        place = compile_node(_inside(*ends), slots)
    except Unsupported:
        return None
    k = slots[p]

    def value(args: Sequence[Ball], analytic: bool) -> acb:
        def moved(z: acb) -> list[Ball]:
            return [*args[:k], z, *args[k + 1 :]]

        with precision(64):
            holomorphic = any(whole(moved(args[k] + disc(arb(2) ** r)), True).is_finite() for r in RADII)
        if not holomorphic:
            return nan()
        at = place(args, analytic)
        agree(df([*args, at], analytic), derivative(lambda z: f([*moved(z), at], True), args[k], n))
        return inner(args, analytic)

    return value


def _inside(lo: sp.Expr, hi: sp.Expr) -> sp.Expr:
    if lo.is_infinite or hi.is_infinite:
        start, sign = (lo, 1) if not lo.is_infinite else (hi, -1) if not hi.is_infinite else (sp.S.Zero, 1)
        return start + sign * sp.Rational(5, 7)
    return lo + sp.Rational(3, 7) * (hi - lo)
