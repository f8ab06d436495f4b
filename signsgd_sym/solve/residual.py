r"""Means over the size of a residual, as sums over nodes: E q(|r|) = sum_m weights_m q(nodes_m).

With |r| = e^y the trapezoidal rule in y is used: for the smooth q(r) = (1 + 2 s r^2)^(-k/2) that Adam needs,
it converges exponentially, whatever s. What lies below the first node, a mass of 1e-19, is left out, so that
the weights do not sum to exactly 1: for q near 1, take the mean of 1 - q.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FIRST = -45.0
"""log of the smallest node."""


@dataclass(frozen=True, eq=False)
class Residual:
    """Nodes r_m > 0 and weights."""

    nodes: Array
    weights: Array

    def mean(self, values: Array) -> Array:
        """E q(|r|) from `values` = q(nodes), along the last axis."""
        return np.asarray(values @ self.weights)


def from_density(log_nodes: Array, density: Array) -> Residual:
    """From the density of |r| at e^y on a grid of y with constant step."""
    step = float(log_nodes[1] - log_nodes[0])
    return Residual(np.exp(log_nodes), step * density * np.exp(log_nodes))


def gaussian_residual(step: float = 0.12) -> Residual:
    """r ~ N(0, 1).

    >>> r = gaussian_residual()
    >>> bool(abs(r.mean(r.nodes**4) - 3) < 1e-12)
    True
    """
    y = np.arange(FIRST, np.log(9.0), step)
    return from_density(y, np.sqrt(2 / np.pi) * np.exp(-np.exp(2 * y) / 2))
