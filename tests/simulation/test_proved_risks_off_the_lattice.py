"""exact_risk of scheduled and SGD runs: the definition in more digits lies within the stated radius."""

from fractions import Fraction

import numpy as np
import pytest
from numpy.random import SeedSequence

from signsgd_sym.errors import ParameterError
from signsgd_sym.model import SGD, SIGN, Covariance, Schedule, noise_law
from signsgd_sym.simulate import GaussianStream
from signsgd_sym.simulate.literal import LiteralRunner
from signsgd_sym.simulate.scheduled import ScheduleRunner
from signsgd_sym.simulate.sgd import SgdRunner

RUNNERS = {
    "sign, eta(t)": (SIGN, "1/(3 + t)", ScheduleRunner),
    "sign, eta(R)": (SIGN, "sqrt(2*R)/2", ScheduleRunner),
    "SGD, constant": (SGD, "1/3", SgdRunner),
    "SGD, eta(t, R)": (SGD, "R/(2 + t)", SgdRunner),
}


@pytest.mark.parametrize("digits", [20, 70])
@pytest.mark.parametrize(("rule", "lr", "make"), RUNNERS.values(), ids=RUNNERS)
def test_literal_risk_lies_within_the_radius(rule, lr, make, digits):
    d = 7
    stream = GaussianStream(Covariance.ar1(d, 0.5), noise_law("Laplace(0, 1)"))
    x, eps = next(stream.blocks(SeedSequence(3)))
    delta0, schedule = np.linspace(-1, 1, d), Schedule.of(lr)
    runner = make(schedule, stream, delta0)
    literal = LiteralRunner(rule, schedule, stream, delta0, digits + 30)
    for step in range(0, 40, 20):
        signs = runner.advance(x[step : step + 20], eps[step : step + 20], step)
        assert signs.tolist() == literal.advance(x[step : step + 20], eps[step : step + 20], step).tolist()
        proved, exact = runner.exact_risk(digits), Fraction(literal.risk_digits())
        assert abs(Fraction(proved.text) - exact) <= Fraction(proved.radius) + exact / 10 ** (digits + 25)
        assert Fraction(proved.radius) <= exact / 10**digits


@pytest.mark.parametrize("make", [ScheduleRunner, SgdRunner])
def test_no_digits_are_refused_and_a_risk_of_zero_is_exact(make):
    stream = GaussianStream(Covariance.identity(2), noise_law("Dirac(0)"))
    runner = make(Schedule.of("1/(3 + t)"), stream, np.zeros(2))
    with pytest.raises(ParameterError, match="at least 1"):
        runner.exact_risk(0)
    assert str(runner.exact_risk(30)) == "0 +/- 0"
