r"""signSGD with a constant step moves on a lattice: Delta = Delta0 - h n, n integers, and all of it is exact.

Delta_i <- Delta_i - h sign(r) sign(x_i) adds sign(r) sign(x_i) to n_i. Delta0, h, x and eps are
floating-point numbers, hence integers times powers of two, and r = <x, Delta> - eps is an integer in units
of a power of two: its sign is found in integers of any length, the sign 0 of an exact tie included.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from operator import mul

import numpy as np
from flint import arb
from numpy.typing import NDArray

from signsgd_sym.balls.decimals import CertifiedDecimal, certified_decimal
from signsgd_sym.simulate.fixed_point import power_of_two
from signsgd_sym.simulate.stream import Array

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Lattice:
    """The points Delta0 - h n.

    Attributes:
        delta0: Delta0_i in units of 2^exponent.
        h: h in the same units.
        exponent: of the unit.

    Example:
        >>> lattice = Lattice.through(np.array([0.75, -1.0]), 0.5)
        >>> lattice.delta0, lattice.h, 2.0**lattice.exponent * lattice.h
        ((3, -4), 2, 0.5)
    """

    delta0: tuple[int, ...]
    h: int
    exponent: int

    @classmethod
    def through(cls, delta0: Array, h: float) -> Lattice:
        """The lattice of finite numbers delta0, shape (d,), and h."""
        (*start, step), exponent = integers_of(np.append(delta0, h))
        return cls(tuple(start), step, exponent)

    def point(self, n: Array) -> list[int]:
        """Delta in units of 2^exponent; n, shape (d,), holds integers."""
        return [start - self.h * int(count) for start, count in zip(self.delta0, n.tolist(), strict=True)]

    def delta(self, n: Array) -> list[Fraction]:
        """Delta, exactly.

        Example:
            >>> Lattice.through(np.array([0.75, -1.0]), 0.5).delta(np.array([1.0, -3.0]))
            [Fraction(1, 4), Fraction(1, 2)]
        """
        unit = power_of_two(self.exponent)
        return [value * unit for value in self.point(n)]

    def residual_sign(self, x: Array, eps: float, n: Array) -> int:
        """sign(<x, Delta> - eps), exactly; x and eps are finite.

        Example:
            >>> Lattice.through(np.array([0.75, -1.0]), 0.5).residual_sign(np.ones(2), -0.25, np.zeros(2))
            0
        """
        row, unit = integers_of(x)
        product = (sum(map(mul, row, self.point(n))), self.exponent + unit)
        numerator, denominator = eps.as_integer_ratio()  # the denominator is a power of two
        noise = (numerator, 1 - denominator.bit_length())
        low = min(product[1], noise[1])
        r = (product[0] << product[1] - low) - (noise[0] << noise[1] - low)
        return (r > 0) - (r < 0)

    def risk(self, K: Array, n: Array) -> tuple[int, int]:
        """R = Delta^T K Delta/2 as (m, k), R = m 2^k, exactly; K is (d, d), or (d,) when diagonal.

        Example:
            >>> Lattice.through(np.array([0.75, -1.0]), 0.5).risk(np.ones(2), np.zeros(2))
            (25, -5)
        """
        delta = self.point(n)
        unit = unit_of(K)
        if K.ndim == 1:
            form = sum(map(mul, integers_of(K, unit)[0], map(mul, delta, delta)))
        else:  # row by row: a matrix of Python integers takes five times the memory of the matrix
            form = sum(
                value * sum(map(mul, integers_of(row, unit)[0], delta))
                for row, value in zip(K, delta, strict=True)
            )
        return form, unit + 2 * self.exponent - 1

    def risk_decimal(self, K: Array, n: Array, digits: int) -> CertifiedDecimal:
        """R = Delta^T K Delta/2 in decimals; the radius is that of the decimals, for R is exact.

        Example:
            >>> print(Lattice.through(np.array([0.75, -1.0]), 0.5).risk_decimal(np.ones(2), np.zeros(2), 5))
            0.781250 +/- 0
        """
        form, exponent = self.risk(K, n)
        if form == 0:
            return CertifiedDecimal("0", "0")
        return certified_decimal(arb((form, exponent)), digits, 64 + 4 * digits)


def integers_of(values: Array, unit: int | None = None) -> tuple[list[int], int]:
    """Finite numbers, shape (d,), as integers in units of 2^unit; by default the largest unit that will do.

    Example:
        >>> integers_of(np.array([3.0, 0.0, -0.5]), unit=-2)
        ([12, 0, -2], -2)
    """
    odd, exponents = _binary(values)
    if unit is None:
        unit = unit_of(values)
    shifts = np.where(odd == 0, 0, exponents - unit)
    return list(map(int.__lshift__, odd.tolist(), shifts.tolist())), unit


def unit_of(values: Array) -> int:
    """The largest k such that all of the finite numbers are integers in units of 2^k; 0 without any but 0."""
    odd, exponents = _binary(values)
    return int(exponents[odd != 0].min()) if odd.any() else 0


def _binary(values: Array) -> tuple[Integers, Integers]:
    """(m, e) with values = m 2^e and m odd or 0."""
    fractions, exponents = np.frexp(values)
    mantissas = (fractions * 2.0**53).astype(np.int64)
    lowest_bit = np.where(mantissas == 0, 1, mantissas & -mantissas)
    return mantissas // lowest_bit, exponents.astype(np.int64) - 53 + np.log2(lowest_bit).astype(np.int64)
