r"""The two transforms behind Adam's constants, as balls: F(t) = E e^(-t v) and a weighted mean of its parts.

v = a sum_j b^j w_j^2 with a = 1 - b, b = beta2, and w_j independent products of two standard normals. With
L(s) = E e^(-s w^2) = sqrt(zeta) U(1/2, 1, zeta) and M = -L'/L = zeta U(3/2, 1, zeta)/U(1/2, 1, zeta), zeta
= 1/(4 s),

    F(t) = prod_(j >= 0) L(a b^j t),        G(t) = sum_(l >= 0) (1 - q) q^l M(a b^l t),
    F(t) = L(a t) F(b t),                   G(t) = (1 - q) M(a t) + q G(b t).

On a grid t_k = e^(k h) whose step h divides log(1/b), or is a multiple of it, every L and M is computed once.
The recursion starts where a t <= 1/(4 n): there the series in t are used,

    log F = sum_k kappa_k (-a t)^k/(k! (1 - b^k)),   G = sum_k kappa_(k+1) (-a t)^k/k! (1 - q)/(1 - q b^k),

kappa_k the cumulants of w^2, whose moments are ((2k - 1)!!)^2. They diverge, but they envelop: the error of a
partial sum is at most the first term left out.

Proof. L(s) = E (1 + 2 s g^2)^(-1/2), g ~ N(0, 1). For Im s > 0 the argument of (1 + 2 s g^2)^(-1/2) lies in
(-pi/2, 0], hence that of L(s) in [-pi/2, 0]: L has no zero off (-oo, 0], and 0 <= Im H <= pi/2 for H = -log
L. So H, which is real on (0, oo) and vanishes at 0, has the Nevanlinna representation

    H(s) = int_0^oo chi(x) s/(x (x + s)) dx,    0 <= chi <= 1/2.

Since s/(x (x + s)) = sum_(1 <= k < n) (-1)^(k-1) s^k x^(-k-1) + (-1)^(n-1) s^n x^(-n-1)/(1 + s/x), and w^2
has all moments, int chi x^(-k-1) dx = kappa_k/k! by monotone convergence as s -> 0, and the remainder has
the sign of the first term left out and is not larger. M = H' = int chi(x) (x + s)^(-2) dx expands likewise,
because Taylor's remainder of (1 + y)^(-2), y > 0, has that property too. Sums over j and l keep it.
Moreover 1 - kappa_2 s <= M(s) <= 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from flint import acb, arb, fmpq

HALF = arb(1) / 2


def cumulants(n: int) -> tuple[Fraction, ...]:
    """kappa_0 = 0, ..., kappa_n of w^2, from the moments ((2k - 1)!!)^2.

    >>> [int(k) for k in cumulants(4)]
    [0, 1, 8, 200, 9984]
    """
    moments = [Fraction(1)]
    for k in range(1, n + 1):
        moments.append(moments[-1] * (2 * k - 1) ** 2)
    found = [Fraction(0)] * (n + 1)
    for k in range(1, n + 1):
        lower = sum(math.comb(k - 1, j - 1) * found[j] * moments[k - j] for j in range(1, k))
        found[k] = moments[k] - lower
    return tuple(found)


def transform(s: arb) -> arb:
    """L(s) for s > 0.

    >>> transform(arb(1) / 100).str(8, radius=False)
    '0.99041647'
    """
    zeta = 1 / (4 * s)
    return zeta.sqrt() * acb(zeta).hypgeom_u(HALF, 1).real


def tilted_mean(s: arb) -> arb:
    """M(s) = -L'(s)/L(s) for s > 0, the mean of w^2 under the density of w times e^(-s w^2)/L(s).

    >>> tilted_mean(arb(1) / 100).str(8, radius=False)
    '0.9286133'
    """
    zeta = acb(1 / (4 * s))
    return (zeta * zeta.hypgeom_u(3 * HALF, 1) / zeta.hypgeom_u(HALF, 1)).real


@dataclass(frozen=True, eq=False)
class Series:
    """The enveloping series of log F and G in t; the last coefficients only bound what is left out."""

    log_F: tuple[arb, ...]
    G: tuple[arb, ...]

    @staticmethod
    def of(b: arb, q: arb, n: int) -> Series:
        """The coefficients, at the current precision."""
        a = 1 - b
        scaled = [arb(fmpq(k.numerator, k.denominator)) for k in cumulants(n + 1)]
        log_F, G, power = [arb(0)], [], arb(1)  # power is (-a)^k/k!
        for k in range(n + 1):
            if k:
                power *= -a / k
                log_F.append(scaled[k] * power / (1 - b**k))
            G.append(scaled[k + 1] * power * (1 - q) / (1 - q * b**k))
        return Series(tuple(log_F), tuple(G))

    def at(self, t: arb) -> tuple[arb, arb]:
        """F(t) and G(t)."""
        return _enveloped(self.log_F, t).exp(), _enveloped(self.G, t)


def _enveloped(coefficients: tuple[arb, ...], t: arb) -> arb:
    *kept, last = coefficients
    total = arb(0)
    for c in reversed(kept):
        total = total * t + c
    return total + arb(0, abs(last * t ** len(kept)).upper())


@dataclass(frozen=True, eq=False)
class Ladder:
    """The grid t_k = e^(k h): t_k/b is `lag` steps above, and each step up multiplies `rungs` factors.

    Either h = log(1/b)/lag with one factor a step, or h = rungs log(1/b) with lag = 1.
    """

    b: arb
    q: arb
    h: arb
    lag: int
    rungs: int
    terms: int

    @staticmethod
    def of(b: arb, q: arb, step: float, terms: int) -> Ladder:
        """The ladder whose h is the largest not above `step`; its series have `terms` terms."""
        spacing = -(b.log())
        if float(spacing) > step:
            lag = math.ceil(float(spacing) / step)
            return Ladder(b, q, spacing / lag, lag, 1, terms)
        rungs = math.floor(step / float(spacing))
        return Ladder(b, q, spacing * rungs, 1, rungs, terms)

    def climb(self, first: int) -> Iterator[tuple[arb, arb, arb]]:
        """t_k, F(t_k), G(t_k) for k = first, first + 1, ...; t_first has to lie where the series hold."""
        a, series = 1 - self.b, Series.of(self.b, self.q, self.terms)
        highest = arb(1) / (4 * self.terms)
        known: list[tuple[arb, arb]] = []
        k = first
        while True:
            t = (self.h * k).exp()
            if a * t <= highest:
                F, G = series.at(t)
            else:
                F, G = known[-self.lag]
                for rung in reversed(range(self.rungs)):
                    s = a * t * self.b**rung
                    F *= transform(s)
                    if rung == 0 or not self.q.is_zero():  # else G is M at the newest s alone
                        G = (1 - self.q) * tilted_mean(s) + self.q * G
            known = [*known[-self.lag :], (F, G)]
            yield t, F, G
            k += 1


__all__ = ["Ladder", "Series", "cumulants", "tilted_mean", "transform"]
