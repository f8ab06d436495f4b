r"""A piece of a density seen from one of its ends, evaluated by the kernel.

The piece is reflected to 0 <= A < B <= oo and written in the distance y from an end: x = A + y or x = B - y.
So a density singular at the end keeps its digits next to it, and x^2 = A^2 + y (2 A + y) does too. A finite
piece has two halves that meet in the middle, an infinite one only one.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import sympy as sp
from flint import acb, arb

from signsgd_sym.balls import compile_expr, enclose
from signsgd_sym.balls.ball import (
    Evaluator,
    PointRejected,
    Undecided,
    Unsupported,
    agree,
    nan,
    precision,
    upper,
)
from signsgd_sym.balls.half_line import tidy
from signsgd_sym.codegen.measure import Term
from signsgd_sym.errors import NotConverged
from signsgd_sym.notation import x

BITS = 128
NODES = 20
SLACK = 1 + 1e-9
"""Factor that covers the rounding of a few float64 operations on bounds."""


@cache
def gauss() -> tuple[tuple[arb, arb], ...]:
    """Nodes and weights of the Gauss-Legendre rule on [-1, 1]."""
    with precision(BITS + 20):
        return tuple(arb.legendre_p_root(NODES, k, weight=True) for k in range(NODES))


def number(value: Any) -> arb:
    """An exact SymPy number as a real ball at the current precision."""
    return compile_expr(sp.sympify(value, strict=True), ())((), False).real


def above(ball: arb) -> float:
    """A float64 upper bound of |ball|; infinity where it is not known."""
    if not ball.is_finite():
        return math.inf
    bound = abs(ball).upper()
    return math.inf if bound > arb("1e300") else float(bound) * SLACK + 5e-324


@dataclass(frozen=True)
class Node:
    """One node of a rule: weight (with a radius) and x^2 as a sum of two floats."""

    weight: float
    radius: float
    square: float
    square_low: float


@dataclass(frozen=True, eq=False)
class Half:
    """`f(y)` and `plain(y)` are the density at start + sign y, 0 < y < length (1 if the piece is infinite).

    `f` has its sums expanded in y, which keeps digits next to the end and loses them far away from it;
    `plain` is as it was given. `length` is the unit in which `lo` and `hi` are given below.
    """

    expression: Any
    y: Any
    f: Evaluator
    plain: Evaluator
    weight: arb
    start: arb
    sign: int
    length: arb
    infinite: bool

    def at(self, y: acb, analytic: bool = False) -> acb:
        """Weight times the density; NaN where the kernel has no value."""
        best = nan()
        for f in (self.plain, self.f):
            try:
                value = self.weight * f([y], analytic)
            except (Undecided, PointRejected, ZeroDivisionError, ValueError):
                continue
            if value.is_finite() and not best.abs_upper() < value.abs_upper():
                best = value
            if self.f is self.plain:
                break
        return best

    def square(self, u: float | arb) -> arb:
        """x^2 at y = u length."""
        y = self.length * u
        return self.start**2 + self.sign * y * (2 * self.start + self.sign * y)

    def nodes(self, lo: float, hi: float) -> list[Node] | None:
        """The Gauss-Legendre rule on [lo, hi] length; None where the kernel has no value."""
        centre, half = (lo + hi) / 2, (hi - lo) / 2
        scale, found = self.length * half, []
        for position, weight in gauss():
            u = centre + half * position
            value = self.at(acb(self.length * u)).real * weight * scale
            if not value.is_finite():
                return None
            found.append(node(value, self.square(u)))
        return found

    def bound_on_ellipse(self, lo: float, hi: float, rho: float) -> tuple[float, float]:
        """(K, q): the Gauss rule on [lo, hi] length is within K exp(-q sigma) of int f exp(-sigma x^2) dy.

        f must be holomorphic in the Bernstein ellipse of parameter rho: K is infinite where that is not seen.
        For |g| <= M there, the Chebyshev coefficients are at most 2 M rho^-k; a rule with n >= 2 nodes is
        exact up to degree 2 n - 1, its error for even T_k is at most 2 + 2/(k^2 - 1) <= 2 (16/15), and 0 for
        odd ones: |error| <= (64/15) M rho^(-2n)/(1 - rho^-2), times half the length.
        """
        a, b = (rho + 1 / rho) / 2, (rho - 1 / rho) / 2
        centre, half = (lo + hi) / 2, (hi - lo) / 2
        box = self.length * acb(arb(centre, a * half * SLACK), arb(0, b * half * SLACK))
        value = self.at(box, True)
        if not value.is_finite():
            return math.inf, 0.0
        unit = above(self.length)
        size = above(arb(upper(value))) * half * unit
        factor = 64 / 15 * rho ** (-2 * NODES) / (1 - rho**-2)
        # Re x^2 = (c + a h s)^2 - b^2 h^2 (1 - s^2) at the angle with cosine s: a parabola in s.
        c, h = float(self.start + self.sign * self.length * centre), half * unit
        s = min(1.0, c * a / ((a * a + b * b) * h))
        least = (c - a * h * s) ** 2 - (b * h) ** 2 * (1 - s * s)
        return size * factor * SLACK + 5e-324, least - 1e-12 * (c * c + (a * h) ** 2)

    def bound(self, lo: float, hi: float) -> tuple[float, float]:
        """(K, q): 0 <= int_lo^hi f exp(-sigma x^2) dy <= K exp(-q sigma), from an upper bound of f."""
        value = self.at(acb(self.length * arb(lo).union(arb(hi))))
        size = above(arb(upper(value))) * (hi - lo) * above(self.length) if value.is_finite() else math.inf
        return size * SLACK + 5e-324, self.least_square(lo, hi)

    def middle(self, lo: float, hi: float) -> tuple[Node, float, float] | None:
        """One node for a thin panel and (size, slope): int_lo^hi f exp(-sigma x^2) dy is within
        (size + slope sigma) exp(-q sigma) of it, q = `least_square`. For panels that hold a kink."""
        value = self.at(acb(self.length * arb(lo).union(arb(hi)))).real * (hi - lo) * self.length
        if not value.is_finite():
            return None
        width = above(self.square(hi) - self.square(lo))
        found = node(arb(value.mid()), self.square((lo + hi) / 2))
        return found, above(arb(value.rad())) + 5e-324, above(value) * width

    def least_square(self, lo: float, hi: float) -> float:
        """A lower bound of x^2."""
        return float(self.square(lo if self.sign > 0 else hi).lower()) * (1 - 1e-12)

    def mass(self, lo: float, hi: float | None, digits: int, absolute: arb) -> arb | None:
        """int f dy from lo to hi (None: infinity) in units of the length; None where the kernel gives up."""
        unit = sp.Symbol("unit", positive=True)
        end = sp.oo if hi is None else sp.Rational(*hi.as_integer_ratio()) * unit
        integral = sp.Integral(self.expression, (self.y, sp.Rational(*lo.as_integer_ratio()) * unit, end))
        try:
            ball = enclose(integral, {unit: self.length}, digits, absolute=absolute).ball
        except (Undecided, PointRejected, Unsupported):
            return None
        return self.weight * ball.real if ball.is_finite() else None


def node(weight: arb, square: arb) -> Node:
    """Rounded to float64; the radius covers the rounding of the weight."""
    rounded = float(weight.mid())
    high = float(square.mid())
    return Node(
        rounded,
        float((weight - rounded).abs_upper()) * SLACK + 5e-324,
        high,
        float((square - high).mid()),
    )


def regular(f: Any) -> Any:
    """Two rewritings that leave the value alone (`halves_of` compares) and help bounds next to an end.

    I_nu(z) = (z/2)^nu/Gamma(nu + 1) 0F1(nu + 1, z^2/4), the second factor entire; and for h > 0
    1/(e^h - 1) = e^(-h)/(1 - e^(-h)), which does not overflow.
    """
    h = sp.Wild("h", properties=[lambda e: bool(e.is_positive)])
    n = sp.Wild("n", properties=[lambda e: bool(e.is_Integer and e < 0)])
    f = f.replace(
        sp.besseli, lambda nu, z: (z / 2) ** nu / sp.gamma(nu + 1) * sp.hyper((), (nu + 1,), z**2 / 4)
    )
    return f.replace((sp.exp(h) - 1) ** n, sp.exp(n * h) * (1 - sp.exp(-h)) ** n)


def halves_of(term: Term) -> Iterator[Half]:
    """Every piece of a term, cut at 0, reflected, and seen from its ends; equal ones (a symmetric law) once.

    Raises `NotConverged` for a density outside the kernel.
    """
    found: dict[Any, Any] = {}
    for weight, density, left, right in term.pieces:
        cuts = [left, sp.S.Zero, right] if left < 0 < right else [left, right]
        for lo, hi in itertools.pairwise(cuts):
            reflect = 1 if lo >= 0 else -1
            a, b = (lo, hi) if reflect == 1 else (-hi, -lo)
            y = sp.Symbol("y", positive=True)
            ends = [(a, 1)] if b is sp.oo else [(a, 1), (b, -1)]
            for start, sign in ends:
                plain = regular(density.subs(x, reflect * (start + sign * y)))
                inside = tidy(plain, y)
                length = sp.S.One if b is sp.oo else (b - a) / 2
                key = inside, start, sign, length, b is sp.oo
                total, origin = found.get(key, (sp.S.Zero, (plain, density, reflect)))
                found[key] = total + weight, origin
    y = sp.Symbol("y", positive=True)
    for (inside, start, sign, length, infinite), (weight, origin) in found.items():
        plain, density, reflect = origin
        try:
            with precision(BITS):
                f, original = compile_expr(inside, (y,)), compile_expr(density, (x,))
                g = f if plain == inside else compile_expr(plain, (y,))
                half = Half(inside, y, f, g, number(weight), number(start), sign, number(length), infinite)
                point = acb(half.length) * 3 / 8
                at = [reflect * (half.start + sign * point)]
                agree(f([point], False), g([point], False), original(at, False))
        except Unsupported as reason:
            raise NotConverged(f"the density {density} cannot be integrated: {reason}.") from None
        yield half
