"""Claim: one risk curve, whichever unknowns it is solved in and whichever way its coefficients are had.

The matrix ODE knows no modes, the mode ODE no matrix; the powers have closed forms of what the data make of
them, the quadrature knows nothing of those.
"""

import numpy as np
import pytest
import sympy as sp

from signsgd_sym.derive.sde import derive_sde
from signsgd_sym.errors import InfiniteVariance, NotConverged, RuleError
from signsgd_sym.model import SGD, SIGN, Covariance, UpdateRule, noise_law
from signsgd_sym.solve.matrix_curve import FINE, curve, unknowns
from signsgd_sym.solve.risk import initial_delta, risk_curve
from signsgd_sym.solve.rule_functions import PowerFunctions, quadrature_functions
from signsgd_sym.solve.rule_risk import stationary_risk

D, LAW = 40, noise_law("Laplace(0, 1)")
TIMES = np.linspace(0, 3, 13)
TOLERANCE = 2e-6


@pytest.fixture(scope="module")
def unequal():
    return Covariance.random_unequal(D, seed=5, log_sd=0.5)


def eta(t, risk):
    return 0.5


def risk0(covariance):
    delta = initial_delta(D)
    return float(delta @ covariance.matvec(delta)) / 2


def quadrature(text, covariance, **finer):
    return quadrature_functions(UpdateRule.from_text(text), LAW, covariance, risk0(covariance), **finer)


def gap(one, other):
    return float(np.max(np.abs(one / other - 1)))


@pytest.mark.parametrize(
    "rule", [UpdateRule(SIGN.expr, "p = 0"), UpdateRule.from_text("power(1/2)")], ids=["sign", "root"]
)
def test_matrix_and_modes(rule, unequal):
    functions = PowerFunctions(derive_sde(rule), LAW, unequal)
    delta = initial_delta(D)
    modes = curve(functions, unequal, delta, eta, TIMES)
    assert gap(modes, curve(functions, unequal, delta, eta, TIMES, form="matrix")) < TOLERANCE
    symmetric = Covariance.from_matrix(unequal.K * 1.001)
    assert gap(modes, curve(functions, symmetric, delta, eta, TIMES, form="matrix")) > 100 * TOLERANCE


def test_the_matrix_ode_of_sign_is_the_curve_of_the_generated_code(unequal):
    functions = quadrature("sign", unequal)
    by_matrix = curve(functions, unequal, initial_delta(D), eta, TIMES, form="matrix")
    generated = risk_curve(LAW, unequal, "1/2", 3, points=12)
    assert gap(by_matrix, generated.risk) < TOLERANCE


def test_quadrature_and_closed_forms_give_one_curve(unequal):
    closed = PowerFunctions(derive_sde(UpdateRule.from_text("power(3/4)")), LAW, unequal)
    delta = initial_delta(D)
    by_modes = curve(closed, unequal, delta, eta, TIMES)
    by_quadrature = curve(quadrature("power(3/4)", unequal), unequal, delta, eta, TIMES, form="matrix")
    assert gap(by_modes, by_quadrature) < TOLERANCE


@pytest.mark.parametrize(
    ("covariance", "form"),
    [(Covariance.ar1(D, 0.5), "modes"), (Covariance.from_spec(f"powerlaw:d={D},alpha=1"), "diagonal")],
    ids=["equal diagonal", "diagonal"],
)
def test_special_covariances_are_the_matrix_ode(covariance, form):
    functions, delta = quadrature("clip(1)", covariance), initial_delta(D)
    assert unknowns(functions, covariance) == form
    special = curve(functions, covariance, delta, eta, TIMES)
    dense = Covariance.from_matrix(np.asarray(covariance.K))
    assert gap(special, curve(functions, dense, delta, eta, TIMES, FINE, "matrix")) < TOLERANCE


def test_twice_the_gradient_is_sgd_with_twice_the_step(unequal):
    doubled = risk_curve(LAW, unequal, "1/8", 3, optimizer="rule: 2*z", points=12)
    assert doubled.form == "matrix"
    assert gap(doubled.risk, risk_curve(LAW, unequal, "1/4", 3, optimizer=SGD, points=12).risk) < TOLERANCE


def test_a_narrow_clip_is_sign_with_a_smaller_step():
    K, law = Covariance.identity(D), noise_law("Uniform(-1, 1)")
    narrow = risk_curve(law, K, "2500", 3, optimizer="clip(1/10000)", points=12)
    assert gap(narrow.risk, risk_curve(law, K, "1/4", 3, points=12).risk) < 1e-3


@pytest.mark.parametrize("text", ["clip(1)", "power(1/2)"])
def test_stationary_risk_is_the_end_of_the_curve(text, unequal):
    K = Covariance.from_spec(f"powerlaw:d={D},alpha=1/2")
    result = risk_curve(LAW, K, "1/2", 200, optimizer=text, points=4)
    assert abs(result.risk[-1] / result.stationary - 1) < 1e-5
    far = stationary_risk(result.functions, D, 0.5, 1e4 * result.stationary)
    assert abs(far / result.stationary - 1) < 1e-9


@pytest.mark.parametrize("text", ["tanh", "power(1/2)"])
def test_the_stated_error_is_honest(text, unequal):
    """Against a much finer run the curve is off by no more than what it says."""
    result = risk_curve(LAW, unequal, "1/2", 3, optimizer=text, points=12)
    rule = UpdateRule.from_text(text)
    finer = type(FINE)(1e-11, 20)
    if text == "tanh":
        functions = quadrature(text, unequal, order=18, distinct=18)
    else:
        functions = PowerFunctions(derive_sde(rule), LAW, unequal)
    best = curve(functions, unequal, result.delta0, eta, result.t, finer)
    assert 0 < gap(result.risk, best) < result.error_budget["solver"] < 1e-4


@pytest.mark.parametrize(
    ("law", "text", "error", "message"),
    [
        ("Cauchy(0, 1)", "rule: z**3", InfiniteVariance, r"needs E\|eps\|\^6 < oo"),
        ("StudentT(3)", "power(3/2)", InfiniteVariance, r"E\|eps\|\^p < oo for p < 3 only"),
        ("Normal(0, 1)", "rule: z*exp(z**2)", RuleError, "faster than every power"),
        ("Normal(0, 1)", "rule: sinh(z)", RuleError, "faster than every power"),
        ("Normal(0, 1)", "rule: 1/z", RuleError, "unbounded at z = 0"),
        ("Normal(0, 1)", "rule: sin(1000*z)", NotConverged, "do not settle.*too many oscillations"),
    ],
)
def test_rules_without_moments_are_refused_in_words(law, text, error, message):
    with pytest.raises(error, match=message):
        risk_curve(law, "identity:d=20", "1/2", 1, optimizer=text, points=2)


def test_light_enough_tails_are_admitted():
    heavy = risk_curve("Cauchy(0, 1)", "identity:d=20", "1/2", 1, optimizer="power(1/4)", points=2)
    assert np.all(np.isfinite(heavy.risk))
    assert sp.Rational(1, 4) == heavy.rule.exponent
