r"""The sum of a law and an independent centred Gaussian."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from signsgd_sym import notation
from signsgd_sym.errors import ParameterError
from signsgd_sym.model.families import Piece
from signsgd_sym.model.gaussian_terms import GaussianTerm, gaussian_kernels
from signsgd_sym.model.parts import Atom, DensityPart, FamilyPart
from signsgd_sym.model.stable_part import not_in_range

Array = NDArray[np.float64]
x, eps, R = notation.x, notation.eps, notation.R


def smoothed(part: Atom | DensityPart, mean: sp.Expr, std: sp.Expr) -> DensityPart:
    """The law of X + N with X of the law `part` and N ~ Normal(mean, std) independent.

    An atom and a Normal give a Normal, a sum with a Gaussian already in it gets a wider one.

    Example:
        >>> smoothed(FamilyPart("Normal", (sp.Integer(1), sp.Integer(3))), sp.Integer(2), sp.Integer(4)).text
        'Normal(3, 5)'
    """
    normal = as_normal(part)
    if isinstance(part, Atom):
        return FamilyPart("Normal", (part.location + mean, std))
    if normal is not None:
        return FamilyPart("Normal", (normal[0] + mean, sp.sqrt(normal[1] ** 2 + std**2)))
    inner = part.affine(sp.S.One, mean)
    if isinstance(inner, SmoothedPart):
        return SmoothedPart(inner.inner, sp.sqrt(inner.std**2 + std**2))
    return SmoothedPart(inner, std)


def as_normal(part: Atom | DensityPart) -> tuple[sp.Expr, sp.Expr] | None:
    """Mean and standard deviation of a Normal, None for another law."""
    if not isinstance(part, FamilyPart) or part.name != "Normal":
        return None
    mean, std = part.arguments
    return part.scale * mean + part.shift, sp.Abs(part.scale) * std


@dataclass(frozen=True)
class SmoothedPart(DensityPart):
    """X + N with X of the law `inner` and N ~ N(0, std^2) independent; make it with `smoothed`.

    The density is analytic on the whole line. Raises `ParameterError` for a std that is not positive.
    """

    inner: DensityPart
    std: sp.Expr

    def __post_init__(self) -> None:
        if not_in_range(self.std):
            raise ParameterError(
                f"std of the Normal in a sum is {self.std}, but it must be positive and finite; change it"
            )

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The convolution int f(u) exp(-(x - u)^2/(2 std^2))/sqrt(2 pi std^2) du, on the line."""
        return (Piece(self.inner.convolved(self.std, x), -sp.oo, sp.oo),)

    @property
    def has_elementary_density(self) -> bool:
        """False."""
        return False

    @property
    def text(self) -> str:
        """`INNER + Normal(0, std)`."""
        return f"{self.inner.text} + Normal(0, {self.std})"

    @property
    def free_symbols(self) -> frozenset[sp.Symbol]:
        """Symbolic parameters."""
        return self.inner.free_symbols | frozenset(self.std.free_symbols)

    def affine(self, scale: sp.Expr, shift: sp.Expr) -> DensityPart:
        """The law of scale (X + N) + shift: N is even, so the sign of the scale does not matter to it."""
        return SmoothedPart(self.inner.affine(scale, shift), sp.Abs(scale) * self.std)

    def substitute(self, values: Mapping[sp.Symbol, sp.Expr]) -> DensityPart:
        """The part with parameters replaced by values."""
        return smoothed(self.inner.substitute(values), sp.S.Zero, self.std.subs(values, simultaneous=True))

    def mean(self, expression: sp.Expr) -> sp.Expr:
        r"""E exp(-q (X + N)^2) = (1 + 2 q s^2)^(-1/2) E exp(-p X^2) with p = q/(1 + 2 q s^2), s = std.

        Proof: for fixed X = u the mean over N is a Gaussian integral; completing the square,

            q (u + n)^2 + n^2/(2 s^2) = (1 + 2 q s^2)/(2 s^2) (n + 2 q s^2 u/(1 + 2 q s^2))^2 + p u^2,

        so it is (1 + 2 q s^2)^(-1/2) exp(-p u^2); then average over X, which is independent of N.

        Other expressions are integrated against the density, itself an integral.
        """
        kernels = gaussian_kernels(expression)
        if kernels is None:
            return super().mean(expression)
        return sp.Add(*(k * self._gaussian_mean(q) if q != 0 else k for k, q in kernels))

    def _gaussian_mean(self, q: sp.Expr) -> sp.Expr:
        moved = sp.cancel(1 / (1 / q + 2 * self.std**2))
        inner = self.inner.mean(sp.exp(-moved * eps**2))
        factor = sp.sqrt(sp.cancel(moved / q))
        terms = []
        for term in sp.Add.make_args(inner):
            constant, integral = term.as_independent(sp.Integral, as_Add=False)
            terms.append(sp.simplify(factor * constant) * integral)
        return sp.Add(*terms)

    def gaussian_terms(self) -> tuple[GaussianTerm, ...]:
        """`mean` at q = 1/(4 R): the terms of X at R + s^2/2 for R, times sqrt(R/(R + s^2/2)).

        Proof: 1/p = 1/q + 2 s^2 = 4 (R + s^2/2), and (1 + 2 q s^2)^(-1/2) = sqrt(p/q).
        """
        moved = R + self.std**2 / 2
        return tuple(
            GaussianTerm(
                sp.sqrt(R / moved) * term.prefactor.subs(R, moved), term.pieces, term.at.subs(R, moved)
            )
            for term in self.inner.gaussian_terms()
        )

    def density_at_zero(self) -> sp.Expr:
        """E exp(-X^2/(2 s^2))/sqrt(2 pi s^2), the density of N at -X averaged over X."""
        inner = self.inner.mean(sp.exp(-(eps**2) / (2 * self.std**2)))
        return inner / (sp.sqrt(2 * sp.pi) * self.std)

    def convolved(self, std: sp.Expr, at: sp.Expr) -> sp.Expr:
        """The density at `at` of X + N + N(0, std^2): variances add."""
        return self.inner.convolved(sp.sqrt(self.std**2 + std**2), at)

    def convolved_pdf(self, std: float, points: Array) -> Array:
        """`convolved` in float64."""
        return self.inner.convolved_pdf(float(np.hypot(float(self.std), std)), points)

    def second_moment(self) -> sp.Expr:
        """E X^2 + s^2, as N is centred and independent."""
        inner = self.inner.second_moment()
        return sp.oo if inner == sp.oo else inner + self.std**2

    @cached_property
    def is_symmetric(self) -> bool:
        """Whether X is; a sum of independent even variables is even."""
        return self.inner.is_symmetric

    def sample(self, rng: np.random.Generator, n: int) -> Array:
        """n samples of X plus n of N."""
        samples = self.inner.sample(rng, n)
        return samples + float(self.std) * rng.standard_normal(n)

    def pdf(self, points: Array) -> Array:
        """The convolution by adaptive quadrature, a point at a time; see `convolved_pdf` of the inner law."""
        return self.inner.convolved_pdf(float(self.std), points)
