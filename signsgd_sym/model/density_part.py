"""What every part of a noise law with a density can do, known piece by piece or only as an integral."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from signsgd_sym import notation
from signsgd_sym.model.families import Piece
from signsgd_sym.model.gaussian_terms import GaussianTerm
from signsgd_sym.model.quadrature import InverseCdf, compiled

Array = NDArray[np.float64]
x, eps, R = notation.x, notation.eps, notation.R


class DensityPart(ABC):
    """A part with a density, known piece by piece.

    `second_moment` and `mean` are exact; they may hold an unevaluated integral.
    """

    @property
    @abstractmethod
    def pieces(self) -> tuple[Piece, ...]:
        """The density between its points of non-analyticity, in increasing order.

        The densities are unevaluated integrals where `has_elementary_density` is False.
        """

    @property
    @abstractmethod
    def text(self) -> str:
        """LAW text of this part alone, in the form that `Mixture` accepts."""

    @property
    @abstractmethod
    def free_symbols(self) -> frozenset[sp.Symbol]:
        """Symbolic parameters."""

    @abstractmethod
    def affine(self, scale: sp.Expr, shift: sp.Expr) -> DensityPart:
        """The law of scale*X + shift, scale not zero."""

    @abstractmethod
    def substitute(self, values: Mapping[sp.Symbol, sp.Expr]) -> DensityPart:
        """The part with parameters replaced by values.

        Raises:
            ParameterError: when a value is outside the parameter's range.
        """

    @abstractmethod
    def second_moment(self) -> sp.Expr:
        """E X^2, `oo` where it diverges."""

    @property
    def has_elementary_density(self) -> bool:
        """Whether `pieces` are expressions that can be compiled, not integrals."""
        return True

    @property
    def relations(self) -> tuple[sp.Basic, ...]:
        """What the symbolic parameters satisfy beyond their own signs, such as a < b."""
        return ()

    @property
    def lo(self) -> sp.Expr:
        """Left end of the support."""
        return self.pieces[0].lo

    @property
    def hi(self) -> sp.Expr:
        """Right end of the support."""
        return self.pieces[-1].hi

    def integral(self, expression: sp.Expr) -> sp.Expr:
        """The sum of unevaluated integrals of density(x)*expression(x) over the pieces."""
        return sp.Add(
            *(sp.Integral(piece.density * expression, (x, piece.lo, piece.hi)) for piece in self.pieces)
        )

    def mean(self, expression: sp.Expr) -> sp.Expr:
        """E[expression] for an expression in `notation.eps`, as unevaluated integrals in `notation.x`."""
        return self.integral(expression.subs(eps, x))

    def gaussian_terms(self) -> tuple[GaussianTerm, ...]:
        """E exp(-X^2/(4 R)) as data for numerical code: the density itself where it is elementary."""
        return (GaussianTerm(sp.S.One, self.pieces, R),)

    def density_at_zero(self) -> sp.Expr:
        """(f(0+) + f(0-))/2, the limit at 0 of the density of X + N(0, s^2) for s -> 0; `oo` at a pole.

        A Piecewise where the place of 0 among the pieces depends on symbolic parameters.
        """
        return sp.Add(*(one_sided_mean(piece) for piece in self.pieces))

    def convolved(self, std: sp.Expr, at: sp.Expr) -> sp.Expr:
        """The density at `at` of X + N(0, std^2): int f(u) exp(-(at - u)^2/(2 std^2))/sqrt(2 pi std^2) du."""
        u = sp.Dummy("u", real=True)
        return sp.Add(
            *(
                sp.Integral(
                    piece.density.subs(x, u) * notation.normal_density(at, u, std**2), (u, piece.lo, piece.hi)
                )
                for piece in self.pieces
            )
        )

    def convolved_pdf(self, std: float, points: Array) -> Array:
        """`convolved` in float64, with an absolute error of about 1e-13/std."""
        from signsgd_sym.model.convolve import convolved_pdf

        return convolved_pdf(self.pieces, std, points)

    @cached_property
    def is_symmetric(self) -> bool:
        """Whether the density is even; False when undecided."""
        return self._is_even()

    def _is_even(self) -> bool:
        # Mirrored pieces are compared as expressions.
        mirrored = [Piece(p.density.subs(x, -x), -p.hi, -p.lo) for p in reversed(self.pieces)]
        return all(
            ours.lo == theirs.lo and ours.hi == theirs.hi and sp.simplify(ours.density - theirs.density) == 0
            for ours, theirs in zip(self.pieces, mirrored, strict=True)
        )

    @cached_property
    def _inverse_cdf(self) -> InverseCdf:
        return InverseCdf.of(self.pieces)

    def sample(self, rng: np.random.Generator, n: int) -> Array:
        """n samples, by the numerical inverse of the CDF unless the family has a direct sampler."""
        return self._inverse_cdf(rng.random(n))

    def pdf(self, points: Array) -> Array:
        """The density at an array of points; 0 outside the support."""
        total = np.zeros(points.shape)
        for piece in self.pieces:
            inside = (points >= float(piece.lo)) & (points < float(piece.hi))
            total[inside] = np.nan_to_num(compiled(piece.density, x)(points[inside]), nan=0.0, posinf=np.inf)
        return total


def one_sided_mean(piece: Piece) -> sp.Expr:
    """(f(0+) + f(0-))/2 as far as this piece reaches 0."""
    total: sp.Expr = sp.S.Zero
    sides = (("+", sp.And(piece.lo <= 0, piece.hi > 0)), ("-", sp.And(piece.lo < 0, piece.hi >= 0)))
    for direction, reached in sides:
        if reached == sp.false:
            continue
        value = sp.limit(piece.density, x, 0, direction) / 2
        total += value if reached == sp.true else sp.Piecewise((value, reached), (0, True))
    return total
