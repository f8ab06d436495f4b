"""R, the drift and a second moment at N digits against mpmath, and what the SDE linearises away."""

import mpmath
import numpy as np
import pytest

from signsgd_sym.errors import ParameterError
from signsgd_sym.model import SGD, SIGN, Covariance, noise_law
from signsgd_sym.solve.functions import make_problem
from signsgd_sym.solve.precise_step import precise_step

DIGITS = 35
K = Covariance.from_matrix([[2.0, 0.5, 0.25], [0.5, 1.0, -0.125], [0.25, -0.125, 0.5]])
DELTA = np.array([0.5, -1.0, 0.75])


@pytest.fixture(autouse=True)
def _precision():
    with mpmath.workdps(DIGITS + 15):
        yield


def at_delta():
    """K Delta, R and rho_i in mpmath."""
    gradient = mpmath.matrix(K.K.tolist()) * mpmath.matrix(DELTA.tolist())
    risk = sum(mpmath.mpf(x) * y for x, y in zip(DELTA.tolist(), gradient, strict=True)) / 2
    variances = [mpmath.mpf(float(k)) for k in K.diagonal]
    return gradient, risk, [y / mpmath.sqrt(k * 2 * risk) for y, k in zip(gradient, variances, strict=True)]


def holds(decimal, exact):
    assert abs(mpmath.mpf(decimal.text) - exact) <= mpmath.mpf(decimal.radius)
    assert mpmath.mpf(decimal.radius) <= abs(exact) * mpmath.mpf(10) ** -DIGITS


@pytest.mark.parametrize("law", ["Normal(0, 1/2)", "Laplace(0, 1)", "Rademacher(1)"])
def test_the_mean_of_a_sign_is_that_of_owens_function(law):
    """E 4 T(eps/sqrt(2 R), rho/sqrt(1 - rho^2)), T as the integral that defines it."""
    step = precise_step(make_problem(SIGN, noise_law(law)), K, DELTA, DIGITS, coordinates=[0, 2])
    _, risk, rhos = at_delta()
    holds(step.risk, risk)
    for mean in step.means:
        rho = rhos[mean.coordinate]
        holds(mean.rho, rho)
        holds(mean.exact, mean_of_owens_function(MEAN_EXPONENTIAL[law], risk, rho))
        assert mean.difference == pytest.approx(
            abs(float(mpmath.mpf(mean.linear.text) / mpmath.mpf(mean.exact.text) - 1)), rel=1e-12
        )
        assert mean.difference < 1.1 * float(rho) ** 2  # the remainder is O(rho^3)


MEAN_EXPONENTIAL = {
    "Normal(0, 1/2)": lambda c: 1 / mpmath.sqrt(1 + c / 2),
    "Laplace(0, 1)": lambda c: (
        mpmath.sqrt(mpmath.pi / c) / 2 * mpmath.exp(1 / (4 * c)) * mpmath.erfc(1 / (2 * mpmath.sqrt(c)))
    ),
    "Rademacher(1)": lambda c: mpmath.exp(-c),
    "Logistic(0, 1)": lambda c: mpmath.quad(
        lambda x: mpmath.exp(-c * x**2) * mpmath.sech(x / 2) ** 2 / 2, [0, 2, 8, 40]
    ),
}
"""E exp(-c eps^2)."""


def mean_of_owens_function(mean_exponential, risk, rho):
    a = rho / mpmath.sqrt(1 - rho**2)
    average = mpmath.quad(lambda x: mean_exponential((1 + x**2) / (4 * risk)) / (1 + x**2), [0, a])
    return 2 / mpmath.pi * average


def test_where_phi_has_no_closed_form_the_mean_is_enclosed_all_the_same():
    step = precise_step(make_problem(SIGN, noise_law("Logistic(0, 1)")), K, DELTA, 15, coordinates=[0])
    with mpmath.workdps(18):
        _, risk, rhos = at_delta()
        exact = mean_of_owens_function(MEAN_EXPONENTIAL["Logistic(0, 1)"], risk, rhos[0])
        assert abs(mpmath.mpf(step.means[0].exact.text) - exact) < 1e-15


def test_sgd_has_the_gradient_itself_and_linearising_changes_nothing():
    step = precise_step(make_problem(SGD, noise_law("Laplace(0, 1)")), K, DELTA, DIGITS, coordinates=[1, 0])
    gradient, risk, _ = at_delta()
    for mean in step.means:
        holds(mean.exact, gradient[mean.coordinate])
        assert mean.difference == 0.0
    holds(step.scale, 2 * risk + 2)  # E r^2 = 2 R + E eps^2
    holds(step.pair.value, mpmath.mpf("0.5"))
    assert step.pair.coordinates == (1, 0)


def test_second_moment_of_signs_is_the_arcsine():
    step = precise_step(make_problem(SIGN, noise_law("Normal(0, 1)")), K, DELTA, DIGITS, coordinates=[0])
    assert step.pair.coordinates == (0, 1)
    holds(step.pair.value, 2 / mpmath.pi * mpmath.asin(mpmath.mpf("0.5") / mpmath.sqrt(2)))


def test_coordinates_with_the_largest_correlation_are_the_default():
    step = precise_step(make_problem(SIGN, noise_law("Normal(0, 1)")), K, DELTA, 20)
    sizes = [abs(float(mean.rho.text)) for mean in step.means]
    assert sizes == sorted(sizes, reverse=True) and len(sizes) == 3


def test_a_diagonal_covariance_has_no_neighbours():
    step = precise_step(make_problem(SIGN, noise_law("Dirac(0)")), Covariance.identity(4), np.ones(4), 20)
    assert step.pair is None
    assert step.means[0].exact.text.startswith("0.33333333333333333333")  # (2/pi) arcsin(1/2)


def test_bad_digits_are_refused_in_words():
    with pytest.raises(ParameterError, match="at least 15"):
        precise_step(make_problem(SGD, noise_law("Dirac(0)")), K, DELTA, 3)
