r"""What the modes of a covariance must satisfy.

sum_i r_i(0) = R(0); sum_i n_i/lambda_i = tr(D)/(2 d) for sign and tr(K)/(2 d) for SGD; the lambda_i are the
eigenvalues of Kbar; a diagonal covariance gives the same modes with and without an eigendecomposition.
"""

import numpy as np
import pytest

from signsgd_sym.errors import ShapeMismatch
from signsgd_sym.model import SGD, SIGN, Covariance
from signsgd_sym.model.positive_definite import factor
from signsgd_sym.model.structure import Dense
from signsgd_sym.solve.spectrum import noise_matrix, spectrum

COVARIANCES = {
    "unequal": Covariance.random_unequal(40, 5),
    "ar1": Covariance.ar1(40, 0.7),
    "spiked": Covariance.spiked(40, 3, 10.0),
    "power law": Covariance.powerlaw(40, 1.0),
}
rules = pytest.mark.parametrize("rule", [SIGN, SGD], ids=str)
covariances = pytest.mark.parametrize("name", COVARIANCES)


def start(d, seed=2):
    return np.random.default_rng(seed).standard_normal(d)


def as_multiset(modes):
    """Modes in an order that does not depend on the basis; ties would make it ambiguous."""
    return np.sort(np.round(np.stack([modes.lam, modes.forcing, modes.r0]), 12), axis=1)


@rules
@covariances
def test_modes_sum_to_the_risk(ode, rule, name):
    K = COVARIANCES[name]
    delta = start(K.d)
    modes = spectrum(ode[rule].sde, K, delta)
    np.testing.assert_allclose(modes.r0.sum(), delta @ K.K @ delta / 2, rtol=1e-12)
    assert np.all(modes.lam > 0) and np.all(modes.forcing > 0) and np.all(modes.r0 >= 0)


@rules
@covariances
def test_forcing_over_eigenvalue_sums_to_a_trace(ode, rule, name):
    K = COVARIANCES[name]
    modes = spectrum(ode[rule].sde, K, start(K.d))
    trace = K.trace_D if rule == SIGN else K.trace
    np.testing.assert_allclose(np.sum(modes.forcing / modes.lam), trace / (2 * K.d), rtol=1e-12)
    # sum_i n_i is the trace in Ito's formula on R.
    M = K.K_sigma if rule == SIGN else K.K
    np.testing.assert_allclose(modes.forcing.sum(), np.trace(K.K @ M) / (2 * K.d), rtol=1e-12)


@covariances
def test_eigenvalues_are_those_of_the_preconditioned_matrix(ode, name):
    K = COVARIANCES[name]
    unsymmetric = np.linalg.eigvals(K.Kbar)
    assert np.max(np.abs(unsymmetric.imag)) < 1e-10
    modes = spectrum(ode[SIGN].sde, K, start(K.d))
    np.testing.assert_allclose(np.sort(modes.lam), np.sort(unsymmetric.real), rtol=1e-9)
    sgd = spectrum(ode[SGD].sde, K, start(K.d))
    np.testing.assert_allclose(np.sort(sgd.lam), np.linalg.eigvalsh(K.K), rtol=1e-9)


def test_singular_values_of_Kbar_are_not_its_eigenvalues(ode):
    K = COVARIANCES["unequal"]
    modes = spectrum(ode[SIGN].sde, K, start(K.d))
    U, singular, _ = np.linalg.svd(K.Kbar)
    assert np.max(np.abs(np.sort(singular) / np.sort(modes.lam) - 1)) > 0.01
    risk_by_svd = np.sum(singular * (U.T @ (np.sqrt(K.D) * start(K.d))) ** 2) / 2
    assert abs(risk_by_svd / modes.r0.sum() - 1) > 0.01


@rules
def test_diagonal_path_equals_dense_path(ode, rule):
    fast = COVARIANCES["power law"]
    dense = Covariance(Dense(fast.K, factor(fast.K)), "dense")
    assert fast.is_diagonal and not dense.is_diagonal
    delta = start(fast.d)
    left, right = spectrum(ode[rule].sde, fast, delta), spectrum(ode[rule].sde, dense, delta)
    order, dense_order = np.argsort(left.lam), np.argsort(right.lam)
    for name in ("lam", "forcing", "r0"):
        np.testing.assert_allclose(getattr(left, name)[order], getattr(right, name)[dense_order], rtol=1e-10)


def test_noise_matrix_is_that_of_the_model(ode):
    K = COVARIANCES["unequal"]
    np.testing.assert_allclose(noise_matrix(ode[SIGN].sde, K), K.K_sigma, atol=1e-14)
    np.testing.assert_allclose(noise_matrix(ode[SGD].sde, K), K.K, atol=1e-13)
    assert np.linalg.eigvalsh(noise_matrix(ode[SIGN].sde, K)).min() > 0


@rules
def test_order_and_signs_of_the_coordinates_do_not_matter(ode, rule):
    K, delta = COVARIANCES["unequal"], start(40)
    rng = np.random.default_rng(4)
    order, signs = rng.permutation(40), rng.choice([-1.0, 1.0], 40)
    moved = Covariance.from_matrix((signs[:, None] * K.K * signs)[np.ix_(order, order)])
    before = spectrum(ode[rule].sde, K, delta)
    after = spectrum(ode[rule].sde, moved, (signs * delta)[order])
    np.testing.assert_allclose(as_multiset(before), as_multiset(after), atol=1e-10)


@pytest.mark.parametrize(("rule", "eigenvalue", "forcing"), [(SIGN, 1, 2), (SGD, 2, 4)], ids=str)
def test_units(ode, rule, eigenvalue, forcing):
    """K -> c^2 K: lambda_i and n_i scale like c and c^2 for sign, like c^2 and c^4 for SGD."""
    K, delta, c = COVARIANCES["unequal"], start(40), 3.0
    before, after = (spectrum(ode[rule].sde, Covariance.from_matrix(s * K.K), delta) for s in (1, c**2))
    np.testing.assert_allclose(after.lam, c**eigenvalue * before.lam, rtol=1e-10)
    np.testing.assert_allclose(after.forcing, c**forcing * before.forcing, rtol=1e-9)
    np.testing.assert_allclose(after.r0.sum(), c**2 * before.r0.sum(), rtol=1e-10)


def test_shapes_are_checked(ode):
    with pytest.raises(ShapeMismatch, match="give 40 numbers"):
        spectrum(ode[SIGN].sde, COVARIANCES["ar1"], np.ones(39))
