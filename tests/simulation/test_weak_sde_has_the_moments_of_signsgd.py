r"""Mean and covariance of signSGD at a fixed dimension are those of the weak-approximation SDE, to order eta.

Two step sizes, eta and eta/2: the gap of the means over eta and the gap of the covariances over eta^2 do not
change. (A covariance is of order eta itself.) So the weak error is of order 1, in the covariance as well.
The iterates are a plain NumPy recursion that knows nothing of the derivation.
"""

import numpy as np
import pytest

from signsgd_sym.errors import ParameterError, ShapeMismatch, StepError
from signsgd_sym.model import Covariance
from signsgd_sym.solve.weak_sde import SignMoments, gradient_noise_moments, regression_moments, weak_paths

RUNS, TIME = 60_000, 0.8
STEPS = (0.2, 0.1)
K = np.array([[1.0, 0.4, 0.1], [0.4, 2.0, -0.3], [0.1, -0.3, 0.5]])
V = 0.5
SIGMA = np.array([[0.5, 0.4, 0.0], [0.4, 1.0, -0.2], [0.0, -0.2, 0.3]])
START = np.array([0.6, -0.4, 0.5])
ROOT, NOISE_ROOT = np.linalg.cholesky(K), np.linalg.cholesky(SIGMA)


def one_sample(rng, X):
    x = rng.standard_normal(X.shape) @ ROOT.T
    r = np.einsum("ri,ri->r", x, X) - V * rng.standard_normal(len(X))
    return r[:, None] * x


def noisy_gradient(rng, X):
    return X @ K + rng.standard_normal(X.shape) @ NOISE_ROOT.T


GRADIENTS = {"one sample": one_sample, "correlated gradient noise": noisy_gradient}


@pytest.fixture(scope="module")
def moments():
    return {
        "one sample": regression_moments(Covariance.from_matrix(K), V),
        "correlated gradient noise": gradient_noise_moments(lambda X: X @ K, SIGMA),
    }


def iterates(gradient, eta, seed):
    rng, X = np.random.default_rng(seed), np.tile(START, (RUNS, 1))
    for _ in range(round(TIME / eta)):
        X = X - eta * np.sign(gradient(rng, X))
    return X


def gaps(gradient, moments, eta, seed):
    """Gap of the means over eta and of the covariances over eta^2, with standard errors."""
    seen = iterates(gradient, eta, seed)
    paths = weak_paths(moments, START, eta, TIME, runs=RUNS, seed=seed + 1, substeps=2)
    mean, mean_error, covariance, covariance_error = [], 0.0, [], 0.0
    for X in (seen, paths):
        centred = X - X.mean(axis=0)
        products = np.einsum("ri,rj->rij", centred, centred)
        mean.append(X.mean(axis=0))
        covariance.append(products.mean(axis=0))
        mean_error = mean_error + X.var(axis=0) / RUNS
        covariance_error = covariance_error + products.var(axis=0) / RUNS
    return (
        (mean[0] - mean[1]) / eta,
        np.sqrt(mean_error) / eta,
        (covariance[0] - covariance[1]) / eta**2,
        np.sqrt(covariance_error) / eta**2,
    )


@pytest.mark.parametrize("name", GRADIENTS)
def test_the_weak_error_is_of_order_1(name, moments):
    coarse, fine = (gaps(GRADIENTS[name], moments[name], eta, k) for k, eta in enumerate(STEPS))
    for k in (0, 2):  # means, covariances
        error = np.hypot(coarse[k + 1], fine[k + 1])
        assert np.all(np.abs(coarse[k] - fine[k]) < 4.5 * error)
        assert np.all(np.abs(coarse[k]) < 0.5)
    assert np.max(np.abs(coarse[2]) - 4 * coarse[3]) > 0  # the error is there to be seen


def test_without_the_square_of_the_mean_the_covariance_is_wrong(moments):
    """The diffusion of high dimension, K_sigma, in place of K_sigma - m m^T."""
    exact = moments["one sample"]

    def second(X):
        m = exact.mean(X)
        return exact.second(X) + np.einsum("ri,rj->rij", m, m)

    right, wrong = (
        gaps(one_sample, SignMoments(exact.mean, S), STEPS[1], seed=7) for S in (exact.second, second)
    )
    assert np.max(np.abs(wrong[2] - right[2]) - 6 * np.hypot(wrong[3], right[3])) > 0


def test_a_step_has_the_moments_of_signs(moments):
    """Drift and second moment at one state, against 400 000 signs."""
    X, rng = np.tile(START, (400_000, 1)), np.random.default_rng(2)
    stderr = 1 / np.sqrt(len(X))
    for name, gradient in GRADIENTS.items():
        signs = np.sign(gradient(rng, X))
        assert np.all(np.abs(signs.mean(axis=0) - moments[name].mean(START[None])[0]) < 4.5 * stderr)
        second = np.broadcast_to(moments[name].second(START[None]), (1, 3, 3))[0]
        assert np.all(np.abs(signs.T @ signs / len(X) - second) < 4.5 * stderr)


def test_bad_input_is_refused_in_words(moments):
    one = moments["one sample"]
    with pytest.raises(StepError, match="eta is 0 and the time 1; both must be positive"):
        weak_paths(one, START, 0, 1, runs=1, seed=0)
    with pytest.raises(ParameterError, match="substeps is 0 and runs 1"):
        weak_paths(one, START, 0.1, 1, runs=1, seed=0, substeps=0)
    with pytest.raises(ShapeMismatch, match=r"Sigma has shape \(2,\)"):
        gradient_noise_moments(lambda X: X, np.ones(2))
    with pytest.raises(ParameterError, match="scale v of the label noise is 0"):
        regression_moments(Covariance.identity(2), 0)
