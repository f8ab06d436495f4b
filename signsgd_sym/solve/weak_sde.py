r"""Euler-Maruyama for the weak-approximation SDE, with the derived mean and pair moment of a step.

    X <- X - m(X) dt + sqrt(eta dt) (S(X) - m m^T)^(1/2) xi,      xi ~ N(0, I), time t = eta k,

m = E[sign g], S = E[sign g sign g^T]. At dt = eta a step has the first two moments of a step of signSGD.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from signsgd_sym.derive.weak.gradient_noise import gradient_noise_mean, gradient_noise_pair
from signsgd_sym.derive.weak.regression import regression_sde
from signsgd_sym.errors import ParameterError, ShapeMismatch, StepError
from signsgd_sym.model.covariance import Covariance
from signsgd_sym.notation import R, Sigma_ii, grad_i, mu_i, mu_j, rho, s
from signsgd_sym.solve.brownian import increments

Array = NDArray[np.float64]
JITTER = 1e-13
"""Added to the diagonal of S - m m^T, which is singular where a sign is certain."""
NODES = 12
"""Gauss points in the correlation, for S under correlated gradient noise."""


@dataclass(frozen=True)
class SignMoments:
    """`mean` maps states (runs, d) to m, (runs, d); `second` maps them to S, (runs, d, d) or (d, d)."""

    mean: Callable[[Array], Array]
    second: Callable[[Array], Array]


def regression_moments(covariance: Covariance, v: float) -> SignMoments:
    """One sample of the linear model under N(0, v^2) label noise; the state is Delta = theta - theta*.

    >>> moments = regression_moments(Covariance.identity(2), 1.0)
    >>> moments.mean(np.array([[1.0, 0.0]])).round(12).tolist()  # (2/pi) asin(1/sqrt(2))
    [[0.5, 0.0]]
    """
    if not v > 0:
        raise ParameterError(f"the scale v of the label noise is {v}; it must be positive.")
    sde, K = regression_sde("gaussian"), covariance.K
    [scale] = sde.mean.free_symbols - {R, rho}
    mean = sp.lambdify((rho, R, scale), sde.mean, modules="numpy")
    S = np.asarray(sp.lambdify(rho, sde.pair, modules="numpy")(covariance.C))
    deviations = np.sqrt(covariance.diagonal)

    def m(delta: Array) -> Array:
        gradient = delta @ K
        risk = np.einsum("ri,ri->r", delta, gradient)[:, None] / 2
        return np.asarray(mean(gradient / (deviations * np.sqrt(2 * risk)), risk, v))

    return SignMoments(m, lambda delta: S)


def gradient_noise_moments(gradient: Callable[[Array], Array], Sigma: Array) -> SignMoments:
    """g ~ N(grad f(X), Sigma); `gradient` maps states (runs, d) to gradients, `Sigma` is (d, d).

    >>> moments = gradient_noise_moments(lambda X: X, np.eye(2))
    >>> S = moments.second(np.array([[0.0, 3.0]]))[0]
    >>> bool(abs(S[0, 1]) < 1e-15), float(S[0, 0])
    (True, 1.0)
    """
    Sigma = np.asarray(Sigma, dtype=float)
    if Sigma.ndim != 2 or Sigma.shape[0] != Sigma.shape[1]:
        raise ShapeMismatch(f"Sigma has shape {Sigma.shape}; give a square matrix.")
    variances = np.diag(Sigma)
    deviations = np.sqrt(variances)
    mean = sp.lambdify((grad_i, Sigma_ii), gradient_noise_mean().result, modules=["scipy", "numpy"])
    independent, integral = gradient_noise_pair().result.as_independent(sp.Integral, as_Add=True)
    product = sp.lambdify((mu_i, mu_j), independent, modules=["scipy", "numpy"])
    slope = sp.lambdify((mu_i, mu_j, s), integral.function, modules="numpy")
    correlations = Sigma / np.outer(deviations, deviations)
    np.fill_diagonal(correlations, 0.0)  # the diagonal of S is 1
    points, weights = np.polynomial.legendre.leggauss(NODES)

    def S(states: Array) -> Array:
        mu = gradient(states) / deviations
        one, other = mu[:, :, None], mu[:, None, :]
        total = np.asarray(product(one, other))
        for point, weight in zip(points, weights, strict=True):
            total = total + correlations / 2 * weight * slope(one, other, correlations * (1 + point) / 2)
        total[:, np.arange(len(Sigma)), np.arange(len(Sigma))] = 1.0
        return total

    return SignMoments(lambda states: np.asarray(mean(gradient(states), variances)), S)


def weak_paths(
    moments: SignMoments, start: Array, eta: float, time: float, *, runs: int, seed: int, substeps: int = 1
) -> Array:
    """States (runs, d) of the SDE at `time` (of t = eta k), in steps of eta/substeps from `start`, (d,).

    Raises `StepError` unless eta and time are positive, `ParameterError` unless substeps is.
    """
    if not (eta > 0 and time > 0 and np.isfinite(time)):
        raise StepError(f"eta is {eta} and the time {time}; both must be positive and finite.")
    if substeps < 1 or runs < 1:
        raise ParameterError(f"substeps is {substeps} and runs {runs}; both must be at least 1.")
    X = np.tile(np.asarray(start, dtype=float), (runs, 1))
    dt, path, jitter = eta / substeps, increments(seed, runs, X.shape[1]), JITTER * np.eye(X.shape[1])
    for _ in range(round(time / dt)):
        m = moments.mean(X)
        root = np.linalg.cholesky(moments.second(X) - m[:, :, None] * m[:, None, :] + jitter)
        X = X - m * dt + np.sqrt(eta * dt) * np.einsum("rij,rj->ri", root, next(path))
    return X
