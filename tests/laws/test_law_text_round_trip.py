"""The canonical text of a law reads back as an equal law; other notations land on the same laws."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import sympy as sp
import sympy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from law_table import TEXTS, numeric

from signsgd_sym import notation
from signsgd_sym.errors import ParameterError
from signsgd_sym.model import NoiseLaw, noise_law

COMPOSITE = [
    "Mixture((9/10, Normal(0, 1)), (1/10, Normal(0, 10)))",
    "Mixture((p, Laplace(0, b)), (1 - p, Dirac(0)))",
    "Mixture((1/2, Density(x, (0, sqrt(2)))), (1/2, -Exponential(1)))",
    "2*Mixture((1/4, Normal(m, v)), (3/4, Mixture((1/2, Dirac(1)), (1/2, Uniform(-a, a)))))",
    "Rademacher(c)",
    "Dirac(m)",
    "Finite({-1: 1/4, 0: 1/2, 1: 1/4})",
    "1/480*StudentT(14/25)",
    "m - s*Exponential(1)",
    "density: Piecewise((1/4, x < 0), (3/4, x < 1), (0, True)) on (-1, 5)",
    "density: exp(-Abs(x)/b)/(2*b) on (-oo, oo)",
    "-(2 + 3*Laplace(0, 1))/7",
    "SymmetricStable(alpha, c)",
    "m - 2*SymmetricStable(3/2, c)",
    "Laplace(0, b) + Normal(0, s)",
    "1 - Exponential(b) + Normal(m, s)",
    "Mixture((1/3, Density(x, (0, sqrt(2))) + Normal(0, 1)), (2/3, Dirac(0)))",
    "SymmetricStable(alpha, c) + Normal(0, s)",
    "Truncated(Normal(0, s), (-a, a))",
    "m + Truncated(Normal(0, s), (-1, a))",
    "Truncated(Mixture((p, Normal(m, s)), (1 - p, Dirac(0))), (-1, 2))",
    "Truncated(Mixture((1/3, Laplace(m, b)), (2/3, Dirac(0))), (-1, 2))",
    "Truncated(m - 3*StudentT(nu), (-1, oo))",
    "1/2*Truncated(Density(x, (0, sqrt(2))), (1/2, 1))",
    "Truncated(SymmetricStable(alpha, c) + Normal(0, s), (0, 1)) + Normal(0, s)",
    "Mixture((1/3, Truncated(Mixture((1/3, Normal(0, 1)), (2/3, Dirac(0))), (-1, 2))), (2/3, Cauchy(0, 1)))",
]


@pytest.mark.parametrize("text", [*TEXTS, *COMPOSITE])
def test_canonical_text_reads_back(text):
    law = NoiseLaw.from_text(text)
    assert NoiseLaw.from_text(law.text) == law
    assert NoiseLaw.from_text(law.text).text == law.text


@pytest.mark.parametrize("text", TEXTS)
def test_sympy_stats_lands_on_the_same_law(text):
    law = numeric(text)
    ((_, part),) = law.parts
    variable = getattr(sympy.stats, part.name)("X", *part.arguments)
    if part.name == "Erlang":  # sympy.stats makes an Erlang variable a Gamma one
        points = np.linspace(0.1, 5, 7)
        np.testing.assert_allclose(noise_law(variable).pdf(points), law.pdf(points), rtol=1e-13)
    else:
        assert noise_law(variable) == law


def test_symbols_of_sympy_stats_get_the_assumptions_of_their_place():
    assert noise_law(sympy.stats.Normal("X", 0, sp.Symbol("v", positive=True))) == NoiseLaw.from_text(
        "Normal(0, v)"
    )
    assert noise_law(sympy.stats.Normal("X", 0, sp.Symbol("v"))) == NoiseLaw.from_text("Normal(0, v)")


def test_affine_functions_and_discrete_laws_of_sympy_stats():
    X = sympy.stats.Laplace("X", 0, 1)
    assert noise_law(3 * X + 2) == NoiseLaw.from_text("2 + 3*Laplace(0, 1)")
    assert noise_law(2 * sympy.stats.Rademacher("X")) == NoiseLaw.from_text("Rademacher(2)")
    half = sp.Rational(1, 2)
    assert noise_law(sympy.stats.FiniteRV("X", {0: half, 1: half})) == NoiseLaw.from_text(
        "Finite({0: 1/2, 1: 1/2})"
    )
    with pytest.raises(ParameterError, match="form a"):
        noise_law(X**2)
    with pytest.raises(ParameterError, match="2 random variables"):
        noise_law(X + sympy.stats.Normal("Y", 0, 1))


@pytest.mark.parametrize(
    "frozen",
    [
        scipy.stats.norm(0.5, 0.1),
        scipy.stats.laplace(scale=2),
        scipy.stats.t(3, scale=0.25),
        scipy.stats.t(df=2.5, loc=1),
        scipy.stats.cauchy(0, 0.5),
        scipy.stats.uniform(-1, 2),
        scipy.stats.logistic(0, 3),
        scipy.stats.expon(0, 4),
        scipy.stats.truncnorm(-1, 2, 0.5, 2),
        scipy.stats.truncnorm(-np.inf, 1),
    ],
    ids=lambda frozen: frozen.dist.name,
)
def test_frozen_scipy_law_has_the_same_density(frozen):
    points = np.linspace(-3.1, 3.2, 40)
    np.testing.assert_allclose(noise_law(frozen).pdf(points), frozen.pdf(points), rtol=1e-12, atol=1e-300)


def test_other_scipy_laws_are_refused_with_the_supported_ones():
    with pytest.raises(ParameterError, match="gamma is not supported; use one of norm, laplace, t"):
        noise_law(scipy.stats.gamma(2))
    with pytest.raises(ParameterError, match=r"beta of scipy\.stats\.levy_stable is 1\.0"):
        noise_law(scipy.stats.levy_stable(1.5, 1.0))


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("Normal(m, v)", {"m": (True, None), "v": (True, True)}),
        ("Uniform(-a, a)", {"a": (True, True)}),
        ("Chi(n)", {"n": (True, True)}),
        ("Normal(a, a)", {"a": (True, True)}),
        ("Mixture((p, Normal(0, 1)), (1 - p, Dirac(0)))", {"p": (True, True)}),
        ("Truncated(Normal(m, 1), (m - a, m + a))", {"m": (True, None), "a": (True, True)}),
        ("density: b*exp(-b*x) on (0, oo)", {"b": (True, True)}),
    ],
)
def test_names_become_symbols_of_their_place(text, facts):
    law = NoiseLaw.from_text(text)
    assert {s.name: (s.is_real, s.is_positive) for s in law.parameters} == facts


def test_degrees_of_freedom_are_integers():
    (n,) = NoiseLaw.from_text("Chi(n)").parameters
    assert n.is_integer


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["Normal(m, b)", "Laplace(m, b)", "m + Uniform(-b, b)", "Gumbel(b, m)"]),
    *[st.fractions(min_value=low, max_value=50, max_denominator=50) for low in ("1/50", -5, "1/50")],
)
def test_scaling_then_substituting_commutes_with_the_reverse(text, b, m, factor):
    law = NoiseLaw.from_text(text)
    b, m, factor = (sp.Rational(value.numerator, value.denominator) for value in (b, m, factor))
    values = {"b": b, "m": m}
    assert law.scaled(factor).substitute(values) == law.substitute(values).scaled(factor)


@pytest.mark.parametrize(
    ("text", "symmetric"),
    [
        ("Normal(0, v)", True),
        ("Normal(1, v)", False),
        ("Triangular(-a, a, 0)", True),
        ("Trapezoidal(-2, -1, 1, 2)", True),
        ("Exponential(1)", False),
        ("1 - 2*Beta(3, 3)", True),
        ("Rademacher(c)", True),
        ("Mixture((1/2, Exponential(b)), (1/2, -Exponential(b)))", True),
        ("Mixture((1/3, Exponential(b)), (2/3, -Exponential(b)))", False),
        ("Mixture((1/2, Normal(1, 1)), (1/2, Normal(-1, 1)))", True),
        ("Finite({-1: 1/4, 0: 1/2, 1: 1/4})", True),
        ("Finite({-1: 1/4, 0: 1/4, 1: 1/2})", False),
        ("density: sech(x)/pi on (-oo, oo)", True),
        ("density: x/2 on (0, 2)", False),
        ("SymmetricStable(alpha, c)", True),
        ("1 + SymmetricStable(3/2, c)", False),
        ("Laplace(0, b) + Normal(0, s)", True),
        ("Laplace(0, b) + Normal(1, s)", False),
        ("Exponential(b) + Normal(0, s)", False),
        ("Mixture((1/2, Exponential(1)), (1/2, -Exponential(1))) + Normal(0, s)", True),
        ("Truncated(Normal(0, s), (-a, a))", True),
        ("Truncated(Normal(0, s), (-1, a))", False),
        ("Truncated(Uniform(-1, 3), (-2, 1))", True),
        ("Truncated(SymmetricStable(3/2, 1), (-1, 1))", True),
    ],
)
def test_symmetry(text, symmetric):
    assert NoiseLaw.from_text(text).is_symmetric is symmetric


@pytest.mark.parametrize("text", TEXTS)
def test_symmetry_claimed_is_symmetry_of_the_density(text):
    law = numeric(text)
    points = np.array([0.123, 0.7, 1.3, 1.9])
    even = np.allclose(law.pdf(points), law.pdf(-points), rtol=1e-12, atol=0)
    assert law.is_symmetric == even


def test_breakpoints_and_support():
    law = NoiseLaw.from_text("Mixture((1/2, Laplace(0, b)), (1/2, Rademacher(c)))")
    _, c = law.parameters
    assert law.breakpoints == (-sp.oo, -c, 0, c, sp.oo)
    assert law.support == (-sp.oo, sp.oo)
    assert NoiseLaw.from_text("Uniform(-a, a)").support == tuple(
        sign * NoiseLaw.from_text("Uniform(-a, a)").parameters[0] for sign in (-1, 1)
    )


def test_latex():
    assert (
        NoiseLaw.from_text("1/2*StudentT(nu)").latex()
        == r"\frac{1}{2} \, \operatorname{StudentT}\left(\nu\right)"
    )


def test_expectation_refuses_the_variable_of_integration():
    with pytest.raises(ParameterError, match="write it in eps"):
        NoiseLaw.from_text("Normal(0, 1)").mean_of(notation.x**2)
