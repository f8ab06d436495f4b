r"""The definition in N digits: any rule, any schedule, a context of its own, and runs that can be ended."""

import threading

import mpmath
import numpy as np
import pytest
import sympy as sp
from recursion_cases import RULES, SCHEDULES

from signsgd_sym.model import SGD, SIGN, Covariance, Schedule, UpdateRule, noise_law
from signsgd_sym.notation import z
from signsgd_sym.simulate import GaussianStream, PoolStream, SimulationInterrupted, simulate
from signsgd_sym.simulate.literal import LiteralRunner

MORE_RULES = {
    **RULES,
    "sine integral": sp.Si(z),
    "Bessel": sp.besselj(1, z),
    "constants": sp.pi * sp.E * sp.EulerGamma * z,
}
NO_FLOAT64 = {"sine integral", "Bessel"}
STREAM = GaussianStream(Covariance.random_unequal(4, seed=1), noise_law("Laplace(0, 1)"))
STEP = Schedule.of("1/20")
ARGUMENTS = {"delta0": [1.0, -0.5, 0.25, 2.0], "times": [0, 2, 5], "runs": 2, "seed": 3}


@pytest.mark.parametrize("rule", MORE_RULES)
def test_every_rule_agrees_with_float64(rule):
    expr = MORE_RULES[rule]
    digits = simulate(UpdateRule(expr, rule), STREAM, STEP, precision=30, **ARGUMENTS)
    if rule in NO_FLOAT64:  # the compiled recursion has no such function: 40 digits instead
        other = simulate(UpdateRule(expr, rule), STREAM, STEP, precision=40, **ARGUMENTS)
    else:
        other = simulate(UpdateRule(expr, rule), STREAM, STEP, certified=False, **ARGUMENTS)
    np.testing.assert_allclose(digits.risk, other.risk, rtol=1e-11)
    assert digits.signs.certified == 0  # digits are not a proof


@pytest.mark.parametrize("eta", SCHEDULES)
@pytest.mark.parametrize("rule", [SIGN, SGD])
def test_every_schedule_agrees_with_float64(rule, eta):
    schedule = Schedule(SCHEDULES[eta])
    digits = simulate(rule, STREAM, schedule, precision=30, **ARGUMENTS)
    float64 = simulate(rule, STREAM, schedule, certified=False, **ARGUMENTS)
    np.testing.assert_allclose(digits.risk, float64.risk, rtol=1e-11)


def test_more_digits_agree_in_the_digits_of_fewer():
    x, eps = next(STREAM.blocks(np.random.SeedSequence(0)))
    risks = []
    for digits in (40, 80):
        runner = LiteralRunner(
            UpdateRule(sp.tanh(z), "tanh"), Schedule.of("1/(3 + t)"), STREAM, np.ones(4), digits
        )
        runner.advance(x[:50], eps[:50], 0)
        risks.append(sp.Rational(runner.risk_digits()))
    assert 0 < abs(risks[0] / risks[1] - 1) < sp.Rational(1, 10**36)


def test_geometric_decay_is_exact():
    ones = PoolStream([[1.0]], noise=[0.0])
    runner = LiteralRunner(SGD, Schedule.of("1/4"), ones, np.ones(1), 60)
    runner.advance(np.ones((40, 1)), np.zeros(40), 0)
    assert sp.Rational(3, 4) ** 80 / 2 - sp.Rational(runner.risk_digits()) < sp.Rational(1, 10**69)


def test_global_precision_is_neither_used_nor_changed():
    seen, stop = set(), threading.Event()

    def watch():
        while not stop.is_set():
            seen.add(mpmath.mp.dps)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with mpmath.workdps(17):
            low = simulate(SGD, STREAM, Schedule.of("1/(3 + t)"), precision=40, **ARGUMENTS)
    finally:
        stop.set()
        watcher.join()
    assert seen <= {15, 17}
    assert (
        low.risk.tolist()
        == simulate(SGD, STREAM, Schedule.of("1/(3 + t)"), precision=40, **ARGUMENTS).risk.tolist()
    )


def test_interruption_keeps_the_finished_runs():
    def interrupt_when_two_are_done(done, total):
        if done >= 2 * total / 500:
            raise KeyboardInterrupt

    with pytest.raises(SimulationInterrupted, match="of 500 runs finished") as caught:
        simulate(
            SIGN,
            STREAM,
            Schedule.of("1/3"),
            precision=50,
            workers=1,
            progress=interrupt_when_two_are_done,
            **{**ARGUMENTS, "runs": 500, "times": [0, 100]},
        )
    partial = caught.value.partial
    assert 2 <= partial.runs < 500
    assert partial.replicates.tolist() == list(range(partial.runs))


def test_a_run_in_digits_is_ended_within_a_step():
    """One block of the stream has 4096 rows and would take seconds."""
    seen = []

    def interrupt(done, total):
        seen.append(done)
        if done:
            raise KeyboardInterrupt

    with pytest.raises(SimulationInterrupted):
        simulate(
            SIGN, STREAM, Schedule.of("1/3"), precision=2000, workers=1, progress=interrupt,
            **{**ARGUMENTS, "runs": 1, "times": [0, 1e6]},
        )  # fmt: skip
    assert 0 < seen[-1] < 4096


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_zero_coordinate_and_zero_residual_move_nothing(rule):
    runner = LiteralRunner(UpdateRule(rule, "rule"), STEP, PoolStream([[1.0] * 3], [0.0]), np.ones(3), 30)
    assert runner.advance(np.array([[2.0, 0.0, -1.0]]), np.ones(1), 0).tolist() == [0]
    assert runner.delta == [1, 1, 1]
    assert runner.advance(np.array([[2.0, 0.0, -1.0]]), np.full(1, 0.5), 1).tolist() == [1]
    assert runner.delta[0] < 1 == runner.delta[1] < runner.delta[2]
