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
from dataclasses import dataclass
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
    lower,
    nan,
    precision,
    upper,
)
from signsgd_sym.balls.compile import Slots, compile_node, extend
from signsgd_sym.balls.functions import EVAL_LIMIT
from signsgd_sym.balls.kinks import kink_functions, resolve
from signsgd_sym.balls.majorant import Majorant, NoMajorant

Integrand = Callable[[acb, bool], acb]
HYPERBOLIC = (sp.sinh, sp.cosh, sp.tanh, sp.coth, sp.sech, sp.csch)
EXPONENTS = [0, 1, 2, 3, *(2**k for k in range(2, 15))]  # N = 2^k tried for the ends


@dataclass(frozen=True)
class Piece:
    """Part of an integral: `value(args, analytic, tol)`, and a guess of its size that sets the tolerance."""

    value: Callable[[Sequence[Ball], bool, arb], acb]
    size: Callable[[Sequence[Ball]], arb]


def compile_integral(e: sp.Integral, slots: Slots) -> Evaluator:
    """The evaluator of an Integral; several limits are nested, the first one innermost."""
    *outer, last = e.limits
    if len(last) != 3:
        raise Unsupported(f"the indefinite or half-indefinite {e}")
    x, lo, hi = last
    if (lo.is_infinite or hi.is_infinite) and (outer or e.function.has(sp.Integral)):
        raise Unsupported(f"Integral over an unbounded range of another integral, in {e}")
    t = sp.Dummy(str(x), real=True)
    f = (sp.Integral(e.function, *outer) if outer else e.function).subs(x, t)
    sign = -1 if lo is sp.oo or hi is -sp.oo else 1
    choose = _cut_at_kinks(f, t, *((lo, hi) if sign == 1 else (hi, lo)), slots)
    nested = any(isinstance(symbol, sp.Dummy) for symbol in slots)
    ends = [compile_node(end, slots) for end in (lo, hi) if not end.is_infinite]
    real = bool(f.is_extended_real)

    def value(args: Sequence[Ball], analytic: bool) -> acb:
        if not analytic and not all(is_real(end(args, False)) for end in ends):
            return nan()  # t is real by assumption; complex ends occur only as continuations of real ones
        pieces = choose(args, analytic)
        if pieces is None:
            return nan()
        try:
            result = sign * _to_relative(pieces, args, analytic)
        except NoMajorant as reason:
            if nested or analytic:
                return nan()
            raise Undecided(f"no proved bound at an end of {e}: {reason}") from None
        return acb(result.real) if real and not analytic else result

    return value


def _to_relative(pieces: list[Piece], args: Sequence[Ball], analytic: bool) -> acb:
    """The sum of the pieces, to a tolerance relative to its size, which crude passes find.

    Values at a few points tell below which tolerance there is no use in looking for more of the integrand.
    """

    def total(tol: arb) -> acb:
        return sum((piece.value(args, analytic, tol) for piece in pieces), acb(0))

    bits, tol, size = ctx.prec, arb(2) ** -20, arb(0)
    floor = sum((piece.size(args) for piece in pieces), arb(0))
    for _ in range(12):
        with precision(min(64, bits)):
            crude = total(tol)
        size = lower(crude)
        bound = upper(crude) if crude.is_finite() else tol
        smaller = arb((bound * arb(2) ** -30).min(tol**2).max(floor).upper())
        if size > 0 or crude.is_zero() or not smaller < tol:
            break
        tol = smaller
    return total(arb(((size if size > 0 else tol) * arb(2) ** -bits).upper()))


Chooser = Callable[[Sequence[Ball], bool], "list[Piece] | None"]


def _cut_at_kinks(f: sp.Expr, t: sp.Symbol, lo: sp.Expr, hi: sp.Expr, slots: Slots) -> Chooser:
    """The smooth pieces of the integral at a point; None where the order of the kinks is not clear."""
    kinks = kink_functions(f, t)
    if not kinks:
        smooth = _smooth(f, t, lo, hi, slots)
        return lambda args, analytic: [smooth]
    roots = {sp.expand(root) for found in kinks.values() for root in found} - {lo, hi}
    if lo is -sp.oo and hi is sp.oo:
        roots.add(sp.S.Zero)
    ends = [lo, hi, *sorted(roots, key=sp.default_sort_key)]
    where = [None if end.is_infinite else compile_node(end, slots) for end in ends]
    signs = {g: compile_node(g, extend(slots, t)) for g in kinks}

    @cache
    def between(i: int, j: int, pattern: tuple[int, ...]) -> Chooser:
        return _cut_at_kinks(resolve(f, dict(zip(kinks, pattern, strict=True))), t, ends[i], ends[j], slots)

    def choose(args: Sequence[Ball], analytic: bool) -> list[Piece] | None:
        at = [None if w is None else w(args, analytic) for w in where]
        path = _ordered(at)
        pieces: list[Piece] = []
        for i, j in zip(path or (), (path or ())[1:], strict=False):
            inside = _between(at[i], at[j])
            pattern = tuple(_strict_sign(g([*args, inside], False)) for g in signs.values())
            found = None if 0 in pattern else between(i, j, pattern)(args, analytic)
            if found is None:
                return None
            pieces += found
        return pieces if path else None

    return choose


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


def _smooth(f: sp.Expr, t: sp.Symbol, lo: sp.Expr, hi: sp.Expr, slots: Slots) -> Piece:
    """Without resolvable kinks: one half-line, two half-lines, or a finite interval."""
    y = sp.Dummy("y", positive=True)
    if lo is -sp.oo and hi is sp.oo:
        return _both(*(_from_zero(f.subs(t, s * y), y, None, slots) for s in (1, -1)))
    if hi is sp.oo:
        return _from_zero(f.subs(t, lo + y), y, None, slots)
    if lo is -sp.oo:
        return _from_zero(f.subs(t, hi - y), y, None, slots)
    a, b = compile_node(lo, slots), compile_node(hi, slots)
    whole = compile_node(f, extend(slots, t))

    def half(args: Sequence[Ball], analytic: bool) -> acb:
        return (b(args, analytic) - a(args, analytic)) / 2

    @cache  # compiled only when the integrand is singular at an end
    def halves() -> Piece:
        return _both(_from_zero(f.subs(t, lo + y), y, half, slots), _from_zero(f.subs(t, hi - y), y, half, slots))

    def value(args: Sequence[Ball], analytic: bool, tol: arb) -> acb:
        start, end = a(args, analytic), b(args, analytic)
        if (start - end).is_zero():
            return acb(0)
        g = _bind(whole, args, analytic)
        near = (end - start) * acb(arb(0, arb(2) ** -40))
        if g(start + near, True).is_finite() and g(end + near, True).is_finite():
            return _quadrature(g, start, end, tol)
        return halves().value(args, analytic, tol)

    def size(args: Sequence[Ball]) -> arb:
        start, end, g = a(args, False), b(args, False), _bind(whole, args, False)
        near = [_probe(lambda y, s=s, e=e: g(s + y, False), e) for s, e in ((start, end - start), (end, start - end))]  # type: ignore[misc]
        return near[0] + near[1]

    return Piece(value, size)


def _both(one: Piece, other: Piece) -> Piece:
    return Piece(
        lambda args, analytic, tol: one.value(args, analytic, tol) + other.value(args, analytic, tol),
        lambda args: one.size(args) + other.size(args),
    )


def _probe(g: Callable[[acb], acb], length: acb | None) -> arb:
    """The largest y |g(y)| over y = 2^k (k even, |k| <= 100), or over length 2^-k: a guess, used in no proof."""
    scale, powers = (acb(1), range(-100, 101, 2)) if length is None else (length, range(-100, 0, 2))
    sizes = [upper(y * g(y)) for y in (scale * arb(2) ** k for k in powers)]
    return max((s for s in sizes if s.is_finite()), default=arb(0))


def _bind(f: Evaluator, args: Sequence[Ball], analytic: bool) -> Integrand:
    return lambda z, flag: f([*args, z], flag or analytic)


def _quadrature(g: Integrand, a: acb, b: acb, tol: arb) -> acb:
    """`acb.integral`, scaled when the tolerance is so small that FLINT's error bounds lose their exponents."""
    exponent = int(tol.man_exp()[1])
    if abs(exponent) < 2**30:
        return acb.integral(g, a, b, abs_tol=tol, eval_limit=EVAL_LIMIT)
    scale = arb(2) ** -exponent
    scaled = acb.integral(lambda z, flag: g(z, flag) * scale, a, b, abs_tol=tol * scale, eval_limit=EVAL_LIMIT)
    return scaled / scale


def _from_zero(f: sp.Expr, y: sp.Symbol, length: Evaluator | None, slots: Slots) -> Piece:
    """int_0^L f(y) dy for f free of kinks inside; L = oo if `length` is None."""
    f = tidy(f, y)
    inner = compile_node(f, extend(slots, y))
    u = sp.Dummy("u", real=True)
    real = bool(f.is_extended_real)
    in_logarithm = compile_node(f.subs(y, sp.exp(u)) * sp.exp(u), extend(slots, u))
    w = sp.Dummy("w", positive=True)

    @cache
    def constant(e: sp.Expr) -> Evaluator:
        return compile_node(e, slots)

    @cache
    def at_infinity() -> sp.Expr:
        return f.rewrite(HYPERBOLIC, sp.exp)

    @cache
    def at_zero() -> sp.Expr:
        return tidy(at_infinity().subs(y, 1 / w) / w**2, w)

    def value(args: Sequence[Ball], analytic: bool, tol: arb) -> acb:
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
        slack, far = arb(0), limit.log() if limit is not None else acb(0)
        if regular is not None:
            near = (first * arb(2) ** -regular).log()
        else:
            k, slack = _first_below(head, tol)
            near = -k * acb(2).log()
        if limit is None:
            k, beyond = _first_below(lambda k: tail(at_infinity(), y, k), tol)
            far, slack = k * acb(2).log(), slack + beyond
        total = acb(0)
        if regular is not None:
            total += _quadrature(g, acb(0), first * arb(2) ** -regular, tol)
        if limit is None or regular != 0:
            total += _quadrature(_bind(in_logarithm, args, analytic), near, far, tol)
        return total + (acb(arb(0, slack.upper())) if real and not analytic else disc(slack))

    def size(args: Sequence[Ball]) -> arb:
        g = _bind(inner, args, False)
        return _probe(lambda y: g(y, False), length(args, False) if length else None)

    return Piece(value, size)


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


def tidy(f: sp.Expr, y: sp.Symbol) -> sp.Expr:
    """Expand sums under powers and take out the lowest power of y > 0.

    So a^2 - (a - y)^2 becomes 2 a y - y^2, which cancels no digits, and its root sqrt(y) sqrt(2 a - y), whose first
    factor is entire in log y.
    """

    def expanded(base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
        terms = sp.Add.make_args(sp.expand(base))
        lowest = min((m for t in terms if (m := t.as_coeff_exponent(y)[1]).is_Rational), default=sp.S.Zero)
        return (y**lowest) ** exponent * sp.Add(*(t / y**lowest for t in terms)) ** exponent

    return f.replace(lambda e: e.is_Pow and e.base.has(sp.Add) and e.base.has(y), lambda e: expanded(e.base, e.exp))
