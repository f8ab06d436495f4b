"""Delta in fixed point of 95 bits, as two float64 a coordinate, with one radius for all coordinates.

    Delta~_i = high_i + low_i,    high_i a multiple of Q, low_i one of q = 2^unit = 2^-42 Q,
    |Delta_i - Delta~_i|  <=  rho

The state that `two_scale_kernel` moves; here it is made, kept in range and read out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from signsgd_sym.errors import NotConverged
from signsgd_sym.simulate.fixed_point import float_above, shifted, shifted_up
from signsgd_sym.simulate.lattice import integers_of
from signsgd_sym.simulate.stream import Array
from signsgd_sym.simulate.two_scale_kernel import HIGH_BITS, LOW_BITS, MOST_ROWS

HEADROOM_BITS = 8
"""Delta may grow to 2^HEADROOM_BITS times its present size before the unit has to grow."""

LEAST_UNIT, MOST_UNIT = -1074, 1022 - HIGH_BITS - LOW_BITS
"""Exponents q may have: all units are floats, and all values are finite."""

LARGEST_SIZE = MOST_UNIT + HIGH_BITS + LOW_BITS - 1
"""|Delta_i| < 2^LARGEST_SIZE, half of what `high` may come to."""


DIVERGED = (
    "Delta grew beyond the range of float64: the recursion is unstable at this step size; take a smaller one"
)


class TwoScales:
    """Delta as two floats a coordinate.

    Args:
        delta: (d,), integers.
        unit: exponent of their unit.
        rho: bound of the distance of each coordinate from these numbers, in the same unit.
        least: how far a coordinate is going to move at once, in the same unit.

    Attributes:
        high, low: (d,), Delta~ = high + low.
        unit: exponent of q.
        rho: a bound of |Delta_i - Delta~_i|, in units of 2^unit.

    Raises:
        NotConverged: Delta is beyond the range of float64.

    Example:
        >>> delta = TwoScales([3, -(2**60) - 1], -60, rho=0)
        >>> delta.high.tolist(), (delta.low * 2.0**60).tolist(), delta.rho
        ([0.0, -1.0], [3.0, -1.0], 0)
        >>> delta.integers()[1] / 2**-delta.unit
        -1.0
    """

    def __init__(self, delta: Sequence[int], unit: int, rho: int, least: int = 0) -> None:
        self.unit = unit_for(max(map(abs, delta)) + least, unit)
        shift = unit - self.unit
        rounded = [shifted(value, shift) for value in delta]
        parts = [split(value) for value, _ in rounded]
        self.high = np.ldexp(np.array([high for high, _ in parts], dtype=np.float64), self.unit + LOW_BITS)
        self.low = np.ldexp(np.array([low for _, low in parts], dtype=np.float64), self.unit)
        self.rho = shifted_up(rho, shift) + max(lost for _, lost in rounded)

    @classmethod
    def at(cls, delta0: Array) -> TwoScales:
        """Delta within a rounding of finite numbers delta0, shape (d,)."""
        return cls(*integers_of(delta0), rho=0)

    def integers(self) -> list[int]:
        """Delta~ in units of 2^unit."""
        high = np.ldexp(self.high, -self.unit - LOW_BITS).tolist()
        low = np.ldexp(self.low, -self.unit).tolist()
        return [(int(a) << LOW_BITS) + int(b) for a, b in zip(high, low, strict=True)]

    def steps(self, middles: Sequence[int]) -> tuple[Array, Array] | None:
        """H and L of steps in units of 2^unit, at most `MOST_ROWS`; None where there is no room for them.

        Room is needed for high, for the H of all steps, and for what `fold` moves from low to high.
        """
        parts = [split(middle) for middle in middles]
        room = (
            (1 << HIGH_BITS) - 2 * MOST_ROWS - int(np.ldexp(np.abs(self.high).max(), -self.unit - LOW_BITS))
        )
        if sum(abs(high) for high, _ in parts) > room:
            return None
        H = np.ldexp(np.array([high for high, _ in parts], dtype=np.float64), self.unit + LOW_BITS)
        return H, np.ldexp(np.array([low for _, low in parts], dtype=np.float64), self.unit)

    def widen(self, radii: Sequence[int]) -> None:
        """Add the radii of steps, in units of 2^unit, to rho."""
        self.rho += sum(radii)

    def fold(self) -> None:
        """Bring |low| back below Q/2, the value unchanged; all sums are exact."""
        Q = np.ldexp(1.0, self.unit + LOW_BITS)
        carry = Q * np.rint(np.ldexp(self.low, -self.unit - LOW_BITS))
        self.high += carry
        self.low -= carry

    def rho_after(self, radii: Sequence[int]) -> float:
        """rho after steps of these radii, in units of 2^unit, as a float64, rounded up."""
        return float_above(self.rho + sum(radii), self.unit)


def split(value: int) -> tuple[int, int]:
    """(a, b) with value = 2^LOW_BITS a + b and |b| <= 2^LOW_BITS/2.

    Example:
        >>> split(2**42 - 1)
        (1, -1)
    """
    high = (value + (1 << LOW_BITS - 1)) >> LOW_BITS
    return high, value - (high << LOW_BITS)


def unit_for(largest: int, unit: int) -> int:
    """The exponent of q for numbers up to `largest` units of 2^unit, with headroom.

    Raises:
        NotConverged: they are beyond float64.
    """
    if largest == 0:
        return LEAST_UNIT
    size = largest.bit_length() + unit
    if size > LARGEST_SIZE:
        raise NotConverged(DIVERGED)
    return min(max(size + HEADROOM_BITS - HIGH_BITS - LOW_BITS, LEAST_UNIT), MOST_UNIT)
