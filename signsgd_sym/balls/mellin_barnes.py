r"""Meijer's G for z > 0 and real parameters, by integrating its definition along a vertical line.

    G = (1/pi) int_0^oo Re F(s + i t) dt,
    F(w) = prod G(b + w) prod G(a - w)/(prod G(c + w) prod G(e - w)) z^(-w)

with max(-b) < s < min(a), where the line separates the poles (DLMF 16.17.1 with s -> -w). The integral
converges exponentially when delta = m + n - (p + q)/2 > 0. The line is put where |F(s)| is small: there is
then no cancellation at any z, while Slater's sum loses digits in proportion to z^(1/(q - p)), and its terms
have poles when the b differ by integers.

Tail. For x = Re w >= 0, |G(x + i t)| <= sqrt(2 pi) |w|^(x - 1/2) exp(-pi t/2 + 1/(6 |w|)) (DLMF 5.6.9), and
t <= |w| <= t sqrt(1 + x^2/T^2) for t >= T; for x < 0 first |G(w)| <= t^(-k) |G(w + k)|. 1/G(w) = G(1 - w)
sin(pi w)/pi with |sin(pi w)| <= cosh(pi t), for x <= 1; for larger x first 1/|G(w)| <= t^(-k)/|G(w - k)|.
So |F| <= C t^A exp(-delta pi t), and, A/t being at most A/T, the tail is at most C T^A exp(-delta pi
T)/(delta pi - A/T) if A < delta pi T.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from flint import acb, arb, ctx

from signsgd_sym.balls.ball import is_real, nan
from signsgd_sym.balls.functions import EVAL_LIMIT

HIGHEST = 3e4
"""How far up the line the integral goes at most."""
FAR = 30.0
"""|log z| from which residues are tried first."""


@dataclass(frozen=True)
class Line:
    """The gamma functions of F, `b` and `a` above the line, `c` and `e` below, and log z."""

    b: Sequence[acb]
    a: Sequence[acb]
    c: Sequence[acb]
    e: Sequence[acb]
    log_z: acb

    def mirrored(self) -> Line:
        """w -> -w: F(-w) as a function of w."""
        return Line(self.a, self.b, self.e, self.c, -self.log_z)

    @property
    def delta(self) -> float:
        """m + n - (p + q)/2."""
        return (len(self.b) + len(self.a) - len(self.c) - len(self.e)) / 2

    def __call__(self, w: acb) -> acb:
        """F(w)."""
        value = (-w * self.log_z).exp()
        for x in self.b:
            value *= (x + w).gamma()
        for x in self.a:
            value *= (x - w).gamma()
        for x in self.c:
            value *= (x + w).rgamma()
        for x in self.e:
            value *= (x - w).rgamma()
        return value

    def log_size(self, s: float) -> float:
        """log |F(s)|, roughly: it only chooses the line."""
        total = -s * _middle(self.log_z)
        total += sum(math.lgamma(_middle(x) + s) for x in self.b)
        total += sum(math.lgamma(_middle(x) - s) for x in self.a)
        total -= sum(_log_gamma(_middle(x) + s) for x in self.c)
        total -= sum(_log_gamma(_middle(x) - s) for x in self.e)
        return total


def line_integral(an: Sequence[acb], ap: Sequence[acb], bm: Sequence[acb], bq: Sequence[acb], z: acb) -> acb:
    """G^{m,n}_{p,q}(z); NaN unless z > 0, parameters real, delta > 0, and a line separates the poles."""
    if not (bm and is_real(z) and z.real > 0 and all(is_real(x) for x in (*an, *ap, *bm, *bq))):
        return nan()
    line = Line(bm, [1 - x for x in an], ap, [1 - x for x in bq], z.log())
    if line.delta <= 0:
        return nan()
    s = _separating(line)
    if s is None:
        return nan()
    if abs(float(line.log_z.real.mid())) > FAR:
        from signsgd_sym.balls.residues import by_residues

        right = line if line.log_z.real > 0 else line.mirrored()
        far = by_residues(right, s if right is line else -s)
        if far.is_finite():
            return far
    size = abs(line(acb(s)).real)
    if not size.is_finite():
        return nan()
    goal = arb((size * arb(2) ** -ctx.prec).upper())
    T = (ctx.prec * math.log(2) + 20) / (line.delta * math.pi) + 8
    rest = tail(line, s, arb(T))
    while rest is None or not rest < goal:
        T *= 1.5
        if T > HIGHEST:
            return nan()
        rest = tail(line, s, arb(T))

    def on_line(t: acb, analytic: bool) -> acb:
        return line(s + acb(0, 1) * t)

    total = acb.integral(on_line, acb(0), acb(arb(T)), abs_tol=goal, eval_limit=EVAL_LIMIT)
    return acb((total.real + arb(0, rest.upper())) / arb.pi())


def _separating(line: Line) -> arb | None:
    """A point between the poles near which |F| is least; exact, so F is known there in full precision."""
    low = max(-_middle(x) for x in line.b)
    high = min((_middle(x) for x in line.a), default=math.inf)
    if not low < high:
        return None
    width = min(1.0, high - low)
    start = low + width / 8
    end = high - width / 8 if high < math.inf else low + 4.0
    while high == math.inf and end < 1e6 and line.log_size(2 * end - low) < line.log_size(end):
        end = 2 * end - low
    if high == math.inf:
        end = 2 * end - low
    for _ in range(40):  # ternary search: log |F| is nearly convex
        left, right = start + (end - start) / 3, end - (end - start) / 3
        if line.log_size(left) < line.log_size(right):
            end = right
        else:
            start = left
    s = arb((start + end) / 2)
    separated = all(s + x.real > 0 for x in line.b) and all(x.real - s > 0 for x in line.a)
    return s if separated else None


def tail(line: Line, s: arb, T: arb) -> arb | None:
    """The bound of int_T^oo |F(s + i t)| dt of the module's docstring, or None where T is too small."""
    rate = arb(line.delta) * arb.pi()
    log_C, A = -s * line.log_z.real, arb(0)
    root = (2 * arb.pi()).log() / 2

    def above(x: arb) -> tuple[arb, arb]:
        """log of the factor and power of t in the bound of |G(x + i t)| e^(pi t/2)."""
        k = max(0, math.ceil(-float(x.lower()) + 1e-6))  # x + k >= 0 for the whole ball
        right = x + k
        stretch = (1 + (right / T) ** 2).log() / 2
        return root + 1 / (6 * T) + arb((right - arb(0.5)).max(arb(0))) * stretch, right - arb(0.5) - k

    for x in [y.real + s for y in line.b] + [y.real - s for y in line.a]:
        log_factor, power = above(x)
        log_C, A = log_C + log_factor, A + power
    half = ((1 + (-2 * arb.pi() * T).exp()) / (2 * arb.pi())).log()  # |sin(pi w)|/pi <= e^(half + pi t)
    for x in [y.real + s for y in line.c] + [y.real - s for y in line.e]:
        k = max(0, math.ceil(float(x.upper()) + 1e-6) - 1)  # x - k < 1 for the whole ball
        log_factor, power = above(1 - (x - k))
        log_C, A = log_C + log_factor + half, A + power - k
    A = arb(A.upper())
    if not rate * T > A:
        return None
    return (log_C + A * T.log() - rate * T).exp() / (rate - A / T)


def _middle(z: acb) -> float:
    return float(z.real.mid())


def _log_gamma(x: float) -> float:
    """log |Gamma(x)|, large at a pole."""
    return 40.0 if x <= 0 and x == round(x) else math.lgamma(x)
