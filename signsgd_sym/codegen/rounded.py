r"""The rounding error of float64 code, found by running that code on ranges.

A `Rounded` is a set of exact values, [lo, hi], and a bound of how far the computed value may be from the
exact one. With the unit u = 2^-53 (Higham, Accuracy and Stability of Numerical Algorithms, section 3.3):

    a + b:  e_a + e_b + u |computed sum|,      a b:  |a| e_b + |b| e_a + e_a e_b + u |computed product|.

So the function that computes is also the one that is analysed. A product fused with a sum skips one rounding,
and every rounding is bounded by itself: the bounds hold with and without fma. Underflow is not seen: the
caller answers for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.codegen.quadrature import U
from signsgd_sym.errors import NotConverged

Array = NDArray[np.float64]

OUTWARD = 1 + 1e-12
"""Covers the few roundings made in computing a bound."""


@dataclass(frozen=True, eq=False)
class Rounded:
    """Exact values in [lo, hi], computed ones at most `error` away; arrays of such, elementwise.

    >>> x = Rounded(np.array(1.0), np.array(2.0), np.array(0.0))
    >>> y = x * x + 1.0
    >>> bool(y.lo <= 2 and y.hi >= 5), float((y.error / U).round(6))
    (True, 9.0)
    """

    __array_ufunc__ = None  # arrays leave the operators to this class

    lo: Array
    hi: Array
    error: Array

    @property
    def size(self) -> Array:
        """An upper bound of the exact absolute value."""
        return np.maximum(np.abs(self.lo), np.abs(self.hi))

    def __add__(self, other: Any) -> Rounded:
        b = rounded(other)
        return _made(self.lo + b.lo, self.hi + b.hi, self.error + b.error, self.size + b.size)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Rounded:
        b = rounded(other)
        found = _made(self.lo - b.hi, self.hi - b.lo, self.error + b.error, self.size + b.size)
        # Sterbenz: the difference of two floats within a factor 2 of each other is one.
        exact = (self.error + b.error == 0) & (self.lo >= b.hi / 2) & (self.hi <= 2 * b.lo)
        return Rounded(found.lo, found.hi, np.where(exact, 0.0, found.error))

    def __mul__(self, other: Any) -> Rounded:
        b = rounded(other)
        corners = np.stack(
            np.broadcast_arrays(self.lo * b.lo, self.lo * b.hi, self.hi * b.lo, self.hi * b.hi)
        )
        error = self.size * b.error + b.size * self.error + self.error * b.error
        return _made(corners.min(axis=0), corners.max(axis=0), error, np.zeros(()))

    __rmul__ = __mul__


def rounded(value: Any) -> Rounded:
    """A float (an array of them) that is what it is."""
    if isinstance(value, Rounded):
        return value
    exact = np.asarray(value, dtype=np.float64)
    return Rounded(exact, exact, np.zeros(()))


def _made(lo: Array, hi: Array, error: Array, terms: Array) -> Rounded:
    """One more rounding; the range is widened for its own (relative to `terms`, since sums may cancel)."""
    widen = 1e-15 * np.maximum(np.maximum(np.abs(lo), np.abs(hi)), terms)
    lo, hi = lo - widen, hi + widen
    size = np.maximum(np.abs(lo), np.abs(hi))
    return Rounded(lo, hi, (error + U * (size + error)) * OUTWARD)


def relative(value: Rounded, approximation: Array) -> float:
    """The largest relative error in units u of code that, in exact arithmetic, is within `approximation`.

    Raises `NotConverged` where the function may be 0.
    """
    least = value.lo - approximation
    if not np.all(least > 0):
        raise NotConverged(f"the error {np.max(approximation):.2g} has no relative bound: raise the degree.")
    return float(np.max((value.error + approximation) / least)) / U * OUTWARD


def polynomial(c: Any, t: Any) -> Any:
    """c_0 + (t (c_1 + c_3 w + ...) + w (c_2 + c_4 w + ...)) with w = t t, both brackets by Horner's rule.

    The two chains are independent of each other, which halves the time; c_0, by far the largest term where
    this is used, is added last. Generated code performs these very operations. `c` is a sequence of at least
    three coefficients, or an array whose first axis they are.

    >>> polynomial([1.0, 2.0, 3.0, 4.0], 10.0)
    4321.0
    """
    w = t * t
    chains = []
    for first in (1, 2):
        own = c[first::2]
        value = own[-1]
        for coefficient in own[-2::-1]:
            value = coefficient + w * value
        chains.append(value)
    return c[0] + (t * chains[0] + w * chains[1])
