r"""phi(R)/sqrt(2 R) = 2 sqrt(2/pi) p_R(0), p_R the density of eps + sqrt(2 R) Z, and two more roads to phi.

For several laws the closed form that SymPy found is held, at 30 digits, against

    convolution               p_R(0) = E[exp(-eps^2/(4 R))]/sqrt(4 pi R), by quadrature,
    characteristic function   phi(R) = (2/pi) E_Z[chi(Z/sqrt(2 R))],
    scale mixture             phi(R) = (2/pi) E_S[(1 + S/(2 R))^(-1/2)] for eps = sqrt(S) Z (Student's t),
    heat equation             dp_R/dR = d^2 p_R/dx^2 (sqrt(2 R) Z has variance 2 R).

Densities and characteristic functions are those of the textbook, not those of the model.
"""

import mpmath
import pytest
import sympy as sp
from mpmath import mp, mpf

from signsgd_sym.derive.phi import drift_rate_at_zero, smoothing_identity
from signsgd_sym.model import noise_law
from signsgd_sym.notation import R, density_at_zero

RISKS = [mpf(1) / 8, mpf(5) / 2]
DIGITS = 30


def student(x):
    return 6 * mp.sqrt(3) / (mp.pi * (3 + x**2) ** 2)


DENSITY = {  # (density, points where the integral is cut)
    "Normal(0, 3/2)": (lambda x: mp.npdf(x, 0, mpf(3) / 2), [-mp.inf, -2, 0, 2, mp.inf]),
    "Laplace(0, 2)": (lambda x: mp.exp(-abs(x) / 2) / 4, [-mp.inf, -2, 0, 2, mp.inf]),
    "Cauchy(0, 1/2)": (lambda x: 2 / (mp.pi * (1 + 4 * x**2)), [-mp.inf, -2, -0.5, 0, 0.5, 2, mp.inf]),
    "StudentT(3)": (student, [-mp.inf, -2, 0, 2, mp.inf]),
    "Uniform(-2, 2)": (lambda x: mpf(1) / 4, [-2, 0, 2]),
    "Exponential(1)": (lambda x: mp.exp(-x), [0, 2, mp.inf]),
}
CHARACTERISTIC = {  # even part of the characteristic function, for u > 0
    "Normal(0, 3/2)": lambda u: mp.exp(-9 * u**2 / 8),
    "Laplace(0, 2)": lambda u: 1 / (1 + 4 * u**2),
    "Cauchy(0, 1/2)": lambda u: mp.exp(-u / 2),
    "StudentT(3)": lambda u: (1 + mp.sqrt(3) * u) * mp.exp(-mp.sqrt(3) * u),
    "Uniform(-2, 2)": lambda u: mp.sinc(2 * u),
    "Exponential(1)": lambda u: 1 / (1 + u**2),
    "Rademacher(3/2)": lambda u: mp.cos(3 * u / 2),
}


@pytest.fixture(scope="module")
def phi(phi_formula):
    """phi of each law as a SymPy expression in R."""
    return {text: phi_formula(text) for text in CHARACTERISTIC}


def number(expr, risk):
    return sp.lambdify(R, expr, modules="mpmath")(risk)


def agree(left, right):
    return abs(left / right - 1) < mpf(10) ** (-DIGITS + 5)


def convolved(text, risk, at=0):
    """p_R(at): density of eps + sqrt(2 R) Z."""
    density, cuts = DENSITY[text]
    return mpmath.quad(lambda x: density(x) * mp.exp(-((at - x) ** 2) / (4 * risk)), cuts) / mp.sqrt(
        4 * mp.pi * risk
    )


@pytest.mark.parametrize("text", DENSITY)
def test_drift_rate_is_a_smoothed_density_at_zero(phi, text):
    with mp.workdps(DIGITS):
        for risk in RISKS:
            rate = number(phi[text], risk) / mp.sqrt(2 * risk)
            assert agree(rate, 2 * mp.sqrt(2 / mp.pi) * convolved(text, risk))
            # The 1/2 in R matters: with exp(-eps^2/(2 R)) the identity is refuted.
            assert not agree(rate, 2 * mp.sqrt(2 / mp.pi) * convolved(text, risk / 2))


@pytest.mark.parametrize("text", CHARACTERISTIC)
def test_characteristic_function_leads_to_the_same_phi(phi, text):
    chi = CHARACTERISTIC[text]
    with mp.workdps(DIGITS):
        for risk in RISKS:
            scale = mp.sqrt(2 * risk)

            def mean(u, scale=scale):
                return 2 * mp.npdf(u) * chi(u / scale)

            assert agree(number(phi[text], risk), 2 / mp.pi * mpmath.quad(mean, [0, 1, 2, 4, 6, 9, 14]))


@pytest.mark.parametrize("nu", [1, 3])
def test_scale_mixture_leads_to_students_phi(phi, nu):
    """eps = sqrt(S) Z with S inverse-gamma(nu/2, nu/2); nu = 1 is Cauchy."""
    shape = mpf(nu) / 2
    formula = phi["StudentT(3)"] if nu == 3 else phi["Cauchy(0, 1/2)"].subs(R, R / 4)
    with mp.workdps(DIGITS):
        for risk in RISKS:

            def mean(root, risk=risk):  # 1/S = root^2 has a gamma law; no singularity in root
                weight = 2 * shape**shape / mp.gamma(shape) * root ** (nu - 1) * mp.exp(-shape * root**2)
                return weight / mp.sqrt(1 + 1 / (2 * risk * root**2))

            mixture = 2 / mp.pi * mpmath.quad(mean, [0, 0.5, 1, 2, 4, 8, 14])
            assert agree(number(formula, risk), mixture)


@pytest.mark.parametrize("text", ["Laplace(0, 2)", "Cauchy(0, 1/2)", "Exponential(1)"])
def test_density_at_zero_solves_the_heat_equation(phi, text):
    """d/dR of the closed form is the second derivative in x of the convolution."""
    density = phi[text] / sp.sqrt(2 * R) / (2 * sp.sqrt(2 / sp.pi))
    slope = sp.diff(density, R)
    with mp.workdps(20):
        for risk in RISKS:
            f, cuts = DENSITY[text]

            def curvature(x, risk=risk, f=f):  # d^2/dx^2 of the Gaussian kernel, at 0
                factor = x**2 / (4 * risk**2) - 1 / (2 * risk)
                return f(x) * factor * mp.exp(-(x**2) / (4 * risk)) / mp.sqrt(4 * mp.pi * risk)

            second = mpmath.quad(curvature, cuts)
            assert abs(number(slope, risk) - second) < mpf("1e-14")
            assert abs(number(slope, risk) - second / 2) > mpf("1e-4")  # sqrt(R) Z would give half of it


def test_derivation_states_the_identity():
    derivation = smoothing_identity()
    assert sp.simplify(derivation.result - 2 * sp.sqrt(2 / sp.pi) * density_at_zero) == 0


LIMITS = {  # f(0+) + f(0-) over 2, times 2 sqrt(2/pi)
    "Normal(0, 3/2)": 1 / (sp.sqrt(2 * sp.pi) * sp.Rational(3, 2)),
    "Laplace(0, 2)": sp.Rational(1, 4),
    "Cauchy(0, 1/2)": 2 / sp.pi,
    "StudentT(3)": 2 / (sp.sqrt(3) * sp.pi),
    "Uniform(-2, 2)": sp.Rational(1, 4),
    "Exponential(1)": sp.Rational(1, 2),  # the mean of 0 and 1 at the jump
    "Rademacher(3/2)": sp.S.Zero,
    "Dirac(0)": sp.oo,
    "density: 3/4 - 3*x**2/4 on (-1, 1)": sp.Rational(3, 4),
    "Uniform(1, 2)": sp.S.Zero,
}


@pytest.mark.parametrize("text", LIMITS)
def test_drift_rate_tends_to_the_density_of_the_noise_at_zero(text):
    limit = drift_rate_at_zero(noise_law(text))
    expected = LIMITS[text] if LIMITS[text] == sp.oo else 2 * sp.sqrt(2 / sp.pi) * LIMITS[text]
    assert limit == expected or sp.simplify(limit - expected) == 0


@pytest.mark.parametrize("text", DENSITY)
def test_limit_is_reached_by_the_closed_form(phi, text):
    limit = drift_rate_at_zero(noise_law(text))
    with mp.workdps(60):
        risk = mpf(10) ** -24
        rate = number(phi[text], risk) / mp.sqrt(2 * risk)
        assert abs(rate / number(limit, risk) - 1) < mpf(10) ** -11
        infinity = mpf(10) ** 24
        assert abs(number(phi[text], infinity) - 2 / mp.pi) < mpf(10) ** -11


def test_parameters_stay_symbols(phi_formula):
    """Laplace(0, b): phi depends on R/b^2 only."""
    formula = phi_formula("Laplace(0, b)")
    [b] = formula.free_symbols - {R}
    scaled = formula.subs({R: R * 9, b: 3 * b}, simultaneous=True)
    assert sp.simplify(formula - scaled) == 0
    assert abs(float((formula - formula.subs(b, 2 * b)).subs({R: sp.Rational(1, 4), b: 1}))) > 1e-2
