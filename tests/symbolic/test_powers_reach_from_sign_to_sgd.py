r"""The SDE and ODE of |z|^p sign(z) are those of signSGD at p = 0 and of SGD at p = 1, as expressions.

The rules `sign` and `sgd` take their own roads (Owen's T, the arcsine law, Isserlis); here the same two
functions, under other names, take the road of every power p.
"""

import mpmath
import numpy as np
import pytest
import sympy as sp

from signsgd_sym import notation as nt
from signsgd_sym.derive.powers import (
    data_response,
    pair_correlation,
    power_pair_moment,
    power_response,
    power_second_moment,
    residual_response,
    residual_square,
    whole_moment,
)
from signsgd_sym.derive.risk import derive_risk_ode, stationary_equation
from signsgd_sym.derive.sde import derive_sde
from signsgd_sym.errors import RuleError
from signsgd_sym.model import SGD, SIGN, UpdateRule
from signsgd_sym.proof.check import check_derivation
from signsgd_sym.proof.verdict import Verdict

ENDS = [(SIGN, "p = 0"), (SGD, "p = 1")]
ROOT = UpdateRule.from_text("power(1/2)")


def in_full(expr, sde):
    """`expr` with phi, P, A and s by their definitions."""
    return sp.powdenest(sp.expand(expr.xreplace(dict(sde.definitions))), force=True)


@pytest.fixture(scope="module", params=ENDS, ids=["sign", "sgd"])
def end(request, ode):
    """One of the two rules by its own road, and by that of the powers."""
    rule, name = request.param
    return ode[rule], derive_risk_ode(derive_sde(UpdateRule(rule.expr, name)))


def test_the_sde_is_the_same(end):
    own, power = (ode.sde for ode in end)
    assert sp.simplify(in_full(own.rate, own) - in_full(power.rate, power)) == 0
    assert own.power == power.power
    assert sp.simplify(in_full(own.scale, own) - in_full(power.scale, power)) == 0
    assert sp.simplify(own.noise_entry - power.noise_entry) == 0


def test_the_mode_ode_is_the_same(end):
    own, power = end
    assert sp.simplify(in_full(own.rhs, own.sde) - in_full(power.rhs, power.sde)) == 0
    wrong = power.rhs + nt.eta * nt.lam[nt.i] * nt.r_i
    assert sp.simplify(in_full(own.rhs, own.sde) - in_full(wrong, power.sde)) != 0


def test_the_stationary_equation_is_the_same(end):
    own, power = (stationary_equation(ode) for ode in end)
    assert sp.simplify(own.level - power.level) == 0
    left = [in_full(one.left, ode.sde) for one, ode in zip((own, power), end, strict=True)]
    assert sp.simplify(left[0] / left[1]) == 1


@pytest.mark.parametrize("formula", [data_response, whole_moment, residual_response, residual_square])
@pytest.mark.parametrize("p", [0, 1])
def test_formulas_are_continuous_in_p(formula, p):
    at = {nt.h: sp.Rational(7, 5)}
    near = formula(p + sp.Rational(1, 10**12)).subs(at).evalf(30)
    assert abs(near - formula(sp.Integer(p)).subs(at).evalf(30)) < 1e-10


def test_preconditioner_is_D_to_the_power_p_minus_1():
    for p in ("1/4", "1/2", "3/4", "2"):
        sde = derive_sde(UpdateRule.from_text(f"power({p})"))
        assert sde.power == 1 - sp.Rational(p)
        assert stationary_equation(derive_risk_ode(sde)).power == 1 + sp.Rational(p)


@pytest.mark.parametrize("p", [sp.Rational(1, 4), sp.Rational(3, 2)])
def test_correlation_of_powers_is_mehlers_series(p):
    """sum h_m^2 rho^m/m! with h_m = E[|X|^p sign(X) He_m(X)], by quadrature that knows no 2F1."""

    def h(m):
        def f(x):
            return (
                x**p * mpmath.exp(-(x**2) / 2) * mpmath.hermite(m, x / mpmath.sqrt(2)) / mpmath.sqrt(2) ** m
            )

        return 2 * mpmath.quad(f, [0, 1, 2, 4, 8, 16]) / mpmath.sqrt(2 * mpmath.pi)

    rho = mpmath.mpf(3) / 10
    series = sum(h(m) ** 2 * rho**m / mpmath.factorial(m) for m in range(1, 20, 2))
    assert abs(series / pair_correlation(p).subs(nt.rho, sp.Rational(3, 10)).evalf(20) - 1) < 1e-9
    assert abs(series / pair_correlation(p + sp.Rational(1, 10)).subs(nt.rho, 0.3).evalf(20) - 1) > 1e-4


@pytest.mark.parametrize("p", ["1/4", "1", "2"])
def test_moments_are_certified_at_other_powers(p):
    rule = UpdateRule.from_text(f"power({p})")
    for derivation in (power_response(rule), power_second_moment(rule), power_pair_moment(rule)):
        verdict = check_derivation(derivation, seed=1, points=3, digits=20).verdict
        assert verdict in (Verdict.PROVED, Verdict.CERTIFIED), derivation.id


def test_a_wrong_power_is_refuted():
    from dataclasses import replace

    derivation = power_response(ROOT)
    step = derivation.steps[1]
    wrong = replace(
        derivation, steps=(derivation.steps[0], replace(step, rhs=step.rhs * sp.Rational(101, 100)))
    )
    assert check_derivation(wrong, seed=1, points=2, digits=20).verdict is Verdict.REFUTED


def test_a_rule_that_is_no_power_is_refused_in_words():
    with pytest.raises(RuleError, match="does not split into a factor of the residual and one of the data"):
        derive_sde(UpdateRule("tanh(z)"))


def test_response_is_the_slope_of_the_exact_mean():
    """E[f(r) f(x)] for a small correlation, by two-dimensional quadrature, against A B rho."""
    p, rho, h = 0.5, 0.02, 0.7
    nodes = np.linspace(-9, 9, 6001)
    g, x = np.meshgrid(nodes, nodes, indexing="ij", sparse=True)
    density = np.exp(-(g**2 - 2 * rho * g * x + x**2) / (2 * (1 - rho**2))) / (
        2 * np.pi * np.sqrt(1 - rho**2)
    )

    def f(z):
        return np.sign(z) * np.abs(z) ** p

    mean = float(f(g - h).ravel() @ (density @ f(x).ravel())) * (nodes[1] - nodes[0]) ** 2
    half = sp.Rational(1, 2)
    expected = float((residual_response(half) * data_response(half)).subs(nt.h, sp.Rational(7, 10)).evalf())
    assert abs(mean / (expected * rho) - 1) < 1e-3  # the next term is of order rho^2
