"""Claim: the mean simulated risk of every rule follows its ODE, in modes and as a matrix.

d = 500, 24 runs: within 3 standard errors plus 3 % of the curve at 95 % of the times. The covariance is
random and correlated with a strongly unequal diagonal, where clip and tanh have no modes.
"""

import numpy as np
import pytest

from signsgd_sym.model import Covariance, UpdateRule, noise_law
from signsgd_sym.report.compare import compare
from signsgd_sym.simulate import GaussianStream, simulate
from signsgd_sym.solve.risk import risk_curve

RUNS, D = 24, 500
CASES = [
    ("power(1/4)", "Laplace(0, 1)", "modes"),
    ("power(1/2)", "StudentT(3)", "modes"),
    ("power(3/4)", "Laplace(0, 1)", "modes"),
    ("clip(1)", "Laplace(0, 1)", "matrix"),
    ("tanh", "Exponential(1)", "matrix"),
]


@pytest.fixture(scope="module")
def covariance():
    return Covariance.random_unequal(D, seed=11, log_sd=0.5)


def simulated(rule, law, covariance, result, seed=1):
    return simulate(
        rule,
        GaussianStream(covariance, noise_law(law)),
        result.schedule,
        result.delta0,
        times=result.t,
        runs=RUNS,
        seed=seed,
    )


@pytest.mark.parametrize(("text", "law", "form"), CASES)
def test_unequal_diagonal(text, law, form, covariance):
    rule = UpdateRule.from_text(text)
    result = risk_curve(law, covariance, "1/2", 4, optimizer=rule, points=40)
    assert result.form == form
    seen = compare(result.risk, simulated(rule, law, covariance, result))
    assert seen.share_in_band >= 0.95
    assert np.ptp(seen.risk) > 0.4 * seen.risk[0], "a curve that hardly moves would prove nothing"


def test_equal_diagonal_and_a_schedule():
    K, rule, law = Covariance.ar1(D, 0.5), UpdateRule.from_text("dither(1/2)"), "Laplace(0, 1/2)"
    result = risk_curve(law, K, "1/(1 + t)", 4, optimizer=rule, points=40)
    assert result.form == "modes"
    assert compare(result.risk, simulated(rule, law, K, result)).share_in_band >= 0.95


def test_another_rule_is_seen(covariance):
    """The simulation of clip(1) leaves the curve of clip(1/2)."""
    law = "Laplace(0, 1)"
    wrong = risk_curve(law, Covariance.identity(D), "1/2", 4, optimizer="clip(1/2)", points=20)
    runs = simulated(UpdateRule.from_text("clip(1)"), law, Covariance.identity(D), wrong)
    assert compare(wrong.risk, runs).share_in_band < 0.5
