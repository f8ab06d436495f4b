r"""a(R, K_ii) and Sigma_ij(R) of a coordinate-wise rule under a law, as numbers for one covariance.

    drift     -eta a(R, K_ii) (K Delta)_i,          a = E[(<r, G>/|r|) h_1(u_i)]/sqrt(2 R K_ii),
    diffusion (eta^2/d) Sigma_ij(R),                Sigma_ij = sum_m E[h_m(u_i) h_m(u_j)] C_ij^m,

u_i = s sqrt(K_ii), m odd, on the diagonal E f(u_i X)^2 (see `hermite_table`, `residual_law`). The step is
f of the mean gradient of b samples, r are their residuals and s = |r|/b; one sample has <r, G>/|r| =
sign(r) G. For a power |z|^p sign(z) the h_m are powers too. Different variances are few, or are interpolated
in log K_ii.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import sympy as sp
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from signsgd_sym.derive.powers import data_response, exponent_of, whole_moment
from signsgd_sym.derive.sde import LimitSDE
from signsgd_sym.errors import NotConverged, ParameterError
from signsgd_sym.model.covariance import Covariance
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.rule_growth import check_moments
from signsgd_sym.model.rule_text import brief
from signsgd_sym.model.update_rule import UpdateRule
from signsgd_sym.notation import R, eps
from signsgd_sym.solve.hermite_table import MOST, hermite_table
from signsgd_sym.solve.kummer import kummer
from signsgd_sym.solve.label_nodes import Component, components
from signsgd_sym.solve.label_norm import ORDER, least_weight, norm_components
from signsgd_sym.solve.noncentral_chi import NoncentralChi
from signsgd_sym.solve.octaves import Octaves
from signsgd_sym.solve.residual_law import ResidualLaw
from signsgd_sym.solve.spectrum import noise_matrix
from signsgd_sym.special import NoiseMean

Array = NDArray[np.float64]

DISTINCT = 16
"""Variances up to which each is treated by itself."""
BEYOND = 1e-9
"""Share of the law of s that may lie where the moments of the rule are not resolved."""
TAIL = 1e-11
"""Bound of what is left of Mehler's series, relative to the diagonal, from which on terms are dropped."""
RANGE = 1e30
"""Risks served by one grid lie within this factor of R(0)."""


class RuleFunctions(Protocol):
    """The coefficients of a rule for one covariance of dimension d."""

    @property
    def series_error(self) -> float:
        """Bound of the error of Sigma off the diagonal from dropped terms, relative to the diagonal."""

    def rates(self, risk: float) -> Array:
        """a(R, K_ii), shape (d,)."""

    def squares(self, risk: float) -> Array:
        """Sigma_ii(R) = E f(s x_i)^2, shape (d,)."""

    def second_moment(self, risk: float) -> Array:
        """Sigma(R), shape (d, d)."""


@dataclass(frozen=True)
class SeparatedFunctions(ABC):
    """a = a(R) K_ii^((p-1)/2) and Sigma = s(R) M for the multiplicative rule of `sde`: then modes exist."""

    sde: LimitSDE
    law: NoiseLaw
    covariance: Covariance

    @abstractmethod
    def rate_and_scale(self, risk: float) -> tuple[float, float]:
        """a(R) and s(R)."""

    @property
    def series_error(self) -> float:
        """No series: M is in closed form."""
        return 0.0

    def rates(self, risk: float) -> Array:
        """a(R, K_ii), shape (d,)."""
        of_variance = self.covariance.diagonal ** (-float(self.sde.power) / 2)
        return np.asarray(self.rate_and_scale(risk)[0] * of_variance)

    def squares(self, risk: float) -> Array:
        """s(R) E|x_i|^(2 p), shape (d,)."""
        p = exponent_of(self.sde.rule)
        of_data = float(whole_moment(p)) * self.covariance.diagonal ** float(p)
        return np.asarray(self.rate_and_scale(risk)[1] * of_data)

    def second_moment(self, risk: float) -> Array:
        """s(R) M, shape (d, d)."""
        return self.rate_and_scale(risk)[1] * noise_matrix(self.sde, self.covariance)


@dataclass(frozen=True)
class PowerFunctions(SeparatedFunctions):
    """|z|^p sign(z) of the mean gradient of `batch` samples, as means over s = |r|/b,

        a(R) = B E[(<r, G>/|r|) s^p]/sqrt(2 R),  B = E|Z|^(p+1),  s(R) = E[s^(2 p)].

    For one sample a and s of the derived SDE are averaged over the noise: Kummer's functions given eps. Those
    of more samples (`derive.batch_rules`) lose their digits for large batches; nodes of |r| keep them.

    Example:
        >>> from signsgd_sym.derive.sde import derive_sde
        >>> sde, law = derive_sde(UpdateRule.from_text("power(2)")), NoiseLaw.from_text("Normal(0, 1)")
        >>> four = PowerFunctions(sde, law, Covariance.identity(3), batch=4)
        >>> s_R = four.rate_and_scale(0.5)[1]  # |r|^2/2 is a chi square of 4, whose square has the mean 24
        >>> bool(abs(s_R / (2**2 * 24 / 4**4) - 1) < 1e-12)
        True
    """

    batch: int = 1
    order: int = ORDER

    @cached_property
    def _noise(self) -> tuple[Component, ...]:
        if self.batch == 1:
            return components(self.law, least_weight(self.order))
        return norm_components(self.law, self.batch, self.order)

    @cached_property
    def _given_noise(self) -> Callable[[float, Array], tuple[Array, Array]]:
        """a and s of one sample as functions of R and eps, before the average over eps."""
        full = [expr.xreplace(dict(self.sde.definitions)) for expr in (self.sde.rate, self.sde.scale)]
        inside = [expr.replace(NoiseMean, lambda quantity: quantity) for expr in full]
        made: Callable[[float, Array], tuple[Array, Array]] = sp.lambdify(
            (R, eps), inside, modules=[{"hyper": _hyper}, "scipy", "numpy"]
        )
        return made

    @cached_property
    def _chi(self) -> NoncentralChi:
        return NoncentralChi.of(self.batch)

    def rate_and_scale(self, risk: float) -> tuple[float, float]:
        """a(R) and s(R).

        Both are functionals of the law of the residual, so that Gaussian noise of variance v adds v/2 to R.
        """
        p = exponent_of(self.sde.rule)
        rate = scale = 0.0
        for part in self._noise:
            if self.batch == 1:
                a, s = self._given_noise(risk + part.variance / 2, part.nodes)
                rate += float(part.weights @ np.broadcast_to(a, part.nodes.shape))
                scale += float(part.weights @ np.broadcast_to(s, part.nodes.shape))
                continue
            sigma = float(np.sqrt(2 * risk + part.variance))
            length, even, odd = self._chi.length(part.nodes, part.weights, sigma)
            size = (length / self.batch) ** float(p)
            rate, scale = rate + float(odd @ size), scale + float(even @ size**2)
        return (rate if self.batch == 1 else rate * float(data_response(p))), scale


def _hyper(numerator: tuple[float, ...], denominator: tuple[float, ...], argument: Array) -> Array:
    (top,), (bottom,) = numerator, denominator
    return kummer(top, bottom, -argument)


@dataclass(frozen=True)
class QuadratureFunctions:
    """Any odd rule; make it with `quadrature_functions`.

    `variances` are the values of K_ii at which means are taken, `basis` (d, n) interpolates between them.
    `h` has h_m(s sqrt(k)) by order, variance and grid point, `square` E f(s sqrt(k) X)^2. From s = `limit` on
    they are not resolved, for a rule that oscillates: a risk whose residuals reach there raises
    `NotConverged`.
    """

    residual: ResidualLaw
    covariance: Covariance
    variances: Array
    basis: Array
    h: Array
    square: Array
    series_error: float
    rule: UpdateRule
    limit: float

    def _weights(self, risk: float) -> tuple[Array, Array]:
        even, odd = self.residual.weights(risk)
        beyond = float(np.abs(even[self.residual.grid.nodes >= self.limit]).sum())
        if beyond > BEYOND:
            raise NotConverged(
                f"the moments of {brief(self.rule.expr)} do not settle under quadrature at R = {risk:.3g}, "
                f"where |r| is above {self.limit:.3g} with the probability {beyond:.1e}: there f(r x_i) has "
                "too many oscillations or kinks; scale z down, or write it with fewer."
            )
        return even, odd

    def rates(self, risk: float) -> Array:
        """a(R, K_ii), shape (d,)."""
        _, odd = self._weights(risk)
        return np.asarray(self.basis @ (self.h[0] @ odd / np.sqrt(self.variances)))

    def squares(self, risk: float) -> Array:
        """Sigma_ii(R), shape (d,)."""
        even, _ = self._weights(risk)
        return np.asarray(self.basis @ (self.square @ even))

    def second_moment(self, risk: float) -> Array:
        """Sigma(R), shape (d, d)."""
        even, _ = self._weights(risk)
        C = self.covariance.C
        total, power, C_squared = np.zeros_like(C), C.copy(), C * C
        for h in self.h:
            core = (h * even) @ h.T
            total += (self.basis @ core @ self.basis.T) * power
            power *= C_squared
        np.fill_diagonal(total, self.squares(risk))
        return total


def quadrature_functions(
    rule: UpdateRule,
    law: NoiseLaw,
    covariance: Covariance,
    risk: float,
    *,
    batch: int = 1,
    order: int = 14,
    distinct: int = DISTINCT,
) -> QuadratureFunctions:
    """The coefficients of any odd rule for risks around `risk`.

    Args:
        rule, law, covariance: what is studied.
        risk: R(0); the grid serves risks within a factor `RANGE` of it.
        batch: samples of a step, which is the rule applied to their mean gradient.
        order: points on an octave of s = |r|/b.
        distinct: points in log K_ii, where there are more different variances than that.

    Raises:
        RuleError, InfiniteVariance: the step has no second moment.
        NotConverged: the quadrature does not settle where |r| is at R(0).
    """
    check_moments(rule, law)
    k, basis = variances(covariance, distinct)
    residual = ResidualLaw.of(law, risk / RANGE, risk * np.sqrt(RANGE), order, batch)
    grid = residual.grid
    largest, tail = _orders(covariance)
    wider = Octaves(grid.first + _octave(k.min()) - 1, grid.last + _octave(k.max()) + 1, order)
    table = hermite_table(rule, wider.nodes, largest)
    values = np.vstack([table.h, table.square])
    at_variances = np.stack([wider.interpolate(values, grid.nodes * np.sqrt(one)) for one in k], axis=1)
    resolved = table.u < table.limit
    dropped = 1 - (table.h**2).sum(axis=0)[resolved] / np.maximum(table.square[resolved], 1e-300)
    error = tail * float(np.clip(dropped.max(), 0.0, 1.0))
    # Interpolation mixes the values on one octave, so that the whole octave of the limit is given up.
    limit = 2.0 ** np.floor(np.log2(table.limit)) / float(np.sqrt(k.max()))
    functions = QuadratureFunctions(
        residual, covariance, k, basis, at_variances[:-1], at_variances[-1], error, rule, limit
    )
    functions.rates(risk)  # which is refused before an ODE is followed
    return functions


def _octave(variance: float) -> int:
    """The octave of sqrt(K_ii)."""
    return int(np.floor(np.log2(variance) / 2))


def variances(covariance: Covariance, distinct: int) -> tuple[Array, Array]:
    """Values k of K_ii, and the matrix (d, n) that interpolates functions of log K_ii given there.

    Example:
        >>> k, basis = variances(Covariance.from_matrix([[2, 0, 0], [0, 1, 0], [0, 0, 2]]), 4)
        >>> k, basis.tolist()
        (array([1., 2.]), [[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    """
    if distinct < 2:
        raise ParameterError(f"distinct is {distinct}; it must be at least 2.")
    k, which = np.unique(covariance.diagonal, return_inverse=True)
    if len(k) <= distinct:
        return k, np.eye(len(k))[which]
    low, high = np.log(k[0]), np.log(k[-1])
    points = chebyshev.chebpts1(distinct)
    place = 2 * (np.log(covariance.diagonal) - low) / (high - low) - 1
    to_coefficients = np.linalg.inv(chebyshev.chebvander(points, distinct - 1))
    basis = chebyshev.chebvander(place, distinct - 1) @ to_coefficients
    return np.exp(low + (high - low) * (points + 1) / 2), basis


def _orders(covariance: Covariance) -> tuple[int, float]:
    """The largest order m of Mehler's series that is needed, and |C|^(m+2) for what is dropped."""
    if covariance.is_diagonal:
        return 1, 0.0
    largest = float(np.max(np.abs(covariance.C - np.eye(covariance.d))))
    if largest == 0:
        return 1, 0.0
    needed = int(np.ceil(np.log(TAIL) / np.log(largest))) if largest < 1 else MOST
    m = min(MOST, max(1, needed + (needed + 1) % 2))
    return m, largest ** (m + 2)
