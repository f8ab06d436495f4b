"""The compiled loop against the definition, written in ten lines of plain Python, and against 50 digits."""

import math

import mpmath
import numpy as np
import pytest
import sympy as sp
from recursion_cases import RULES, SCHEDULES

from signsgd_sym.notation import R, t, z
from signsgd_sym.simulate import recursion
from signsgd_sym.simulate.formula import rule_formula, schedule_formula
from signsgd_sym.simulate.recursion import LANES, dot, risk, sign


def advance(rule, schedule, K, x, eps, first, delta):
    return recursion.advance(rule, schedule, K, x, eps, first, delta, np.empty(len(x), np.int8))


def samples(d, n, seed=0):
    rng = np.random.default_rng(seed)
    x, eps, delta = rng.standard_normal((n, d)), rng.standard_normal(n), rng.standard_normal(d)
    A = rng.standard_normal((d, d))
    return x, eps, delta, A @ A.T / d


def definition(f, eta, K, x, eps, delta, number=float):
    """Delta_i <- Delta_i - (eta/d) f(r x_i), r = <x, Delta> - eps, in any arithmetic `number`."""
    delta = [number(value) for value in delta]
    d = len(delta)
    for k in range(len(x)):
        row = [number(value) for value in x[k]]
        R = sum(number(K[i, j]) * delta[i] * delta[j] for i in range(d) for j in range(d)) / 2
        r = sum(row[i] * delta[i] for i in range(d)) - number(eps[k])
        step = eta(number(k) / d, R) / d
        delta = [delta[i] - step * f(r * row[i]) for i in range(d)]
    return delta


def compiled(rule, eta, K, x, eps, delta):
    delta = delta.copy()
    schedule = schedule_formula(eta) if eta.free_symbols else float(eta)
    assert advance(rule_formula(rule), schedule, K, x, eps, 0, delta) == len(x)
    return delta


@pytest.mark.parametrize(
    ("rule", "eta"),
    [(rule, "constant") for rule in RULES] + [("tanh", eta) for eta in SCHEDULES if eta != "constant"],
)
def test_equals_the_definition_at_50_digits(rule, eta):
    rule, eta = RULES[rule], SCHEDULES[eta]
    x, eps, delta, K = samples(d=5, n=30)
    with mpmath.workdps(50):
        f, step_size = sp.lambdify(z, rule, "mpmath"), sp.lambdify((t, R), eta, "mpmath")
        exact = definition(f, step_size, K, x, eps, delta, number=mpmath.mpf)
    np.testing.assert_allclose(
        compiled(rule, eta, K, x, eps, delta), np.array(exact, dtype=float), rtol=1e-12
    )


@pytest.mark.parametrize("d", [1, 2, LANES - 1, LANES, LANES + 1, 100])
def test_sign_equals_plain_python_bit_for_bit(d):
    x, eps, delta, K = samples(d, n=50)
    expected = definition(lambda z: math.copysign(1, z) if z else 0.0, lambda t, R: 1 / 3, K, x, eps, delta)
    assert compiled(sp.sign(z), sp.Rational(1, 3), K, x, eps, delta).tolist() == expected


def test_diagonal_covariance_equals_the_same_matrix_in_full():
    x, eps, delta, K = samples(d=70, n=40)
    diagonal = np.diag(K).copy()
    in_full = compiled(sp.sign(z), SCHEDULES["R"], np.diag(diagonal), x, eps, delta)
    np.testing.assert_allclose(
        compiled(sp.sign(z), SCHEDULES["R"], diagonal, x, eps, delta), in_full, rtol=1e-13
    )


def test_cutting_a_run_changes_no_bit():
    x, eps, delta, K = samples(d=40, n=60)
    rule, schedule = rule_formula(sp.tanh(z / 3)), schedule_formula(SCHEDULES["t and R"])
    whole, cut = delta.copy(), delta.copy()
    advance(rule, schedule, K, x, eps, 0, whole)
    for first, last in [(0, 1), (1, 7), (7, 60)]:
        advance(rule, schedule, K, x[first:last], eps[first:last], first, cut)
    np.testing.assert_array_equal(cut, whole)


def test_sign_of_zero_is_zero():
    assert [sign(0.0), sign(-0.0), sign(5e-324), sign(-5e-324)] == [0.0, 0.0, 1.0, -1.0]


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_zero_coordinate_and_zero_residual_move_nothing(rule):
    x = np.array([[2.0, 0.0, -1.0]])
    moved = compiled(rule, sp.Integer(1), np.eye(3), x, np.zeros(1), np.array([1.0, 1.0, 1.0]))
    assert moved[1] == 1.0 and moved[0] < 1.0 < moved[2]
    still = compiled(rule, sp.Integer(1), np.eye(3), x, np.ones(1), np.array([1.0, 1.0, 1.0]))
    assert still.tolist() == [1.0, 1.0, 1.0]


def test_signs_survive_where_the_product_r_x_underflows():
    x = np.array([[1e-200, 1.0]])
    moved = compiled(sp.sign(z), sp.Integer(2), np.eye(2), x, np.array([1e-200]), np.array([0.0, 0.0]))
    assert moved.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("d", [0, 1, 31, 32, 33, 1000])
def test_inner_product_keeps_its_error_bound(d):
    x, y = np.random.default_rng(d).standard_normal((2, d))
    bound = (d / LANES + math.log2(LANES) + 1) * 2**-53 * math.fsum(np.abs(x * y))
    exact = sp.Add(*(sp.Rational(float(a)) * sp.Rational(float(b)) for a, b in zip(x, y, strict=True)))
    assert abs(sp.Rational(float(dot(x, y, np.empty(LANES)))) - exact) <= bound


def test_risk_carries_its_half():
    assert risk(np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([1.0, -2.0]), np.empty(LANES)) == 5.0


def test_step_size_that_leaves_the_half_line_stops_the_run():
    x, eps, delta, K = samples(d=4, n=10)
    schedule = schedule_formula(1 - 2 * t)  # negative after t = 1/2, that is after step 2
    assert advance(rule_formula(z), schedule, K, x, eps, 0, delta) == 3
