"""exp of a large quotient keeps its digits: the rounding error of the quotient is made up for."""

import numpy as np
import pytest
import sympy as sp
from flint import arb

from signsgd_sym.balls.ball import precision
from signsgd_sym.codegen.compensated import algebraic, exponential, two_floats
from signsgd_sym.codegen.emulate import emulate
from signsgd_sym.codegen.ir import Num, Var, op, program
from signsgd_sym.codegen.reference import of_expression
from signsgd_sym.notation import R

RISKS = np.random.default_rng(5).uniform(1 / 2800, 1 / 2000, 3000)


def ulps(node, expr, risks):
    reference, _ = of_expression(expr, sp.S.One, risks)
    return reference.ulp(emulate(program(node), risks))


def test_a_large_quotient_costs_nothing():
    expr = sp.exp(-1 / (4 * R))
    naive = op("exp", op("div", Num(-1.0), op("mul", Num(4.0), Var("R"))))
    assert np.max(ulps(naive, expr, RISKS)) > 200
    assert np.max(ulps(exponential(-1 / (4 * R), R, Var("R")), expr, RISKS)) < 1.6


@pytest.mark.parametrize(
    "u", [-sp.pi / (7 * R), R * 10**6 / 3 - sp.Rational(1, 7), -(3 + R) / (R * (5 * R + sp.Rational(1, 3)))]
)
def test_rational_exponents_of_any_shape(u):
    assert np.max(ulps(exponential(u, R, Var("R")), sp.exp(u), RISKS)) < 1.6


@pytest.mark.parametrize("shift", [sp.Rational(1, 3), sp.sqrt(2), sp.Integer(7)])
def test_algebraic_values_are_rounded_once(shift):
    expr = (R / (R + shift)) ** sp.Rational(3, 2) * (1 - 5 * R / 9) / sp.pi
    risks = np.logspace(-12, 12, 4001)
    risks = risks[np.abs(risks - 1.8) > 1e-3]
    assert np.max(ulps(algebraic(expr, R, Var("R")), expr, risks)) < 0.51


def test_two_floats_hold_106_bits():
    with precision(200):
        hi, lo = two_floats(2 / sp.pi)
        assert abs(arb(hi) + arb(lo) - 2 / arb.pi()) < arb(2) ** -105
