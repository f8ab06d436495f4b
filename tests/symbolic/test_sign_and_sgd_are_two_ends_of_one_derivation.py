r"""The same functions, applied to f = sign and to f(z) = z, give signHSGD and streaming SGD.

Beside each derived object stands the formula of the textbook:

                    drift matrix   a(R)                s(R)   noise matrix        stationary level
    sign            D^-1 K         phi(R)/sqrt(2 R)    1      (2/pi) asin(C)      eta tr(D)/(4 d)
    SGD             K              1                   2 P    K                   eta tr(K)/(4 d)
"""

import pytest
import sympy as sp

from signsgd_sym.derive.risk import identity_covariance, risk_process, stationary_equation
from signsgd_sym.model import SGD, SIGN
from signsgd_sym.notation import (
    D,
    Delta,
    K,
    K_ii,
    K_jj,
    K_sigma,
    P,
    R,
    U,
    d,
    e_i,
    eps,
    eta,
    i,
    lam,
    n,
    phi,
    r,
    rho,
)
from signsgd_sym.special import NoiseMean

TEXTBOOK = {
    SIGN: {
        "rate": phi / sp.sqrt(2 * R),
        "power": 1,
        "preconditioned": D**-1 * K,
        "scale": 1,
        "matrix": K_sigma,
        "entry": 2 / sp.pi * sp.asin(rho),
        "definitions": {phi: 2 / sp.pi * NoiseMean(sp.exp(-(eps**2) / (4 * R)))},
        "modes": -2 * eta * lam[i] * phi / sp.sqrt(2 * R) * r[i] + eta**2 * n[i],
        "forcing": lam[i]
        * sp.Trace(e_i.T * U.T * D ** sp.Rational(1, 2) * K_sigma * D ** sp.Rational(1, 2) * U * e_i),
        "identity": -eta * phi * sp.sqrt(2 * R) + eta**2 / 2,
        "stationary": (R * phi / sp.sqrt(2 * R), eta * sp.Trace(D) / (4 * d)),
    },
    SGD: {
        "rate": 1,
        "power": 0,
        "preconditioned": K,
        "scale": 2 * P,
        "matrix": K,
        "entry": rho * sp.sqrt(K_ii * K_jj),
        "definitions": {P: R + NoiseMean(eps**2) / 2},
        "modes": -2 * eta * lam[i] * r[i] + 2 * P * eta**2 * n[i],
        "forcing": lam[i] ** 2,
        "identity": -2 * eta * R + eta**2 * P,
        "stationary": (R / (2 * P), eta * sp.Trace(D**2) / (4 * d)),
    },
}
rules = pytest.mark.parametrize("rule", [SIGN, SGD], ids=str)


@pytest.fixture
def sde(ode):
    return {rule: ode[rule].sde for rule in (SIGN, SGD)}


def same(left, right):
    return sp.simplify(left - right) == 0


@rules
def test_sde_is_that_of_the_textbook(sde, rule):
    derived, book = sde[rule], TEXTBOOK[rule]
    assert same(derived.rate, book["rate"])
    assert derived.power == book["power"]
    assert derived.preconditioned.doit() == book["preconditioned"].doit()
    assert derived.scale == book["scale"]
    assert derived.noise_matrix == book["matrix"]
    assert same(derived.noise_entry, book["entry"])
    assert dict(derived.definitions) == book["definitions"]
    assert derived.drift == (-eta * derived.rate) * book["preconditioned"] * Delta
    assert derived.covariance == (eta**2 / d * derived.scale) * book["matrix"]


def test_the_two_ends_differ(sde):
    """The comparison above can fail: neither rule satisfies the other's formulas."""
    assert not same(sde[SIGN].rate, TEXTBOOK[SGD]["rate"])
    assert not same(sde[SIGN].noise_entry, TEXTBOOK[SGD]["entry"])
    assert sde[SIGN].preconditioned.doit() != TEXTBOOK[SGD]["preconditioned"].doit()


@rules
def test_mode_ode_is_that_of_the_textbook(ode, rule):
    assert same(ode[rule].rhs, TEXTBOOK[rule]["modes"])
    assert ode[rule].forcing * 2 * d == TEXTBOOK[rule]["forcing"]
    assert not same(ode[rule].rhs, TEXTBOOK[rule]["modes"] + eta * lam[i] * r[i])


@rules
def test_drift_of_the_risk_is_a_quadratic_form_and_a_trace(sde, rule):
    process, _ = risk_process(sde[rule])
    book = TEXTBOOK[rule]
    matrix, level = (D**-1, sp.Trace(K * K_sigma)) if rule == SIGN else (None, sp.Trace(K * K))
    form = (
        sp.Trace(Delta.T * K * D**-1 * K * Delta) if matrix is not None else sp.Trace(Delta.T * K**2 * Delta)
    )
    expected = -eta * book["rate"] * form + eta**2 * book["scale"] * level / (2 * d)
    assert same(process.drift, expected.doit())


@rules
def test_identity_covariance_is_the_scalar_theory(sde, rule):
    derived = identity_covariance(sde[rule]).result
    assert same(derived, TEXTBOOK[rule]["identity"])
    assert not same(derived, TEXTBOOK[rule]["identity"] - eta**2 / 2)


@rules
def test_scalar_theory_is_the_sum_of_the_modes(ode, sde, rule):
    """K = I: lambda_i = 1 and n_i = 1/(2 d), so the sum of the mode ODE over i is the scalar ODE."""
    summed = ode[rule].rhs.subs({lam[i]: 1, r[i]: R / d, n[i]: 1 / (2 * d)}) * d
    assert same(summed, identity_covariance(sde[rule]).result)


@rules
def test_stationary_equation_is_that_of_the_textbook(ode, rule):
    equation = stationary_equation(ode[rule])
    left, level = TEXTBOOK[rule]["stationary"]
    assert same(equation.left, left)
    assert same(equation.level, level)


def test_stationary_risk_under_gaussian_noise(ode, phi_formula):
    """R_oo = A^2 + A sqrt(A^2 + v^2) with A = pi eta tr(D)/(8 d)."""
    A, v = sp.symbols("A v", positive=True)
    left = stationary_equation(ode[SIGN]).left
    formula = phi_formula("Normal(0, v)")
    [v_of_law] = formula.free_symbols - {R}
    level = 2 * A / sp.pi  # eta tr(D)/(4 d)
    claim = A**2 + A * sp.sqrt(A**2 + v**2)
    residual = (left.subs(phi, formula) - level).subs({R: claim, v_of_law: v})
    for point in (
        {A: sp.Rational(1, 7), v: sp.Rational(3, 2)},
        {A: sp.Rational(9, 4), v: sp.Rational(1, 10)},
    ):
        assert abs(residual.subs(point).evalf(60)) < sp.Float("1e-50")
        # A nearby wrong claim, A^2 + A v, fails.
        wrong = (left.subs(phi, formula) - level).subs({R: A**2 + A * v, v_of_law: v})
        assert abs(wrong.subs(point).evalf(60)) > sp.Float("1e-5")
    # v = 0: phi = 2/pi, so R_oo = 2 A^2.
    assert sp.simplify((left.subs(phi, 2 / sp.pi) - level).subs(R, claim.subs(v, 0))) == 0


def test_stationary_risk_of_sgd(ode):
    """R_oo = (eta tr(K) E eps^2/(4 d))/(1 - eta tr(K)/(2 d))."""
    equation = stationary_equation(ode[SGD])
    x, v2 = sp.symbols("x v2", positive=True)  # x = eta tr(K)/(2 d)
    left = equation.left.subs(P, R + v2 / 2)
    [risk] = sp.solve(left - x / 2, R)
    assert same(risk, (x * v2 / 2) / (1 - x))
