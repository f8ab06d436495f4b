r"""R = Delta^T K Delta/2 for a Delta that is known to within a radius, the same for every coordinate.

Let Delta = Delta~ + delta with |delta_i| <= rho. For any real K,

    Delta^T K Delta - Delta~^T K Delta~  =  delta^T (K + K^T) Delta~ + delta^T K delta,

(K + K^T) Delta~ = 2 K Delta~ - (K - K^T) Delta~, and so

    |R - R~|  <=  rho (sum |(K Delta~)_i| + (1/2) max |Delta~_i| sum |K_ij - K_ji|) + (1/2) rho^2 sum |K_ij|.

(A second moment is symmetric, but one that was computed may be so to rounding only; where it is, nothing is
added.) R~ is exact in integers, `QuadraticForm.of_integers`, and has the bound that `two_scale_kernel` proves
in floats, `QuadraticForm.of_floats`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from flint import fmpz_mat

from signsgd_sym.errors import ShapeMismatch
from signsgd_sym.simulate.fixed_point import Interval
from signsgd_sym.simulate.lattice import integers_of
from signsgd_sym.simulate.stream import Array, finite_array
from signsgd_sym.simulate.two_scale_kernel import dense_image, diagonal_image, quadratic_form


@dataclass(frozen=True, eq=False)
class QuadraticForm:
    """Delta^T K Delta/2 with a float64 matrix K, taken exactly.

    Attributes:
        K: (d, d), or its diagonal, (d,).

    Raises:
        ShapeMismatch, NotFinite: from `of`, another shape, or an entry that is not finite.

    Example:
        >>> form = QuadraticForm.of(np.array([[2.0, 0.5], [0.5, 1.0]]), 2)
        >>> form.of_integers([2, 4], -1, 0)  # Delta = (1, 2): R = (2 + 2 + 4)/2
        Interval(middle=64, radius=0, unit=-4)
        >>> form.of_integers([2, 4], -1, 1)  # 1/2 (3 + 5/2) + 1/8 4 = 13/4
        Interval(middle=64, radius=52, unit=-4)
    """

    K: Array

    @classmethod
    def of(cls, K: Array, d: int) -> QuadraticForm:
        """The form of a second moment in dimension d."""
        K = finite_array(K, "the second moment")
        if K.shape not in ((d,), (d, d)):
            raise ShapeMismatch(f"the second moment has shape {K.shape}; it must be ({d},) or ({d}, {d})")
        return cls(K)

    def of_integers(self, delta: Sequence[int], unit: int, rho: int) -> Interval:
        """R for Delta within rho of delta, shape (d,), all in units of 2^unit."""
        entries, skew, size, unit_of_K = self._integers
        if self.K.ndim == 1:
            image = [k * value for k, value in zip(entries, delta, strict=True)]
        else:
            image = [int(value) for value in (entries * fmpz_mat(len(delta), 1, list(delta))).entries()]
        form = sum(value * other for value, other in zip(image, delta, strict=True))
        radius = 0
        if rho:
            radius = rho * (2 * sum(map(abs, image)) + max(map(abs, delta)) * skew + rho * size)
        return Interval(form, radius, unit_of_K + 2 * unit - 1)

    def of_floats(self, high: Array, low: Array, rho: float) -> Interval | None:
        """R for Delta within rho of high + low, shape (d,), in about 30 digits; None after an overflow."""
        C, c, a = np.empty((3, len(high)))
        image = diagonal_image if self.K.ndim == 1 else dense_image
        image(self.K, high, low, C, c, a)
        form, rest, bound, slope = quadratic_form(high, low, C, c, a)
        skew, size = self._sums
        largest = float(np.abs(high).max() + np.abs(low).max())
        radius = 0.5 * bound + rho * (slope + largest * skew) + 0.5 * (rho * size) * rho
        # Ten roundings, each of the share 2^-53 or, by underflow, of 2^-1023 at most: rho size can underflow
        # only where rho < 2^52, as sums of floats are multiples of 2^-1074.
        radius = radius * (1.0 + 2.0**-40) + 2.0**-1000
        if not (math.isfinite(form) and math.isfinite(rest) and math.isfinite(radius)):
            return None
        return Interval.around(0.5 * form, 0.5 * rest, radius)

    @cached_property
    def _integers(self) -> tuple[Any, int, int, int]:
        """K as integers, in a list or an `fmpz_mat`, the two sums, and the exponent of the unit."""
        entries, unit = integers_of(self.K.ravel())
        size = sum(map(abs, entries))
        if self.K.ndim == 1:
            return entries, 0, size, unit
        matrix, skew = fmpz_mat(*self.K.shape, entries), 0
        if not np.array_equal(self.K, self.K.T):
            skew = sum(abs(int(entry)) for entry in (matrix - matrix.transpose()).entries())
        return matrix, skew, size, unit

    @cached_property
    def _sums(self) -> tuple[float, float]:
        """Upper bounds of sum |K_ij - K_ji| and sum |K_ij|, which may be infinite.

        A sum of n numbers in float64 is right to the share (n + 1) 2^-53 (its terms included), less than 1/2
        for the n <= 2^51 that a memory holds.
        """
        with np.errstate(over="ignore"):
            skew = 0.0 if self.K.ndim == 1 else float(np.abs(self.K - self.K.T).sum())
            return 2.0 * skew, 2.0 * float(np.abs(self.K).sum())
