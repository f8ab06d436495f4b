r"""a(R, K_ii) and Sigma_ij(R) of Adam with eps > 0, as numbers for one covariance.

With the residual in units of `unit`, coordinate i sees the eps a_i = eps/(unit sqrt(K_ii)), and

    a(R, K_ii) = c1(a_i)/(unit sqrt(K_ii)),        Sigma_ij(R) = k(C_ij; a_i, a_j),

with c1 and k of `adam_pairs` for the law of the residual at R. Under Gaussian noise that law is N(0, 1) in
units of sqrt(2 P), so that R enters through a_i alone; under any other it moves with R. Both are computed
for few variances, between which they are interpolated in log K_ii, and tabulated in log R.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from signsgd_sym.errors import ParameterError
from signsgd_sym.model.adam import Adam
from signsgd_sym.model.covariance import Covariance
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.solve.adam_kernel import check_theory
from signsgd_sym.solve.adam_law import Resolution
from signsgd_sym.solve.adam_pairs import Integrals, integrals_for
from signsgd_sym.solve.adam_residual import gaussian_variance, residual_under
from signsgd_sym.solve.panels_in_risk import PanelsInRisk
from signsgd_sym.solve.residual import gaussian_residual
from signsgd_sym.solve.rule_functions import variances

Array = NDArray[np.float64]

MARGIN = 64.0
"""Integrals that are made for one eps in units of the gradient serve those up to this many times as large."""


class DampedFunctions:
    """The coefficients of Adam with eps > 0, in the form of `rule_functions.RuleFunctions`.

    Args:
        adam: beta1, beta2 and eps > 0.
        law: label noise without symbolic parameters.
        covariance: what is studied.
        resolution: points in log R, and how finely c1 and k are computed.
        tolerance: relative error that interpolation between variances may add.

    Raises:
        ParameterError: eps = 0, beta1 > 0 = beta2, an infinite diffusion, a law with symbolic parameters.
        NotConverged: when a coefficient is asked for, and is not found.

    Example:
        >>> from signsgd_sym.solve.adam_law import COARSE
        >>> law, K = NoiseLaw.from_text("Normal(0, 1)"), Covariance.identity(2)
        >>> found = DampedFunctions(Adam(0, "9/10", "1/2"), law, K, COARSE, 1e-6)
        >>> found.rates(0.5).round(5).tolist()  # P = 1: eps/sqrt(2 P) = 1/sqrt(8)
        [0.46095, 0.46095]
    """

    def __init__(
        self, adam: Adam, law: NoiseLaw, covariance: Covariance, resolution: Resolution, tolerance: float
    ) -> None:
        check_theory(adam)
        if not adam.eps:
            raise ParameterError(f"eps of {adam.name} is 0; its modes decouple: use `adam_risk`.")
        law.pdf(0.0)  # which refuses symbolic parameters
        self.adam, self.law, self.covariance = adam, law, covariance
        self._resolution = resolution
        self._gaussian_noise = gaussian_variance(law)
        self._gaussian: Integrals | None = None
        self._served = 0.0
        self._variances, self._basis = variances(covariance, _nodes_needed(covariance, tolerance))
        self._table = PanelsInRisk(self._at, resolution.points)

    @property
    def series_error(self) -> float:
        """No series is cut: k is a polynomial in sqrt(c) for every C_ij."""
        return 0.0

    def rates(self, risk: float) -> Array:
        """a(R, K_ii), shape (d,)."""
        return np.asarray(self._basis @ self._table(risk)[:, 0, 0])

    def squares(self, risk: float) -> Array:
        """Sigma_ii(R), shape (d,)."""
        at_one = chebyshev.chebval(-1.0, np.moveaxis(self._table(risk)[:, :, 1:], -1, 0))
        return np.asarray(np.einsum("ik,kl,il->i", self._basis, at_one, self._basis))

    def second_moment(self, risk: float) -> Array:
        """Sigma(R), shape (d, d)."""
        C = np.clip(self.covariance.C, -1.0, 1.0)
        of_pairs = self._basis @ np.moveaxis(self._table(risk)[:, :, 1:], -1, 0) @ self._basis.T
        place = 2 * ((1 - C) * (1 + C)) ** 0.25 - 1
        return np.asarray(C * chebyshev.chebval(place, of_pairs, tensor=False))

    def _at(self, risk: float) -> Array:
        """For variances k, l: a(R, k), the same for every l, and the coefficients of k(rho)/rho."""
        if self._gaussian_noise is None:
            residual, unit = residual_under(self.law, risk, self._resolution.step)
            a = float(self.adam.eps) / (unit * np.sqrt(self._variances))
            integrals = integrals_for(self.adam, residual, self._resolution.effort, float(a.max()))
        else:
            unit = math.sqrt(2 * risk + self._gaussian_noise)
            a = float(self.adam.eps) / (unit * np.sqrt(self._variances))
            integrals = self._of_gaussian(float(a.max()))
        found = integrals.constants(a)
        rates = found.c1 / (unit * np.sqrt(self._variances))
        of_pairs = np.broadcast_to(rates[:, None, None], (len(a), len(a), 1))
        return np.concatenate([of_pairs, np.moveaxis(found.coefficients, 0, -1)], axis=-1)

    def _of_gaussian(self, damping: float) -> Integrals:
        if self._gaussian is None or damping > self._served:
            self._served = MARGIN * damping
            self._gaussian = integrals_for(
                self.adam, gaussian_residual(), self._resolution.effort, self._served
            )
        return self._gaussian


def _nodes_needed(covariance: Covariance, tolerance: float) -> int:
    """Chebyshev nodes in log K_ii: the coefficients are analytic in log a up to pi away from the axis."""
    k = covariance.diagonal
    half = max(float(np.log(k.max() / k.min())) / 4, 1e-3)  # of the range of log a
    return 1 + math.ceil(-math.log(tolerance) / math.asinh(math.pi / half))


__all__ = ["DampedFunctions"]
