r"""A law given that its value lies in an open interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from signsgd_sym import notation
from signsgd_sym.errors import NotConverged
from signsgd_sym.model.density_part import one_sided_mean
from signsgd_sym.model.families import Piece
from signsgd_sym.model.families.primitives import partial_moments
from signsgd_sym.model.gaussian_terms import GaussianTerm
from signsgd_sym.model.kinks import clamped, order
from signsgd_sym.model.parts import DensityPart, FamilyPart
from signsgd_sym.model.quadrature import InverseCdf, total_mass
from signsgd_sym.model.tails import truncated_moment

Array = NDArray[np.float64]
x, eps, R = notation.x, notation.eps, notation.R

REJECTION = 0.05
"""Samples come by rejection from the whole law where the interval has more mass than this."""
REJECTION_AT_LEAST = 1e-4
"""The mass below which rejection, where there is no other way, would take too long."""


@dataclass(frozen=True)
class TruncatedPart(DensityPart):
    """The law of X given A < X < B, X of the law `inner`; make it with `truncation.truncated`."""

    inner: DensityPart
    ends: tuple[sp.Expr, sp.Expr]

    @cached_property
    def cut(self) -> tuple[Piece, ...]:
        """The pieces of X inside the interval, not divided by its mass.

        Where the order of the ends and of a piece's ends depends on parameters, Min and Max say so.
        """
        found = []
        for piece in self.inner.pieces:
            lo, hi = (clamped(end, piece.lo, piece.hi) for end in self.ends)
            if lo != hi:
                found.append(Piece(piece.density, lo, hi))
        return tuple(found)

    @cached_property
    def mass(self) -> sp.Expr:
        """P(A < X < B): closed for the families of `families.primitives`, else integrals in `notation.x`."""
        return self._moments[0]

    @cached_property
    def _moments(self) -> tuple[sp.Expr, sp.Expr | None]:
        if isinstance(self.inner, FamilyPart):
            affine = (self.inner.scale, self.inner.shift)
            closed = partial_moments(self.inner.name, self.inner.arguments, affine, self.ends)
            if closed is not None:
                return closed
        return sp.Add(*(sp.Integral(p.density, (x, p.lo, p.hi)) for p in self.cut)), None

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The density of X divided by the mass of the interval, inside it."""
        return tuple(Piece(piece.density / self.mass, piece.lo, piece.hi) for piece in self.cut)

    @property
    def lo(self) -> sp.Expr:
        """Left end of the support."""
        return clamped(self.ends[0], self.inner.lo, self.inner.hi)

    @property
    def hi(self) -> sp.Expr:
        """Right end of the support."""
        return clamped(self.ends[1], self.inner.lo, self.inner.hi)

    @property
    def has_elementary_density(self) -> bool:
        """Whether X has one."""
        return self.inner.has_elementary_density

    @property
    def text(self) -> str:
        """`Truncated(INNER, (A, B))`."""
        return f"Truncated({self.inner.text}, ({self.ends[0]}, {self.ends[1]}))"

    @property
    def free_symbols(self) -> frozenset[sp.Symbol]:
        """Symbolic parameters."""
        return self.inner.free_symbols | self.ends[0].free_symbols | self.ends[1].free_symbols

    def affine(self, scale: sp.Expr, shift: sp.Expr) -> DensityPart:
        """The law of scale*X + shift, given that it lies between the images of the ends."""
        lo, hi = (scale * end + shift for end in self.ends)
        ends = (hi, lo) if scale.is_negative else (lo, hi)
        return TruncatedPart(self.inner.affine(scale, shift), ends)

    def substitute(self, values: Mapping[sp.Symbol, sp.Expr]) -> DensityPart:
        """The part with parameters replaced by values.

        Raises:
            ParameterError: also when the interval has no mass then.
        """
        from signsgd_sym.model.truncation import truncated

        lo, hi = (end.subs(values, simultaneous=True) for end in self.ends)
        return truncated(self.inner.substitute(values), lo, hi)

    def mean(self, expression: sp.Expr) -> sp.Expr:
        """E[expression; A < X < B]/P(A < X < B), the mass in front of the integrals."""
        along = expression.subs(eps, x)
        return sp.Add(*(sp.Integral(p.density * along, (x, p.lo, p.hi)) / self.mass for p in self.cut))

    def gaussian_terms(self) -> tuple[GaussianTerm, ...]:
        """The density of X on the interval, and 1/mass as the prefactor."""
        return (GaussianTerm(1 / self.mass, self.cut, R),)

    def density_at_zero(self) -> sp.Expr:
        """That of X over the mass if A < 0 < B; the mean of a one-sided limit and 0 if 0 is an end."""
        if self.has_elementary_density:
            return sp.Add(*(one_sided_mean(piece) for piece in self.cut)) / self.mass
        # A density that is an integral is continuous.
        lo, hi = self.ends
        whole, half = sp.And(lo < 0, hi > 0), sp.Or(sp.Eq(lo, 0), sp.Eq(hi, 0))
        share = sp.Piecewise((1, whole), (sp.Rational(1, 2), half), (0, True))
        return self.inner.density_at_zero() * share / self.mass

    def second_moment(self) -> sp.Expr:
        """E[X^2; A < X < B]/mass: closed where the mass is, else integrals, `oo` for a heavy tail kept."""
        closed = self._moments[1]
        if closed is not None:
            return sp.oo if closed == sp.oo else sp.simplify(closed / self.mass)
        return truncated_moment(self.inner, self.cut, self.mean(eps**2))

    @cached_property
    def is_symmetric(self) -> bool:
        """Whether X and the interval are symmetric, or the density is even on the interval."""
        if self.inner.is_symmetric and self.ends[0] == -self.ends[1]:
            return True
        return self.has_elementary_density and self._is_even()

    @cached_property
    def mass_value(self) -> float:
        """The mass in float64.

        Raises:
            NotConverged: when it leaves the range of float64.
        """
        if not self.mass.has(sp.Integral):
            value = float(self.mass.evalf(20, maxn=4000))
        elif self.has_elementary_density:
            value = total_mass(self.cut).value
        else:
            value = self._quad()
        if not value > 1e-300:
            raise NotConverged(f"the mass of {self.text} is below the range of float64; widen the interval")
        return value

    def _quad(self) -> float:
        from scipy.integrate import quad

        def density(point: float) -> float:
            return float(self.inner.pdf(np.array([point]))[0])

        return float(
            sum(
                quad(density, float(p.lo), float(p.hi), limit=200, epsabs=1e-10, epsrel=1e-9)[0]
                for p in self.cut
            )
        )

    def convolved_pdf(self, std: float, points: Array) -> Array:
        """The density of X + N(0, std^2): by `convolve` where X has an elementary density, else by SciPy."""
        from scipy.integrate import quad

        from signsgd_sym.model.convolve import convolved_pdf

        if self.has_elementary_density:
            return convolved_pdf(self.cut, std, points) / self.mass_value
        lo, hi = map(float, self.ends)

        def value(point: float) -> float:
            def integrand(u: float) -> float:
                normal = np.exp(-(((point - u) / std) ** 2) / 2) / (std * np.sqrt(2 * np.pi))
                return float(normal * self.inner.pdf(np.array([u]))[0])

            start, stop = max(lo, point - 12 * std), min(hi, point + 12 * std)
            middle = [point] if start < point < stop else None
            return float(quad(integrand, start, stop, points=middle, limit=200)[0]) if start < stop else 0.0

        values = [value(float(point)) for point in points.ravel()]
        return np.array(values, dtype=np.float64).reshape(points.shape) / self.mass_value

    @cached_property
    def _inverse_cdf(self) -> InverseCdf:
        return InverseCdf.of(self.cut)

    def sample(self, rng: np.random.Generator, n: int) -> Array:
        """n samples: by rejection where the mass is above 0.05, else by the numerical inverse of the CDF.

        Raises:
            NotConverged: for a mass below 1e-4 and a density that is an integral.
        """
        if self.mass_value > REJECTION or not self.has_elementary_density:
            return self._by_rejection(rng, n)
        return self._inverse_cdf(rng.random(n))

    def _by_rejection(self, rng: np.random.Generator, n: int) -> Array:
        if self.mass_value < REJECTION_AT_LEAST:
            raise NotConverged(
                f"the interval of {self.text} has the mass {self.mass_value:.1e}, too little to draw from; "
                "widen it"
            )
        lo, hi = map(float, self.ends)
        kept: list[Array] = []
        missing = n
        while missing > 0:
            tries = int(1.1 * missing / self.mass_value) + 16
            samples = self.inner.sample(rng, min(tries, 4_000_000))
            kept.append(samples[(samples > lo) & (samples < hi)][:missing])
            missing -= kept[-1].size
        return np.concatenate(kept) if kept else np.empty(0)

    def pdf(self, points: Array) -> Array:
        """The density of X over the mass, 0 outside the interval."""
        inside = (points > float(self.ends[0])) & (points < float(self.ends[1]))
        total = np.zeros(points.shape)
        total[inside] = self.inner.pdf(points[inside]) / self.mass_value
        return total


def certainly_between(point: sp.Expr, ends: tuple[sp.Expr, sp.Expr]) -> bool | None:
    """Whether the point lies in the open interval; None where that depends on symbolic parameters."""
    above, below = order(point, ends[0]), order(point, ends[1])
    if (above is not None and above <= 0) or (below is not None and below >= 0):
        return False
    return None if above is None or below is None else True
