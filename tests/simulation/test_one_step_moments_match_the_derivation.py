"""Claim: drift and diffusion measured at a fixed Delta are the derived ones, to 0.5 %.

A drift that is 4 % off would pass for a risk curve. Here the mean step is measured along its own direction
and the second moments along fixed directions, on a covariance with a strongly unequal diagonal.
"""

import numpy as np
import pytest
from scipy.special import owens_t

from signsgd_sym.model import SGD, SIGN, Covariance, noise_law
from signsgd_sym.simulate import GaussianStream, one_step_moments
from signsgd_sym.solve.mean_step import State, exact_mean_step, linear_mean_step
from signsgd_sym.solve.spectrum import noise_matrix
from signsgd_sym.solve.square_step import exact_second_moments, exact_squares, linear_second_moments

TOLERANCE = 0.005
LAWS = ["Normal(0, 1)", "Laplace(0, 1)", "Cauchy(0, 1/2)", "Rademacher(1)", "Exponential(1)"]
D = 30


@pytest.fixture(scope="module")
def setting():
    covariance = Covariance.random_unequal(D, seed=3, log_sd=0.5)
    delta = np.random.default_rng(4).standard_normal(D)
    return covariance, delta * np.sqrt(2 / (delta @ covariance.K @ delta))  # R = 1


@pytest.mark.parametrize("law", LAWS)
def test_sign(setting, law, problem):
    covariance, delta = setting
    made = problem(law)
    state = State.of(covariance, delta)
    exact = exact_mean_step(made, state)
    directions = np.stack([exact / np.linalg.norm(exact), covariance.D / np.linalg.norm(covariance.D)])
    stream = GaussianStream(covariance, noise_law(law))
    seen = one_step_moments(SIGN, stream, delta, samples=2_000_000, seed=7, directions=directions)

    along = seen.mean @ exact / (exact @ exact)
    assert abs(along - 1) < TOLERANCE
    # The linearised drift -eta a(R) Kbar Delta of the SDE is close, its relative error is of order rho^2.
    linear = linear_mean_step(made, state)
    assert np.allclose(linear, made.module.drift_rate(1.0) * covariance.Kbar @ delta)
    assert abs(seen.mean @ linear / (linear @ linear) - 1) < TOLERANCE + np.max(state.correlation**2) / 6
    # and a drift 4 % off is seen
    assert abs(seen.mean @ (1.04 * exact) / (1.04**2 * exact @ exact) - 1) > TOLERANCE

    M = noise_matrix(made.ode.sde, covariance)
    expected = directions @ M @ directions.T
    assert np.allclose(np.diag(seen.second), np.diag(expected), rtol=TOLERANCE)


def test_the_exact_mean_of_discrete_noise_is_owens(setting, problem):
    """eps = +-1: the mean of 4 T(h, rho/sqrt(1 - rho^2)) over h = +-1/sqrt(2 R), by SciPy's Owen's T."""
    covariance, delta = setting
    state = State.of(covariance, 1.7 * delta)
    rho, h = state.correlation, 1 / np.sqrt(2 * state.risk)
    owen = 4 * owens_t(h, rho / np.sqrt(1 - rho**2))
    assert np.allclose(exact_mean_step(problem("Rademacher(1)"), state), owen, rtol=1e-10, atol=1e-14)


def test_the_mean_is_exact_where_the_correlation_is_one(problem):
    """d = 1 without noise: sign(r x) = sign(Delta) always, though the linear drift has 2/pi."""
    state = State.of(Covariance.identity(1), np.array([-0.3]))
    assert exact_mean_step(problem("Dirac(0)"), state)[0] == pytest.approx(-1, rel=1e-12)
    assert linear_mean_step(problem("Dirac(0)"), state)[0] == pytest.approx(-2 / np.pi)


def test_sgd(setting, problem):
    covariance, delta = setting
    law = noise_law("Laplace(0, 1)")
    made = problem("Laplace(0, 1)", SGD)
    drift = made.module.drift_rate(1.0) * covariance.K @ delta
    directions = np.stack([drift / np.linalg.norm(drift), np.eye(D)[0], np.eye(D)[1]])
    seen = one_step_moments(
        SGD, GaussianStream(covariance, law), delta, samples=2_000_000, seed=8, directions=directions
    )
    assert abs(seen.mean @ drift / (drift @ drift) - 1) < TOLERANCE
    # E[r^2 x x^T] = 2 P K + 2 (K Delta)(K Delta)^T; the SDE keeps the first term, the second has rank one.
    M = float(made.module.noise_scale(1.0)) * noise_matrix(made.ode.sde, covariance)
    full = M + 2 * np.outer(covariance.K @ delta, covariance.K @ delta)
    state, everywhere = State.of(covariance, delta), np.arange(D)
    assert np.allclose(linear_second_moments(made, state, everywhere), M)
    assert np.allclose(exact_second_moments(made, state, everywhere), full)
    assert np.allclose(exact_squares(made, state), np.diag(full))
    assert np.allclose(exact_mean_step(made, state), drift)
    assert np.allclose(np.diag(seen.second), np.diag(directions @ full @ directions.T), rtol=2 * TOLERANCE)


def test_the_linearised_drift_is_within_the_tolerance_in_high_dimension(problem):
    """At d = 500 the drift of the SDE is that close to the exact mean step, which is measured above."""
    covariance = Covariance.random_unequal(500, seed=3, log_sd=0.5)
    delta = np.random.default_rng(4).standard_normal(500)
    delta *= np.sqrt(2 / (delta @ covariance.K @ delta))
    state = State.of(covariance, delta)
    rho = state.correlation
    for law in LAWS:
        exact, linear = exact_mean_step(problem(law), state), linear_mean_step(problem(law), state)
        assert abs(linear @ exact / (exact @ exact) - 1) < TOLERANCE
        # what is left is the cubic term (1 - h^2) rho^3/6, the largest correlations carry it
        assert np.all(np.abs(linear - exact) <= np.abs(exact) * rho**2)
