r"""What preconditioning and reshaping do to the spectra: condition numbers, effective ranks.

The averaged condition number divides the mean of the spectrum by its smallest value,

    kappa_sign = (tr(D)/d)/lam_min(Kbar),        kappa_SGD = (tr(K)/d)/lam_min(K);

it is what limits the rate of convergence at the largest stable step. The effective rank tr(M)^2/tr(M^2)
counts the directions that carry the noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.model.covariance import Covariance

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MatrixSpectrum:
    """Eigenvalues in ascending order; a matrix similar to a symmetric one has real ones."""

    eigenvalues: Array

    @property
    def smallest(self) -> float:
        """lam_min."""
        return float(self.eigenvalues[0])

    @property
    def largest(self) -> float:
        """lam_max."""
        return float(self.eigenvalues[-1])

    @property
    def condition(self) -> float:
        """lam_max/lam_min."""
        return self.largest / self.smallest

    @property
    def averaged_condition(self) -> float:
        """(tr/d)/lam_min."""
        return float(self.eigenvalues.mean()) / self.smallest

    @property
    def effective_rank(self) -> float:
        """tr(M)^2/tr(M^2)."""
        return float(self.eigenvalues.sum() ** 2 / (self.eigenvalues**2).sum())


@dataclass(frozen=True, eq=False)
class Spectra:
    """The drift matrices K and Kbar, and the noise matrices K and K_sigma.

    >>> found = Spectra.of(Covariance.powerlaw(100, 1))
    >>> round(found.K.averaged_condition, 3), round(found.Kbar.averaged_condition, 3), found.K_sigma.condition
    (5.187, 1.859, 1.0)
    """

    K: MatrixSpectrum
    Kbar: MatrixSpectrum
    K_sigma: MatrixSpectrum

    @staticmethod
    def of(covariance: Covariance) -> Spectra:
        """O(d) for a diagonal covariance, three symmetric eigenproblems otherwise."""
        if covariance.is_diagonal:
            k, deviations = np.sort(covariance.diagonal), np.sort(covariance.D)
            return Spectra(MatrixSpectrum(k), MatrixSpectrum(deviations), MatrixSpectrum(np.ones_like(k)))
        # Kbar is similar to S, which is symmetric.
        matrices = (covariance.K, covariance.S, covariance.K_sigma)
        found = (np.asarray(np.linalg.eigvalsh(matrix), dtype=np.float64) for matrix in matrices)
        return Spectra(*map(MatrixSpectrum, found))
