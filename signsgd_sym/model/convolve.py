r"""The density of X + N(0, s^2) in float64, where the density of X is known piece by piece.

At each point p the integrand f(u) exp(-(p - u)^2/(2 s^2))/(s sqrt(2 pi)) may be narrow around p and singular
at the ends of a piece. So each piece is cut at p, and every cut becomes the start of an arm of `quadrature`,
whose double-exponential map resolves all scales there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from signsgd_sym import notation
from signsgd_sym.model.families.family import Piece
from signsgd_sym.model.quadrature import Arm, cells, compiled

Array = NDArray[np.float64]
x = notation.x
Function = Callable[[Array], Array]


@dataclass(frozen=True)
class _CompiledPiece:
    """A density by itself, and by the distance from either finite end, without cancellation there."""

    plain: Function
    from_lo: Function
    from_hi: Function
    lo: float
    hi: float

    @classmethod
    def of(cls, piece: Piece) -> _CompiledPiece:
        u = sp.Dummy("u", positive=True)
        plain = compiled(piece.density, x)
        from_lo = compiled(piece.density.subs(x, piece.lo + u), u) if piece.lo.is_finite else plain
        from_hi = compiled(piece.density.subs(x, piece.hi - u), u) if piece.hi.is_finite else plain
        return cls(plain, from_lo, from_hi, float(piece.lo), float(piece.hi))

    def from_point(self, point: float, direction: int) -> Function:
        """The density by the distance from `point`."""
        if point == self.lo and direction > 0:
            return self.from_lo
        if point == self.hi and direction < 0:
            return self.from_hi
        return lambda u: self.plain(point + direction * u)


def convolved_pdf(pieces: Iterable[Piece], std: float, points: Array) -> Array:
    """sum_k int piece_k(u) N(p; u, std^2) du at every point p; absolute error about 1e-13/std.

    Example:
        >>> from signsgd_sym.model.noise import noise_law
        >>> [(_, part)] = noise_law("Uniform(-1, 1)").parts
        >>> print(f"{convolved_pdf(part.pieces, 1e-3, np.array([1.0]))[0]:.10f}")
        0.2500000000
    """
    known = [_CompiledPiece.of(piece) for piece in pieces]
    values = [sum(_at(piece, std, float(point)) for piece in known) for point in points.ravel()]
    return np.array(values, dtype=np.float64).reshape(points.shape)


def _at(piece: _CompiledPiece, std: float, point: float) -> float:
    cuts = [piece.lo, *([point] if piece.lo < point < piece.hi else []), piece.hi]
    arms: list[Arm] = []
    for lo, hi in pairwise(cuts):
        reach = (hi - lo) / 2 if np.isfinite(hi - lo) else np.inf
        if np.isfinite(lo):
            arms.append(_arm(piece, std, point, lo, 1, reach))
        if np.isfinite(hi):
            arms.append(_arm(piece, std, point, hi, -1, reach))
    return float(sum(cells(arm, invertible=False).mass.sum() for arm in arms))


def _arm(piece: _CompiledPiece, std: float, point: float, anchor: float, direction: int, reach: float) -> Arm:
    density = piece.from_point(anchor, direction)
    offset = anchor - point

    def product(u: Array) -> Array:
        with np.errstate(over="ignore"):
            normal = np.exp(-(((offset + direction * u) / std) ** 2) / 2) / (std * np.sqrt(2 * np.pi))
        # Where the Gaussian has underflowed, a density that overflows does not count.
        return np.where(normal > 0, density(u) * normal, 0.0)

    return Arm(product, anchor, direction, reach)
