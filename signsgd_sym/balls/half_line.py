"""int_0^L g(y) dy for g free of kinks, L <= oo, to an absolute tolerance.

* Near 0, a g holomorphic there is integrated as it stands; otherwise y = e^u, down to a small delta, and
the rest
  is bounded by delta sup|g| or by a majorant of g(1/w)/w^2 for w >= 1/delta.
* Up to infinity, y = e^u up to N, and the rest is bounded by a majorant for y >= N, or is an integral in 1/y
  but for a factor near 1: see `settling`.
* Where that fails, y = e^(-s) or e^s is put first, for integrands that depend on log y.

The finite integrals are FLINT's `acb.integral`, whose error bound is rigorous.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import sympy as sp
from flint import acb, arb

from signsgd_sym.balls.ball import (
    Ball,
    Divergent,
    Evaluator,
    agree,
    continued_symbols,
    disc,
    precision,
    upper,
)
from signsgd_sym.balls.compile import compile_node
from signsgd_sym.balls.functions import EVAL_LIMIT
from signsgd_sym.balls.majorant import Majorant
from signsgd_sym.balls.scope import Slots, extend
from signsgd_sym.balls.settling import Settling, settling
from signsgd_sym.balls.terms import NoMajorant, grows

Integrand = Callable[[acb, bool], acb]
HYPERBOLIC = (sp.sinh, sp.cosh, sp.tanh, sp.coth, sp.sech, sp.csch)
EXPONENTS = [0, 1, 2, 3, *(2**k for k in range(2, 15))]  # N = 2^k tried for the ends


@dataclass(frozen=True)
class Piece:
    """Part of an integral: `value(args, analytic, tol)`, and a guess of its size that sets the tolerance."""

    value: Callable[[Sequence[Ball], bool, arb], acb]
    size: Callable[[Sequence[Ball]], arb]


def both(one: Piece, other: Piece) -> Piece:
    """The sum of two pieces."""
    return Piece(
        lambda args, analytic, tol: one.value(args, analytic, tol) + other.value(args, analytic, tol),
        lambda args: one.size(args) + other.size(args),
    )


def probe(g: Callable[[acb], acb], length: acb | None) -> arb:
    """The largest y |g(y)| over y = 2^k (k even, |k| <= 100), or over length 2^-k, and around the best of
    them: a guess, used in no proof.
    """
    scale, powers = (acb(1), range(-100, 101, 2)) if length is None else (length, range(-100, 0, 2))

    def size(k: float) -> arb:
        y = scale * arb(2) ** k
        s = upper(y * g(y))
        return s if s.is_finite() else arb(0)

    with precision(64):
        sizes = {float(k): size(k) for k in powers}
        best, step = max(sizes, key=lambda k: sizes[k].mid()), 1.0
        for _ in range(20):  # halving around the best: a peak that is narrow on this scale
            for k in (best - step, best + step):
                if length is None or k < 0:
                    sizes[k] = size(k)
            best, step = max(sizes, key=lambda k: sizes[k].mid()), step / 2
        return sizes[best]


def bind(f: Evaluator, args: Sequence[Ball], analytic: bool) -> Integrand:
    """`f` as a function of its last argument."""
    return lambda z, flag: f([*args, z], flag or analytic)


def quadrature(g: Integrand, a: acb, b: acb, tol: arb) -> acb:
    """`acb.integral`, scaled where the tolerance is so small that FLINT's bounds lose their exponents."""
    exponent = int(tol.man_exp()[1])
    if abs(exponent) < 2**30:
        return acb.integral(g, a, b, abs_tol=tol, eval_limit=EVAL_LIMIT)
    scale = arb(2) ** -exponent
    scaled = acb.integral(
        lambda z, flag: g(z, flag) * scale, a, b, abs_tol=tol * scale, eval_limit=EVAL_LIMIT
    )
    return scaled / scale


def from_end(
    f: sp.Expr,
    t: sp.Symbol,
    end: sp.Expr,
    sign: int,
    length: Evaluator | None,
    slots: Slots,
    substitute: bool = True,
) -> Piece:
    """int_0^L f(end + sign y) dy for f free of kinks inside; L = oo if `length` is None."""
    y, u, w = sp.Dummy("y", positive=True), sp.Dummy("u", real=True), sp.Dummy("w", positive=True)
    neat = tidy(f.subs(t, end + sign * y), y)
    real = bool(neat.is_extended_real)
    original, origin = compile_node(f, extend(slots, t)), compile_node(end, slots)
    direct = compile_node(neat, extend(slots, y))
    in_logarithm = compile_node(neat.subs(y, sp.exp(u)) * sp.exp(u), extend(slots, u))

    @cache
    def constant(e: sp.Expr) -> Evaluator:
        return compile_node(e, slots)

    @cache
    def at_infinity() -> tuple[sp.Expr, Evaluator]:
        e = neat.rewrite(HYPERBOLIC, sp.exp)
        return e, compile_node(e, extend(slots, y))

    @cache
    def at_zero() -> tuple[sp.Expr, Evaluator]:
        e = tidy(at_infinity()[0].subs(y, 1 / w) / w**2, w)
        return e, compile_node(e, extend(slots, w))

    @cache
    def by_logarithm(start: int, direction: int) -> tuple[Evaluator, Piece]:
        """y = 2^start e^(direction s), s > 0."""
        s = sp.Dummy("s", positive=True)
        image = sp.Integer(2) ** start * sp.exp(direction * s)
        e = sp.expand_log(neat.subs(y, image)) * image
        return compile_node(e, extend(slots, s)), from_end(e, s, sp.S.Zero, 1, None, slots, substitute=False)

    @cache
    def settled() -> Settling:
        return settling(at_infinity()[0], y, slots, tidy)

    def value(args: Sequence[Ball], analytic: bool, tol: arb) -> acb:
        g = bind(direct, args, analytic)
        limit = length(args, analytic) if length else None
        first = acb(1) if limit is None else limit
        y0 = 3 * first / 4
        at_y0 = original([*args, origin(args, analytic) + sign * y0], analytic)
        same = [at_y0, g(y0, False), in_logarithm([*args, y0.log()], analytic) / y0]

        @cache
        def parameter(e: sp.Expr) -> acb:
            return constant(e)(args, analytic)

        continued = continued_symbols(slots, args, analytic)

        def far_majorant(k: int) -> Majorant:
            return Majorant(y, arb(2) ** k, parameter, continued)

        def far_end(k: int) -> arb:
            return far_majorant(k).tail(at_infinity()[0])

        def diverges(k: int) -> bool:
            """A real f with |f| >= C y^k exp(-sum c y^p) has no zero for y >= N, hence one sign, and its
            integral is infinite if k >= -1 and the exponent is not negative: `grows`.
            """
            majorant = far_majorant(k)
            try:
                below = majorant.lower(at_infinity()[0])
            except NoMajorant:
                return False
            return below.k >= -1 and grows(below, arb(2) ** k) and majorant.is_real_here(at_infinity()[0])

        def near_end(k: int) -> arb:
            delta = arb(2) ** -k
            bound = upper(g(acb(arb(0).union(delta)), False)) * delta
            if bound.is_finite():
                return bound
            return Majorant(w, arb(2) ** k, parameter, continued).tail(at_zero()[0])

        def cut(bound: Callable[[int], arb], direction: int) -> tuple[acb, arb, acb]:
            """Where to stop in log y, a bound of the rest, and the rest itself where it has none."""
            try:
                k, rest = _first_below(bound, tol)
                return direction * k * acb(2).log(), rest, acb(0)
            except NoMajorant as failure:
                if not substitute or not (1 / first).is_finite():
                    raise
                reason = failure
            start = min(0, -_log2(1 / first)) if direction < 0 else 0
            e, piece = by_logarithm(start, direction)
            at = arb(2) ** start * acb(1).exp() ** direction
            agree(e([*args, acb(1)], analytic), g(at, False) * at)
            try:
                return start * acb(2).log(), arb(0), piece.value(args, analytic, tol)
            except NoMajorant:
                raise reason from None

        def settle() -> tuple[acb, arb, acb] | None:
            """As `cut`, for a far end where the integrand is regular but for factors near 1."""
            h = bind(settled().inverted, args, analytic)
            if not _holomorphic(h, acb(1) / 64):
                return None
            try:
                k, slack = _first_below(lambda k: settled().rest(far_majorant(k)), tol)
            except NoMajorant:
                return None
            same.append(h(1 / y0, False) / y0**2 * settled().factor([*args, y0], analytic))
            return k * acb(2).log(), slack, quadrature(h, acb(0), acb(arb(2) ** -k), tol)

        total, near_slack, far_slack = acb(0), arb(0), arb(0)
        far = limit.log() if limit is not None else acb(0)
        regular = next((k for k in (0, 8, 16, 32, 64) if _holomorphic(g, first * arb(2) ** -k)), None)
        if regular is not None:
            near = (first * arb(2) ** -regular).log()
        else:
            near, near_slack, rest = cut(near_end, -1)
            total += rest
            same.append(at_zero()[1]([*args, 1 / y0], analytic) / y0**2)
        if limit is None:
            try:
                far, far_slack, rest = settle() or cut(far_end, 1)
            except NoMajorant:
                if not analytic and any(diverges(k) for k in range(7)):
                    raise Divergent(f"the integral of {f} does not converge") from None
                raise
            total += rest
            same.append(at_infinity()[1]([*args, y0], analytic))
        agree(*same)
        slack = near_slack + far_slack
        if regular is not None:
            total += quadrature(g, acb(0), first * arb(2) ** -regular, tol)
        if limit is None or regular != 0:
            total += quadrature(bind(in_logarithm, args, analytic), near, far, tol)
        return total + (
            acb(arb(0, slack.upper())) if real and not continued and not analytic else disc(slack)
        )

    def size(args: Sequence[Ball]) -> arb:
        g = bind(direct, args, False)
        return probe(lambda y: g(y, False), length(args, False) if length else None)

    return Piece(value, size)


def _log2(z: acb) -> int:
    """An integer that is at least log2|z|, and little more."""
    return int(float(upper(z).log()) / 0.6931) + 1


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

    So a^2 - (a - y)^2 becomes 2 a y - y^2, which cancels no digits, and its root sqrt(y) sqrt(2 a - y), whose
    first factor is entire in log y.
    """

    def expanded(base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
        terms = sp.Add.make_args(sp.expand(base))
        lowest = min((m for t in terms if (m := t.as_coeff_exponent(y)[1]).is_Rational), default=sp.S.Zero)
        return (y**lowest) ** exponent * sp.Add(*(t / y**lowest for t in terms)) ** exponent

    return f.replace(
        lambda e: e.is_Pow and e.base.has(sp.Add) and e.base.has(y), lambda e: expanded(e.base, e.exp)
    )
