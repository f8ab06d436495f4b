r"""The law of s = |r|/b, r the residuals sqrt(2 R) G_m - eps_m of b samples, as weights on one grid of log s.

Every functional of a coordinate-wise rule is one of the two means

    E[q(s)],      E[(<r, G>/|r|) q(s)]/sqrt(2 R)

of a function q that is smooth in log s, for a Gaussian average over x_i lies in it. One sample has s = |r|
and <r, G>/|r| = sign(r) G. q is interpolated on a fixed grid of log s, by polynomials on octaves, and the
means are inner products with weights that belong to the law and to R alone. By Stein's identity in each G_m
the second one is a functional of the law of s: Gaussian noise may be counted as part of G.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.solve.label_nodes import Component
from signsgd_sym.solve.label_norm import norm_components
from signsgd_sym.solve.noncentral_chi import BEYOND, OCTAVES_BELOW, NoncentralChi
from signsgd_sym.solve.octaves import Octaves

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ResidualLaw:
    """Weights of E[q(s)] and of E[(<r, G>/|r|) q(s)]/sqrt(2 R) at any R, on one grid for a range of R.

    Example:
        >>> law = ResidualLaw.of(NoiseLaw.from_text("Uniform(-1, 1)"), 1e-2, 1e2)
        >>> even, odd = law.weights(2.0)
        >>> bool(abs(even @ law.grid.nodes**2 / (4 + 1 / 3) - 1) < 1e-11)  # E r^2 = 2 R + 1/3
        True
        >>> bool(abs(odd @ law.grid.nodes - 1) < 1e-11)  # E[r G] = sqrt(2 R)
        True
        >>> law = ResidualLaw.of(NoiseLaw.from_text("Uniform(-1, 1)"), 1e-2, 1e2, batch=5)
        >>> even, odd = law.weights(2.0)
        >>> bool(abs(even @ law.grid.nodes**2 / ((4 + 1 / 3) / 5) - 1) < 1e-11)
        True
    """

    parts: tuple[Component, ...]
    chi: NoncentralChi
    grid: Octaves

    @classmethod
    def of(cls, law: NoiseLaw, least: float, most: float, order: int = 14, batch: int = 1) -> ResidualLaw:
        """For risks from `least` to `most`."""
        parts = norm_components(law, batch, order // 2 + 1)
        low = min(np.sqrt(2 * least + part.variance) for part in parts)
        high = max(
            (np.sqrt(batch) + BEYOND) * np.sqrt(2 * most + part.variance) + part.nodes.max() for part in parts
        )
        first = int(np.floor(np.log2(low / batch))) - OCTAVES_BELOW
        grid = Octaves(first, int(np.ceil(np.log2(high / batch))) + 1, order)
        return cls(parts, NoncentralChi.of(batch), grid)

    def weights(self, R: float) -> tuple[Array, Array]:
        """The weights of both means at the grid points."""
        size = len(self.grid.nodes)
        even, odd = np.zeros(size), np.zeros(size)
        for part in self.parts:
            sigma = float(np.sqrt(2 * R + part.variance))
            length, *both = self.chi.length(part.nodes, part.weights, sigma)
            more = self.grid.spread(length / self.chi.dimension, tuple(both))
            even, odd = even + more[0], odd + more[1]
        return even, odd
