"""The error stated for a short series of phi at an end of R is a bound, and close to the true error.

Held against the kernel's ball of the closed form, or of the defining integral, at the start of the series and
from there to the end.
"""

from dataclasses import replace

import pytest
import sympy as sp
from flint import arb

from signsgd_sym.balls import enclose
from signsgd_sym.balls.ball import precision
from signsgd_sym.codegen.end_series import recorded
from signsgd_sym.codegen.large_series import large_series
from signsgd_sym.codegen.measure import Measure, symmetric_stable, with_gaussian
from signsgd_sym.codegen.small_series import small_series
from signsgd_sym.model import noise_law
from signsgd_sym.notation import R, eps
from signsgd_sym.proof.check import check_derivation
from signsgd_sym.proof.verdict import Verdict
from signsgd_sym.solve.functions import measure_of

GOAL = 2.0**-56
CLOSED = {
    "Beta(2, 5)": "-480*R**(3/2)*(6*R + 1)*erf(1/(2*sqrt(R)))/sqrt(pi)"
    " + R**2*(-3840*R - 960)*exp(-1/(4*R))/pi + 120*R*(32*R**2 + 24*R + 1)/pi",
    "Erlang(3, 2)": "16*R**(3/2)*(8*R + 1)*exp(4*R)*erfc(2*sqrt(R))/sqrt(pi) - 64*R**2/pi",
    "QuadraticU(0, 2)": "3*sqrt(R)*(2*R + 1)*erf(1/sqrt(R))/sqrt(pi) - 12*R/pi",
    "Kumaraswamy(2, 3)": "24*R*(32*R**2 - 32*R**2*exp(-1/(4*R)) - 8*R + 1)/pi",
    "StudentT(3)": "(2*R - 3)*exp(3/(4*R))*erfc(sqrt(3)/(2*sqrt(R)))/(pi*R) + 2*sqrt(3)/(pi**(3/2)*sqrt(R))",
    "StudentT(7)": "(120*R**3 - 252*R**2 + 294*R - 343)*exp(7/(4*R))*erfc(sqrt(7)/(2*sqrt(R)))/(60*pi*R**3)"
    " + sqrt(7)*(60*R**2 - 56*R + 49)/(30*pi**(3/2)*R**(5/2))",
    "Pareto(1, 3)": "(2*R - 1)*exp(-1/(4*R))/(pi*R) + erfc(1/(2*sqrt(R)))/(2*sqrt(pi)*R**(3/2))",
    "Cauchy(0, 1/2)": "2*exp(1/(16*R))*erfc(1/(4*sqrt(R)))/pi",
    "Laplace(0, 1)": "2*sqrt(R)*exp(R)*erfc(sqrt(R))/sqrt(pi)",
    "Laplace(1, 1/2)": "2*sqrt(R)*(erfc((4*R - 1)/(2*sqrt(R)))"
    " + exp(4)*erfc((4*R + 1)/(2*sqrt(R))))*exp(4*R - 2)/sqrt(pi)",
    "Normal(1, 1/2)": "4*sqrt(2)*sqrt(R)*exp(-2/(8*R + 1))/(pi*sqrt(8*R + 1))",
    "PowerFunction(3, 0, 2)": "3*R**(3/2)*erf(1/sqrt(R))/(2*sqrt(pi)) - 3*R*exp(-1/R)/pi",
    "Uniform(2, 3)": "2*sqrt(R)*(-erf(1/sqrt(R)) + erf(3/(2*sqrt(R))))/sqrt(pi)",
    "UniformSum(3)": "-6*sqrt(R)*(R + 2)*erf(1/sqrt(R))/sqrt(pi)"
    " + 3*sqrt(R)*(2*R + 1)*erf(1/(2*sqrt(R)))/sqrt(pi) + sqrt(R)*(2*R + 9)*erf(3/(2*sqrt(R)))/sqrt(pi)"
    " - 12*R*exp(-1/R)/pi + 6*R*exp(-1/(4*R))/pi + 6*R*exp(-9/(4*R))/pi",
    "Dirac(1)": "2*exp(-1/(4*R))/pi",
}
WITHOUT = ["Cauchy(0, 1/2)"]
"""Laws without a variance."""
BY_INTEGRAL = [
    "Exponential(1)",
    "Gamma(5/2, 1)",
    "WignerSemicircle(2)",
    "Weibull(1, 3)",
    "Logistic(0, 1)",
    "LogNormal(0, 1)",
    "RaisedCosine(0, 2)",
    "Triangular(-2, 2, 0)",
    "Dagum(2, 3, 1)",
    "Mixture((1/4, Dirac(1/3)), (3/4, StudentT(7)))",
]
FARTHER = [1, 2, 10**6, 10**300]


def closed(law):
    return sp.sympify(CLOSED[law], locals={"R": R})


def large(law):
    return large_series(measure_of(noise_law(law)))


def start_of(series):
    return sp.Rational(*series.start.as_integer_ratio())


def off(expr, series, risk):
    """An upper bound of |f/series - 1| at `risk`, at least to 2^-150."""
    ratio = enclose(expr / series.expression, {R: risk}, 45, 40_000).ball.real
    return float(abs(ratio - 1).upper())


def assert_proved(expr, series, factors):
    start = start_of(series)
    far = [start * k if series.end == "oo" else start / k for k in factors]
    assert all(series.covers(risk) for risk in far)
    assert series.error <= GOAL
    assert len(series.coefficients) <= 12
    errors = [off(expr, series, risk) for risk in far]
    assert all(error <= series.error for error in errors)
    assert series.error / 2 < errors[0] or series.error < 1e-18, "the bound is idle"


@pytest.mark.parametrize("law", [law for law in CLOSED if law != "Dirac(1)"])
def test_the_series_at_zero(law):
    # Beyond 10^6 the closed form is exp(-10^300) times what cancels, which no precision resolves.
    exponential = law in ("Pareto(1, 3)", "Uniform(2, 3)")
    factors = [1, 2] if law == "Uniform(2, 3)" else FARTHER[:3] if exponential else FARTHER
    assert_proved(closed(law), small_series(closed(law)), factors)


@pytest.mark.parametrize("law", [law for law in CLOSED if law not in WITHOUT])
def test_the_series_at_infinity(law):
    assert_proved(closed(law), large(law), FARTHER)


@pytest.mark.parametrize("law", BY_INTEGRAL)
def test_the_series_at_infinity_against_the_integral(law):
    series = large(law)
    for k in FARTHER[:3]:
        risk = start_of(series) * k
        mean = 2 / sp.pi * noise_law(law).mean_of(sp.exp(-(eps**2) / (4 * risk)))
        value = enclose(mean, {}, 25).ball.real
        with precision(150):
            ratio = value / enclose(series.expression, {R: risk}, 40).ball.real
            assert float(abs(ratio - 1).upper()) <= series.error <= GOAL


@pytest.mark.parametrize("law", ["StudentT(7)", "Pareto(1, 3)", "Beta(2, 5)", "Kumaraswamy(2, 3)"])
@pytest.mark.parametrize("end", ["0", "oo"])
def test_the_steps_can_be_checked_and_a_wrong_coefficient_is_seen(law, end):
    series = small_series(closed(law)) if end == "0" else large(law)
    found = check_derivation(recorded(series, closed(law)), seed=1).judgements
    assert [one.verdict for one in found] == [Verdict.ASYMPTOTIC, Verdict.CERTIFIED]
    for k in {0, len(series.coefficients) - 1}:
        wrong = with_coefficient(series, k, 1 + sp.Rational(1, 10**9))
        found = check_derivation(recorded(wrong, closed(law)), seed=1).judgements
        assert found[0].verdict is Verdict.REFUTED
    wrong = with_coefficient(series, 0, 1 + sp.Rational(1, 2**55))
    assert off(closed(law), wrong, start_of(series)) > series.error
    assert check_derivation(recorded(wrong, closed(law)), seed=1).judgements[1].verdict is Verdict.REFUTED


def with_coefficient(series, k, factor):
    changed = [c * factor if index == k else c for index, c in enumerate(series.coefficients)]
    return replace(series, coefficients=tuple(changed), exact=tuple(changed))


def test_powers_cancel_exactly():
    """A Student law is positive at 0 and a Pareto law is not: sqrt(R), and exp(-1/(4 R)) R."""
    student, pareto = small_series(closed("StudentT(7)")), small_series(closed("Pareto(1, 3)"))
    assert (student.front, student.variable) == (sp.sqrt(R), R)
    assert (pareto.front, pareto.variable) == (R * sp.exp(-1 / (4 * R)), R)
    assert pareto.coefficients[0] == 12 / sp.pi


def test_exact_moments_are_exact_and_others_are_known_to_25_digits():
    assert large("Exponential(1)").coefficients[:3] == (2 / sp.pi, -1 / sp.pi, 3 / (2 * sp.pi))
    logistic = large("Logistic(0, 1)")
    assert logistic.coefficients[1].is_Float
    assert logistic.exact[1].has(sp.Integral)
    assert abs(enclose(logistic.exact[1] + sp.pi / 6, {}, absolute=arb(10) ** -30).ball) < arb(10) ** -29


def test_a_law_plus_gaussian_noise_has_the_moments_of_the_sum():
    """Normal(0, 1) plus N(0, 3), through the spread of R, is Normal(0, 2)."""
    smoothed = large_series(with_gaussian(measure_of(noise_law("Normal(0, 1)")), 3))
    assert smoothed.coefficients == large("Normal(0, 2)").coefficients
    assert_proved(4 / sp.pi * sp.sqrt(R / (4 * R + 8)), smoothed, FARTHER)


@pytest.mark.parametrize("law", ["Cauchy(1, 1/2)", "Levy(0, 1)", "LogCauchy(0, 1)", "GammaInverse(2, 1)"])
def test_a_law_without_a_variance_has_no_series(law):
    assert large(law) is None


def test_a_spread_that_is_not_R_plus_a_constant_has_no_series():
    assert large_series(symmetric_stable(1, sp.Rational(1, 2))) is None


def test_a_law_with_few_moments_has_few_terms():
    assert len(large("StudentT(7)").coefficients) == 3
    assert len(large("Pareto(1, 3)").coefficients) == 1


@pytest.mark.parametrize(
    "expr",
    [
        sp.besseli(0, 1 / R) * sp.exp(-1 / R),
        sp.erfc(sp.sqrt(R + 1)),
        R * sp.Symbol("a", positive=True),
        sp.log(R),
        R**sp.pi,
        sp.Integer(1),
    ],
)
def test_what_is_not_expanded_has_no_series(expr):
    assert small_series(expr) is None


def test_an_atom_at_zero_and_a_plain_sum_of_powers():
    assert large_series(Measure.of(atoms=((1, 0),))).error < 1e-300
    plain = small_series(2 * sp.sqrt(R) - 3 * R)
    assert plain.coefficients == (2, -3)
    assert plain.front == sp.sqrt(R)
