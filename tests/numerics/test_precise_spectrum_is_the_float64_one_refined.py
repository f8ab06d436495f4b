"""`precise_spectrum` and `spectrum` agree to float64, and a diagonal covariance needs no eigenvectors."""

import numpy as np
import pytest
from flint import arb, ctx

from signsgd_sym.balls.ball import precision
from signsgd_sym.errors import NotPositiveDefinite, ParameterError, ShapeMismatch
from signsgd_sym.model import SGD, SIGN, Covariance
from signsgd_sym.model.positive_definite import factor
from signsgd_sym.model.structure import Dense
from signsgd_sym.solve.precise_spectrum import precise_spectrum
from signsgd_sym.solve.spectrum import spectrum

COVARIANCES = {
    "unequal": Covariance.random_unequal(30, 5),
    "ar1": Covariance.ar1(30, 0.5),
    "power law": Covariance.powerlaw(30, 1.0),
}
PARTS = "lam", "forcing", "r0"
rules = pytest.mark.parametrize("rule", [SIGN, SGD], ids=str)


def start(d):
    return np.random.default_rng(2).standard_normal(d)


def floats(numbers):
    return np.array([float(x) for x in numbers])


@rules
@pytest.mark.parametrize("name", COVARIANCES)
def test_float64_agrees_to_twelve_digits(ode, rule, name):
    K = COVARIANCES[name]
    fast = spectrum(ode[rule].sde, K, start(K.d))
    precise = precise_spectrum(ode[rule].sde, K, start(K.d), 30)
    for part in PARTS:
        values = getattr(fast, part)
        assert np.max(np.abs(values - floats(getattr(precise, part)))) < 1e-12 * np.max(values)
    assert precise.residual < -30


@rules
def test_a_diagonal_covariance_is_the_dense_one(ode, rule):
    fast = COVARIANCES["power law"]
    dense = Covariance(Dense(fast.K, factor(fast.K)), "dense")
    left, right = (precise_spectrum(ode[rule].sde, K, start(30), 40) for K in (fast, dense))
    with precision(200):
        for part in PARTS:  # the variances fall with the index
            one, other = getattr(left, part)[::-1], getattr(right, part)
            assert all(abs(x / y - 1) < arb(10) ** -40 for x, y in zip(one, other, strict=True))
            assert any(abs(x / y - 1) > 0.01 for x, y in zip(one, other[1:], strict=False))


@rules
def test_a_dimension_of_one_has_one_mode(ode, rule):
    modes = precise_spectrum(ode[rule].sde, Covariance.ar1(1, 0.5), np.array([3.0]), 20)
    assert floats((*modes.lam, *modes.forcing, *modes.r0)).tolist() == [1.0, 0.5, 4.5]


def test_the_callers_precision_is_left_alone(ode):
    before = ctx.prec
    precise_spectrum(ode[SIGN].sde, COVARIANCES["ar1"], start(30), 60)
    assert ctx.prec == before


def test_bad_input_is_refused(ode):
    sde, K = ode[SIGN].sde, COVARIANCES["ar1"]
    with pytest.raises(ShapeMismatch, match="give 30 numbers"):
        precise_spectrum(sde, K, np.ones(29), 30)
    with pytest.raises(ParameterError, match="digits is 10, but it must be an integer of at least 15"):
        precise_spectrum(sde, K, np.ones(30), 10)
    with pytest.raises(ParameterError, match=r"take .* GB, but half of the memory is .* at most \d+ digits"):
        precise_spectrum(sde, K, np.ones(30), 10**9)


def test_a_matrix_that_is_not_positive_definite_is_refused(ode):
    K = np.array([[1.0, 0.5], [0.5, 0.25]]) + np.diag([0, -(2.0**-54)])
    with pytest.raises(NotPositiveDefinite):
        precise_spectrum(ode[SGD].sde, Covariance(Dense(K, K)), np.ones(2), 30)
