"""Update rules are odd functions; schedules are positive; both are exact expressions."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy as sp

from signsgd_sym import notation
from signsgd_sym.errors import ParseError, RuleError, StepError
from signsgd_sym.model import SGD, SIGN, NoiseLaw, Schedule, UpdateRule
from signsgd_sym.model.rule_growth import check_moments, growth
from signsgd_sym.model.rule_poles import check_poles

z, t, R = notation.z, notation.t, notation.R


@pytest.mark.parametrize(
    ("f", "multiplicative"),
    [
        (sp.sign(z), True),
        (z, True),
        (sp.sign(z) * sp.Abs(z) ** sp.Rational(1, 2), True),
        (sp.sign(z) * sp.Abs(z) ** 2, True),
        (z**3, True),
        (2 * z, False),
        (sp.tanh(z), False),
        (sp.erf(z), False),
        (sp.Max(-1, sp.Min(1, z)), False),
    ],
)
def test_odd_rules(f, multiplicative):
    assert UpdateRule(f, "rule").is_multiplicative is multiplicative


@pytest.mark.parametrize("f", [z**2, sp.Abs(z), sp.exp(z), sp.sign(z) + sp.Rational(1, 10**9), sp.Integer(1)])
def test_rules_that_are_not_odd_are_refused(f):
    with pytest.raises(RuleError, match="not odd"):
        UpdateRule(f, "rule")


def test_rules_are_functions_of_z_alone():
    with pytest.raises(RuleError, match="contains c"):
        UpdateRule(sp.Symbol("c") * z, "rule")


def test_names():
    assert UpdateRule.from_text("sign") is SIGN and UpdateRule.from_text(" sgd ") is SGD
    for text in ("signn", "", "newton(2)", "1 + 1", "sign(z)", "power"[:3]):
        with pytest.raises(RuleError, match=r"known: sign, sgd, power\(p\)"):
            UpdateRule.from_text(text)


@pytest.mark.parametrize(
    ("text", "f", "name"),
    [
        ("power(1/2)", sp.sign(z) * sp.sqrt(sp.Abs(z)), "power(1/2)"),
        ("power(.25)", sp.sign(z) * sp.Abs(z) ** sp.Rational(1, 4), "power(1/4)"),
        ("clip(2)", sp.Max(-2, sp.Min(2, z)), "clip(2)"),
        ("tanh", sp.tanh(z), "tanh"),
        ("tanh(3)", sp.tanh(z / 3), "tanh(3)"),
        (" dither( 1/2 ) ", sp.erf(sp.sqrt(2) * z), "dither(1/2)"),
        ("rule: z**3", z**3, "rule: z**3"),
        ("rule: z/(1+Abs(z))", z / (1 + sp.Abs(z)), "rule: z/(Abs(z) + 1)"),
    ],
)
def test_text_of_rules(text, f, name):
    rule = UpdateRule.from_text(text)
    assert (rule.expr, rule.name) == (f, name)
    assert UpdateRule.from_text(rule.name) == rule


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("clip(0)", "clip.c. needs a positive number c, not 0"),
        ("power(0)", "positive number p, not 0; write sign"),
        ("power(17/2)", "needs p <= 8, not 17/2: .* take power.8. or less"),
        ("power(1e400)", r"needs p <= 8, not 1\.00e\+400: "),
        ("power(10**400)", r"needs p <= 8, not 1\.00e\+400: "),
        ("power(-1/2)", "positive number p, not -1/2"),
        ("power(oo)", "positive number p, not oo"),
        ("dither()", "takes one number s, not 0"),
        ("power(1, 2)", "takes one number p, not 2"),
        ("rule: z**2", "not odd"),
        ("rule: Heaviside(z)", "not odd"),
        ("rule: 0", "is 0 everywhere and never moves"),
        ("rule: Abs(z)*sign(z) - z", "is 0 everywhere and never moves"),
    ],
)
def test_rules_that_do_not_exist_are_refused_in_words(text, message):
    with pytest.raises(RuleError, match=message):
        UpdateRule.from_text(text)


def test_an_empty_rule_is_shown_a_rule_in_z():
    for make in (lambda: UpdateRule.from_text("rule: "), lambda: UpdateRule("")):
        with pytest.raises(ParseError, match=r"missing; write for example rule: z/\(1 \+ Abs\(z\)\)"):
            make()


def test_an_expression_outside_the_grammar_is_pointed_at():
    with pytest.raises(ParseError) as refused:
        UpdateRule.from_text("rule: z + foo(z)")
    assert refused.value.position == len("rule: z + ")


@pytest.mark.parametrize(
    ("f", "p"),
    [
        ("sign(z)*Abs(z)**(1/3)", "1/3"),
        ("z**3", 3),
        ("z*Abs(z)", 2),
        ("z/sqrt(Abs(z))", "1/2"),
        ("2*z", None),
        ("tanh(z)", None),
    ],
)
def test_a_multiplicative_rule_is_a_power(f, p):
    assert UpdateRule(f).exponent == (None if p is None else sp.Rational(p))


@pytest.mark.parametrize(
    ("f", "message"),
    [
        ("z**9", r"z\*\*9 grows like \|z\|\^9, of whose mean square float64 keeps too few digits"),
        ("sign(z)*Abs(z)**100", r"grows like \|z\|\^100"),
        ("sinh(z)", r"faster than every power of z.*infinite or beyond float64"),
        ("exp(sqrt(Abs(z)))*sign(z)", "faster than every power of z"),
        ("1e300*tanh(z)", r"1\.0e\+300\*tanh\(z\) is about 1e300 at z = .*does not hold its square; divide"),
        ("1e-300*tanh(z)", "about 1e-300 at z = .*does not hold its square; multiply"),
        ("1e300*z**3", "about 1e330 at z = 1e10"),
    ],
)
def test_a_rule_whose_moments_float64_loses_is_refused_in_true_words(f, message):
    with pytest.raises(RuleError, match=message) as refused:
        growth(UpdateRule(f))
    assert "000000" not in str(refused.value)


def test_large_and_steep_rules_within_float64_are_not_refused():
    assert growth(UpdateRule("1e60*z**7")).at_infinity == pytest.approx(7, rel=1e-12)
    assert growth(UpdateRule("1e140*tanh(z)")).at_infinity == 0
    # Steeper than |z|^50 between 10 and 1000, and like |z| beyond.
    assert growth(UpdateRule("z**101/(1e250 + z**100)")).at_infinity == pytest.approx(1)


@pytest.mark.parametrize(
    ("f", "place"),
    [
        ("tan(z)", "1.5708"),
        ("z/(1 - Abs(z))", "1"),
        ("z/(1 - z**2)", "1"),
        ("sign(z)/sqrt(Abs(Abs(z) - 1))", "1"),
        ("z/(z**2 - 1/4)**2", "0.5"),
        ("z/(z**2 - 700**2)", "700"),
    ],
)
def test_a_pole_inside_is_named(f, place):
    with pytest.raises(RuleError, match=rf"next to z = {place}, so that E f\(r x_i\)\^2 is infinite"):
        check_moments(UpdateRule(f), NoiseLaw.from_text("Laplace(0, 1/2)"))


@pytest.mark.parametrize(
    "f",
    [
        "sin(1000*z)",
        "sin(z)",
        "z/(1e-6 + (Abs(z) - 1)**2)",
        "sign(z)*log(Abs(Abs(z) - 1))",
        "sign(z)*Abs(Abs(z) - 1)**(-1/4)",
        "sinh(z)/cosh(z)",
        "sign(z)*Piecewise((1, Abs(z) < 1), (0, True))",
    ],
)
def test_peaks_whose_square_is_integrable_are_no_poles(f):
    check_poles(UpdateRule(f))


def test_apply():
    argument = sp.Symbol("u", real=True) * 2
    assert SGD.apply(argument) == argument
    assert SIGN.apply(sp.Integer(-3)) == -1


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("1/2", "1/2"),
        (".3", "3/10"),
        (0.1, "1/10"),
        (np.float64(0.1), "1/10"),
        (2, "2"),
        ("sqrt(2)/2", "sqrt(2)/2"),
    ],
)
def test_constant_steps_are_exact(given, value):
    schedule = Schedule.of(given)
    assert schedule.is_constant and str(schedule.value) == value
    assert schedule.function()(3.0, 4.0) == pytest.approx(float(sp.sympify(value)))


@pytest.mark.parametrize(
    ("text", "value"),
    [("sqrt(2*R)/2", math.sqrt(2.0)), ("1/(1 + t)", 0.25), ("exp(-t)*R**2", 16 * math.exp(-3))],
)
def test_varying_steps(text, value):
    schedule = Schedule.of(text)
    assert not schedule.is_constant
    assert schedule.function()(3.0, 4.0) == pytest.approx(value, rel=1e-15)
    assert Schedule.of(str(schedule)) == schedule


def test_a_varying_step_is_checked_where_it_is_used():
    eta = Schedule.of("1 - t").function()
    assert eta(0.5, 1.0) == 0.5 and eta(1.0, 1.0) == 0.0
    with pytest.raises(StepError, match=r"is -1 at t = 2"):
        eta(2.0, 1.0)
    with pytest.raises(StepError, match="inf"):
        Schedule.of("1/t").function()(0.0, 1.0)


@pytest.mark.parametrize(
    "step", ["0", "-1/2", "1e-400", "1e400", "oo", -1, 0.0, math.nan, math.inf, "exp(-900)"]
)
def test_constants_that_are_no_step(step):
    with pytest.raises(StepError):
        Schedule.of(step)


def test_names_in_a_step():
    with pytest.raises(ParseError, match="k is not a known name; known here: E, R, oo, pi, t"):
        Schedule.of("1/(1 + k)")
    with pytest.raises(StepError, match="varies"):
        _ = Schedule.of("t").value
