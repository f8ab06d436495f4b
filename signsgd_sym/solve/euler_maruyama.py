r"""Euler-Maruyama for the limiting SDE, signHSGD for the sign rule.

    Delta <- Delta - eta a(R) D^(-q) K Delta dt + eta sqrt(s(R) dt/d) L xi,    L L^T = M, xi ~ N(0, I).

Every factor is that of the derived SDE. All runs advance together as the rows of a matrix.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.errors import NotConverged
from signsgd_sym.model.covariance import Covariance
from signsgd_sym.model.schedule import Schedule
from signsgd_sym.solve.functions import Problem
from signsgd_sym.solve.spectrum import noise_matrix

Array = NDArray[np.float64]


def _factor(M: Array) -> Array:
    """L with L L^T = M for a positive semi-definite M, by eigh (K_sigma may be singular)."""
    values, vectors = np.linalg.eigh(M)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


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

    Raises `NotConverged` when a path overflows.
    """
    d, sde = covariance.d, problem.ode.sde
    diagonal = covariance.is_diagonal
    k = covariance.diagonal
    preconditioner = k ** (-float(sde.power) / 2)
    if diagonal:
        from signsgd_sym.solve.spectrum import entry_function

        spread: Array = np.sqrt(entry_function(sde)(np.ones(d), k, k))
    else:
        spread = _factor(noise_matrix(sde, covariance)).T
    drift_rate, noise_scale, eta = problem.module.drift_rate, problem.module.noise_scale, schedule.function()
    rng = np.random.default_rng(seed)
    dt = 1 / (d * substeps)
    steps = np.rint(times / dt).astype(int)
    delta = np.tile(np.asarray(delta0, dtype=float), (runs, 1))
    risks = np.empty((runs, len(times)))
    for point, (before, after) in enumerate(zip(np.concatenate([[0], steps[:-1]]), steps, strict=True)):
        for step in range(before, after):
            gradient = delta * k if diagonal else delta @ covariance.K
            R = np.einsum("ri,ri->r", delta, gradient) / 2
            rate = np.array([eta(step * dt, risk) for risk in R])[:, None]
            xi = rng.standard_normal((runs, d))
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
