r"""The law of the residual r = sqrt(2 R) G - eps as weights on one grid of log |r|, for any label noise.

Every functional of a coordinate-wise rule is one of the two means

    E[q(|r|)],      E[sign(r) q(|r|) G]/sqrt(2 R)

of a function q that is smooth in log |r|, for a Gaussian average over x_i lies in it. So q is interpolated on
a fixed grid of log |r|, by polynomials on octaves, and the means are inner products with weights that belong
to the law and to R alone. By Stein's identity the second one is E[d/dr (sign(r) q(|r|))], a function of the
law of r: Gaussian noise may be counted as part of G.

Where |eps| is below `NEAR` standard deviations of the Gaussian, its density is integrated over r on panels
that close in on r = 0; farther out r is of one sign and a Gauss-Hermite rule of few points is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import sympy as sp
from numpy.polynomial import chebyshev, hermite_e, legendre
from numpy.typing import NDArray

from signsgd_sym.model.families import Piece
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.parts import Atom, DensityPart
from signsgd_sym.model.quadrature import Arm, arms, cells
from signsgd_sym.model.smoothed_part import SmoothedPart, as_normal

Array = NDArray[np.float64]

NEAR = 30.0
"""Standard deviations of the Gaussian within which the density of r is integrated."""
BEYOND = 9.5
"""Standard deviations after which a Gaussian is 0."""
OCTAVES_BELOW = 44
"""Octaves of r below the standard deviation that are integrated."""
NEGLIGIBLE = 1e-17
"""Weight below which a node of the noise is dropped, relative to the largest."""


@dataclass(frozen=True)
class Component:
    """Noise e_k with weights, plus an independent Gaussian of the given variance."""

    nodes: Array
    weights: Array
    variance: float


def components(law: NoiseLaw, *, cut_at_zero: bool = False) -> tuple[Component, ...]:
    """A law as quadrature nodes; its Gaussian part stays a Gaussian.

    With `cut_at_zero` nodes are dense on both sides of eps = 0, where means of what is singular there for
    R -> 0 need them.

    Raises:
        ParameterError: while symbolic parameters remain.

    Example:
        >>> [one] = components(NoiseLaw.from_text("Normal(1, 1/2)"))
        >>> one.nodes, one.weights, one.variance
        (array([1.]), array([1.]), 0.25)
        >>> [two] = components(NoiseLaw.from_text("Laplace(0, 1)"))
        >>> bool(abs(two.weights @ two.nodes**4 / 24 - 1) < 1e-13)
        True
    """
    law.pdf(0.0)  # which refuses symbolic parameters
    return tuple(_component(float(weight), part, cut_at_zero) for weight, part in law.parts)


def _component(weight: float, part: Atom | DensityPart, cut: bool) -> Component:
    if isinstance(part, Atom):
        return Component(np.array([float(part.location)]), np.array([weight]), 0.0)
    normal = as_normal(part)
    if normal is not None:
        return Component(np.array([float(normal[0])]), np.array([weight]), float(normal[1]) ** 2)
    if isinstance(part, SmoothedPart):
        inner = _component(weight, part.inner, cut)
        return Component(inner.nodes, inner.weights, inner.variance + float(part.std) ** 2)
    nodes, weights = [], []
    t, w = legendre.leggauss(12)
    pieces = _cut_at_zero(part.pieces) if cut else part.pieces
    for arm in arms(pieces) if part.has_elementary_density else _measured_arms(part, pieces):
        found = cells(arm, invertible=False)
        half = (found.right - found.left) / 2
        s = found.left[:, None] + half[:, None] * (1 + t)
        distance, _ = arm.distance(s)
        nodes.append((arm.anchor + arm.direction * distance).ravel())
        weights.append((half[:, None] * w * arm.density_in_s(s)).ravel())
    e, mass = np.concatenate(nodes), np.concatenate(weights)
    kept = mass > NEGLIGIBLE * mass.max()
    # The rule integrates the density to rounding; what it misses must not show as a lost probability.
    return Component(e[kept], weight * mass[kept] / mass[kept].sum(), 0.0)


def _cut_at_zero(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    found: list[Piece] = []
    for piece in pieces:
        inside = piece.lo < 0 < piece.hi
        found += [replace(piece, hi=sp.S.Zero), replace(piece, lo=sp.S.Zero)] if inside else [piece]
    return tuple(found)


def _measured_arms(part: DensityPart, pieces: Sequence[Piece]) -> list[Arm]:
    """Arms of a density that is known as a function of float64 only."""
    found = []
    for piece in pieces:
        for anchor, direction, reach in _ends(piece):
            found.append(
                Arm(lambda u, a=anchor, s=direction: part.pdf(a + s * u), anchor, direction, reach)  # type: ignore[misc]
            )
    return found


def _ends(piece: Piece) -> list[tuple[float, int, float]]:
    lo, hi = piece.lo, piece.hi
    if lo == -sp.oo and hi == sp.oo:
        return [(0.0, -1, np.inf), (0.0, 1, np.inf)]
    if hi == sp.oo:
        return [(float(lo), 1, np.inf)]
    if lo == -sp.oo:
        return [(float(hi), -1, np.inf)]
    half = float(hi - lo) / 2
    return [(float(lo), 1, half), (float(hi), -1, half)]


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


@dataclass(frozen=True)
class ResidualLaw:
    """Weights of E[q(|r|)] and of E[sign(r) q(|r|) G]/sqrt(2 R) at any R, on one grid for a range of R.

    Example:
        >>> law = ResidualLaw.of(NoiseLaw.from_text("Uniform(-1, 1)"), 1e-2, 1e2)
        >>> even, odd = law.weights(2.0)
        >>> bool(abs(even @ law.grid.nodes**2 / (4 + 1 / 3) - 1) < 1e-11)  # E r^2 = 2 R + 1/3
        True
        >>> bool(abs(odd @ law.grid.nodes - 1) < 1e-11)  # E[r G] = sqrt(2 R)
        True
    """

    parts: tuple[Component, ...]
    grid: Octaves

    @classmethod
    def of(cls, law: NoiseLaw, least: float, most: float, order: int = 14) -> ResidualLaw:
        """For risks from `least` to `most`."""
        parts = components(law)
        low = min(np.sqrt(2 * least + part.variance) for part in parts)
        high = max(
            BEYOND * np.sqrt(2 * most + part.variance) + np.abs(part.nodes).max(initial=0.0) for part in parts
        )
        first = int(np.floor(np.log2(low))) - OCTAVES_BELOW
        return cls(parts, Octaves(first, int(np.ceil(np.log2(high))) + 1, order))

    def weights(self, R: float) -> tuple[Array, Array]:
        """The weights of both means at the grid points."""
        size = len(self.grid.nodes)
        even, odd = np.zeros(size), np.zeros(size)
        for part in self.parts:
            sigma = np.sqrt(2 * R + part.variance)
            is_near = np.abs(part.nodes) < NEAR * sigma
            for points in (
                _near(part.nodes[is_near], part.weights[is_near], sigma),
                _far(part.nodes[~is_near], part.weights[~is_near], sigma),
            ):
                if len(points[0]):
                    more = self.grid.spread(points[0], points[1:])
                    even, odd = even + more[0], odd + more[1]
        return even, odd


def _near(e: Array, w: Array, sigma: float) -> tuple[Array, Array, Array]:
    """|r|, its density times the length of the panel, and the same with sign(r) G/sigma, r = sigma G - e."""
    if not len(e):
        return (np.empty(0),) * 3
    reach = np.abs(e).max() / sigma + BEYOND
    octaves, linear = np.exp2(np.arange(-OCTAVES_BELOW, 0.0)), np.arange(1.0, np.ceil(reach) + 1)
    edges = np.concatenate([[0.0], octaves, linear])
    t, q = legendre.leggauss(14)
    half = np.diff(edges)[:, None] / 2
    r = (edges[:-1, None] + half * (1 + t)).ravel()
    lengths = (half * q).ravel()
    shift = e / sigma
    above, below = r[:, None] + shift, -r[:, None] + shift  # G where r is positive, and where it is negative
    plus, minus = (np.exp(-(g**2) / 2) / np.sqrt(2 * np.pi) for g in (above, below))
    even = (plus + minus) @ w
    odd = (above * plus - below * minus) @ w / sigma
    return sigma * r, lengths * even, lengths * odd


def _far(e: Array, w: Array, sigma: float) -> tuple[Array, Array, Array]:
    """The same by Gauss and Hermite; r has the sign of -e."""
    g, q = hermite_e.hermegauss(8)
    q = q / np.sqrt(2 * np.pi)
    r = sigma * g - e[:, None]
    weights = w[:, None] * q
    return np.abs(r).ravel(), weights.ravel(), (weights * np.sign(r) * g / sigma).ravel()
