r"""The length of r = sigma G - e in b dimensions, G standard normal, as nodes with weights.

|r| depends on e through |e| alone. Two means are given by the weights of the nodes, for any q:

    E[q(|r|)],      E[(<r, G>/|r|) q(|r|)]/sigma .

By Poisson's mixture |r|/sigma is a chi variable of b + 2 J degrees of freedom, J of Poisson's law with the
mean |e|^2/(2 sigma^2): the densities of the chi laws in units of sigma serve every e and sigma. By Stein's
identity for each G_m the second mean has the weight (b - 1) p/t - p' where the first has the density p(t),
which for a chi law of b + 2 j degrees of freedom is p (t - 2 j/t) in units of sigma.

Where |e| is above `NEAR` sigma, |r| is near |e| and Gauss rules of few points are exact: of Hermite for the
component of G along e, of Laguerre for the square of what is left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import hermite_e, legendre
from numpy.typing import NDArray

Array = NDArray[np.float64]

NEAR = 30.0
"""|e|/sigma up to which Poisson's mixture is used."""
MOST_PAIRS = 700
"""Pairs of degrees of freedom that it may add: the mean is at most 450, its standard deviation 21."""
BEYOND = 9.5
"""Standard deviations after which a Gaussian is 0."""
OCTAVES_BELOW = 44
"""Octaves of |r| below sigma that are integrated."""


@dataclass(frozen=True, eq=False)
class NoncentralChi:
    """Nodes t in units of sigma; `mass` and `slope` have the weights of both means in a row for each J.

    Example:
        >>> chi = NoncentralChi.of(3)
        >>> t, even, odd = chi.length(np.array([0.5, 400.0]), np.array([0.75, 0.25]), 2.0)
        >>> mean_square = 3 * 2.0**2 + 0.75 * 0.5**2 + 0.25 * 400.0**2
        >>> bool(abs(even @ t**2 / mean_square - 1) < 1e-12)
        True
        >>> bool(abs(odd @ t / 3 - 1) < 1e-10)  # E <r, G> = 3 sigma
        True
    """

    dimension: int
    t: Array
    mass: Array
    slope: Array

    @classmethod
    def of(cls, dimension: int) -> NoncentralChi:
        """For b = `dimension` >= 1."""
        from scipy.special import gammaln

        reach = np.sqrt(dimension + 2 * MOST_PAIRS) + BEYOND
        first = max(1.0, np.floor(np.sqrt(dimension) - BEYOND))
        edges = np.arange(first, np.ceil(reach) + 1)
        if first == 1:
            edges = np.concatenate([[0.0], np.exp2(np.arange(-OCTAVES_BELOW, 0.0)), edges])
        nodes, weights = legendre.leggauss(14)
        half = np.diff(edges)[:, None] / 2
        t, lengths = (edges[:-1, None] + half * (1 + nodes)).ravel(), (half * weights).ravel()
        pairs = np.arange(MOST_PAIRS)[:, None]
        freedom = dimension + 2 * pairs
        front = (1 - freedom / 2) * np.log(2) - gammaln(freedom / 2)
        mass = lengths * np.exp(front + (freedom - 1) * np.log(t) - t**2 / 2)
        mass /= mass.sum(axis=1, keepdims=True)  # rounding in the exponent grows with b
        return cls(dimension, t, mass, mass * (t - 2 * pairs / t))

    def length(self, e: Array, weights: Array, sigma: float) -> tuple[Array, Array, Array]:
        """Nodes of |r| and the weights of both means, averaged over |e| = `e` >= 0 with `weights`."""
        is_near = e < NEAR * sigma
        near = self._near(e[is_near], weights[is_near], sigma)
        if np.all(is_near):
            return near
        far = self._far(e[~is_near], weights[~is_near], sigma)
        a, b, c = (np.concatenate(both) for both in zip(near, far, strict=True))
        return a, b, c

    def _near(self, e: Array, weights: Array, sigma: float) -> tuple[Array, Array, Array]:
        from scipy.special import gammaln, xlogy

        if not len(e):
            return (np.empty(0),) * 3
        mean = (e / sigma) ** 2 / 2
        count = min(MOST_PAIRS, int(mean.max() + 12 * np.sqrt(mean.max()) + 30))
        pairs = np.arange(count)[:, None]
        share = np.exp(xlogy(pairs, mean) - mean - gammaln(pairs + 1)) @ weights
        return sigma * self.t, share @ self.mass[:count], share @ self.slope[:count] / sigma

    def _far(self, e: Array, weights: Array, sigma: float) -> tuple[Array, Array, Array]:
        g, g_weights = hermite_e.hermegauss(8)
        square, square_weights = self._across()
        along = sigma * g[:, None] - e[:, None, None]
        across = sigma * np.sqrt(square)
        t = np.hypot(along, across)
        mass = weights[:, None, None] * (g_weights / np.sqrt(2 * np.pi))[:, None] * square_weights
        slope = mass * (along / t * g[:, None] + across / t * np.sqrt(square)) / sigma
        return t.ravel(), mass.ravel(), slope.ravel()

    def _across(self) -> tuple[Array, Array]:
        """Nodes and weights of a chi square of b - 1 degrees of freedom, by Golub and Welsch."""
        if self.dimension == 1:
            return np.zeros(1), np.ones(1)
        k, alpha = np.arange(6), (self.dimension - 3) / 2
        off = np.sqrt(k[1:] * (k[1:] + alpha))
        nodes, vectors = np.linalg.eigh(np.diag(2 * k + alpha + 1) + np.diag(off, 1) + np.diag(off, -1))
        return 2 * nodes, vectors[0] ** 2
