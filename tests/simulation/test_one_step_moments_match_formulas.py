"""Kramers-Moyal estimates against formulas from the literature, and against the compiled step."""

import numpy as np
import pytest
import sympy as sp
from numpy.random import SeedSequence

from signsgd_sym.errors import NotFinite, ParameterError, ShapeMismatch
from signsgd_sym.model import SGD, SIGN, Covariance, UpdateRule, noise_law
from signsgd_sym.notation import z
from signsgd_sym.simulate import GaussianStream, PoolStream, one_step_moments
from signsgd_sym.simulate.formula import rule_formula
from signsgd_sym.simulate.recursion import advance

K = np.array([[1.0, 0.5, -0.3], [0.5, 2.0, 0.4], [-0.3, 0.4, 0.5]])
DELTA = np.array([0.7, -0.2, 1.1])
V = 0.8
GAUSSIAN = GaussianStream(Covariance.from_matrix(K), noise_law("Normal(0, 4/5)"))
SAMPLES = 400_000


def arcsine_mean(noise_variance):
    """E[sign(r) sign(x_i)] = (2/pi) asin(corr(r, x_i)): the arcsine law for the Gaussian pair (r, x_i)."""
    two_R = DELTA @ K @ DELTA
    rho = K @ DELTA / np.sqrt(np.diag(K) * two_R)
    return 2 / np.pi * np.arcsin(rho * np.sqrt(two_R / (two_R + noise_variance)))


def test_sign_mean_is_the_arcsine_law():
    moments = one_step_moments(SIGN, GAUSSIAN, DELTA, SAMPLES, seed=1)
    assert np.all(np.abs(moments.mean - arcsine_mean(V**2)) < 4 * moments.mean_stderr)
    # The check can fail: the noise-free formula lies far outside.
    assert np.any(np.abs(moments.mean - arcsine_mean(0.0)) > 20 * moments.mean_stderr)


def test_sign_second_moment_is_the_arcsine_of_the_correlations():
    moments = one_step_moments(SIGN, GAUSSIAN, DELTA, SAMPLES, seed=2)
    i, j = np.triu_indices(3, 1)
    K_sigma = 2 / np.pi * np.arcsin(K[i, j] / np.sqrt(K[i, i] * K[j, j]))
    assert np.diag(moments.second).tolist() == [1.0, 1.0, 1.0]
    assert np.all(np.abs(moments.second[i, j] - K_sigma) < 4 * moments.second_stderr[i, j])


def test_sgd_moments_are_those_of_gaussian_products():
    moments = one_step_moments(SGD, GAUSSIAN, DELTA, SAMPLES, seed=3)
    gradient = K @ DELTA
    second = 2 * np.outer(gradient, gradient) + (DELTA @ gradient + V**2) * K  # Isserlis
    assert np.all(np.abs(moments.mean - gradient) < 4 * moments.mean_stderr)
    assert np.all(np.abs(moments.second - second) < 4 * moments.second_stderr)


@pytest.mark.parametrize("f", [SIGN, SGD, UpdateRule(sp.tanh(z / 2), "tanh")], ids=["sign", "sgd", "tanh"])
def test_mean_step_of_the_compiled_recursion_is_minus_eta_m_over_d(f):
    stream = GaussianStream(Covariance.from_matrix(K), noise_law("StudentT(3)"))
    moments = one_step_moments(f, stream, DELTA, SAMPLES, seed=4)
    compiled, eta = rule_formula(f.expr), 0.3
    x, eps = next(stream.blocks(SeedSequence(5)))
    steps = np.empty_like(x)
    for k in range(len(x)):
        delta = DELTA.copy()
        advance(compiled, eta, K, x[k : k + 1], eps[k : k + 1], 0, delta, np.empty(1, np.int8))
        steps[k] = delta - DELTA
    drift, stderr = -eta / 3 * moments.mean, steps.std(axis=0) / np.sqrt(len(x))
    assert np.all(np.abs(steps.mean(axis=0) - drift) < 4 * np.hypot(stderr, eta / 3 * moments.mean_stderr))
    # On the same samples the two agree to rounding, which no sampling error can hide.
    same = one_step_moments(f, PoolStream(x[:1], eps[:1]), DELTA, 2, seed=0)
    np.testing.assert_allclose(steps[0], -eta / 3 * same.mean, rtol=1e-13)


def test_directions_project_the_second_moment():
    directions = np.array([[1.0, 2.0, 0.0], [0.0, -1.0, 1.0]])
    full = one_step_moments(SGD, GAUSSIAN, DELTA, 5000, seed=6)
    part = one_step_moments(SGD, GAUSSIAN, DELTA, 5000, seed=6, directions=directions)
    np.testing.assert_allclose(part.second, directions @ full.second @ directions.T, rtol=1e-12)
    np.testing.assert_array_equal(part.mean, full.mean)


def test_standard_errors_are_those_of_independent_samples():
    spread = [one_step_moments(SGD, GAUSSIAN, DELTA, 500, seed=seed) for seed in range(200)]
    claimed = np.mean([moments.mean_stderr for moments in spread], axis=0)
    np.testing.assert_allclose(np.std([m.mean for m in spread], axis=0), claimed, rtol=0.2)
    claimed = np.mean([moments.second_stderr for moments in spread], axis=0)
    np.testing.assert_allclose(np.std([m.second for m in spread], axis=0), claimed, rtol=0.25)


def test_rule_without_a_value_at_zero_is_zero_there():
    root = UpdateRule(z / sp.sqrt(sp.Abs(z)), "root")
    moments = one_step_moments(root, PoolStream([[4.0, 0.0]], noise=[0.0]), [1.0, 1.0], 2, seed=0)
    assert moments.mean.tolist() == [4.0, 0.0]


@pytest.mark.parametrize(
    ("error", "changes"),
    [
        (ShapeMismatch, {"delta": [1.0]}),
        (NotFinite, {"delta": [np.nan] * 3}),
        (ShapeMismatch, {"directions": np.ones((2, 4))}),
        (ParameterError, {"samples": 1}),
        (ParameterError, {"seed": -1}),
    ],
)
def test_bad_input_is_refused(error, changes):
    with pytest.raises(error):
        one_step_moments(SIGN, GAUSSIAN, **{"delta": DELTA, "samples": 10, "seed": 0, **changes})
