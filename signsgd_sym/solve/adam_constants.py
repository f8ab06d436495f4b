r"""Adam's constants under a Gaussian residual, as decimals with a proved radius.

With F and G of `adam_product` (q = beta1) and t = e^u,

    c1 = pi^(-1/2) int_0^oo t^(1/2) F(t) G(t) dt/t,      c2 = int_0^oo t F(t) G(t) dt/t  for beta1 = 0,

are I_p = int t^p F G dt/t with p = 1/2 and p = 1. The trapezoidal sum T over t_k = e^(k h) encloses I_p:

* Step. |E[w_l^2 e^(-t v)]| <= E[w_l^2 e^(-Re(t) v)], so on the line Im u = y, 0 < y < pi/2, the modulus of
  the
  integrand has an integral of at most (cos y)^(-p) I_p. Hence |T - I_p| <= e I_p with
  e = 2 (cos y)^(-p)/(e^(2 pi y/h) - 1) (L. N. Trefethen, J. A. C. Weideman, SIAM Review 56 (2014), Theorem
  5.1).
* Below t_0. 1 - t <= F <= 1 and 1 - 8 a t <= G <= 1, so that what is left out is a geometric sum of t_k^p,
  up to
  the relative error (1 + 8 a) t_0.
* Above t_K. F decreases, so F <= F(t_K) up to T. Beyond, (1 + x)^(-1/2) <= x^(-1/4) gives
  L(s) <= C (2 s)^(-1/4), C = E|g|^(-1/2) = 2^(-1/4) Gamma(1/4)/sqrt(pi), and m such factors of F are a
  power of t.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from flint import arb, fmpq

from signsgd_sym.balls.ball import precision
from signsgd_sym.balls.decimals import CertifiedDecimal, certified_decimal
from signsgd_sym.errors import NotConverged, ParameterError
from signsgd_sym.model.adam import Adam
from signsgd_sym.solve.adam_kernel import adam_kernel, check_theory
from signsgd_sym.solve.adam_product import Ladder

GUARD = 8
"""Decimal digits by which each part of the error is kept below the digits asked for."""
CLOSEST = 1e-4
"""Smallest 1 - beta2: the work grows like 1/(1 - beta2)."""


@dataclass(frozen=True)
class Estimate:
    """A float64 value with an estimate of its error, from two resolutions; nothing is proved."""

    value: float
    error: float

    def __str__(self) -> str:
        return f"{self.value:.12g} (estimated error {self.error:.1e})"


@dataclass(frozen=True)
class AdamConstants:
    """c1 and c2 of `derive.adam`; c2 is an `Estimate` where beta1 > 0."""

    adam: Adam
    c1: CertifiedDecimal
    c2: CertifiedDecimal | Estimate


def adam_constants(beta1: object, beta2: object, digits: int = 30) -> AdamConstants:
    """c1(beta1, beta2) and c2(beta1, beta2) to `digits` relative digits, for a Gaussian residual.

    c1 has its digits proved for every beta1. c2 has them for beta1 = 0; for beta1 > 0 it is a double
    integral, computed in float64 with an estimated error.

    Raises:
        ParameterError: a beta outside [0, 1), beta1 > 0 = beta2, 1 - beta2 < 1e-4, or digits outside 1,
        ..., 200. NotConverged: the digits were not reached.

    >>> found = adam_constants(0, "9/10")
    >>> print(found.c1.text)
    0.8659937914154219391341084930421
    """
    adam = Adam(beta1, beta2)
    check_theory(adam)
    if not (isinstance(digits, int) and 1 <= digits <= 200):
        raise ParameterError(f"digits is {digits!r}; it must be a whole number from 1 to 200.")
    if 1 - adam.beta2 < CLOSEST:
        raise ParameterError(
            f"beta2 is {adam.beta2}; certified constants are made for beta2 <= {1 - CLOSEST}. "
            "`solve.adam_kernel` comes closer to 1 in float64, and 1 is the limit of both constants."
        )
    if adam.beta1:
        kernel = adam_kernel(adam)
        (c1,) = _decimals(adam, ("c1",), digits)
        return AdamConstants(adam, c1, Estimate(kernel.c2, kernel.error))
    return AdamConstants(adam, *_decimals(adam, ("c1", "c2"), digits))


def _decimals(adam: Adam, names: tuple[str, ...], digits: int) -> list[CertifiedDecimal]:
    bits = 7 * (digits + GUARD) + 40  # FLINT's U loses up to half of them
    for _ in range(3):
        with precision(bits):
            balls = enclosures(adam, names, digits + GUARD)
        try:
            return [certified_decimal(ball, digits, bits) for ball in balls]
        except ArithmeticError:
            bits = 3 * bits // 2
    raise NotConverged(f"the constants of {adam.name} were not reached to {digits} digits; ask for fewer.")


def enclosures(adam: Adam, names: tuple[str, ...], digits: int) -> list[arb]:
    """c1 and c2 (the latter for beta1 = 0) as balls, each part of their radius below about 10^-digits."""
    if not adam.beta2:  # signSGD: v = w^2, c1 = E|w|
        exact = {"c1": 2 / arb.pi(), "c2": arb(1)}
        return [exact[name] for name in names]
    b, q = (arb(fmpq(int(x.p), int(x.q))) for x in (adam.beta2, adam.beta1))
    tiny = arb(10) ** -digits
    lost = (digits + 2) * math.log(10)
    ladder = Ladder.of(b, q, 2 * math.pi * 1.45 / lost, math.ceil(1.1 * lost))
    h = ladder.h
    # t_0^(3/2) is below the error, t_0 within the series, and so is beta2 times the first t that is not.
    lowest = min(-lost / 1.5, -math.log(4 * ladder.terms) - float(h) * ladder.lag)
    first = math.floor(lowest / float(h))
    moments = [_Moment.of(ladder, p, first, tiny) for p in (POWER[name] for name in names)]
    for t, F, G in ladder.climb(first):
        for moment in moments:
            moment.add(t, F, G)
        if t > 1 and all(moment.above(F) < tiny for moment in moments):
            break
    scale = {"c1": arb.pi().sqrt(), "c2": arb(1)}
    return [moment.enclosure(F) / scale[name] for name, moment in zip(names, moments, strict=True)]


POWER = {"c1": arb(1) / 2, "c2": arb(1)}
"""p of I_p."""


@dataclass
class _Moment:
    """The trapezoidal sum for I_p while it is made; the three errors are those of the module docstring."""

    h: arb
    p: arb
    total: arb
    last: int
    beyond: arb

    @staticmethod
    def of(ladder: Ladder, p: arb, first: int, tiny: arb) -> _Moment:
        """Before the first term, with the sum below t_first = e^(first h)."""
        t = (ladder.h * first).exp()
        slack = (1 + 8 * (1 - ladder.b)) * t
        below = t**p / ((ladder.h * p).exp() - 1) * (1 - slack).union(arb(1))
        return _Moment(ladder.h, p, below, *_beyond(ladder, p, tiny))

    def add(self, t: arb, F: arb, G: arb) -> None:
        """The next term."""
        self.total += t**self.p * F * G

    def above(self, F: arb) -> arb:
        """A bound of the terms from here to t_last, where F decreases."""
        return F * (self.h * self.last * self.p).exp() / (1 - (-self.h * self.p).exp())

    def enclosure(self, F: arb) -> arb:
        """I_p, after the last term."""
        total = self.total + arb(0).union(self.above(F) + self.beyond)
        y = arb(math.atan(2 * math.pi / (float(self.h) * float(self.p))))
        e = 2 * y.cos() ** -self.p / ((2 * arb.pi() * y / self.h).exp() - 1)
        return self.h * total / (1 + arb(0, e.upper()))


def _beyond(ladder: Ladder, p: arb, tiny: arb) -> tuple[int, arb]:
    """A k, and a bound below `tiny` of the sum of t^p F G over the grid beyond t_k."""
    C = arb(2) ** (-arb(1) / 4) * (arb(1) / 4).gamma() / arb.pi().sqrt()
    k = 0
    while True:
        k += 1 + k // 8
        t = (ladder.h * k).exp()
        product, factors = t**p, 0
        s = (1 - ladder.b) * t
        while (one := C * (2 * s) ** (-arb(1) / 4)) < 0.9:
            product, factors, s = product * one, factors + 1, s * ladder.b
        decay = arb(factors) / 4 - p
        if decay > 1:
            bound = product / ((ladder.h * decay).exp() - 1)
            if bound < tiny:
                return k, bound


__all__ = ["AdamConstants", "Estimate", "adam_constants", "enclosures"]
