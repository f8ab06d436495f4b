"""The mean sign of a minibatch gradient is Student's law; its neighbours are off by what is claimed."""

import numpy as np
import pytest
import sympy as sp
from scipy.integrate import quad
from scipy.special import erfc
from scipy.stats import chi, multivariate_normal, norm, t

from signsgd_sym.balls import enclose
from signsgd_sym.derive.weak.any_noise import any_gradient_noise
from signsgd_sym.derive.weak.gradient_noise import gradient_noise_mean, gradient_noise_pair
from signsgd_sym.derive.weak.minibatch import minibatch_normal_limit
from signsgd_sym.derive.weak.phases import intermediate_phase, saturated_phase, transient_phase
from signsgd_sym.derive.weak.regression import regression_sde
from signsgd_sym.errors import ParameterError
from signsgd_sym.model import noise_law
from signsgd_sym.notation import Sigma_ii, Y, batch, below, eps, eta, grad_i, mu_i, mu_j, q, rho
from signsgd_sym.solve.minibatch import minibatch_means


@pytest.fixture(scope="module")
def means():
    return minibatch_means()


@pytest.mark.parametrize("b", [1, 2, 5, 40])
def test_the_mean_is_student_s_law_and_an_average_over_the_chi_law(means, b):
    for r in (-0.7, 0.05, 0.9):
        student = 2 * t.cdf(np.sqrt(b) * r / np.sqrt(1 - r**2), df=b) - 1
        over_norms = quad(
            lambda y, r=r: (2 * norm.cdf(r * y / np.sqrt(1 - r**2)) - 1) * chi.pdf(y, b), 0, np.inf
        )[0]
        assert means.exact(r, b) == pytest.approx(student, abs=1e-13)
        assert means.exact(r, b) == pytest.approx(over_norms, abs=1e-8)
    # Residuals of fixed norm would give an error function.
    assert abs(2 * norm.cdf(np.sqrt(b) * 0.3 / np.sqrt(1 - 0.3**2)) - 1 - means.exact(0.3, b)) > 1e-3


@pytest.mark.parametrize("b", [1, 4])
def test_it_is_the_mean_of_simulated_minibatches(means, b):
    r, runs, rng = 0.9, 200_000, np.random.default_rng(b)
    residuals = rng.standard_normal((runs, b))
    x = r * residuals + np.sqrt(1 - r**2) * rng.standard_normal((runs, b))
    seen = np.sign((residuals * x).sum(axis=1))
    stderr = seen.std() / np.sqrt(runs)
    assert abs(seen.mean() - means.exact(r, b)) < 4.5 * stderr
    assert abs(seen.mean() - means.normal(r, b)) > 10 * stderr


def test_the_gaussian_stand_in_is_off_by_the_edgeworth_term(means):
    gap = sp.lambdify((q, batch), minibatch_normal_limit().result)
    at, q_ = np.array([50, 100, 200]), 1.7
    left = means.exact(q_ / np.sqrt(at), at) - means.normal(q_ / np.sqrt(at), at) - gap(q_, at)
    orders = -np.diff(np.log2(np.abs(left)))
    np.testing.assert_allclose(orders, 2, atol=0.1)  # what is left is of order b^-2
    np.testing.assert_allclose(means.linear(1.0, at) / np.sqrt(2 * at / np.pi), 1 - 1 / (4 * at), atol=2e-5)


def test_the_line_is_off_by_b_minus_2_times_rho_squared_over_6(means):
    r, b = 0.01, np.array([1, 3, 30])
    off = 1 - means.exact(r, b) / means.linear(r, b)
    np.testing.assert_allclose(off, (b - 2) * r**2 / 6, rtol=0.01)


def test_correlated_signs_have_the_orthant_probability_of_their_noise():
    """Against the bivariate normal distribution function."""
    pair = gradient_noise_pair().result
    for one, other, c in ((0.3, -1.1, 0.6), (0.8, 0.5, -0.7)):
        law = multivariate_normal(cov=[[1, c], [c, 1]])
        both = law.cdf([one, other])  # P(noise > -mu) in both, by symmetry
        signs = 4 * both - 2 * norm.cdf(one) - 2 * norm.cdf(other) + 1
        assert float(pair.subs({mu_i: one, mu_j: other, rho: c}).evalf()) == pytest.approx(signs, abs=1e-5)


def test_the_distribution_function_of_gaussian_noise_is_the_error_function():
    law = noise_law("Normal(0, 3/2)")
    distribution = law.mean_of(sp.Heaviside(-grad_i - eps))
    at = {grad_i: sp.Rational(7, 10)}
    F = float(enclose(distribution.subs(at), {}, digits=15).ball.real.mid())
    assert pytest.approx(norm.cdf(-0.7 / 1.5), abs=1e-10) == F
    mean = gradient_noise_mean().result.subs({**at, Sigma_ii: sp.Rational(9, 4)})
    assert float(mean) == pytest.approx(1 - 2 * F, abs=1e-10)
    variance = any_gradient_noise().result.subs({below: F, eta: 1})
    assert float(variance) == pytest.approx(1 - float(mean) ** 2, abs=1e-10)


def test_each_phase_is_right_to_its_stated_error():
    grid, drift = np.linspace(0.01, 6, 400), sp.lambdify(Y, sp.erf(Y), "scipy")
    saturated, transient = (sp.lambdify(Y, phase().result) for phase in (saturated_phase, transient_phase))
    assert np.all(erfc(grid) <= saturated(grid))
    assert np.all(np.abs(2 * grid / np.sqrt(np.pi) - drift(grid)) <= transient(grid))
    # Neither error is much larger than what it bounds.
    assert saturated(3.0) < 1.06 * erfc(3.0)
    assert transient(0.1) < 1.01 * (0.2 / np.sqrt(np.pi) - drift(0.1))
    inside, steps = np.linspace(1, 1.5, 50), intermediate_phase().steps
    chord, tangent = (sp.lambdify(Y, side) for side in (steps[-2].lhs, steps[-1].rhs))
    assert np.all((chord(inside) <= drift(inside) + 1e-12) & (drift(inside) <= tangent(inside) + 1e-12))
    assert np.any(drift(grid) < chord(grid))  # outside it is no bound


def test_another_kind_of_noise_is_refused_in_words():
    with pytest.raises(ParameterError, match="noise is 'pink'; the kinds are fixed, gaussian, any"):
        regression_sde("pink")
