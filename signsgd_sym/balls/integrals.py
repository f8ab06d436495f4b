"""Definite integrals, also improper, as balls.

An interval is cut at the kinks of the integrand (`kinks`), and each smooth piece at its middle, so that one end
of a piece is regular. With y the distance from the other end the task is int_0^L g(y) dy, L <= oo:

* near 0, a g holomorphic there is integrated as it stands; otherwise y = e^u, down to a small delta, and the
  rest is bounded by delta sup|g| or by a majorant of g(1/w)/w^2 for w >= 1/delta;
* up to infinity, y = e^u up to N, and the rest is bounded by a majorant (`majorant`) for y >= N.

The finite integrals are FLINT's `acb.integral`, whose error bound is rigorous.
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
    disc,
    is_real,
    nan,
    precision,
    upper,
)
from signsgd_sym.balls.compile import Slots, compile_node, extend
from signsgd_sym.balls.functions import EVAL_LIMIT
from signsgd_sym.balls.kinks import kink_functions, resolve
from signsgd_sym.balls.majorant import Majorant, NoMajorant

HYPERBOLIC = (sp.sinh, sp.cosh, sp.tanh, sp.coth, sp.sech, sp.csch)
EXPONENTS = [0, 1, 2, 3, *(2**k for k in range(2, 15))]  # N = 2^k tried for the ends


def compile_integral(e: sp.Integral, slots: Slots) -> Evaluator:
    """The evaluator of an Integral; several limits are nested, the first one innermost."""
    *outer, last = e.limits
    if len(last) != 3:
        raise Unsupported(f"the indefinite or half-indefinite {e}")
    x, lo, hi = last
    t = sp.Dummy(str(x), real=True)
    inner = sp.Integral(e.function, *outer) if outer else e.function
    return _definite(inner.subs(x, t), t, lo, hi, slots)


def _definite(f: sp.Expr, t: sp.Symbol, lo: sp.Expr, hi: sp.Expr, slots: Slots) -> Evaluator:
    if lo is sp.oo or hi is -sp.oo:
        reverse = _definite(f, t, hi, lo, slots)
        return lambda args, analytic: -reverse(args, analytic)
    kinks = kink_functions(f, t)
    if not kinks:
        return _smooth(f, t, lo, hi, slots)
    roots = {sp.expand(root) for found in kinks.values() for root in found} - {lo, hi}
    if lo is -sp.oo and hi is sp.oo:
        roots.add(sp.S.Zero)
    ends = [lo, hi, *sorted(roots, key=sp.default_sort_key)]
    where = [None if end.is_infinite else compile_node(end, slots) for end in ends]
    signs = {g: compile_node(g, extend(slots, t)) for g in kinks}

    @cache
    def piece(i: int, j: int, pattern: tuple[int, ...]) -> Evaluator:
        return _definite(resolve(f, dict(zip(kinks, pattern, strict=True))), t, ends[i], ends[j], slots)

    def value(args: Sequence[Ball], analytic: bool) -> acb:
        at = [None if w is None else w(args, analytic) for w in where]
        path = _ordered(at)
        if path is None:
            return nan()
        total = acb(0)
        for i, j in zip(path, path[1:], strict=False):
            inside = _between(at[i], at[j])
            pattern = tuple(_strict_sign(g([*args, inside], False)) for g in signs.values())
            if 0 in pattern:
                return nan()
            total += piece(i, j, pattern)(args, analytic)
        return total

    return value


def _ordered(at: list[acb | None]) -> list[int] | None:
    """Indices of the ends and of the distinct roots strictly between them, in order; None if unclear."""
    lo, hi = at[0], at[1]
    if (lo is not None and not is_real(lo)) or (hi is not None and not is_real(hi)):
        return None
    inner: list[int] = []
    for k, root in enumerate(at[2:], 2):
        if root is None or not root.is_finite():
            return None
        if not root.imag.contains(0):
            continue
        if not is_real(root):
            return None
        x = root.real
        known = [at[j] for j in (0, 1, *inner) if at[j] is not None]
        if any((root - z).is_zero() for z in known if z is not None):
            continue
        left, right = (lo is None or x > lo.real), (hi is None or x < hi.real)
        outside = (lo is not None and x < lo.real) or (hi is not None and x > hi.real)
        if left and right and not any(x.overlaps(z.real) for z in known if z is not None):
            inner.append(k)
        elif not outside:
            return None
    inner.sort(key=lambda k: at[k].real.mid())  # type: ignore[union-attr]
    return [0, *inner, 1]


def _between(a: acb | None, b: acb | None) -> acb:
    if a is None:
        return b - 1 if b is not None else acb(0)
    return a + 1 if b is None else (a + b) / 2


def _strict_sign(z: acb) -> int:
    return 1 if z.real > 0 else -1 if z.real < 0 else 0


def _smooth(f: sp.Expr, t: sp.Symbol, lo: sp.Expr, hi: sp.Expr, slots: Slots) -> Evaluator:
    """Without resolvable kinks: one half-line, two half-lines, or a finite interval."""
    y = sp.Dummy("y", positive=True)
    if lo is -sp.oo and hi is sp.oo:
        halves = [_from_zero(f.subs(t, s * y), y, None, slots) for s in (1, -1)]
        return lambda args, analytic: halves[0](args, analytic) + halves[1](args, analytic)
    if hi is sp.oo:
        return _from_zero(f.subs(t, lo + y), y, None, slots)
    if lo is -sp.oo:
        return _from_zero(f.subs(t, hi - y), y, None, slots)
    a, b = compile_node(lo, slots), compile_node(hi, slots)
    whole = compile_node(f, extend(slots, t))

    def half(args: Sequence[Ball], analytic: bool) -> acb:
        return (b(args, analytic) - a(args, analytic)) / 2

    @cache  # compiled only when the integrand is singular at an end
    def halves_of() -> list[Evaluator]:
        return [_from_zero(f.subs(t, lo + y), y, half, slots), _from_zero(f.subs(t, hi - y), y, half, slots)]

    def value(args: Sequence[Ball], analytic: bool) -> acb:
        start, end = a(args, analytic), b(args, analytic)
        if (start - end).is_zero():
            return acb(0)
        g = _bind(whole, args, analytic)
        near = (end - start) * acb(arb(0, arb(2) ** -40))
        if g(start + near, True).is_finite() and g(end + near, True).is_finite():
            return _to_relative(lambda tol: _quadrature(g, start, end, tol), f, analytic)
        return halves_of()[0](args, analytic) + halves_of()[1](args, analytic)

    return value


Integrand = Callable[[acb, bool], acb]


def _bind(f: Evaluator, args: Sequence[Ball], analytic: bool) -> Integrand:
    return lambda z, flag: f([*args, z], flag or analytic)


def _quadrature(g: Integrand, a: acb, b: acb, tol: arb) -> acb:
    return acb.integral(g, a, b, abs_tol=tol, eval_limit=EVAL_LIMIT)


def _in_logarithm(g: Integrand, a: acb, b: acb, tol: arb) -> acb:
    """int_a^b g(y) dy with y = e^u."""

    def pulled_back(u: acb, flag: bool) -> acb:
        y = u.exp()
        return g(y, flag) * y

    return _quadrature(pulled_back, a.log(), b.log(), tol)


def _to_relative(integral: Callable[[arb], acb], f: sp.Expr, analytic: bool) -> acb:
    """Call `integral(tol)` with a tolerance made relative: a crude pass first finds the magnitude."""
    bits = ctx.prec
    tol = arb(2) ** -20
    with precision(min(64, bits)):
        for _ in range(8):
            crude = integral(tol)
            if not crude.is_finite():
                break
            size = arb(crude.abs_lower())
            if size > 0 or crude.is_zero():
                break
            tol = (arb(crude.abs_upper()) * arb(2) ** -30).min(tol**2).upper()
    if crude.is_zero():
        return crude
    if not crude.is_finite():
        size = arb(1)
    size = size if size > 0 else arb(crude.abs_upper())
    result = integral((size * arb(2) ** -bits).upper())
    return acb(result.real) if f.is_extended_real and not analytic else result


def _from_zero(f: sp.Expr, y: sp.Symbol, length: Evaluator | None, slots: Slots) -> Evaluator:
    """int_0^L f(y) dy for f free of kinks inside; L = oo if `length` is None."""
    f = tidy(f)
    inner = compile_node(f, extend(slots, y))
    w = sp.Dummy("w", positive=True)
    nested = any(isinstance(symbol, sp.Dummy) for symbol in slots)

    @cache
    def constant(e: sp.Expr) -> Evaluator:
        return compile_node(e, slots)

    @cache
    def at_infinity() -> sp.Expr:
        return f.rewrite(HYPERBOLIC, sp.exp)

    @cache
    def at_zero() -> sp.Expr:
        return tidy(at_infinity().subs(y, 1 / w) / w**2)

    def value(args: Sequence[Ball], analytic: bool) -> acb:
        g = _bind(inner, args, analytic)
        limit = length(args, analytic) if length else None

        @cache
        def parameter(e: sp.Expr) -> acb:
            return constant(e)(args, False)

        def tail(expr: sp.Expr, variable: sp.Symbol, k: int) -> arb:
            bounds = Majorant(variable, arb(2) ** k, parameter)
            return bounds.tail(bounds.upper(expr))

        def head(k: int) -> arb:
            delta = arb(2) ** -k
            bound = upper(g(acb(arb(0).union(delta)), False)) * delta
            return bound if bound.is_finite() else tail(at_zero(), w, k)

        first = acb(1) if limit is None else limit
        regular = next((k for k in (0, 8, 16, 32, 64) if _holomorphic(g, first * arb(2) ** -k)), None)

        def integral(tol: arb) -> acb:
            total, slack = acb(0), arb(0)
            if regular is not None:
                start = first * arb(2) ** -regular
                total += _quadrature(g, acb(0), start, tol)
            else:
                k, slack = _first_below(head, tol)
                start = acb(arb(2) ** -k)
            if limit is None:
                k, beyond = _first_below(lambda k: tail(at_infinity(), y, k), tol)
                total += _in_logarithm(g, start, acb(arb(2) ** k), tol)
                slack += beyond
            elif regular != 0:
                total += _in_logarithm(g, start, limit, tol)
            return total + (acb(arb(0, slack.upper())) if f.is_extended_real and not analytic else disc(slack))

        try:
            return _to_relative(integral, f, analytic)
        except NoMajorant as reason:
            if nested:
                return nan()
            raise Undecided(f"no proved bound at an end of the integral of {f}: {reason}") from None

    return value


def _holomorphic(g: Integrand, end: acb) -> bool:
    return bool(g(acb(0).union(end), True).is_finite())


def _first_below(bound: Callable[[int], arb], goal: arb) -> tuple[int, arb]:
    """The least k found, by doubling and bisection, with bound(k) < goal. Raises NoMajorant."""
    reason = "the bound does not fall below the tolerance"

    def attempt(k: int) -> arb | None:
        nonlocal reason
        try:
            b = bound(k)
        except NoMajorant as failure:
            reason = str(failure)
            return None
        return b if b < goal else None

    below = 0
    for k in EXPONENTS:
        best = attempt(k)
        if best is not None:
            while k - below > 1 + below // 8:
                middle = (k + below) // 2
                better = attempt(middle)
                if better is None:
                    below = middle
                else:
                    k, best = middle, better
            return k, best
        below = k
    raise NoMajorant(reason)


def tidy(f: sp.Expr) -> sp.Expr:
    """Expand sums under powers, so that a^2 - (a - y)^2 becomes 2 a y - y^2 and cancels no digits."""
    return f.replace(
        lambda e: e.is_Pow and e.base.is_Add, lambda e: sp.Pow(sp.powsimp(sp.expand(e.base)), e.exp)
    )
