"""Fixed point of any length: integers in units of a power of two, rounded to a stated side; and intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from threading import Lock

from flint import arb

from signsgd_sym.balls.decimals import CertifiedDecimal, certified_decimal
from signsgd_sym.errors import ParameterError

FLINT = Lock()
"""Held while FLINT's precision is set: it belongs to the whole process, and replicates run in threads."""


@dataclass(frozen=True)
class Interval:
    """The number lies within middle +- radius, in units of 2^unit.

    Example:
        >>> five = Interval(10, 1, -1)
        >>> five.float64(), five.float64_radius(), five.is_within(3), five.is_within(4)
        (5.0, 0.5, True, False)
    """

    middle: int
    radius: int
    unit: int

    @classmethod
    def around(cls, high: float, low: float, radius: float) -> Interval:
        """high + low +- radius.

        Example:
            >>> Interval.around(1.0, -0.25, 0.0)
            Interval(middle=3, radius=0, unit=-2)
        """
        (a, i), (b, j), (c, k) = map(binary, (high, low, radius))
        unit = min(i, j, k)
        return cls((a << i - unit) + (b << j - unit), c << k - unit, unit)

    def is_within(self, bits: int) -> bool:
        """Whether the radius is at most 2^-bits of the middle."""
        return self.radius << bits <= abs(self.middle)

    def decimal(self, digits: int) -> CertifiedDecimal:
        """The number in decimals, the radius included; for an interval within `bits_of(digits)`.

        Example:
            >>> print(Interval(1, 0, -3).decimal(5))
            0.125000 +/- 0
        """
        if self.middle == self.radius == 0:
            return CertifiedDecimal("0", "0")
        with FLINT:
            return certified_decimal(self.ball(), digits, 64 + bits_of(digits))

    def ball(self) -> arb:
        """A ball that contains the interval."""
        return arb((self.middle, self.unit), arb((self.radius, self.unit)))

    def float64(self) -> float:
        """The float64 nearest to the middle; infinite where there is none."""
        try:
            return float(self.middle * power_of_two(self.unit))
        except OverflowError:
            return -math.inf if self.middle < 0 else math.inf

    def float64_radius(self) -> float:
        """A bound of the distance of the number from `float64()`, rounded up; infinite where that is."""
        shown, unit = self.float64(), self.unit
        if not math.isfinite(shown):
            return math.inf
        value, exponent = binary(shown)
        unit = min(self.unit, exponent)
        apart = abs((self.middle << self.unit - unit) - (value << exponent - unit))
        return float_above((self.radius << self.unit - unit) + apart, unit)


def bits_of(digits: int) -> int:
    """Bits of relative accuracy that so many decimal digits need.

    Raises:
        ParameterError: fewer than one digit.

    Example:
        >>> bits_of(3) >= 10
        True
    """
    if digits < 1:
        raise ParameterError(f"digits is {digits}; ask for at least 1")
    return 10 * digits // 3 + 4


def binary(value: float) -> tuple[int, int]:
    """(m, k) with value = m 2^k, for a finite number; m is odd or 0.

    Example:
        >>> binary(0.75), binary(6.0), binary(0.0)
        ((3, -2), (3, 1), (0, 0))
    """
    numerator, denominator = value.as_integer_ratio()
    zeros = (numerator & -numerator).bit_length() - 1 if numerator else 0
    return numerator >> zeros, zeros + 1 - denominator.bit_length()


def shifted_up(value: int, shift: int) -> int:
    """value 2^shift, rounded up.

    Example:
        >>> shifted_up(5, -1), shifted_up(-5, -1), shifted_up(5, 1)
        (3, -2, 10)
    """
    return value << shift if shift >= 0 else -(-value >> -shift)


def shifted(value: int, shift: int) -> tuple[int, int]:
    """value 2^shift rounded to the nearest integer, and a bound of what is lost: 0 or 1.

    Example:
        >>> shifted(5, -2), shifted(6, -1)
        ((1, 1), (3, 0))
    """
    if shift >= 0:
        return value << shift, 0
    whole = (value + (1 << -shift - 1)) >> -shift
    return whole, int(whole << -shift != value)


def float_above(value: int, unit: int) -> float:
    """A float64 that is not below value 2^unit >= 0, and above it by at most 2^-51 of it or 2^-1074.

    Example:
        >>> float_above(2**60 + 1, -60) == 1 + 2.0**-52, float_above(1, -2000), float_above(1, 2000)
        (True, 5e-324, inf)
    """
    kept = max(value.bit_length() - 53, -1074 - unit, 0)
    try:
        return math.ldexp(shifted_up(value, -kept), kept + unit)
    except OverflowError:
        return math.inf


def power_of_two(exponent: int) -> Fraction:
    """2^exponent."""
    return Fraction(1 << exponent) if exponent >= 0 else Fraction(1, 1 << -exponent)
