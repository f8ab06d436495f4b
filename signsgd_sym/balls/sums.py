"""Finite sums and products, and infinite sums with a proved tail.

Tail: if |f(k)| <= m(k) with m non-increasing on [N, oo), then sum_{k > N} |f(k)| <= int_N^oo m (integral
test). Terms that pass `terms.sup` are non-increasing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import sympy as sp
from flint import acb, arb, ctx

from signsgd_sym.balls.ball import (
    Ball,
    Evaluator,
    Undecided,
    Unsupported,
    agree,
    as_integer,
    continued_symbols,
    disc,
    nan,
    upper,
)
from signsgd_sym.balls.compile import compile_node
from signsgd_sym.balls.majorant import Majorant
from signsgd_sym.balls.scope import Slots, extend
from signsgd_sym.balls.terms import NoMajorant, sup
from signsgd_sym.balls.terms import tail as tail_integral

TERM_LIMIT = 20_000


def compile_range(e: Any, slots: Slots, combine: Callable[[acb, acb], acb], empty: int) -> Evaluator:
    """A Sum or Product over finite ranges, the first limit innermost; NaN if they run backwards."""
    *outer, (k, lo, hi) = e.limits
    body = compile_node(e.func(e.function, *outer) if outer else e.function, extend(slots, k))
    first, last = compile_node(lo, slots), compile_node(hi, slots)

    def value(args: Sequence[Ball], analytic: bool) -> acb:
        a, b = as_integer(first(args, analytic)), as_integer(last(args, analytic))
        if a is None or b is None or not -1 <= b - a <= TERM_LIMIT:
            return nan()
        result = acb(empty)
        for n in range(a, b + 1):
            result = combine(result, body([*args, acb(n)], analytic))
        return result

    return value


def compile_product(e: sp.Product, slots: Slots) -> Evaluator:
    """A finite Product."""
    return compile_range(e, slots, lambda x, y: x * y, 1)


def compile_sum(e: sp.Sum, slots: Slots) -> Evaluator:
    """A Sum; an infinite upper limit needs a majorant."""
    *outer, (k, lo, hi) = e.limits
    if hi is not sp.oo:
        return compile_range(e, slots, lambda x, y: x + y, 0)
    if outer or lo is -sp.oo:
        raise Unsupported(f"the multiple or two-sided infinite {e}")
    n = sp.Dummy("n", positive=True, integer=True)
    f = e.function.subs(k, n).rewrite((sp.factorial, sp.binomial, sp.RisingFactorial, sp.beta), sp.gamma)
    f = sp.gammasimp(f) if f.has(sp.gamma) else f
    bounded = compile_node(f, extend(slots, n))
    body, first = compile_node(e.function, extend(slots, k)), compile_node(lo, slots)

    real, nested = bool(f.is_extended_real), any(isinstance(symbol, sp.Dummy) for symbol in slots)

    @cache
    def constant(c: sp.Expr) -> Evaluator:
        return compile_node(c, slots)

    def value(args: Sequence[Ball], analytic: bool) -> acb:
        start = as_integer(first(args, analytic))
        if start is None:
            return nan()

        def tail(N: int) -> arb:
            bounds = Majorant(n, arb(N), lambda c: constant(c)(args, analytic), continued)
            terms = bounds.upper(f)
            for term in terms:
                sup(term, bounds.N)  # raises unless the term is seen not to increase
            return tail_integral(terms, bounds.N)

        continued = continued_symbols(slots, args, analytic)
        total, reason, check = acb(0), "", max(start, 1)
        limit = start + (TERM_LIMIT // 40 if nested or analytic else TERM_LIMIT)
        for m in range(start, limit):
            term = body([*args, acb(m)], analytic)
            total += term
            if m == check or m == limit - 1:
                check += max(4, check // 4)
                agree(term, bounded([*args, acb(m)], analytic))
                try:
                    rest = tail(m)
                except NoMajorant as failure:
                    reason = str(failure)
                    continue
                if rest < upper(total) * arb(2) ** -ctx.prec or rest < arb(2) ** (-8 * ctx.prec):
                    slack = acb(arb(0, rest)) if real and not continued and not analytic else disc(rest)
                    return total + slack
                reason = f"the tail bound is still {rest.str(3)}"
        if nested or analytic:  # the integrator bisects
            return nan()
        raise Undecided(f"{TERM_LIMIT} terms of the sum of {f}: {reason}")

    return value
