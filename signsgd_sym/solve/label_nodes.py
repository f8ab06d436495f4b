r"""The law of the label noise as quadrature nodes, close together near 0 and where its density is singular.

Its Gaussian part stays a Gaussian: it is added to the Gaussian part of the residual. What is averaged over
the rest is smooth in log |eps|, and near eps = 0 on no other scale than sqrt(2 R), which may be small: so a
density is cut at 0 as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import sympy as sp
from numpy.polynomial import legendre
from numpy.typing import NDArray

from signsgd_sym.model.families import Piece
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.parts import Atom, DensityPart
from signsgd_sym.model.quadrature import Arm, arms, cells
from signsgd_sym.model.smoothed_part import SmoothedPart, as_normal

Array = NDArray[np.float64]

NEGLIGIBLE = 1e-17
"""Weight below which a node of the noise is dropped, relative to the largest."""
POINTS = 24
"""Gauss-Legendre nodes on a cell, over which |eps| may grow by a factor of 10 near 0."""


@dataclass(frozen=True)
class Component:
    """Noise e_k with weights, plus an independent Gaussian of the given variance."""

    nodes: Array
    weights: Array
    variance: float


def components(law: NoiseLaw, negligible: float = NEGLIGIBLE) -> tuple[Component, ...]:
    """A law as quadrature nodes; its Gaussian part stays a Gaussian.

    Nodes of a weight below `negligible`, relative to the largest, are dropped: where a tail is only just
    light enough for a mean, what this loses of it shows when `negligible` is varied.

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
    return tuple(_component(float(weight), part, negligible) for weight, part in law.parts)


def _component(weight: float, part: Atom | DensityPart, negligible: float) -> Component:
    if isinstance(part, Atom):
        return Component(np.array([float(part.location)]), np.array([weight]), 0.0)
    normal = as_normal(part)
    if normal is not None:
        return Component(np.array([float(normal[0])]), np.array([weight]), float(normal[1]) ** 2)
    if isinstance(part, SmoothedPart):
        inner = _component(weight, part.inner, negligible)
        return Component(inner.nodes, inner.weights, inner.variance + float(part.std) ** 2)
    nodes, weights = [], []
    t, w = legendre.leggauss(POINTS)
    pieces = [half for piece in part.pieces for half in _cut_at_zero(piece)]
    for arm in arms(pieces) if part.has_elementary_density else _measured_arms(part, pieces):
        found = cells(arm, invertible=False)
        half = (found.right - found.left) / 2
        s = found.left[:, None] + half[:, None] * (1 + t)
        distance, _ = arm.distance(s)
        nodes.append((arm.anchor + arm.direction * distance).ravel())
        weights.append((half[:, None] * w * arm.density_in_s(s)).ravel())
    e, mass = np.concatenate(nodes), np.concatenate(weights)
    kept = mass > negligible * mass.max()
    # The rule integrates the density to rounding; what it misses must not show as a lost probability.
    return Component(e[kept], weight * mass[kept] / mass[kept].sum(), 0.0)


def _cut_at_zero(piece: Piece) -> tuple[Piece, ...]:
    """The piece, or its two sides where 0 lies inside; the whole line is cut there anyway."""
    if (piece.lo, piece.hi) == (-sp.oo, sp.oo) or not (piece.lo < 0 < piece.hi):
        return (piece,)
    return (replace(piece, hi=sp.S.Zero), replace(piece, lo=sp.S.Zero))


def _measured_arms(part: DensityPart, pieces: list[Piece]) -> list[Arm]:
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
