"""Whether a real function is non-negative on an interval: a proof, or a point where it is negative.

The interval is cut into parts that run from an end, in y = |x - end|. On y >= N, and in w = 1/y near the end,
signs come from majorants:

Lemma. Let f and all its parts be real on [N, oo), with a finite bound above |f| and a positive one below
by the rules of `majorant`. Then f has one strict sign there.

Proof. By induction along the rules for lower bounds. Constants, y, log y and exponentials of real numbers
have one sign, and so have products. A sum has the sign of the summand that exceeds the others, and
exp(g) - 1 that of g. A power of a real base with one sign has one sign, and a base has one: for q > 0 it has
a lower bound itself, and for q < 0 the bound above f was made from one.

Between, signs are read off balls that cover the rest, bisected where they say nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp
from flint import acb, arb

from signsgd_sym.balls.ball import Unsupported, agree, is_real, precision
from signsgd_sym.balls.compile import compile_expr
from signsgd_sym.balls.half_line import HYPERBOLIC, tidy
from signsgd_sym.balls.majorant import Majorant
from signsgd_sym.balls.sign_rules import Leaf, sign_from_parts
from signsgd_sym.balls.terms import NoMajorant

BITS = 64
STARTS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)  # N = 2^k tried for the ends


@dataclass(frozen=True)
class Negative:
    """A point where the function is negative, and an enclosure of its value that says so."""

    point: sp.Rational
    value: arb


def first_negative(f: sp.Expr, x: sp.Symbol, lo: sp.Expr, hi: sp.Expr, count: int = 400) -> Negative | None:
    """The first of `count` points of (lo, hi) at which a ball of `f` lies below 0, if there is one.

    Half of the points are spread evenly, half crowd the ends; exact dyadic rationals all.

    >>> x = sp.Symbol("x", real=True)
    >>> first_negative(x**2 - x, x, sp.Integer(0), sp.Integer(2)).point < 1
    True
    """
    value = compile_expr(f, [x])
    with precision(2 * BITS):
        for point in points(lo, hi, count):
            ball = value([acb(arb(int(point.p)) / int(point.q))], False)
            if is_real(ball) and ball.real < 0:
                return Negative(point, ball.real)
    return None


def points(lo: sp.Expr, hi: sp.Expr, count: int) -> Iterator[sp.Rational]:
    """Dyadic rationals strictly inside (lo, hi)."""
    ends = [None if end.is_infinite else compile_expr(end, [])([], False).real for end in (lo, hi)]
    for j in range(count):
        share = Fraction(2 * j + 1, 2 * count)
        if j % 2:  # crowd the ends
            share = share**4 * 8 if share < Fraction(1, 2) else 1 - (1 - share) ** 4 * 8
        s = arb(share.numerator) / share.denominator
        a, b = ends
        if a is not None and b is not None:
            place = a + (b - a) * s
        elif a is not None:
            place = a + s / (1 - s)
        elif b is not None:
            place = b - (1 - s) / s
        else:
            place = (2 * s - 1) / (s * (1 - s))
        mantissa, exponent = arb(place.mid()).man_exp()
        exact = arb(place.mid())
        if (a is None or exact > a) and (b is None or exact < b):
            yield sp.Rational(int(mantissa)) * sp.Integer(2) ** int(exponent)


def is_proved_non_negative(f: sp.Expr, x: sp.Symbol, lo: sp.Expr, hi: sp.Expr, budget: int = 2_000) -> bool:
    """Whether f >= 0 is proved on the open interval (lo, hi), with `budget` balls for each of its parts.

    False says nothing: a function that touches 0 may be out of reach.

    >>> x = sp.Symbol("x", real=True)
    >>> is_proved_non_negative((2 + sp.sin(x)) * sp.exp(-x**2), x, -sp.oo, sp.oo)
    True
    >>> is_proved_non_negative(sp.exp(-x) - sp.exp(-2*x)/2, x, sp.Integer(0), sp.oo)
    True
    >>> is_proved_non_negative(sp.exp(-x) - sp.exp(-2*x)*2, x, sp.Integer(0), sp.oo)
    False
    """
    parts: list[tuple[sp.Expr, int, sp.Expr | None]]
    if lo.is_infinite and hi.is_infinite:
        parts = [(sp.S.Zero, 1, None), (sp.S.Zero, -1, None)]
    elif lo.is_infinite or hi.is_infinite:
        parts = [(hi, -1, None) if lo.is_infinite else (lo, 1, None)]
    else:
        parts = [(lo, 1, (hi - lo) / 2), (hi, -1, (hi - lo) / 2)]
    with precision(BITS):
        try:
            return all(_from_end(f, x, end, sign, length, budget) for end, sign, length in parts)
        except Unsupported:
            return False


def _from_end(f: sp.Expr, x: sp.Symbol, end: sp.Expr, sign: int, length: sp.Expr | None, budget: int) -> bool:
    """The proof for 0 < |x - end| <= length."""
    y = sp.Dummy("y", positive=True)
    plain = f.subs(x, end + sign * y)
    forms = [plain, tidy(plain, y).rewrite(HYPERBOLIC, sp.exp)]
    if plain.is_rational_function(y):
        forms.append(sp.factor(plain))
    at = arb(3) / 8 if length is None else 3 * _value(length).real / 8
    place = _value(end) + sign * at
    agree(compile_expr(f, [x])([place], False), *(compile_expr(e, [y])([acb(at)], False) for e in forms))
    signs = Signs(y, forms)
    near = next((k for k in STARTS if signs.near(k) > 0), None)
    low = arb(0) if near is None else arb(2) ** -near
    if length is not None:
        return signs.cover(low, arb(_value(length).real.upper()), budget)
    far = next((k for k in STARTS if signs.far(k) > 0), None)
    return far is not None and signs.cover(low, arb(2) ** far, budget)


class Signs:
    """Signs of a function of y > 0, given in several forms, on intervals."""

    def __init__(self, y: sp.Symbol, forms: list[sp.Expr]) -> None:
        self.y, self.w, self.forms = y, sp.Dummy("w", positive=True), forms
        self._compiled: dict[sp.Expr, Callable[[arb], acb]] = {}

    def on(self, ball: arb) -> int:
        """The sign on a ball: 1, -1, or 0 if it is not known."""
        return self._first(lambda part: _sign_of(self._value(part, ball)))

    def far(self, k: int) -> int:
        """The sign on y >= 2^k, from a ball around the real line or from majorants."""
        N, line = arb(2) ** k, arb(0, arb.pos_inf())
        return self._first(
            lambda part: _sign_of(self._value(part, line)) or self._one_sign(part, self.y, N, N)
        )

    def near(self, k: int) -> int:
        """The sign on 0 < y <= 2^-k, from a ball or from majorants in 1/y."""
        delta = arb(2) ** -k

        def leaf(part: sp.Expr) -> int:
            on_ball = _sign_of(self._value(part, arb(0).union(delta)))
            if on_ball or not part.has(self.y):
                return on_ball
            image = tidy(part.subs(self.y, 1 / self.w), self.w)
            agree(self._value(part, delta), compile_expr(image, [self.w])([acb(1 / delta)], False))
            return self._one_sign(image, self.w, 1 / delta, delta, part)

        return self._first(leaf)

    def cover(self, low: arb, high: arb, budget: int) -> bool:
        """Whether the function is seen to be >= 0 on balls that cover [low, high]."""
        if low >= high:
            return True
        edges, step = [low], high * arb(2) ** -12 if low.is_zero() else low
        while step < high:
            edges.append(step)
            step = 2 * step
        left = deque(zip(edges, [*edges[1:], high], strict=True))
        for _ in range(budget):
            if not left:
                return True
            a, b = left.popleft()
            found = self.on(arb(a.lower()).union(arb(b.upper())))
            if found < 0:
                return False
            if found == 0:
                middle = arb(((a + b) / 2).mid())
                left += [(a, middle), (middle, b)]
        return not left

    def _first(self, leaf: Leaf) -> int:
        def with_y(part: sp.Expr) -> int:
            return 1 if part == self.y else leaf(part)

        return next((found for form in self.forms if (found := sign_from_parts(form, with_y))), 0)

    def _value(self, part: sp.Expr, ball: arb) -> acb:
        if part not in self._compiled:
            run = compile_expr(part, [self.y])
            self._compiled[part] = lambda b: run([acb(b)], False)
        return self._compiled[part](ball)

    def _one_sign(self, e: sp.Expr, v: sp.Symbol, N: arb, at: arb, part: sp.Expr | None = None) -> int:
        """The sign of `e` on v >= N by the lemma; that of `part` (the same in y) at y = `at`."""
        majorant = Majorant(v, N, _value)
        if not e.has(v):
            return 0
        try:
            majorant.upper(e)
            positive = bool(majorant.lower(e).C > 0)
        except (NoMajorant, Unsupported):
            return 0
        inner = (node for node in sp.preorder_traversal(e) if isinstance(node, sp.Expr) and node.has(v))
        positive = positive and all(majorant.is_real_here(node) for node in inner)
        return _sign_of(self._value(part or e, at)) if positive else 0


def _sign_of(ball: acb) -> int:
    if not is_real(ball) or not ball.is_finite():
        return 0
    return 1 if ball.real >= 0 else -1 if ball.real <= 0 else 0


def _value(e: sp.Expr) -> acb:
    return compile_expr(e, [])([], False)
