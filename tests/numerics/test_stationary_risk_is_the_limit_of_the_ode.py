r"""The stationary risk is where the ODE goes: R phi(R)/sqrt(2 R) = eta tr(D)/(4 d), any covariance, any law.

For SGD it is R = (eta tr(K) E eps^2/(4 d))/(1 - eta tr(K)/(2 d)), and there is none beyond eta = 2 d/tr(K).
"""

import numpy as np
import pytest

from signsgd_sym.errors import InfiniteVariance
from signsgd_sym.model import SGD, SIGN, Covariance, Schedule
from signsgd_sym.solve.curve import solve_modes, stationary_risk
from signsgd_sym.solve.spectrum import spectrum

LAWS = [
    "Normal(0, 1)",
    "Laplace(0, 1)",
    "Cauchy(0, 1)",
    "StudentT(3)",
    "Uniform(-1, 1)",
    "Exponential(1)",
    "Rademacher(1)",
    "Logistic(0, 1)",
    "Mixture((9/10, Normal(0, 1)), (1/10, Normal(0, 10)))",
    "Mixture((9/10, Laplace(0, 1)), (1/10, Laplace(0, 10)))",
]
K = Covariance.random_unequal(6, 3)
DELTA0 = np.array([0.5, -0.3, 0.4, 0.1, -0.6, 0.2])
ETA = 0.5


def limit(problem, eta=ETA, T=4000.0):
    modes = spectrum(problem.ode.sde, K, DELTA0)
    return solve_modes(problem, modes, Schedule.of(eta), np.array([0.0, T / 2, T])).risk


@pytest.mark.parametrize("law", LAWS)
def test_ode_converges_to_the_root(problem, law):
    made = problem(law)
    root = stationary_risk(made, K.trace_D, ETA, K.d)
    _, half_way, end = limit(made)
    assert abs(end / root - 1) < 1e-8
    assert abs(half_way / root - 1) < 1e-8
    level = ETA * K.trace_D / (4 * K.d)
    assert abs(root * made.module.phi(root) / np.sqrt(2 * root) / level - 1) < 1e-12
    # tr(K) in place of tr(D), the level of SGD, is another number.
    assert abs(end / stationary_risk(made, K.trace, ETA, K.d) - 1) > 1e-3


def test_gaussian_noise_has_a_closed_form(problem):
    A = np.pi * ETA * K.trace_D / (8 * K.d)
    assert (
        abs(
            stationary_risk(problem("Normal(0, 1)"), K.trace_D, ETA, K.d) / (A**2 + A * np.sqrt(A**2 + 1)) - 1
        )
        < 1e-12
    )


@pytest.mark.parametrize(
    ("law", "power"), [("Normal(0, 1)", 1.0), ("Laplace(0, 1)", 2.0), ("Exponential(1)", 2.0)]
)
def test_sgd_has_its_closed_formula(problem, law, power):
    """The label noise enters through E eps^2 alone (`power`)."""
    made = problem(law, SGD)
    q = ETA * K.trace / (2 * K.d)
    exact = power * q / 2 / (1 - q)
    assert abs(stationary_risk(made, K.trace, ETA, K.d) / exact - 1) < 1e-10
    assert abs(limit(made)[-1] / exact - 1) < 1e-8


def test_sgd_beyond_its_stability_limit_has_none(problem):
    made, critical = problem("Normal(0, 1)", SGD), 2 * K.d / K.trace
    assert stationary_risk(made, K.trace, 1.001 * critical, K.d) is None
    assert stationary_risk(made, K.trace, 0.999 * critical, K.d) > 100
    growing = limit(made, eta=1.05 * critical, T=20.0)
    assert growing[2] > growing[1] > growing[0]
    # signSGD has a stationary risk at any step.
    assert stationary_risk(problem("Normal(0, 1)", SIGN), K.trace_D, 100 * critical, K.d) > 0


def test_sgd_without_a_variance_is_refused(problem):
    with pytest.raises(InfiniteVariance, match=r"Cauchy.*E\[eps\^2\]"):
        problem("Cauchy(0, 1)", SGD)
