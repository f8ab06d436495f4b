r"""Rates of convergence without label noise: what the averaged condition numbers say, and what is true.

The slowest rate -mu solves sum_j b n_j/(mu + 2 a lambda_j) = 1 with mu in (-2 a lambda_min, 0)
(`derive.noise_free`); the condition number speaks of 2 a lambda_min only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray
from scipy.optimize import brentq

from signsgd_sym.derive.noise_free import NoiseFree
from signsgd_sym.model.covariance import Covariance
from signsgd_sym.notation import D, c, d
from signsgd_sym.solve.spectrum import Spectrum, spectrum

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Convergence:
    """One rule on one covariance without label noise.

    `largest` is the largest stable step c (eta = c sqrt(2 R) for the sign rule), `kappa` the averaged
    condition number. At half of `largest`, `predicted` is 2 a lambda_min and `slowest` the rate at which R
    falls in the end.
    """

    largest: float
    kappa: float
    predicted: float
    slowest: float

    @property
    def feedback(self) -> float:
        """slowest/predicted, between 1/2 and 1."""
        return self.slowest / self.predicted


def convergence(found: NoiseFree, covariance: Covariance) -> Convergence:
    """The numbers of `found` on a covariance.

    >>> from signsgd_sym.derive.noise_free import noise_free
    >>> from signsgd_sym.model.update_rule import SIGN
    >>> result = convergence(noise_free(SIGN), Covariance.identity(50))
    >>> bool(abs(result.largest - 4 / np.pi) < 1e-12), result.kappa, round(result.feedback, 9)
    (True, 1.0, 0.5)
    """
    modes = spectrum(found.sde, covariance, np.ones(covariance.d))
    trace = float(np.sum(covariance.diagonal ** (float(found.power) / 2)))
    inserted: Any = found.largest.xreplace({sp.Trace(D**found.power): trace, d: covariance.d})
    largest = float(inserted)
    a, b = (float(expr.subs(c, largest / 2)) for expr in (found.decay, found.feedback))
    smallest = float(modes.lam.min())
    kappa = trace / covariance.d / smallest
    return Convergence(largest, kappa, 2 * a * smallest, slowest_rate(a, b, modes))


def slowest_rate(a: float, b: float, modes: Spectrum) -> float:
    """-mu for the largest mu with sum_j b n_j/(mu + 2 a lambda_j) = 1, which is below 0 for a stable step."""
    decay, forcing = 2 * a * modes.lam, b * modes.forcing
    smallest = float(decay.min())

    def excess(rate: float) -> float:
        with np.errstate(divide="ignore"):
            return float(np.log(np.sum(forcing / (decay - rate))))

    top = smallest * (1 - 1e-15)
    return top if excess(top) < 0 else float(brentq(excess, 0.0, top, xtol=1e-15 * smallest, rtol=1e-14))
