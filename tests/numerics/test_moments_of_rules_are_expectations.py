"""Claim: the means that make up a(R, K_ii) and Sigma(R) are right, for laws of every kind and at every R."""

import numpy as np
import pytest
from scipy import integrate
from scipy.special import erf

from signsgd_sym.errors import NotConverged
from signsgd_sym.model import SIGN, Covariance, UpdateRule, noise_law
from signsgd_sym.solve.hermite_table import hermite_table
from signsgd_sym.solve.residual_law import ResidualLaw
from signsgd_sym.solve.rule_functions import quadrature_functions

LAWS = [
    "Normal(1/2, 1)", "Laplace(0, 1)", "Cauchy(0, 1/2)", "Rademacher(1)", "Exponential(1)",
    "Laplace(1, 1)", "Uniform(-1, 2)",
]  # fmt: skip
RISKS = [1e-6, 1e-4, 0.3, 50.0]


@pytest.mark.parametrize("law", LAWS)
def test_mean_of_a_gaussian_of_the_residual_is_phi(law, problem):
    """E exp(-r^2/(2 s)) = sqrt(s/(s + 2 R)) (pi/2) phi(R + s/2): phi comes from another derivation."""
    residual, phi, s = ResidualLaw.of(noise_law(law), 1e-4, 50.0), problem(law).module.phi, 0.7
    for R in RISKS:
        even, _ = residual.weights(R)
        exact = np.sqrt(s / (s + 2 * R)) * np.pi / 2 * float(phi(R + s / 2))
        assert abs(even @ np.exp(-(residual.grid.nodes**2) / (2 * s)) / exact - 1) < 1e-9


@pytest.mark.parametrize("law", LAWS)
def test_the_sign_of_the_residual_responds_as_phi(law, problem):
    residual, phi = ResidualLaw.of(noise_law(law), 1e-4, 50.0), problem(law).module.phi
    for R in RISKS:
        _, odd = residual.weights(R)
        exact = np.sqrt(np.pi / 2) * float(phi(R)) / np.sqrt(2 * R)
        assert abs(np.sum(odd) - exact) < 1e-9 * exact + 1e-12


@pytest.mark.parametrize(
    ("text", "h_1"),
    [
        ("sign", lambda u: np.full(u.shape, np.sqrt(2 / np.pi))),
        ("sgd", lambda u: u),
        ("clip(2)", lambda u: u * erf(2 / (u * np.sqrt(2)))),
        ("dither(1/2)", lambda u: np.sqrt(2 / np.pi) * u / np.sqrt(1 / 4 + u**2)),
    ],
)
def test_first_coefficient(text, h_1):
    u = np.exp(np.linspace(-12, 12, 25))
    table = hermite_table(UpdateRule.from_text(text), u, 1)
    np.testing.assert_allclose(table.h[0], h_1(u), rtol=1e-12)


def test_moments_of_a_sine_are_those_of_the_characteristic_function():
    """E[sin(u X) X] = u exp(-u^2/2), E sin(u X)^2 = (1 - exp(-2 u^2))/2, as far as panels follow the sine."""
    table = hermite_table(UpdateRule("sin(z)"), np.geomspace(1e-3, 1e5, 60), 1)
    u = table.u[table.u < table.limit]
    assert 1000 < table.limit < 1e4 and table.error < 1e-7
    np.testing.assert_allclose(table.h[0, : len(u)], u * np.exp(-(u**2) / 2), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(table.square[: len(u)], -np.expm1(-2 * u**2) / 2, rtol=2e-7)
    assert not table.h[0, len(u) :].any() and not table.square[len(u) :].any()


@pytest.mark.parametrize("R", [1e-4, 0.4, 50.0])
def test_coefficients_of_a_sine_under_laplace_noise_are_those_of_its_characteristic_function(R):
    """E cos(r x) = exp(-R x^2)/(1 + b^2 x^2) given x, and Stein's identity in G gives the drift."""
    functions = quadrature_functions(
        UpdateRule("sin(z)"), noise_law("Laplace(0, 1/2)"), Covariance.identity(2), 0.4
    )

    def mean(q):
        return integrate.quad(
            lambda x: q(x) * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi), -np.inf, np.inf, epsabs=1e-13
        )[0]

    rate = mean(lambda x: x**2 * np.exp(-R * x**2) / (1 + x**2 / 4))
    square = mean(lambda x: (1 - np.exp(-4 * R * x**2) / (1 + x**2)) / 2)
    np.testing.assert_allclose(functions.rates(R), rate, rtol=1e-9)
    np.testing.assert_allclose(functions.squares(R), square, rtol=1e-9)


def test_a_sine_is_refused_at_risks_where_it_is_not_followed():
    functions = quadrature_functions(
        UpdateRule("sin(z)"), noise_law("Normal(0, 1)"), Covariance.identity(2), 0.4
    )
    with pytest.raises(NotConverged, match=r"sin\(z\) do not settle.*R = 1e\+08.*too many oscillations"):
        functions.squares(1e8)


def test_coefficients_of_sign_are_those_of_the_arcsine():
    """sum h_m^2 rho^m = (2/pi) asin(rho)."""
    table = hermite_table(SIGN, np.array([3.0]), 61)
    for rho in (0.3, -0.6):
        series = np.sum(table.h[:, 0] ** 2 * rho**table.orders)
        assert abs(series - 2 / np.pi * np.arcsin(rho)) < 1e-9
        assert abs(series - 2 / np.pi * rho) > 1e-3


def test_dithered_sign_has_a_closed_second_moment():
    """E[erf erf | r] = (2/pi) asin(C u_i u_j/sqrt((s^2 + u_i^2)(s^2 + u_j^2))), averaged over r."""
    K = np.array([[1.0, 0.6, -0.2], [0.6, 2.0, 0.3], [-0.2, 0.3, 0.5]])
    s, R, v = 0.5, 0.4, 0.3
    functions = quadrature_functions(
        UpdateRule.from_text("dither(1/2)"), noise_law("Normal(0, 3/10)"), Covariance.from_matrix(K), R
    )
    found, rates = functions.second_moment(R), functions.rates(R)
    sd = np.sqrt(2 * R + v**2)
    for i in range(3):

        def slope(r, k=K[i, i]):
            return np.sqrt(2 / np.pi) * s**2 / (s**2 + k * r**2) ** 1.5 * density(r)

        def density(r):
            return np.exp(-((r / sd) ** 2) / 2) / (sd * np.sqrt(2 * np.pi))

        assert abs(rates[i] - integrate.quad(slope, -12 * sd, 12 * sd, epsabs=1e-12)[0]) < 1e-9
        for j in range(3):

            def pair(r, i=i, j=j):
                u, w = K[i, i] * r**2, K[j, j] * r**2
                return 2 / np.pi * np.arcsin(K[i, j] * r**2 / np.sqrt((s**2 + u) * (s**2 + w))) * density(r)

            exact = integrate.quad(pair, -12 * sd, 12 * sd, epsabs=1e-12)[0]
            assert abs(found[i, j] - exact) < 1e-9


def test_many_variances_are_interpolated():
    covariance = Covariance.random_unequal(60, seed=2, log_sd=0.5)
    rule, law = UpdateRule.from_text("tanh"), noise_law("Laplace(0, 1)")
    few = quadrature_functions(rule, law, covariance, 1.0)
    each = quadrature_functions(rule, law, covariance, 1.0, distinct=60)
    assert len(few.variances) == 16 and len(each.variances) == 60
    np.testing.assert_allclose(few.rates(0.7), each.rates(0.7), rtol=1e-7)
    np.testing.assert_allclose(few.second_moment(0.7), each.second_moment(0.7), atol=1e-7)
