"""Along one Brownian path, float64 and N digits differ by rounding; a drift wrong by 1e-6 by far more."""

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

from signsgd_sym.errors import ParameterError, ShapeMismatch, StepError
from signsgd_sym.model import SGD, SIGN, Covariance, Schedule
from signsgd_sym.model.positive_definite import factor
from signsgd_sym.model.structure import Dense
from signsgd_sym.solve.euler_maruyama import euler_maruyama
from signsgd_sym.solve.precise_path import precise_paths

COVARIANCES = {
    "unequal": Covariance.random_unequal(5, 8),
    "equal correlations": Covariance.from_matrix(np.full((4, 4), 0.5) + np.diag(np.full(4, 0.5))),
    "power law": Covariance.powerlaw(6, 1.0),
}
LAWS = ["Laplace(0, 1)", "Cauchy(0, 1)", "Dirac(0)", "Logistic(0, 1)"]  # the last by quadrature
TIMES = np.array([0.0, 0.4, 1.0])
DELTA0 = np.random.default_rng(2).standard_normal(6)


def start(d):
    return np.random.default_rng(2).standard_normal(d)


def floats(path):
    return np.array([[float(R) for R in run] for run in path.risk])


def largest_difference(one, other):
    return np.max(np.abs(one / other - 1))


def with_drift(problem, factor):
    """The problem whose drift rate is `factor` times too large, in the exact expression only."""
    sde = problem.ode.sde
    return replace(problem, ode=replace(problem.ode, sde=replace(sde, rate=factor * sde.rate)))


@pytest.mark.parametrize("name", COVARIANCES)
@pytest.mark.parametrize(("law", "rule"), [*((law, SIGN) for law in LAWS), ("Laplace(0, 1)", SGD)], ids=str)
def test_float64_is_ten_digits_of_it(problem, law, rule, name):
    K, made, schedule = COVARIANCES[name], problem(law, rule), Schedule.of("1/(2 + t + R)")
    settings = {"seed": 3, "runs": 2, "substeps": 2}
    fast = euler_maruyama(made, K, schedule, start(K.d), TIMES, **settings)
    path = precise_paths(made, K, schedule, start(K.d), TIMES, digits=20, **settings)
    assert largest_difference(fast, floats(path)) < 1e-10
    assert path.gap < -20
    wrong = with_drift(made, 1 + sp.Rational(1, 10**6))
    wrong_path = precise_paths(wrong, K, schedule, start(K.d), TIMES, digits=20, **settings)
    assert largest_difference(fast, floats(wrong_path)) > 1e-8


def test_a_diagonal_covariance_has_the_path_of_the_dense_one(problem):
    """The root of M is unique; factors of M that an eigensolver orders by size are not."""
    fast, made, schedule = COVARIANCES["power law"], problem("Laplace(0, 1)"), Schedule.of(0.4)
    dense = Covariance(Dense(fast.K, factor(fast.K)), "dense")
    in_float64 = [euler_maruyama(made, K, schedule, start(6), TIMES, runs=2, seed=1) for K in (fast, dense)]
    assert largest_difference(*in_float64) < 1e-12
    precise = [precise_paths(made, K, schedule, start(6), TIMES, digits=30, seed=1) for K in (fast, dense)]
    assert precise[0].decimals == precise[1].decimals


def test_bad_input_is_refused(problem):
    K, made, schedule = COVARIANCES["power law"], problem("Laplace(0, 1)"), Schedule.of(0.4)

    def paths(digits=20, schedule=schedule, delta0=DELTA0, times=TIMES, **settings):
        return precise_paths(made, K, schedule, delta0, times, digits=digits, seed=1, **settings)

    with pytest.raises(ShapeMismatch, match="give 6 numbers"):
        paths(delta0=np.ones(5))
    with pytest.raises(ParameterError, match="at least 15"):
        paths(digits=14)
    with pytest.raises(ParameterError, match="GB"):
        paths(digits=10**10)
    with pytest.raises(ParameterError, match="ascend from 0"):
        paths(times=np.array([1.0, 0.5]))
    with pytest.raises(ParameterError, match="substeps is 0"):
        paths(substeps=0)
    with pytest.raises(ParameterError, match="runs is 0"):
        paths(runs=0)
    with pytest.raises(StepError, match="must stay positive"):
        paths(schedule=Schedule.of("1/2 - t"))
