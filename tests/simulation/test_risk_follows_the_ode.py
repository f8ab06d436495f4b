"""Claim: the mean simulated risk follows the derived ODE, for light, heavy, discrete and asymmetric noise.

d = 500, random correlated covariance with a strongly unequal diagonal (sd 0.5 in log scale), 24 runs:
within 3 standard errors plus 3 % of the curve at 95 % of the times.
"""

import numpy as np
import pytest

from signsgd_sym.model import SGD, SIGN, Covariance, noise_law
from signsgd_sym.report.compare import compare
from signsgd_sym.simulate import GaussianStream, simulate
from signsgd_sym.solve.risk import risk_curve

RUNS = 24
D = 500


@pytest.fixture(scope="module")
def covariance():
    return Covariance.random_unequal(D, seed=11, log_sd=0.5)


def comparison(rule, law, covariance, made, lr, seed):
    law = noise_law(law)
    result = risk_curve(law, covariance, lr, 4, optimizer=rule, points=80, problem=made)
    runs = simulate(
        rule,
        GaussianStream(covariance, law),
        result.schedule,
        result.delta0,
        times=result.t,
        runs=RUNS,
        seed=seed,
    )
    return compare(result.risk, runs)


@pytest.mark.parametrize(
    "law", ["Normal(0, 1)", "Laplace(0, 1)", "Cauchy(0, 1/2)", "Rademacher(1)", "Exponential(1)"]
)
def test_sign(law, covariance, problem):
    seen = comparison(SIGN, law, covariance, problem(law), "1/2", seed=1)
    assert seen.share_in_band >= 0.95
    assert np.ptp(seen.risk) > 0.4 * seen.risk[0], "a curve that hardly moves would prove nothing"


def test_sgd(covariance, problem):
    seen = comparison(SGD, "Laplace(0, 1)", covariance, problem("Laplace(0, 1)", SGD), "1/2", seed=2)
    assert seen.share_in_band >= 0.95


def test_schedule_in_time(covariance, problem):
    seen = comparison(SIGN, "Laplace(0, 1)", covariance, problem("Laplace(0, 1)"), "1/(1 + t)", seed=3)
    assert seen.share_in_band >= 0.95


def test_a_wrong_drift_is_seen(covariance, problem):
    """The same simulation against the ODE of a law with twice the scale leaves the band."""
    law, wrong = noise_law("Laplace(0, 1)"), noise_law("Laplace(0, 2)")
    result = risk_curve(wrong, covariance, "1/2", 4, points=80, problem=problem("Laplace(0, 2)"))
    runs = simulate(
        SIGN,
        GaussianStream(covariance, law),
        result.schedule,
        result.delta0,
        times=result.t,
        runs=RUNS,
        seed=1,
    )
    assert compare(result.risk, runs).share_in_band < 0.5
