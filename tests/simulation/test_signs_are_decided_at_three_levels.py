"""One float, two floats, integers: each decides what the one before leaves in doubt; ties move nothing."""

from fractions import Fraction

import numpy as np
import pytest
from exact_problems import integers, near_tie, normals, under_a_law

from signsgd_sym.model import SIGN, Covariance, Schedule, noise_law
from signsgd_sym.simulate import GaussianStream, PoolStream, simulate
from signsgd_sym.simulate.certified import LatticeRunner
from signsgd_sym.simulate.runner import SignCounts


def run(problem):
    runner = LatticeRunner(problem.eta, PoolStream(problem.x[:1], [0.0]), problem.delta0)
    return runner.advance(problem.x, problem.eps, 0), runner


def test_noise_is_decided_in_one_float():
    _, runner = run(under_a_law("Normal(0, 1)", 100, seed=0))
    assert runner.counts() == SignCounts(float64=40)


def test_near_ties_are_decided_in_two_floats():
    x, delta0, _ = normals(50, seed=1)
    _, runner = run(near_tie(0.5, delta0, x, ulps=0))
    assert runner.counts() == SignCounts(double_double=40)


def test_what_two_floats_cannot_hold_is_decided_in_integers():
    x = np.array([[1e200, 1.0, -1e200], [1.0, 1.0, 2.0]])
    delta0, eps = np.array([1.0, -(2.0**-60), 1.0]), np.zeros(2)
    runner = LatticeRunner(3e-300, PoolStream(x, eps), delta0)
    assert runner.advance(x, eps, 0)[0] == -1  # r = 1e200 - 2^-60 - 1e200
    assert runner.counts() == SignCounts(exact=1, float64=1)


def test_overflow_is_left_to_integers():
    x = np.array([[1e300, -1e300]])
    runner = LatticeRunner(1.0, PoolStream(x, [0.0]), np.array([1e300, np.nextafter(1e300, 0)]))
    assert runner.advance(x, np.zeros(1), 0).tolist() == [1]
    assert runner.counts() == SignCounts(exact=1)


def test_ties_are_counted_and_move_nothing():
    problem = integers(4, 0.25, seed=3)
    signs, runner = run(problem)
    ties = int(np.sum(signs == 0))
    assert ties >= 3
    assert runner.counts().ties == ties <= runner.counts().exact
    still = LatticeRunner(problem.eta, PoolStream(problem.x[:1], [0.0]), problem.delta0)
    for x, eps in zip(problem.x, problem.eps, strict=True):
        before = still.exact_delta()
        sign = still.advance(x[None], np.array([eps]), 0)[0]
        moved = [a != b for a, b in zip(before, still.exact_delta(), strict=True)]
        assert moved == [bool(sign) and bool(value) for value in x]


def test_every_step_is_counted_once():
    for seed, problem in enumerate((integers(3, 1.0, 1), under_a_law("Cauchy(0, 1/2)", 30, 2))):
        _, runner = run(problem)
        assert runner.counts().certified == len(problem.x), seed


def test_counts_of_an_ensemble_are_the_sum_over_its_runs():
    stream = GaussianStream(Covariance.identity(10), noise_law("Normal(0, 1)"))
    arguments = {"times": [0, 5], "runs": 3, "seed": 0}
    certified = simulate(SIGN, stream, Schedule.of(0.5), np.ones(10), **arguments)
    float64 = simulate(SIGN, stream, Schedule.of(0.5), np.ones(10), certified=False, **arguments)
    assert certified.signs.certified == 150 and certified.signs.uncertified == 0
    assert float64.signs == SignCounts(uncertified=150)
    np.testing.assert_allclose(certified.risk, float64.risk, rtol=1e-12)


@pytest.mark.parametrize(
    "K", [np.array([2.0, 0.1]), np.array([[2.0, 0.3], [0.3, 0.1]])], ids=["diagonal", "dense"]
)
def test_exact_risk_is_the_quadratic_form_in_fractions(K):
    class Stream:
        d, second_moment = 2, K

        def risk(self, delta):
            return float(delta @ (K * delta if K.ndim == 1 else K @ delta)) / 2

    x = np.random.default_rng(0).standard_normal((30, 2))
    runner = LatticeRunner(0.1, Stream(), np.array([1 / 3, -0.7]))
    runner.advance(x, np.zeros(30), 0)
    a, b = runner.exact_delta()
    matrix = [[Fraction(v) for v in row] for row in (np.diag(K) if K.ndim == 1 else K).tolist()]
    form = matrix[0][0] * a * a + (matrix[0][1] + matrix[1][0]) * a * b + matrix[1][1] * b * b
    for digits in (1, 10, 40):
        answer = runner.exact_risk(digits)
        assert (
            abs(Fraction(answer.text) - form / 2) <= Fraction(answer.radius) <= form / Fraction(10) ** digits
        )
    assert runner.risk() == pytest.approx(float(form / 2), rel=1e-14)


def test_risk_at_rest_is_zero_exactly():
    runner = LatticeRunner(0.5, PoolStream([[1.0]], [0.0]), np.array([0.5]))
    runner.advance(np.ones((1, 1)), np.zeros(1), 0)
    assert str(runner.exact_risk(10)) == "0 +/- 0"
