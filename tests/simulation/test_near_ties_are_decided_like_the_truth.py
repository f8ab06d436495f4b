r"""Residuals of 10^-17, 10^-33 and 10^-49 of their terms, and of 0: the true sign, or a refusal.

eps is a float64, so that by itself it comes only within 10^-17 of <x, Delta>. But what is left then can be
cancelled by one more coordinate of x, as far as a float64 can, and what is left of that by another: each
gains another 16 digits. The truth is the definition in 150 digits, where no residual is below 10^-60.
"""

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from exact_problems import sign_of

from signsgd_sym.errors import NotConverged
from signsgd_sym.model import SGD, SIGN, Covariance, Schedule, noise_law
from signsgd_sym.notation import t
from signsgd_sym.simulate import GaussianStream, PoolStream
from signsgd_sym.simulate.formula import rule_formula, schedule_formula
from signsgd_sym.simulate.literal import LiteralRunner
from signsgd_sym.simulate.recursion import advance
from signsgd_sym.simulate.runner import SignCounts
from signsgd_sym.simulate.scheduled import ScheduleRunner
from signsgd_sym.simulate.sgd import SgdRunner

SCHEDULES = ("1/(3 + t)", "exp(-t)", "sqrt(2*R)/10", "R/((1 + R)*(t + 2))")
DIGITS, STEPS = 150, 12


def stream_of(d):
    return GaussianStream(Covariance.powerlaw(d, 1.0), noise_law("Normal(0, 1)"))


def near_ties(schedule, d, cancelled, seed, rule=SIGN, every=1):
    """Samples x and eps with residuals of 10^(-17 - 16 cancelled) along the true run, and its signs."""
    rng = np.random.default_rng(seed)
    delta0, x, eps = rng.standard_normal(d), np.zeros((STEPS, d)), np.zeros(STEPS)
    literal = LiteralRunner(rule, schedule, stream_of(d), delta0, DIGITS)
    signs = []
    for k in range(STEPS):
        delta, left = literal.delta, d - cancelled
        x[k, :left] = rng.standard_normal(left)
        terms = [delta[i] * float(x[k, i]) for i in range(left)]
        eps[k] = float(sum(terms)) if (k + 1) % every == 0 else rng.standard_normal()
        r = sum(terms) - float(eps[k])
        if (k + 1) % every:
            left = d
        for i in range(left, d):
            x[k, i] = float(-r / delta[i])
            r += delta[i] * float(x[k, i])
        assert 1e-60 < abs(r) < (10.0 ** (-13 - 14 * cancelled) if left < d or every == 1 else np.inf)
        signs.append(int(literal.advance(x[k : k + 1], eps[k : k + 1], k)[0]))
        assert signs[-1] == sign_of(r)
    return delta0, x, eps, signs, literal


def float64_signs(schedule, delta0, x, eps):
    signs, K = np.empty(len(x), np.int8), stream_of(len(delta0)).second_moment
    advance(rule_formula(SIGN.expr), schedule_formula(schedule.expr), K, x, eps, 0, delta0.copy(), signs)
    return signs.tolist()


@pytest.mark.parametrize("cancelled", [0, 1, 2])
@pytest.mark.parametrize("text", SCHEDULES)
def test_float64_goes_wrong_where_the_certified_run_does_not(text, cancelled):
    schedule, wrong = Schedule.of(text), 0
    for d in (4, 9, 40):
        delta0, x, eps, signs, literal = near_ties(schedule, d, cancelled, seed=d)
        runner = ScheduleRunner(schedule, stream_of(d), delta0)
        assert runner.advance(x, eps, 0).tolist() == signs
        assert runner.risk() == literal.risk()
        assert runner.counts().float64 <= 1 and runner.counts().certified == STEPS
        wrong += float64_signs(schedule, delta0, x, eps) != signs
    assert wrong >= 2


def test_each_level_decides_what_the_one_before_leaves_in_doubt():
    schedule = Schedule.of("1/(3 + t)")
    for cancelled, level in enumerate(("double_double", "exact", "exact")):
        delta0, x, eps, _, _ = near_ties(schedule, 20, cancelled, seed=5)
        runner = ScheduleRunner(schedule, stream_of(20), delta0)
        runner.advance(x, eps, 0)
        # Delta0 is known exactly at the first step, and so is more there than later on.
        assert getattr(runner.counts(), level) >= STEPS - 2


@pytest.mark.parametrize("text", ["1/(3 + t)", "1/(2 + R)"])
def test_sgd_proves_signs_next_to_zero_where_asked(text):
    """A step next to a tie does not move Delta of SGD; every other one is an ordinary one, which does."""
    d, schedule = 9, Schedule.of(text)
    delta0, x, eps, signs, _ = near_ties(schedule, d, 1, seed=0, rule=SGD, every=2)
    for bits in (64, 256):
        runner = SgdRunner(schedule, stream_of(d), delta0, prove_signs=True, bits=bits)
        assert runner.advance(x, eps, 0).tolist() == signs
        assert runner.counts() == SignCounts(exact=STEPS)


def test_ties_between_rational_step_sizes_are_exact_zeros():
    """x is the denominator of Delta_1 and eps its numerator: r = 0, and next to it on both sides is not 0."""
    schedule, d = Schedule.of("1/(3 + t)"), 2
    for offset in (-1, 0, 1):
        delta = [Fraction(1), Fraction(-1, 2)]
        runner = ScheduleRunner(schedule, PoolStream(np.eye(d), np.zeros(d)), np.array([1.0, -0.5]))
        for k in range(8):
            first = delta[0]
            x, eps = np.array([[float(first.denominator), 0.0]]), np.array([float(first.numerator)])
            if k % 2 == 0:
                x, eps = np.array([[1.0, 2.0]]), np.array([0.25])
            elif offset:
                eps = np.nextafter(eps, offset * np.inf)
            r = sum(Fraction(a) * b for a, b in zip(x[0].tolist(), delta, strict=True)) - Fraction(
                float(eps[0])
            )
            assert runner.advance(x, eps, k).tolist() == [sign_of(r)]
            assert r != 0 or k % 2 == 1
            h = 1 / ((3 + Fraction(k, d)) * d)
            delta = [a - h * sign_of(r) * sign_of(b) for a, b in zip(delta, x[0].tolist(), strict=True)]
        assert runner.counts().ties == (4 if offset == 0 else 0)


@pytest.mark.parametrize("text", ["exp(-1 - t)", "1/(2 + R)"])
def test_ties_that_no_step_size_touches_are_exact_zeros(text):
    """Coordinates that have moved together all the time differ by what they differed by at the start."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((20, 4))
    x[:, 1] = np.copysign(x[:, 1], x[:, 0])
    runner = ScheduleRunner(Schedule.of(text), stream_of(4), np.array([1.0, 0.25, -1.0, 0.5]))
    runner.advance(x, rng.standard_normal(20), 0)
    tie, more = np.array([[1e200, -1e200, 0.0, 0.0]]), np.nextafter(0.75e200, np.inf)
    assert runner.advance(tie, np.array([0.75e200]), 20).tolist() == [0]
    assert runner.advance(tie, np.array([more]), 21).tolist() == [-1]
    assert runner.counts().ties == 1


def test_a_tie_that_rests_on_irrational_step_sizes_is_refused():
    """eta(0) = eta(1) = sqrt(2): one step there, one back, and Delta is 1 again."""
    schedule = Schedule(sp.sqrt(2 + t * (t - 1)))
    runner = ScheduleRunner(schedule, PoolStream([[1.0]], [0.0]), np.ones(1))
    assert runner.advance(np.ones((2, 1)), np.zeros(2), 0).tolist() == [1, -1]
    with pytest.raises(
        NotConverged, match="8192 bits do not decide the sign of the residual at step 2"
    ) as caught:
        runner.advance(np.ones((1, 1)), np.ones(1), 2)
    assert "\n" not in str(caught.value) and ". " not in str(caught.value)


def test_next_to_an_irrational_tie_the_sign_is_found():
    schedule = Schedule(sp.sqrt(2 + t * (t - 1)))
    for eps, sign in ((np.nextafter(1, 0), 1), (np.nextafter(1, 2), -1)):
        runner = ScheduleRunner(schedule, PoolStream([[1.0]], [0.0]), np.ones(1))
        runner.advance(np.ones((2, 1)), np.zeros(2), 0)
        assert runner.advance(np.ones((1, 1)), np.array([eps]), 2).tolist() == [sign]
