r"""A grid of |r| on which functions smooth in log |r| are interpolated: Chebyshev points on octaves.

A mean E[q(|r|)] over any law becomes an inner product of q at the grid with weights: those of points
anywhere are spread over the grid points of their octave, exactly for polynomials in log |r|.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Octaves:
    """The grid: `order` Chebyshev points on each octave 2^k <= |r| < 2^(k+1), `first` <= k < `last`."""

    first: int
    last: int
    order: int

    @property
    def nodes(self) -> Array:
        """|r| at the grid points, shape ((last - first) * order,)."""
        k = np.arange(self.first, self.last)[:, None]
        return np.asarray(np.exp2(k + (chebyshev.chebpts1(self.order) + 1) / 2).ravel())

    def spread(self, r: Array, weights: tuple[Array, ...]) -> tuple[Array, ...]:
        """Weights at the points r > 0 as weights of the grid points: sum w q(r) = sum W q(nodes)."""
        index, basis = self._basis(r)
        size = (self.last - self.first) * self.order
        spread = (np.bincount(index.ravel(), (w[:, None] * basis).ravel(), size) for w in weights)
        return tuple(np.asarray(one, dtype=np.float64) for one in spread)

    def interpolate(self, values: Array, r: Array) -> Array:
        """q(r) from q(nodes), which stand along the last axis of `values`; constant beyond the ends."""
        index, basis = self._basis(r)
        return np.asarray(np.einsum("...ij,ij->...i", values[..., index], basis))

    def _basis(self, r: Array) -> tuple[NDArray[np.int64], Array]:
        """Indices of the grid points on the octave of each r, and the Lagrange polynomials there."""
        place = np.log2(r)
        octave = np.clip(np.floor(place).astype(np.int64), self.first, self.last - 1)
        t = np.clip(2 * (place - octave) - 1, -1.0, 1.0)
        basis = chebyshev.chebvander(t, self.order - 1) @ _lagrange(self.order)
        return ((octave - self.first) * self.order)[:, None] + np.arange(self.order), basis


def _lagrange(order: int) -> Array:
    """Chebyshev coefficients (rows) of the Lagrange polynomials of the Chebyshev points (columns)."""
    return np.asarray(np.linalg.inv(chebyshev.chebvander(chebyshev.chebpts1(order), order - 1)))
