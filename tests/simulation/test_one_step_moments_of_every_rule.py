"""Claim: the drift and diffusion of every rule are those of one simulated step, to 0.5 %.

The drift of the SDE is the first term in rho_i and its diffusion that at rho_i = 0. So Delta is such that the
rho_i are of one size d^(-1/2), but 0 for the coordinates along which second moments are measured, and nothing
along the direction that sees the correlations. What is left is of order rho^2/6, below the tolerance. The
diagonal of K is strongly unequal.
"""

import numpy as np
import pytest
from rule_cases import RULES

from signsgd_sym.derive.sde import derive_sde
from signsgd_sym.model import Covariance, UpdateRule, noise_law
from signsgd_sym.simulate import GaussianStream, one_step_moments
from signsgd_sym.solve.rule_functions import PowerFunctions, quadrature_functions

TOLERANCE = 0.005
D, R = 64, 1.0
SAMPLES = 1_000_000


@pytest.fixture(scope="module")
def covariance():
    return Covariance.random_unequal(D, seed=3, log_sd=0.5)


@pytest.fixture(scope="module")
def smooth(covariance):
    """The first principal direction of the correlations: its second moment is mostly off the diagonal."""
    return np.linalg.eigh(covariance.C)[1][:, -1]


@pytest.fixture(scope="module")
def delta(covariance, smooth):
    signs = np.random.default_rng(4).choice([-1.0, 1.0], D)
    signs[:3] = 0.0
    rest = np.where(signs == 0, 0.0, smooth)
    rho = signs - rest * (signs @ smooth) / (rest @ smooth)
    found = np.linalg.solve(covariance.K, rho * covariance.D)
    return found * np.sqrt(2 * R / (found @ covariance.K @ found))


def functions_of(text, law, covariance):
    rule = UpdateRule.from_text(text)
    if rule.exponent is not None:
        return rule, PowerFunctions(derive_sde(rule), law, covariance)
    return rule, quadrature_functions(rule, law, covariance, R)


@pytest.mark.parametrize(
    ("text", "law"),
    [*((text, "Laplace(0, 1)") for text in RULES), ("clip(1)", "Cauchy(0, 1/2)"), ("tanh", "Exponential(1)")],
)
def test_drift_and_diffusion(text, law, covariance, smooth, delta):
    law = noise_law(law)
    rule, functions = functions_of(text, law, covariance)
    drift = functions.rates(R) * (covariance.K @ delta)
    Sigma = functions.second_moment(R)
    directions = np.stack([smooth, *np.eye(D)[:3]])
    stream = GaussianStream(covariance, law)
    seen = one_step_moments(rule, stream, delta, samples=SAMPLES, seed=7, directions=directions)

    along = seen.mean @ drift / (drift @ drift)
    stderr = np.sqrt(drift**2 @ seen.mean_stderr**2) / (drift @ drift)
    assert stderr < TOLERANCE / 2, "a sample this small would prove nothing"
    assert abs(along - 1) < TOLERANCE + stderr
    # a drift 4 % off is seen
    assert abs(along / 1.04 - 1) > TOLERANCE + stderr

    measured, expected = np.diag(seen.second), np.diag(directions @ Sigma @ directions.T)
    assert np.all(np.abs(measured / expected - 1) < TOLERANCE + np.diag(seen.second_stderr) / expected)
    # and so are correlations that are left out
    assert abs(measured[0] / (smooth**2 @ np.diag(Sigma)) - 1) > 10 * TOLERANCE
