"""Claim: the compiled Adam is the step that `model/adam.py` defines, in every block size and option."""

import math

import numpy as np
import pytest
from numpy.random import SeedSequence

from signsgd_sym.errors import ParameterError, RuleError, StepError
from signsgd_sym.model import SIGN, Covariance, Schedule, noise_law
from signsgd_sym.model.adam import Adam, adam_from_text
from signsgd_sym.simulate import GaussianStream, PoolStream, simulate

D, STEPS = 7, 40
COVARIANCE = Covariance.random_unequal(D, seed=5, log_sd=0.7)
STREAM = GaussianStream(COVARIANCE, noise_law("Laplace(0, 1)"))
START = np.linspace(-1, 1, D) + 0.1


def by_definition(beta1, beta2, eps, eta, samples):
    """theta - theta* after the samples, coordinate by coordinate, with v^ and m^ as weighted sums."""
    delta, gradients = START.copy(), []
    for k, (x, noise) in enumerate(samples, 1):
        r = float(x @ delta) - noise
        gradients.append(r * x)
        age = np.arange(k)[::-1]
        first = (1 - beta1) * beta1**age
        second = (1 - beta2) * beta2**age
        for i in range(D):
            g = np.array([gradient[i] for gradient in gradients])
            m, v = math.fsum(first * g) / math.fsum(first), math.fsum(second * g * g) / math.fsum(second)
            delta[i] -= eta(k - 1) / D * m / (math.sqrt(v) + eps)
    return delta


def samples_of(seed, replicate=0):
    blocks = STREAM.blocks(SeedSequence(seed, spawn_key=(replicate,)))
    x, eps = next(blocks)
    return list(zip(x[:STEPS].copy(), eps[:STEPS].copy(), strict=True))


@pytest.mark.parametrize(
    ("beta1", "beta2", "eps"), [(0.0, 0.5, 0.0), (0.9, 0.99, 0.0), (0.5, 0.0, 0.0), (0.9, 0.5, 0.3)]
)
@pytest.mark.parametrize("lr", ["1/3", "1/(2 + t)"])
def test_steps(beta1, beta2, eps, lr):
    schedule = Schedule.of(lr)
    eta = schedule.function()
    run = simulate(Adam(beta1, beta2, eps), STREAM, schedule, START, times=[0, 1, STEPS / D], runs=1, seed=3)
    delta = by_definition(beta1, beta2, eps, lambda k: eta(k / D, 1.0), samples_of(3))
    assert run.risk[0, -1] == pytest.approx(risk_of(delta), rel=1e-11)
    wrong = by_definition(beta1, beta2 * 0.8 + 0.05, eps, lambda k: eta(k / D, 1.0), samples_of(3))
    assert run.risk[0, -1] != pytest.approx(risk_of(wrong), rel=1e-6)


def risk_of(delta):
    return delta @ COVARIANCE.K @ delta / 2


def test_the_path_does_not_depend_on_the_blocks():
    """m, v and the bias correction go on across blocks of samples."""
    coarse, fine = (
        simulate(
            Adam("9/10", "99/100"),
            GaussianStream(COVARIANCE, noise_law("Normal(0, 1)"), block_rows=rows),
            Schedule.of(1),
            START,
            times=[0, 3, 9],
            runs=2,
            seed=8,
        )
        for rows in (64, 3)
    )
    np.testing.assert_allclose(coarse.risk, fine.risk, rtol=1e-9)


def test_without_memory_it_is_signsgd():
    runs = [
        simulate(rule, STREAM, Schedule.of(1), START, times=[0, 5, 20], runs=2, seed=1).risk
        for rule in (Adam(0, 0), SIGN)
    ]
    np.testing.assert_allclose(*runs, rtol=1e-9)


def test_coordinates_without_gradients_stay():
    pool = PoolStream([[1.0, 0.0]], noise=[0.0])
    start = [1.0, 1.0]
    run = simulate(Adam(0, "1/2"), pool, Schedule.of("1/4"), start, times=[0, 0.5], runs=1, seed=0)
    assert run.risk[0].tolist() == [0.5, (1 - 1 / 8) ** 2 / 2]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((1, 0.5), "beta1 of Adam is 1"),
        ((0, -0.1), "beta2 of Adam is -1/10"),
        ((0, 0, -1), "eps of Adam is -1"),
    ],
)
def test_parameters_out_of_range(arguments, said):
    with pytest.raises(ParameterError, match=said):
        Adam(*arguments)


@pytest.mark.parametrize("value", ["sqrt(2)/2", "pi/4"])
def test_irrational_parameters_are_refused(value):
    with pytest.raises(ParameterError, match="rational"):
        Adam(0, value)


@pytest.mark.parametrize("text", ["adam", "adam(1/2)", "adam(0, 1/2, 0, 3)", "adam(0, half)", "sgd(0, 1/2)"])
def test_text_that_is_not_adam(text):
    with pytest.raises(RuleError):
        adam_from_text(text)


def test_text_is_read_back():
    for adam in (Adam(0, "1/2"), Adam("9/10", "999/1000", "1/100000000")):
        assert adam_from_text(adam.name) == adam


def test_what_adam_cannot_run_in_is_refused():
    experiment = (STREAM, Schedule.of(1), START)
    for options in ({"certified": True}, {"precision": 30}):
        with pytest.raises(RuleError):
            simulate(Adam(0, "1/2"), *experiment, times=[1], runs=1, seed=0, **options)
    with pytest.raises(StepError, match="step size"):
        simulate(Adam(0, "1/2"), STREAM, Schedule.of("1 - t"), START, times=[2], runs=1, seed=0)
