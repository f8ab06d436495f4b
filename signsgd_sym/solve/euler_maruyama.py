r"""Euler-Maruyama for the limiting SDE, signHSGD for the sign rule.

    Delta <- Delta - eta a(R) D^(-q) K Delta dt + eta sqrt(s(R) dt/d) L xi,    L = M^(1/2), xi ~ N(0, I).

Any L with L L^T = M gives the same law, but a path depends on L. The symmetric root is the one that M alone
determines, singular or not: an eigendecomposition leaves signs and bases open, and a Cholesky factor of a
singular M is not unique. So the same seed is the same path in another arithmetic (`precise_path`) or with
another eigensolver.

Every factor is that of the derived SDE. All runs advance together as the rows of a matrix.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.errors import NotConverged
from signsgd_sym.model.covariance import Covariance
from signsgd_sym.model.schedule import Schedule
from signsgd_sym.solve.brownian import grid, increments
from signsgd_sym.solve.functions import Problem
from signsgd_sym.solve.spectrum import entry_function, noise_matrix

Array = NDArray[np.float64]


def symmetric_root(M: Array) -> Array:
    """M^(1/2) of a positive semi-definite M, symmetric, by `eigh` (K_sigma may be singular).

    >>> symmetric_root(np.array([[5.0, 4.0], [4.0, 5.0]])).round(12).tolist()
    [[2.0, 1.0], [1.0, 2.0]]
    """
    values, vectors = np.linalg.eigh(M)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)


def euler_maruyama(
    problem: Problem,
    covariance: Covariance,
    schedule: Schedule,
    delta0: Array,
    times: Array,
    *,
    runs: int,
    seed: int,
    substeps: int = 1,
) -> Array:
    """Risks (runs, points) of the SDE at `times`, with time step 1/(d substeps).

    Raises `NotConverged` when a path overflows, and `ParameterError` for times that do not ascend from 0.
    """
    d, sde = covariance.d, problem.ode.sde
    diagonal = covariance.is_diagonal
    k = covariance.diagonal
    preconditioner = k ** (-float(sde.power) / 2)
    if diagonal:
        spread: Array = np.sqrt(entry_function(sde)(np.ones(d), k, k))
    else:
        spread = symmetric_root(noise_matrix(sde, covariance))
    drift_rate, noise_scale, eta = problem.module.drift_rate, problem.module.noise_scale, schedule.function()
    dt, steps, path = 1 / (d * substeps), grid(times, d, substeps), increments(seed, runs, d)
    delta = np.tile(np.asarray(delta0, dtype=float), (runs, 1))
    risks = np.empty((runs, len(times)))
    for point, (before, after) in enumerate(pairwise([0, *steps])):
        for step in range(before, after):
            gradient = delta * k if diagonal else delta @ covariance.K
            R = np.einsum("ri,ri->r", delta, gradient) / 2
            rate = np.array([eta(step * dt, risk) for risk in R])[:, None]
            xi = next(path)
            noise = xi * spread if diagonal else xi @ spread
            delta = (
                delta
                - rate * drift_rate(R)[:, None] * gradient * preconditioner * dt
                + rate * np.sqrt(noise_scale(R) * np.ones(runs) * dt / d)[:, None] * noise
            )
        gradient = delta * k if diagonal else delta @ covariance.K
        risks[:, point] = np.einsum("ri,ri->r", delta, gradient) / 2
    if not np.all(np.isfinite(risks)):
        raise NotConverged("a path of the SDE overflowed; use a smaller step size.")
    return risks
