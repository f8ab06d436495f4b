r"""Symmetric alpha-stable laws: E exp(itX) = exp(i m t - (c|t|)^alpha), 0 < alpha <= 2.

For alpha = 1 and 2 they are Cauchy(m, c) and Normal(m, sqrt(2) c). Otherwise the density is no elementary
function, but E exp(-q X^2) is one integral of an elementary function.

Source: V. M. Zolotarev, One-dimensional Stable Distributions (1986), chapters 1 and 2; sampler: J. M.
Chambers, C. L. Mallows, B. W. Stuck, A method for simulating stable random variables, JASA 71 (1976) 340-344.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from signsgd_sym import notation
from signsgd_sym.errors import ParameterError
from signsgd_sym.model.families import Piece
from signsgd_sym.model.families.family import finite_if
from signsgd_sym.model.gaussian_terms import GaussianTerm, gaussian_kernels
from signsgd_sym.model.parts import DensityPart, FamilyPart, check_affine, shifted_text

Array = NDArray[np.float64]
x, eps, R = notation.x, notation.eps, notation.R
LARGEST_LOG = 709.0
"""Samples are cut off at exp(709) in size, near the largest float64."""


def symmetric_stable(alpha: sp.Expr, c: sp.Expr, shift: sp.Expr = sp.S.Zero) -> DensityPart:
    """The law with E exp(itX) = exp(i shift t - (c|t|)^alpha); a Cauchy or a Normal where it is one.

    Raises:
        ParameterError: alpha outside (0, 2], c not positive.

    Example:
        >>> symmetric_stable(sp.Integer(1), sp.Integer(3)).text
        'Cauchy(0, 3)'
        >>> symmetric_stable(sp.Rational(3, 2), sp.Integer(3)).text
        'SymmetricStable(3/2, 3)'
    """
    part = StablePart(alpha, c, shift)
    if alpha == 1:
        return FamilyPart("Cauchy", (shift, c))
    if alpha == 2:
        return FamilyPart("Normal", (shift, sp.sqrt(2) * c))
    return part


@dataclass(frozen=True)
class StablePart(DensityPart):
    """A symmetric stable law around `shift`; make it with `symmetric_stable`.

    Raises:
        ParameterError: alpha outside (0, 2], c not positive, or a number that is not finite and real.
    """

    alpha: sp.Expr
    c: sp.Expr
    shift: sp.Expr = field(default=sp.Integer(0))

    def __post_init__(self) -> None:
        alpha, c = self.alpha, self.c
        if not_in_range(alpha) or (alpha > 2) == sp.true:
            raise ParameterError(f"alpha of SymmetricStable is {alpha}, but it must lie in (0, 2]; change it")
        if not_in_range(c):
            raise ParameterError(
                f"c of SymmetricStable is {c}, but it must be positive and finite; change it"
            )
        check_affine(c, self.shift)

    def _damping(self, t: sp.Expr, at: sp.Expr) -> sp.Expr:
        """exp(-(c t)^alpha) cos(at t), the real part of the characteristic function of X - shift + at."""
        damping = sp.exp(-((self.c * t) ** self.alpha))
        return damping if at == 0 else damping * sp.cos(at * t)

    def convolved(self, std: sp.Expr, at: sp.Expr) -> sp.Expr:
        """(1/pi) int_0^oo cos((at - shift) t) exp(-(c t)^alpha - std^2 t^2/2) dt; std = 0 for X itself.

        Fourier inversion; the characteristic function of a sum of independent variables is the product.
        """
        t = sp.Dummy("t", positive=True)
        integrand = self._damping(t, at - self.shift) * sp.exp(-(std**2) * t**2 / 2)
        return sp.Integral(integrand, (t, 0, sp.oo)) / sp.pi

    def convolved_pdf(self, std: float, points: Array) -> Array:
        """The density of X + N(0, std^2): the cosine integral by Fourier quadrature, to about 1e-11 absolute.

        In the tails, where the density is smaller than that, digits are lost.
        """
        from signsgd_sym.model.stable_density import cosine_integral

        alpha, c, shift = float(self.alpha), float(self.c), float(self.shift)
        values = [cosine_integral(alpha, c, std, float(point) - shift) for point in points.ravel()]
        return np.array(values, dtype=np.float64).reshape(points.shape)

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """(1/pi) int_0^oo cos((x - shift) t) exp(-(c t)^alpha) dt on the line.

        Cut at `shift` unless alpha >= 1: for alpha < 1 the Taylor series there has the radius 0.
        """
        density = self.convolved(sp.S.Zero, x)
        if (self.alpha >= 1) == sp.true:
            return (Piece(density, -sp.oo, sp.oo),)
        return (Piece(density, -sp.oo, self.shift), Piece(density, self.shift, sp.oo))

    @property
    def has_elementary_density(self) -> bool:
        """False."""
        return False

    @property
    def text(self) -> str:
        """`shift + SymmetricStable(alpha, c)`."""
        return shifted_text(f"SymmetricStable({self.alpha}, {self.c})", self.shift)

    @property
    def free_symbols(self) -> frozenset[sp.Symbol]:
        """Symbolic parameters."""
        return frozenset(self.alpha.free_symbols | self.c.free_symbols | self.shift.free_symbols)

    def affine(self, scale: sp.Expr, shift: sp.Expr) -> DensityPart:
        """The law of scale*X + shift: c becomes |scale| c."""
        check_affine(scale, shift)
        return symmetric_stable(self.alpha, sp.Abs(scale) * self.c, scale * self.shift + shift)

    def substitute(self, values: Mapping[sp.Symbol, sp.Expr]) -> DensityPart:
        """The law with parameters replaced by values: a Cauchy or a Normal where it becomes one."""
        return symmetric_stable(
            *(value.subs(values, simultaneous=True) for value in (self.alpha, self.c, self.shift))
        )

    def mean(self, expression: sp.Expr) -> sp.Expr:
        r"""E exp(-q X^2) = (1/sqrt(pi q)) int_0^oo exp(-x^2/(4 q)) exp(-(c x)^alpha) cos(shift x) dx.

        Proof: exp(-q u^2) = (4 pi q)^(-1/2) int exp(-t^2/(4 q)) e^(itu) dt over the line. Put u = X and take
        the mean under the integral (Fubini, all is bounded by a Gaussian): E e^(itX) has the even real part
        exp(-(c|t|)^alpha) cos(shift t), and its imaginary part is odd. As q -> 0 the Gaussian of mass
        sqrt(pi q) on the half-line shrinks to t = 0, and the mean tends to 1.

        Other expressions are integrated against the density, itself an integral.
        """
        kernels = gaussian_kernels(expression)
        if kernels is None:
            return super().mean(expression)
        return sp.Add(*(k * self._gaussian_mean(q) if q != 0 else k for k, q in kernels))

    def _gaussian_mean(self, q: sp.Expr) -> sp.Expr:
        integrand = sp.exp(-(x**2) / (4 * q)) * self._damping(x, self.shift)
        return sp.Integral(integrand, (x, 0, sp.oo)) / sp.sqrt(sp.pi * q)

    def gaussian_terms(self) -> tuple[GaussianTerm, ...]:
        """The integral of `mean` at q = 1/(4 R): prefactor 2 sqrt(R/pi), at = 1/(4 R).

        The integrand changes sign when the law is shifted.
        """
        piece = Piece(self._damping(x, self.shift), sp.S.Zero, sp.oo)
        return (GaussianTerm(2 * sp.sqrt(R / sp.pi), (piece,), 1 / (4 * R)),)

    def density_at_zero(self) -> sp.Expr:
        """(1/pi) int_0^oo cos(shift t) exp(-(c t)^alpha) dt, which is gamma(1 + 1/alpha)/(pi c) at shift 0.

        For then c t = v^(1/alpha) turns the integral into (1/(alpha c)) int v^(1/alpha - 1) e^-v dv.
        """
        if self.shift == 0:
            return sp.gamma(1 + 1 / self.alpha) / (sp.pi * self.c)
        return sp.Integral(self._damping(x, self.shift), (x, 0, sp.oo)) / sp.pi

    def second_moment(self) -> sp.Expr:
        """oo; shift^2 + 2 c^2 in the one case alpha = 2, if alpha is a symbol."""
        if self.alpha.is_number:
            return sp.oo
        return finite_if(sp.Eq(self.alpha, 2), self.shift**2 + 2 * self.c**2)

    @cached_property
    def is_symmetric(self) -> bool:
        """Whether the shift is 0."""
        return bool(sp.simplify(self.shift) == 0)

    def sample(self, rng: np.random.Generator, n: int) -> Array:
        """n samples by Chambers, Mallows and Stuck.

        X/c = sin(alpha U)/cos(U)^(1/alpha) (cos((1 - alpha) U)/W)^((1 - alpha)/alpha) with U uniform on
        (-pi/2, pi/2) and W standard exponential. The size is formed by logarithms: for small alpha its
        factors leave the range of float64.
        """
        alpha = float(self.alpha)
        u, w = np.pi * (rng.random(n) - 0.5), rng.exponential(1.0, n)
        with np.errstate(divide="ignore", invalid="ignore"):
            size = np.log(np.abs(np.sin(alpha * u))) - np.log(np.cos(u)) / alpha
            size += (1 - alpha) / alpha * (np.log(np.cos((1 - alpha) * u)) - np.log(w))
        size = np.nan_to_num(size, nan=-np.inf, posinf=LARGEST_LOG) + np.log(float(self.c))
        return float(self.shift) + np.sign(u) * np.exp(np.minimum(size, LARGEST_LOG))

    def pdf(self, points: Array) -> Array:
        """The density by series near and far, by Fourier quadrature in between; see `stable_density`."""
        from signsgd_sym.model.stable_density import stable_pdf

        c = float(self.c)
        return stable_pdf(float(self.alpha), (points - float(self.shift)) / c) / c


def not_in_range(value: sp.Expr) -> bool:
    """Whether the value is certainly not a positive real number."""
    return bool(
        value.is_finite is False
        or value.is_real is False
        or value.is_positive is False
        or (value <= 0) == sp.true
    )
