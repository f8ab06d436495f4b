"""Real data: least squares on image patches, and the law of what it leaves."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from signsgd_sym.errors import InputError, NotFinite, ParameterError, ShapeMismatch
from signsgd_sym.model import NoiseLaw
from signsgd_sym.model.fit import fit_noise
from signsgd_sym.model.patches import patch_regression

pytest.importorskip("sklearn")


@pytest.fixture(scope="module")
def small():
    return patch_regression(5)


def test_sizes(small):
    n = 2 * (427 - 4) * (640 - 4)
    assert small.X.shape == (n, 24) and small.y.shape == (n,) and small.covariance.d == 24


def test_moments_from_box_sums_are_those_of_the_patches(small):
    X = small.X.astype(np.float64)
    # X is stored in float32, the moments are of the patches before rounding.
    np.testing.assert_allclose(X.T @ X / len(X), small.covariance.K, atol=1e-8)
    np.testing.assert_allclose(X.mean(axis=0), 0, atol=1e-8)


def test_theta_star_is_least_squares(small):
    X = small.X.astype(np.float64)
    gradient = X.T @ (X @ small.theta_star - small.y) / len(X)
    assert np.abs(np.linalg.solve(small.covariance.K, gradient)).max() < 1e-6  # the distance to the minimum
    np.testing.assert_allclose(small.residuals, small.y - X @ small.theta_star, atol=1e-6)


def test_label_is_the_middle_pixel(small):
    """Pixels are in reading order without the middle one: its neighbours correlate most with the label."""
    correlation = small.X.T.astype(np.float64) @ small.y / len(small.y)
    strongest = set(np.argsort(-correlation / small.covariance.D)[:4])
    assert strongest == {7, 11, 12, 16}  # above, left, right, below of pixel (2, 2)


def test_heavy_tails_win(small):
    fit = fit_noise(small.residuals)
    assert [c.law.parts[0][1].name for c in fit.candidates] == ["StudentT", "Laplace", "Normal"]
    assert not fit.candidates[0].has_variance
    assert fit.best_with_variance is fit.candidates[1]


@pytest.mark.parametrize("text", ["3/10*StudentT(3/2)", "Laplace(0, 2)", "Normal(0, 1/5)"])
def test_fit_finds_the_law_that_made_the_samples(text):
    law = NoiseLaw.from_text(text)
    samples = law.sample(np.random.default_rng(0), 100_000)
    fit = fit_noise(samples)
    found = next(c for c in fit.candidates if c.law.parts[0][1].name == law.parts[0][1].name)
    # Normal is the limit of Student's law, so its likelihood is only matched from below.
    assert fit.candidates[0].log_likelihood - found.log_likelihood < 1e-4
    assert found.log_likelihood == pytest.approx(np.log(law.pdf(samples)).mean(), abs=1e-4)
    points = np.array([0.1, 0.3])
    np.testing.assert_allclose(found.law.pdf(points), law.pdf(points), rtol=0.02)


def test_likelihood_is_that_of_the_rounded_law():
    samples = np.random.default_rng(1).standard_t(2, 5000)
    for candidate in fit_noise(samples).candidates:
        assert candidate.log_likelihood == pytest.approx(np.log(candidate.law.pdf(samples)).mean(), rel=1e-12)


def test_bad_input(monkeypatch):
    with pytest.raises(ShapeMismatch):
        fit_noise([[1.0, 2.0]])
    with pytest.raises(NotFinite, match="index 1"):
        fit_noise([1.0, np.nan])
    with pytest.raises(ParameterError, match="all residuals are zero"):
        fit_noise(np.zeros(5))
    with pytest.raises(ParameterError, match="from 2 to 32"):
        patch_regression(1)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(InputError, match=r"pip install 'signsgd-sym\[data\]'"):
        patch_regression(5)
