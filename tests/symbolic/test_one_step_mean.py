r"""The exact mean step, 4 T(h, rho/sqrt(1 - rho^2)), and what it becomes in special cases.

T is Owen's function, h = eps/sqrt(2 R), rho the correlation of x_i with the Gaussian part of the residual.
The formula is held against the double integral it came from, against the arcsine laws at h = 0 and under
Gaussian noise, and against its own expansion in rho, whose order is measured.
"""

import math

import mpmath
import pytest
import sympy as sp
from mpmath import mp, mpf

from signsgd_sym.derive.gaussian_noise import gaussian_noise_mean
from signsgd_sym.derive.moments import coordinate_pair_moment, linear_response, linearisation, one_step_mean
from signsgd_sym.derive.orthant import arcsine_law
from signsgd_sym.model import SGD, SIGN
from signsgd_sym.notation import K_ii, K_jj, R, h, rho
from signsgd_sym.special import NoiseMean, OwenT


def owen(first, second):
    """Owen's T by quadrature of its definition."""
    return mpmath.quad(lambda s: mp.exp(-(first**2) * (1 + s**2) / 2) / (1 + s**2), [0, second]) / (2 * mp.pi)


@pytest.fixture(scope="module")
def arcsine():
    return arcsine_law().result


@pytest.fixture(scope="module")
def gaussian():
    """The mean step under N(0, v^2) noise, and the symbol v."""
    result = gaussian_noise_mean().result
    [v] = result.free_symbols - {R, rho}
    return result, v


@pytest.fixture(scope="module")
def mean_step():
    """The derived mean step as a function of numbers."""
    return sp.lambdify((h, rho), one_step_mean(SIGN).result, modules=[{"OwenT": owen}, "mpmath"])


def quadrant_sum(h_, rho_):
    """E[sign(G - h) sign(X)] over the four quadrants, by double quadrature of the bivariate density."""
    root, far = math.sqrt(1 - rho_**2), 9.0

    def density(g, x):
        return math.exp(-(g**2 - 2 * rho_ * g * x + x**2) / (2 * (1 - rho_**2))) / (2 * math.pi * root)

    above, below, right, left = [h_, far], [-far, h_], [0, far], [-far, 0]
    quadrants = ((1, above, right), (1, below, left), (-1, above, left), (-1, below, right))
    return sum(sign * mpmath.fp.quad(density, g, x) for sign, g, x in quadrants)


@pytest.mark.parametrize(("h_", "rho_"), [(0.7, 0.6), (-1.3, -0.35)])
def test_mean_step_is_the_double_integral(mean_step, h_, rho_):
    exact = quadrant_sum(h_, rho_)
    assert abs(mean_step(h_, rho_) - exact) < 1e-12
    # A twin formula that is right only at h = 0 is refuted.
    assert abs(2 / math.pi * math.asin(rho_) * math.exp(-(h_**2) / 2) - exact) > 1e-3


def test_without_noise_it_is_the_arcsine_law(arcsine):
    at_zero = one_step_mean(SIGN).result.subs(h, 0)
    assert at_zero.subs(rho, 0) == 0
    assert sp.simplify(sp.diff(at_zero - arcsine, rho)) == 0
    assert abs(float(at_zero.subs(rho, sp.Rational(2, 3)) - arcsine.subs(rho, sp.Rational(2, 3)))) < 1e-15


def test_under_gaussian_noise_it_is_the_arcsine_of_the_correlation_with_the_residual(
    mean_step, gaussian, arcsine
):
    """r = sqrt(2 R) G - eps is Gaussian itself, of correlation rho sqrt(2 R/(2 R + v^2)) with x_i."""
    result, v = gaussian
    correlation = rho * sp.sqrt(2 * R / (2 * R + v**2))
    assert sp.simplify(result - arcsine.subs(rho, correlation)) == 0
    # The average of Owen's T over eps, numerically: the trapezoidal rule for a Gaussian integral.
    risk, scale, rho_, step = 0.75, 1.25, 0.6, 0.25
    nodes = [step * k for k in range(-36, 37)]
    weights = [step * math.exp(-(u**2) / 2) / math.sqrt(2 * math.pi) for u in nodes]
    steps = [mean_step(scale * u / math.sqrt(2 * risk), rho_) for u in nodes]
    average = sum(weight * mean for weight, mean in zip(weights, steps, strict=True))
    assert abs(average - result.subs({R: risk, v: scale, rho: rho_})) < 1e-12


def test_slope_at_zero_correlation_is_the_linear_response(gaussian, phi_formula):
    result, v = gaussian
    phi = phi_formula("Normal(0, v)")
    [v_of_law] = phi.free_symbols - {R}
    assert sp.simplify(result.diff(rho).subs(rho, 0) - phi.subs(v_of_law, v)) == 0
    assert linear_response(SIGN).result.has(NoiseMean)


def measured_order(remainder):
    """k such that remainder(rho) ~ c rho^k: the logarithm to base 2 of remainder(2 rho)/remainder(rho)."""
    at = mpf("1e-4")
    return mp.log(abs(remainder(2 * at) / remainder(at))) / mp.log(2)


@pytest.mark.parametrize(("terms", "order"), [(1, 3), (2, 5)])
def test_remainder_of_the_expansion_has_the_order_claimed(mean_step, terms, order):
    derivation = linearisation(SIGN, terms=terms)
    polynomial = sp.lambdify((h, rho), derivation.result, modules="mpmath")
    assert derivation.steps[-1].order == rho**order
    with mp.workdps(60):
        h_ = mpf(7) / 10
        found = measured_order(lambda c: mean_step(h_, c) - polynomial(h_, c))
    assert abs(found - order) < 1e-4
    assert abs(found - (order + 2)) > 1  # a higher order is refused


def test_expansion_is_that_of_the_textbook():
    """(2/pi) exp(-h^2/2) (rho + (1 - h^2) rho^3/6)."""
    book = 2 / sp.pi * sp.exp(-(h**2) / 2) * (rho + (1 - h**2) * rho**3 / 6)
    assert sp.simplify(linearisation(SIGN).result - book) == 0
    assert linearisation(SGD).result == one_step_mean(SGD).result  # SGD is linear in rho


def test_two_roads_to_the_arcsine_law():
    """The orthant probability differentiated in the correlation, and conditioning on one coordinate."""
    orthant, conditioning = arcsine_law(), coordinate_pair_moment(SIGN)
    assert orthant.result == conditioning.result == 2 * sp.asin(rho) / sp.pi
    assert not {str(step.lhs) for step in orthant.steps[:4]} & {
        str(step.lhs) for step in conditioning.steps[:2]
    }
    assert sp.simplify(coordinate_pair_moment(SGD).result - rho * sp.sqrt(K_ii * K_jj)) == 0


def test_owens_t_has_its_special_values():
    b = sp.Symbol("b", real=True)
    assert OwenT(h, -b) == -OwenT(h, b)
    assert OwenT(-h, b) == OwenT(h, b)
    for first, second in ((mpf("0.8"), mpf("1.7")), (mpf("2.2"), mpf("0.3"))):
        exact = OwenT(h, b).rewrite(sp.Integral)
        assert abs(owen(first, second) - mpf(str(exact.subs({h: first, b: second}).evalf(20)))) < mpf("1e-14")
        for variable, step in ((h, (first, second)), (b, (first, second))):
            slope = OwenT(h, b).diff(variable).subs({h: step[0], b: step[1]}).evalf(20)
            order = (1, 0) if variable == h else (0, 1)
            assert abs(mpmath.diff(owen, step, order) - mpf(str(slope))) < mpf("1e-8")
