"""The bound that the float64 quadrature states for its own error is a bound.

Held against the ball of the integral by the kernel, which shares neither nodes nor cuts with it, and against
textbook formulas for the two forms of phi that are not a mean over a density.
"""

import numpy as np
import pytest
import sympy as sp
from flint import arb

from signsgd_sym.balls import enclose
from signsgd_sym.codegen.measure import Measure, symmetric_stable, with_gaussian
from signsgd_sym.codegen.quadrature import Quadrature, Rule
from signsgd_sym.errors import NotConverged
from signsgd_sym.model import SIGN, noise_law
from signsgd_sym.notation import R, eps, x
from signsgd_sym.solve.functions import make_problem, measure_of

LAWS = [
    "Laplace(0, 1)",
    "Cauchy(1, 1/2)",
    "Levy(0, 1)",
    "Frechet(3, 1, 0)",
    "LogCauchy(0, 1)",
    "Beta(1/2, 1/2)",
    "Gumbel(1, 0)",
    "Uniform(2, 3)",
    "Gamma(1/10, 1)",
    "Mixture((1/4, Dirac(1/3)), (3/4, StudentT(3)))",
]
RISKS = np.random.default_rng(7).uniform(np.log(1e-8), np.log(1e8), 5)


def ball(law, risk):
    """phi(R) by the kernel at 30 digits, R the exact value of the float."""
    exact = sp.Rational(*float(risk).as_integer_ratio())
    mean = noise_law(law).mean_of(sp.exp(-(eps**2) / (4 * exact)))
    return enclose(2 / sp.pi * mean, {}, digits=30).ball.real


def off(value, reference):
    """An upper bound of the relative distance."""
    return float(abs((arb(float(value)) - reference) / reference).upper())


@pytest.mark.parametrize("law", LAWS)
def test_stated_error_is_a_bound(law):
    quadrature = Quadrature.of(measure_of(noise_law(law)))
    risks = np.append(np.exp(RISKS), [2.5e-5, 3e-3])
    values, errors = quadrature.phi(risks)
    for risk, value, error in zip(risks, values, errors, strict=True):
        if value > 1e-290:
            assert off(value, ball(law, risk)) <= error < 2e-14


def test_a_bound_is_lost_with_a_node():
    """One node moved by 1e-10 of its weight is more than the bound allows: the bound is not idle."""
    quadrature = Quadrature.of(measure_of(noise_law("Laplace(0, 1)")))
    [(rule, spread, prefactor)] = quadrature.parts
    weight = rule.weight.copy()
    weight[np.argmax(weight)] *= 1 + 1e-10
    moved = Rule(weight, rule.radius, rule.square, rule.square_low, rule.errors)
    wrong = Quadrature(((moved, spread, prefactor),), quadrature.lo, quadrature.hi)
    [value], [error] = wrong.phi(np.array([2.0]))
    assert off(value, ball("Laplace(0, 1)", 2.0)) > error


def test_atoms_are_a_sum():
    measure = Measure.of(atoms=((sp.Rational(1, 4), sp.S.Zero), (sp.Rational(3, 4), sp.Integer(2))))
    risks = np.array([0.5, 3.0])
    exact = 2 / np.pi * (0.25 + 0.75 * np.exp(-4 / (4 * risks)))
    np.testing.assert_allclose(Quadrature.of(measure).phi(risks)[0], exact, rtol=1e-15)


def test_a_law_plus_gaussian_noise():
    """Normal(0, 1) plus N(0, 3) is Normal(0, 2), as a density and through the spread of R."""
    values, errors = Quadrature.of(with_gaussian(measure_of(noise_law("Normal(0, 1)")), 3)).phi(np.exp(RISKS))
    for risk, value, error in zip(np.exp(RISKS), values, errors, strict=True):
        assert off(value, ball("Normal(0, 2)", risk)) <= error < 2e-14


def test_a_stable_law_by_its_characteristic_function():
    """exp(-|t|/2) is the characteristic function of Cauchy(0, 1/2)."""
    values, errors = Quadrature.of(symmetric_stable(1, sp.Rational(1, 2))).phi(np.exp(RISKS))
    for risk, value, error in zip(np.exp(RISKS), values, errors, strict=True):
        assert off(value, ball("Cauchy(0, 1/2)", risk)) <= error < 2e-14


def test_a_density_with_a_kink_inside_a_piece():
    """A triangle on [0, 2] given as one piece: the panels close in on its kink."""
    triangle = Measure.of(pieces=((sp.S.One, 1 - sp.Abs(x - 1), sp.S.Zero, sp.Integer(2)),))
    values, errors = Quadrature.of(triangle).phi(np.array([1e-3, 1.0, 50.0]))
    for risk, value, error in zip([1e-3, 1.0, 50.0], values, errors, strict=True):
        assert off(value, ball("Triangular(0, 2, 1)", risk)) <= error < 1e-13


def test_a_density_outside_the_kernel_is_refused():
    unknown = Measure.of(pieces=((sp.S.One, sp.Function("f")(x), sp.S.Zero, sp.S.One),))
    with pytest.raises(NotConverged, match="cannot be integrated"):
        Quadrature.of(unknown)


def test_a_spread_is_a_function_of_R_alone():
    assert with_gaussian(Measure.of(atoms=((1, 0),)), 3).terms[0].spread.free_symbols == {R}


def test_a_narrow_law_far_from_zero_is_measured():
    """Normal(3/10, 1/1000): the panels find the peak, and phi is right where it is 1e-200 too."""
    made = make_problem(SIGN, noise_law("Normal(3/10, 1/1000)"))
    assert made.phi_error <= 1e-13
    exact = 2 / np.pi * np.sqrt(2 / (2 + 1e-6)) * np.exp(-0.09 / (2 * (2 + 1e-6)))
    assert abs(made.module.phi(1.0) / exact - 1) < 1e-14
    assert off(made.module.phi(5e-5), ball("Normal(3/10, 1/1000)", 5e-5)) < 1e-13
