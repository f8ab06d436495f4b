"""Definite integrals, also improper, as balls.

An interval is cut at the kinks of the integrand (`kinks`), and each smooth piece that is singular at an end
at its middle, so that `half_line` has to do with one end only. Tolerances are made relative to the size of
the sum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import sympy as sp
from flint import acb, arb, ctx

from signsgd_sym.balls.ball import (
    Ball,
    Evaluator,
    Undecided,
    Unsupported,
    agree,
    continued_symbols,
    is_real,
    lower,
    nan,
    precision,
    upper,
)
from signsgd_sym.balls.compile import compile_node
from signsgd_sym.balls.half_line import Piece, bind, both, from_end, probe, quadrature
from signsgd_sym.balls.kinks import kink_functions, peaks_of, resolve, without_floors
from signsgd_sym.balls.scope import Slots, extend
from signsgd_sym.balls.terms import NoMajorant

Chooser = Callable[[Sequence[Ball], bool], list[Piece] | None]


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
        as_assumed = real and not analytic and not continued_symbols(slots, args, analytic)
        return acb(result.real) if as_assumed else result

    return value


def _to_relative(pieces: list[Piece], args: Sequence[Ball], analytic: bool) -> acb:
    """The sum of the pieces, to a tolerance relative to its size.

    The size is guessed from values at a few points. If the sum turns out to be much smaller, crude passes
    find its size. No tolerance enters a proof: the radius of the answer says what was reached.
    """

    def total(tol: arb) -> acb:
        return sum((piece.value(args, analytic, tol) for piece in pieces), acb(0))

    bits = ctx.prec
    guess = sum((piece.size(args) for piece in pieces), arb(0)) * arb(2) ** -12
    if guess > 0:
        tol = arb((guess * arb(2) ** -bits).upper())
        first = total(tol)
        size = lower(first)
        # A sum that is not finite holds integrand that stays unbounded: no tolerance would change that.
        if tol < size * arb(2) ** (6 - bits) or not first.is_finite():
            return first
    else:
        size = arb(0)
    tol, floor = arb(2) ** -20, guess * arb(2) ** -8
    for _ in range(12):
        if size > 0:
            break
        with precision(min(64, bits)):
            crude = total(tol)
        size = lower(crude)
        bound = upper(crude) if crude.is_finite() else tol
        smaller = arb((bound * arb(2) ** -30).min(tol**2).max(floor).upper())
        if crude.is_zero() or not smaller < tol:
            break
        tol = smaller
    return total(arb(((size if size > 0 else tol) * arb(2) ** -bits).upper()))


def _cut_at_kinks(
    f: sp.Expr, t: sp.Symbol, lo: sp.Expr, hi: sp.Expr, slots: Slots, seek_peaks: bool = True
) -> Chooser:
    """The smooth pieces of the integral at a point; None where the order of the kinks is not clear."""
    stepless = without_floors(f, t, lo, hi)
    kinks = kink_functions(stepless, t)
    peaks = {sp.expand(peak) for peak in peaks_of(stepless, t)} - {lo, hi} if seek_peaks else set()
    if not kinks and not peaks:
        smooth = _smooth(f, t, lo, hi, slots)
        return lambda args, analytic: [smooth]
    roots = ({sp.expand(root) for found in kinks.values() for root in found} | peaks) - {lo, hi}
    if lo is -sp.oo and hi is sp.oo:
        roots.add(sp.S.Zero)
    ends = [lo, hi, *sorted(roots, key=sp.default_sort_key)]
    where = [None if end.is_infinite else compile_node(end, slots) for end in ends]
    signs = {g: compile_node(g, extend(slots, t)) for g in kinks}

    whole = compile_node(f, extend(slots, t))

    def pieces_of(smooth: sp.Expr, start: sp.Expr, end: sp.Expr) -> Chooser:
        return _cut_at_kinks(smooth, t, start, end, slots, seek_peaks=False)

    @cache
    def between(i: int, j: int, pattern: tuple[int, ...]) -> tuple[Evaluator, Chooser]:
        smooth = resolve(stepless, dict(zip(kinks, pattern, strict=True)))
        return compile_node(smooth, extend(slots, t)), pieces_of(smooth, ends[i], ends[j])

    def choose(args: Sequence[Ball], analytic: bool) -> list[Piece] | None:
        at = [None if w is None else w(args, analytic) for w in where]
        path = _ordered(at)
        pieces: list[Piece] = []
        for i, j in zip(path or (), (path or ())[1:], strict=False):
            inside = [*args, _between(at[i], at[j])]
            values = [(g, sign(inside, False)) for g, sign in signs.items()]
            pattern = tuple(
                _strict_sign(acb(z.real) if analytic and g.is_extended_real else z) for g, z in values
            )
            if 0 in pattern:
                return None
            smooth, chooser = between(i, j, pattern)
            agree(whole(inside, False), smooth(inside, False))
            found = chooser(args, analytic)
            if found is None:
                return None
            pieces += found
        return pieces if path else None

    return choose


def _ordered(at: list[acb | None]) -> list[int] | None:
    """Indices of the ends and of the distinct roots strictly between them, in order; None if unclear.

    A complex end is unclear. A complex root is the continuation of one that is real for the real values of
    the parameters; if its real part lies outside, so do those.
    """
    lo, hi = at[0], at[1]
    if not all(is_real(end) for end in (lo, hi) if end is not None):
        return None
    if lo is not None and hi is not None and not lo.real < hi.real:
        if lo.real > hi.real:
            path = _ordered([hi, lo, *at[2:]])
            return path and [0, *path[-2:0:-1], 1]
        if not (lo - hi).is_zero():
            return None
    inner: list[int] = []
    for k, root in enumerate(at[2:], 2):
        if root is None or not root.is_finite():
            return None
        if not root.imag.contains(0):
            continue
        x = root.real
        known = [at[j] for j in (0, 1, *inner) if at[j] is not None]
        if any((root - z).is_zero() for z in known if z is not None):
            continue
        left, right = (lo is None or x > lo.real), (hi is None or x < hi.real)
        outside = (lo is not None and x < lo.real) or (hi is not None and x > hi.real)
        if is_real(root) and left and right and not any(x.overlaps(z.real) for z in known if z is not None):
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
    """The sign of a real number; 0 where it is not clear, or z is not real."""
    if not is_real(z):
        return 0
    return 1 if z.real > 0 else -1 if z.real < 0 else 0


def _smooth(f: sp.Expr, t: sp.Symbol, lo: sp.Expr, hi: sp.Expr, slots: Slots) -> Piece:
    """Without resolvable kinks: one half-line, two half-lines, or a finite interval."""
    if lo is -sp.oo and hi is sp.oo:
        return both(*(from_end(f, t, sp.S.Zero, s, None, slots) for s in (1, -1)))
    if hi is sp.oo:
        return from_end(f, t, lo, 1, None, slots)
    if lo is -sp.oo:
        return from_end(f, t, hi, -1, None, slots)
    a, b = compile_node(lo, slots), compile_node(hi, slots)
    whole = compile_node(f, extend(slots, t))

    def half(args: Sequence[Ball], analytic: bool) -> acb:
        return (b(args, analytic) - a(args, analytic)) / 2

    @cache  # compiled only when the integrand is singular at an end
    def halves() -> Piece:
        return both(from_end(f, t, lo, 1, half, slots), from_end(f, t, hi, -1, half, slots))

    def value(args: Sequence[Ball], analytic: bool, tol: arb) -> acb:
        start, end = a(args, analytic), b(args, analytic)
        if (start - end).is_zero():
            return acb(0)
        g = bind(whole, args, analytic)
        near = (end - start) * acb(arb(0, arb(2) ** -40))
        if g(start + near, True).is_finite() and g(end + near, True).is_finite():
            return quadrature(g, start, end, tol)
        return halves().value(args, analytic, tol)

    def size(args: Sequence[Ball]) -> arb:
        start, end, g = a(args, False), b(args, False), bind(whole, args, False)
        length = end - start
        return probe(lambda y: g(start + y, False), length) + probe(lambda y: g(end - y, False), length)

    return Piece(value, size)
