r"""The derived mode ODE is the drift of lambda_i c_i^2/2 along the matrix SDE, computed with finite matrices.

For K of dimension 3 and 4 with unequal diagonal, c = U^T D^(1/2) Delta and f_i = lambda_i c_i^2/2,

    drift of f_i = grad f_i . b + tr(A hess f_i)/2,
    b = -eta a(R) D^-1 K Delta,   A = (eta^2/d) s(R) E[f(x) f(x)^T],

with gradient and Hessian of f_i written out as arrays. Nothing here is taken from the derivation but its
result.
"""

import math

import numpy as np
import pytest
import sympy as sp
from explicit_matrices import matrices_of, random_covariance, value

from signsgd_sym import notation as nt
from signsgd_sym.model import SGD, SIGN
from signsgd_sym.notation import P, R, d, e_i, eta, i, lam, n, phi, r

B_NOISE, ETA = 0.75, 0.6
"""Laplace(0, b): phi(R) = 2 sqrt(R/pi)/b exp(R/b^2) erfc(sqrt(R)/b), E eps^2 = 2 b^2."""


def laplace_phi(risk):
    z = math.sqrt(risk) / B_NOISE
    return 2 / math.sqrt(math.pi) * z * math.exp(z**2) * math.erfc(z)


def textbook_sde(rule, K, Delta):
    """b and A of the SDE as arrays, from the formulas of the textbook."""
    size, risk = len(K), Delta @ K @ Delta / 2
    D = np.sqrt(np.diag(K))
    if rule == SIGN:
        b = -ETA * laplace_phi(risk) / np.sqrt(2 * risk) * (K @ Delta) / D
        return b, ETA**2 / size * 2 / np.pi * np.arcsin(np.clip(K / np.outer(D, D), -1, 1))
    return -ETA * K @ Delta, ETA**2 / size * (2 * risk + 2 * B_NOISE**2) * K


def finite_matrix_drift(rule, K, Delta, *, ito_term=True, use_svd=False):
    """Drift of every lambda_i c_i^2/2."""
    b, A = textbook_sde(rule, K, Delta)
    root = np.diag(K) ** (0.25 if rule == SIGN else 0.0)
    values, U = np.linalg.eigh(K / np.outer(root, root))
    if use_svd:
        U, values, _ = np.linalg.svd(K / np.sqrt(np.diag(K))[:, None])
    drift = []
    for k, value_ in enumerate(values):
        row = root * U[:, k]  # gradient of c_k
        gradient, hessian = value_ * (row @ Delta) * row, value_ * np.outer(row, row)
        drift.append(gradient @ b + (np.trace(A @ hessian) / 2 if ito_term else 0.0))
    return np.array(drift)


def derived_drift(ode, K, Delta):
    """The derived right-hand side, and the derived meaning of n_i, at these matrices."""
    size, risk = len(K), Delta @ K @ Delta / 2
    power = int(ode.sde.power)
    world = matrices_of(K, Delta, power)
    lam_values, U = np.diag(world[nt.Lambda]), world[nt.U]
    c = U.T @ (np.diag(K) ** (power / 4) * Delta)
    world |= {d: size, eta: ETA, R: risk, phi: laplace_phi(risk), P: risk + B_NOISE**2}
    world |= {lam: lam_values, r: lam_values * c**2 / 2}
    drift = []
    for k in range(size):
        here = {**world, i: k + 1, e_i: np.eye(size)[:, [k]]}
        here[n[i]] = value(sp.sympify(ode.forcing), here)
        drift.append(value(ode.rhs, here))
    return np.array(drift)


@pytest.mark.parametrize("rule", [SIGN, SGD], ids=str)
@pytest.mark.parametrize("size", [3, 4])
@pytest.mark.parametrize("seed", range(5))
def test_mode_drift_is_that_of_the_matrix_sde(ode, rule, size, seed):
    rng = np.random.default_rng(seed)
    K, Delta = random_covariance(rng, size), rng.standard_normal(size)
    derived = derived_drift(ode[rule], K, Delta)
    np.testing.assert_allclose(derived, finite_matrix_drift(rule, K, Delta), rtol=1e-10, atol=1e-12)
    # Summed over the modes it is the drift of R = Delta^T K Delta/2.
    b, A = textbook_sde(rule, K, Delta)
    np.testing.assert_allclose(derived.sum(), Delta @ K @ b + np.trace(K @ A) / 2, rtol=1e-10)
    # Wrong claims are seen: no Ito term.
    assert not np.allclose(derived, finite_matrix_drift(rule, K, Delta, ito_term=False), rtol=1e-3)


def test_singular_vectors_of_Kbar_give_another_drift(ode):
    rng = np.random.default_rng(1)
    K, Delta = random_covariance(rng, 4), rng.standard_normal(4)
    by_svd = finite_matrix_drift(SIGN, K, Delta, use_svd=True)
    assert abs(by_svd.sum() / derived_drift(ode[SIGN], K, Delta).sum() - 1) > 0.05
