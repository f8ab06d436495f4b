r"""With a step size that varies, and for SGD: the signs of 60 digits, and their risk within the radius.

60 digits are far more than these short runs lose: their own error is below 10^-50 of the risk.
"""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from flint import ctx
from numpy.random import SeedSequence

from signsgd_sym.errors import ParameterError
from signsgd_sym.model import SGD, SIGN, Covariance, Schedule, noise_law
from signsgd_sym.simulate import GaussianStream, PoolStream, simulate
from signsgd_sym.simulate.fixed_point import power_of_two
from signsgd_sym.simulate.literal import LiteralRunner
from signsgd_sym.simulate.runner import SignCounts
from signsgd_sym.simulate.scheduled import ScheduleRunner
from signsgd_sym.simulate.sgd import SgdRunner

LAWS = ("Normal(0, 1)", "Cauchy(0, 1/2)", "Laplace(0, 2)", "StudentT(3/2)")
SCHEDULES = {
    "constant": "1/3",
    "t": "1/(3 + t)",
    "t, transcendental": "exp(-t)",
    "t, in pieces": "Max(1/5, 1/2 - t)",
    "R": "1/(2 + R)",
    "R, proportional to its root": "sqrt(R)/(5 + R)",
    "t and R": "R/((1 + R)*(t + 2))",
}
COVARIANCES = {
    "diagonal": lambda d: Covariance.powerlaw(d, 1.0),
    "dense": lambda d: Covariance.random_unequal(d, seed=1),
}
STEPS, DIGITS = 40, 60
LITERAL_ERROR = Fraction(1, 10**50)


def samples(d, law, covariance="diagonal", steps=STEPS):
    stream = GaussianStream(COVARIANCES[covariance](d), noise_law(law))
    x, eps = next(stream.blocks(SeedSequence(d)))
    return stream, x[:steps].copy(), eps[:steps].copy(), np.random.default_rng(d).standard_normal(d)


def exactly(number):
    sign, mantissa, exponent, _ = number._mpf_
    return (-1) ** sign * Fraction(int(mantissa)) * power_of_two(exponent)


def bounds(interval):
    unit = power_of_two(interval.unit)
    return (interval.middle - interval.radius) * unit, (interval.middle + interval.radius) * unit


def assert_risk_is_within_its_radius(runner, literal):
    truth = exactly(literal.precise_risk())
    low, high = bounds(runner.risk_interval())
    slack = LITERAL_ERROR * truth
    assert low - slack <= truth <= high + slack
    assert abs(Fraction(runner.risk()) - truth) <= Fraction(runner.risk_radius()) + slack
    assert runner.risk_radius() <= 2.0**-52 * runner.risk()


@pytest.mark.parametrize("covariance", COVARIANCES)
@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
@pytest.mark.parametrize("d", [2, 5, 33, 60])
def test_signs_and_risk_of_a_schedule(d, schedule, covariance):
    for law in LAWS:
        stream, x, eps, delta0 = samples(d, law, covariance)
        literal = LiteralRunner(SIGN, Schedule.of(schedule), stream, delta0, DIGITS)
        runner = ScheduleRunner(Schedule.of(schedule), stream, delta0)
        np.testing.assert_array_equal(runner.advance(x, eps, 0), literal.advance(x, eps, 0))
        assert runner.counts().certified == STEPS and runner.counts().uncertified == 0
        assert_risk_is_within_its_radius(runner, literal)


@pytest.mark.parametrize("covariance", COVARIANCES)
@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
@pytest.mark.parametrize("d", [2, 5, 33])
def test_signs_and_risk_of_sgd(d, schedule, covariance):
    for law in LAWS:
        stream, x, eps, delta0 = samples(d, law, covariance)
        literal = LiteralRunner(SGD, Schedule.of(schedule), stream, delta0, DIGITS)
        runner = SgdRunner(Schedule.of(schedule), stream, delta0, prove_signs=True)
        np.testing.assert_array_equal(runner.advance(x, eps, 0), literal.advance(x, eps, 0))
        assert runner.counts() == SignCounts(exact=STEPS)
        assert_risk_is_within_its_radius(runner, literal)


@pytest.mark.parametrize(("rule", "runner_of"), [(SIGN, ScheduleRunner), (SGD, SgdRunner)])
@pytest.mark.parametrize("schedule", ["1/(3 + t)", "1/(2 + R)"])
def test_cutting_a_run_changes_nothing(rule, runner_of, schedule):
    stream, x, eps, delta0 = samples(7, "Normal(0, 1)")
    whole, cut = (runner_of(Schedule.of(schedule), stream, delta0) for _ in range(2))
    signs = whole.advance(x, eps, 0).tolist()
    pieces = [cut.advance(x[a:b], eps[a:b], a).tolist() for a, b in ((0, 1), (1, 6), (6, STEPS))]
    assert [sign for piece in pieces for sign in piece] == signs
    assert cut.risk() == whole.risk() and cut.counts() == whole.counts()


def test_more_steps_than_fixed_point_takes_at_a_time():
    """2,500 steps: the low parts are folded into the high ones, and Delta grows beyond its first range."""
    stream, delta0 = PoolStream([[1.0, -2.0]], noise=[0.0]), np.array([1e-9, 2e-9])
    rng = np.random.default_rng(0)
    x, eps = rng.standard_normal((2500, 2)), 1e3 * rng.standard_normal(2500)
    schedule = Schedule.of("1000/(3 + t)")
    literal = LiteralRunner(SIGN, schedule, stream, delta0, DIGITS)
    runner = ScheduleRunner(schedule, stream, delta0)
    np.testing.assert_array_equal(runner.advance(x, eps, 0), literal.advance(x, eps, 0))
    assert_risk_is_within_its_radius(runner, literal)
    assert np.abs(runner._delta.low).max() <= np.ldexp(1.0, runner._delta.unit + 41)


def test_a_radius_that_feeds_on_itself_is_renewed():
    """eta changes steeply with R, so that the bound of the error grows by some bits a step."""
    stream, x, eps, delta0 = samples(12, "Normal(0, 1)", steps=100)
    schedule = Schedule.of("1 + sin(100*R)/2")
    literal = LiteralRunner(SIGN, schedule, stream, delta0, 400)
    runner = ScheduleRunner(schedule, stream, delta0)
    np.testing.assert_array_equal(runner.advance(x, eps, 0), literal.advance(x, eps, 0))
    assert runner._replay.bits >= 512  # 256 were not enough
    assert_risk_is_within_its_radius(runner, literal)


def test_sgd_is_computed_again_with_more_bits():
    """64 bits do not hold the risk to 2^-60 of itself for long."""
    stream, x, eps, delta0 = samples(5, "Normal(0, 1)", steps=200)
    few, many = (SgdRunner(Schedule.of("1/(3 + t)"), stream, delta0, bits=bits) for bits in (64, 512))
    for runner in (few, many):
        runner.advance(x, eps, 0)
    assert few.risk() == many.risk() and few.risk_radius() == pytest.approx(many.risk_radius(), rel=1e-2)
    assert few._iterate.bits > 64


def test_sgd_with_steps_beyond_two_over_x_squared():
    """Steps that enlarge errors: |x|^2 h up to 7; the radius grows with them, and contains the truth."""
    stream, x, eps, delta0 = samples(3, "Normal(0, 1)", steps=60)
    schedule = Schedule.of("3/(1 + t/10)")
    literal = LiteralRunner(SGD, schedule, stream, delta0, 150)
    literal.advance(x, eps, 0)
    runner = SgdRunner(schedule, stream, delta0)
    runner.advance(x, eps, 0)
    assert runner._iterate.rho > 10**4
    assert_risk_is_within_its_radius(runner, literal)


def test_zero_residual_and_zero_coordinate_move_nothing():
    x, eps = np.array([[2.0, 0.0, -1.0], [0.0, 0.0, 0.0], [0.0, 0.0, 3.0]]), np.array([1.0, 0.0, 2.5])
    stream = PoolStream(np.eye(3), np.zeros(3))
    for schedule in ("1/(3 + t)", "1/(2 + R)", "1/4"):
        runner = ScheduleRunner(Schedule.of(schedule), stream, np.ones(3))
        assert runner.advance(x, eps, 0).tolist() == [0, 0, 1]
        assert runner._delta.integers()[:2] == [1 << -runner._delta.unit] * 2
        assert runner.counts().ties == 2
        sgd = SgdRunner(Schedule.of(schedule), stream, np.ones(3), prove_signs=True)
        assert sgd.advance(x, eps, 0).tolist() == [0, 0, 1]
        assert sgd.counts() == SignCounts(exact=3, ties=2)


@pytest.mark.parametrize(("rule", "schedule"), list(product([SIGN, SGD], ["1/(3 + t)", "1/(2 + R)"])))
def test_ensembles_state_the_error_of_each_risk(rule, schedule):
    stream = GaussianStream(Covariance.powerlaw(4, 1.0), noise_law("Laplace(0, 1)"))
    arguments = {"times": [0, 2, 5], "runs": 3, "seed": 3}
    certified = simulate(rule, stream, Schedule.of(schedule), np.ones(4), certified=True, **arguments)
    digits = simulate(rule, stream, Schedule.of(schedule), np.ones(4), precision=40, **arguments)
    assert certified.risk_radius.shape == certified.risk.shape
    # The digits come as float64, half a unit in the last place away.
    assert (np.abs(certified.risk - digits.risk) <= certified.risk_radius + np.spacing(digits.risk) / 2).all()
    assert (certified.risk_radius <= 2.0**-52 * certified.risk).all()
    assert certified.signs.certified == (60 if rule is SIGN else 0) and certified.signs.uncertified == 0
    assert np.isnan(digits.risk_radius).all()


@pytest.mark.parametrize(("rule", "runner_of"), [(SIGN, ScheduleRunner), (SGD, SgdRunner)])
def test_risk_in_decimals_is_that_of_more_digits(rule, runner_of):
    stream, x, eps, delta0 = samples(6, "Laplace(0, 2)")
    literal = LiteralRunner(rule, Schedule.of("exp(-t)"), stream, delta0, 220)
    runner = runner_of(Schedule.of("exp(-t)"), stream, delta0)
    for one in (literal, runner):
        one.advance(x, eps, 0)
    truth = exactly(literal.precise_risk())
    for digits in (1, 15, 50, 200):
        shown = runner.exact_risk(digits)
        assert abs(Fraction(shown.text) - truth) <= Fraction(shown.radius) <= truth / 10**digits
    with pytest.raises(ParameterError, match="digits is 0"):
        runner.exact_risk(0)


@pytest.mark.parametrize(("rule", "schedule"), [(SIGN, "1/(2 + R)"), (SGD, "exp(-t)")])
def test_threads_do_not_disturb_one_another(rule, schedule):
    """FLINT has one precision for all threads; runs take turns with it, and leave it as it was."""
    stream = GaussianStream(Covariance.powerlaw(4, 1.0), noise_law("Normal(0, 1)"))
    arguments = {"times": [0, 10], "runs": 8, "seed": 0, "certified": True}
    before = ctx.prec
    one, four = (
        simulate(rule, stream, Schedule.of(schedule), np.ones(4), workers=n, **arguments) for n in (1, 4)
    )
    assert one.risk.tolist() == four.risk.tolist() and one.risk_radius.tolist() == four.risk_radius.tolist()
    assert ctx.prec == before
