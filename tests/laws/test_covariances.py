"""Claims about every covariance: what signSGD makes of K, and that samples are N(0, K)."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from signsgd_sym.model.covariance import Covariance, covariance

CASES = {
    "identity": Covariance.identity(12),
    "powerlaw": Covariance.powerlaw(30, 1.0),
    "ar1": Covariance.ar1(50, 0.5),
    "ar1 alternating": Covariance.ar1(37, -0.8),
    "spiked": Covariance.spiked(40, 3, 10.0),
    "unequal": Covariance.random_unequal(25, seed=1),
    "one dimension": Covariance.from_matrix([[4.0]]),
}
every = pytest.mark.parametrize("cov", CASES.values(), ids=CASES.keys())


@every
def test_K_sigma_is_positive_with_unit_diagonal(cov):
    assert np.all(np.diagonal(cov.K_sigma) == 1.0)
    assert np.linalg.eigvalsh(cov.K_sigma)[0] > 0
    np.testing.assert_array_equal(cov.K_sigma, cov.K_sigma.T)


@every
def test_K_sigma_does_not_change_when_coordinates_are_rescaled(cov):
    scales = np.exp(np.random.default_rng(0).standard_normal(cov.d))
    rescaled = Covariance.from_matrix(scales[:, None] * cov.K * scales)
    np.testing.assert_allclose(rescaled.K_sigma, cov.K_sigma, atol=1e-14)
    np.testing.assert_allclose(rescaled.D, scales * cov.D, rtol=1e-14)


@every
def test_K_times_inverse_Kbar_is_D(cov):
    np.testing.assert_allclose(cov.K @ np.linalg.inv(cov.Kbar), np.diag(cov.D), atol=1e-12)


@every
def test_Kbar_has_the_spectrum_of_S(cov):
    spectrum = np.linalg.eigvals(cov.Kbar)
    assert np.abs(spectrum.imag).max() < 1e-8
    np.testing.assert_allclose(np.sort(spectrum.real), np.linalg.eigvalsh(cov.S), rtol=1e-9)


def test_singular_values_of_Kbar_are_not_its_spectrum():
    """The mistake this package avoids: an SVD of Kbar in place of the eigendecomposition of S."""
    cov = CASES["unequal"]
    singular = np.sort(np.linalg.svd(cov.Kbar, compute_uv=False))
    assert not np.allclose(singular, np.linalg.eigvalsh(cov.S), rtol=1e-2)


@every
def test_diagonal_trace_and_product(cov):
    np.testing.assert_allclose(cov.diagonal, np.diagonal(cov.K), rtol=1e-14)
    assert cov.trace_D == pytest.approx(np.sqrt(np.diagonal(cov.K)).sum())
    vectors = np.random.default_rng(1).standard_normal((cov.d, 3))
    np.testing.assert_allclose(cov.matvec(vectors), cov.K @ vectors, atol=1e-12)
    np.testing.assert_allclose(cov.matvec(vectors[:, 0]), cov.K @ vectors[:, 0], atol=1e-12)


def largest_z(cov: Covariance, claimed: np.ndarray, n: int = 50_000) -> float:
    """Largest deviation of the empirical covariance, in standard errors sqrt((K_ii K_jj + K_ij^2)/n)."""
    X = cov.sample(np.random.default_rng(2), n)
    error = np.sqrt((np.outer(cov.diagonal, cov.diagonal) + cov.K**2) / n)
    return float(np.abs((X.T @ X / n - claimed) / error).max())


@every
def test_samples_have_covariance_K(cov):
    assert largest_z(cov, cov.K) < 5.0


@every
def test_a_wrong_covariance_is_seen(cov):
    assert largest_z(cov, cov.K * 1.1) > 5.0


@every
def test_samples_go_where_they_are_told(cov):
    out = np.empty((7, cov.d))
    assert cov.sample(np.random.default_rng(3), 7, out=out) is out
    np.testing.assert_array_equal(out, cov.sample(np.random.default_rng(3), 7))


@every
def test_signs_of_samples_have_second_moment_K_sigma(cov):
    signs = np.sign(cov.sample(np.random.default_rng(4), 20_000))
    assert np.abs(signs.T @ signs / 20_000 - cov.K_sigma).max() < 5 / np.sqrt(20_000)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.integers(0, 10**6), st.floats(0.0, 3.0))
def test_random_covariances_keep_the_laws(d, seed, log_sd):
    cov = Covariance.random_unequal(d, seed, log_sd)
    assert np.all(np.diagonal(cov.K_sigma) == 1.0)
    assert np.linalg.eigvalsh(cov.K_sigma)[0] > -1e-12
    np.testing.assert_allclose(
        np.linalg.eigvalsh(cov.S).sum(), cov.trace_D, rtol=1e-10
    )  # tr S = tr(D^-1 K) = sum K_ii/sqrt(K_ii)


@pytest.mark.parametrize(
    ("spec", "cov"),
    [
        ("identity:d=12", Covariance.identity(12)),
        ("powerlaw:d=30,alpha=1", Covariance.powerlaw(30, 1)),
        ("ar1:d=50,rho=1/2", Covariance.ar1(50, 0.5)),
        ("spiked: d=40, k=3, strength=10", Covariance.spiked(40, 3, 10)),
    ],
)
def test_spec(spec, cov):
    np.testing.assert_array_equal(covariance(spec).K, cov.K)


def test_files(tmp_path):
    cov = CASES["unequal"]
    np.save(tmp_path / "K.npy", cov.K)
    np.testing.assert_array_equal(covariance(f"npy:{tmp_path / 'K.npy'}").K, cov.K)
    np.save(tmp_path / "v.npy", np.array([1.0, 4.0]))
    assert covariance(f"npy:{tmp_path / 'v.npy'}").D.tolist() == [1.0, 2.0]
    X = cov.sample(np.random.default_rng(5), 200) + 1.0
    np.save(tmp_path / "X.npy", X)
    np.savetxt(tmp_path / "X.csv", X, delimiter=",")
    # The second moment about zero, not about the mean.
    for name in ("X.npy", "X.csv"):
        np.testing.assert_allclose(covariance(f"data:{tmp_path / name}").K, X.T @ X / 200, rtol=1e-12)


def test_other_notations_of_a_matrix():
    cov = CASES["unequal"]
    np.testing.assert_allclose(covariance(cov.K).K, cov.K)
    np.testing.assert_allclose(
        covariance(scipy.stats.Covariance.from_cholesky(np.linalg.cholesky(cov.K))).K, cov.K
    )
    assert covariance(np.diag([1.0, 2.0])).is_diagonal
    assert covariance([1.0, 2.0]).is_diagonal
    assert covariance(cov) is cov


def test_huge_diagonal_costs_no_square():
    cov = Covariance.from_spec("powerlaw:d=100000,alpha=1/2")
    assert cov.trace == pytest.approx(100000)
    assert cov.sample(np.random.default_rng(0), 2).shape == (2, 100000)


def test_spikes_are_orthonormal_and_the_diagonal_varies():
    cov = CASES["spiked"]
    np.testing.assert_allclose(np.linalg.eigvalsh(cov.K), [1.0] * 37 + [11.0] * 3, atol=1e-12)
    assert np.ptp(cov.diagonal) > 0.1
