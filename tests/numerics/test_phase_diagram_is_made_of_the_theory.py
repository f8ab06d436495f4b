"""Claim: a point of the phase diagram is what the package computes at that point by its other ways."""

import numpy as np
import pytest

from signsgd_sym.errors import ParameterError
from signsgd_sym.model import SGD, SIGN
from signsgd_sym.solve.phase import Conditions, covariance_of, phase_diagram
from signsgd_sym.solve.risk import risk_curve

BASE = Conditions(noise=0.5, tail=3, exponent=1, spread=0.7, lr=0.2, time=3, d=16)


@pytest.fixture(scope="module")
def diagram():
    return phase_diagram("noise", [0.1, 0.5], "tail", [2.0, 3.0], BASE)


def test_a_point_is_two_risk_curves(diagram, problem):
    K, law = covariance_of(BASE), "1/2*StudentT(3)"
    sign = risk_curve(law, K, 0.2, 3, points=2, problem=problem(law))
    made = sign.problem.module
    unit = K.trace / K.trace_D
    step = 0.2 * float(made.drift_rate(sign.risk[0])) / unit
    sgd = risk_curve(law, K, step, 3, points=2, problem=problem(law, SGD))
    assert diagram.risk[1, 1] == pytest.approx(np.log(sgd.risk[-1] / sign.risk[-1]), abs=1e-6)
    # At rest, SGD at the step that matches signSGD's there.
    at_rest = sign.stationary
    matched = 0.2 * float(made.drift_rate(at_rest)) / unit
    sgd_at_rest = risk_curve(law, K, matched, 3, points=2, problem=problem(law, SGD)).stationary
    share = [R / (R + 3 / 8) for R in (at_rest, sgd_at_rest)]
    assert diagram.rest[1, 1] == pytest.approx(np.log(share[1] / share[0]), abs=1e-6)
    assert sign.problem.ode.sde.rule == SIGN


def test_the_rate_is_a_ratio_of_condition_numbers(diagram):
    K = covariance_of(BASE)
    of_sgd = np.trace(K.K) / np.linalg.eigvalsh(K.K)[0]
    of_sign = np.sum(K.D) / np.linalg.eigvals(K.Kbar).real.min()
    assert diagram.rate[0, 0] == pytest.approx(np.log(4 * of_sgd / (np.pi**2 * of_sign)), abs=1e-9)


def test_without_a_variance_sgd_has_nothing_to_set_against(diagram):
    assert np.all(np.isposinf(diagram.rest[0]))
    assert np.all(np.isposinf(diagram.risk[0]))
    assert np.all(np.isfinite(diagram.rest[1]))


@pytest.mark.parametrize(
    ("axes", "named"),
    [
        (("noise", [1.0], "momentum", [1.0]), "'momentum' is not an axis"),
        (("noise", ["a"], "tail", [3.0]), "noise is 'a', which is not a number"),
        (("noise", [1.0], "tail", [None]), "tail is None, which is not a number"),
        (("noise", [], "tail", [3.0]), "the axis 'noise' has no values"),
        (("noise", [1.0], "tail", []), "the axis 'tail' has no values"),
        (("noise", [1.0], "noise", [1.0]), "take two different ones"),
        (("noise", [-1.0], "tail", [3.0]), "noise is -1.0"),
        (("spread", [1.0], "exponent", [float("nan")]), "exponent is nan"),
    ],
)
def test_bad_axes_are_refused_in_a_sentence(axes, named):
    with pytest.raises(ParameterError, match=named):
        phase_diagram(*axes)
