"""Risk functions of the sgd rule under label noise Normal(0, 1/4).

    drift_rate(R)   1
    noise_scale(R)  2*R + 1/16
    psi             left out: it belongs to the sign rule
    modes           K = U diag(lam) U^T; r_i = lam_i c_i^2/2, c = U^T Delta; forcing_i = lam_i (U^T
                    M U)_ii/(2 d); M_ij = sqrt(K_ii)*sqrt(K_jj)*rho with rho = K_ij/sqrt(K_ii K_jj)
    derivation      sgd-modes
    evidence        no expectation over the law but E[eps^2]
    error           exact

R is the risk Delta^T K Delta / 2, the 1/2 included, Delta = theta - theta*, K the covariance of the
data. risk_rhs(t, r, lam, forcing, eta) is the right-hand side of the ODE of the modes, one number a
mode in r, lam and forcing, eta the step size at time t. Functions of R return their limit at R = 0
and NaN where R is negative, infinite or NaN. Generated from the derivation; do not edit.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def _at(R: Array, value: Any, limit: float) -> Array:
    """`value`, but the limit at R = 0 and NaN where R is negative, infinite or NaN."""
    if R.ndim == 0:
        scalar: Array = np.array(value if 0 < R < np.inf else limit if R == 0 else np.nan)[()]
        return scalar
    inside = (R > 0) & (R < np.inf)
    result: Array = np.where(inside, value, np.where(R == 0, limit, np.nan))
    return result


def drift_rate(R: ArrayLike) -> Array:
    """The drift factor 1."""
    R = np.asarray(R, dtype=np.float64)[()]
    return _at(R, 1.0, 1.0)


def noise_scale(R: ArrayLike) -> Array:
    """E[f(residual)^2], the factor of the diffusion."""
    R = np.asarray(R, dtype=np.float64)[()]
    with np.errstate(all="ignore"):
        value = 2.0 * R + 0.0625
    return _at(R, value, 0.0625)


def sde_drift(R: ArrayLike, eta: float) -> Array:
    """The drift of Delta is this times K Delta."""
    R = np.asarray(R, dtype=np.float64)[()]
    result: Array = -eta * drift_rate(R)
    return result


def sde_diffusion(R: ArrayLike, eta: float, d: float) -> Array:
    """The diffusion of Delta is this times a square root of K."""
    R = np.asarray(R, dtype=np.float64)[()]
    result: Array = eta * np.sqrt(noise_scale(R)) / np.sqrt(d)
    return result


def risk_rhs(t: float, r: Array, lam: Array, forcing: Array, eta: float) -> Array:
    """dr/dt over the modes; R = sum(r)."""
    R = np.sum(r)
    k_0 = eta * eta * noise_scale(R)
    k_1 = -2.0 * eta
    result: Array = k_1 * lam
    result *= r
    result += k_0 * forcing
    return result
