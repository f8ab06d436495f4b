"""A moment found by the form of a density is the integral, held against the kernel's ball of it.

An infinite moment is not given a value, and a density of no known form has no exact one.
"""

import pytest
import sympy as sp

from signsgd_sym.balls import enclose
from signsgd_sym.codegen.even_moments import EvenMoments
from signsgd_sym.codegen.measure import Measure
from signsgd_sym.codegen.moment_rules import rule_of
from signsgd_sym.model import noise_law
from signsgd_sym.notation import x
from signsgd_sym.solve.functions import measure_of

EXACT = [
    "Arcsin(-2, 2)",
    "Beta(5/2, 3)",
    "Chi(3)",
    "Erlang(3, 2)",
    "ExponentialPower(0, 1, 3/2)",
    "Gamma(5/2, 1)",
    "Kumaraswamy(2, 3)",
    "Laplace(1, 1/2)",
    "Normal(1, 1/2)",
    "PowerFunction(3, 0, 2)",
    "QuadraticU(-1, 2)",
    "Reciprocal(1, 2)",
    "StudentT(27)",
    "Triangular(-2, 2, 0)",
    "Uniform(-3, -2)",
    "UniformSum(3)",
    "Weibull(1, 3)",
    "WignerSemicircle(2)",
    "Mixture((1/4, Dirac(-1/3)), (3/4, Exponential(2)))",
]
HALF = sp.Rational(1, 2)


@pytest.mark.parametrize("law", EXACT)
def test_exact_moments(law):
    measure = measure_of(noise_law(law))
    moments = EvenMoments(measure)
    for k in (1, 5, 12):
        atoms = sum(weight * at ** (2 * k) for term in measure.terms for weight, at in term.atoms)
        pieces = [piece for term in measure.terms for piece in term.pieces]
        integral = sum(w * sp.Integral(x ** (2 * k) * g, (x, lo, hi)) for w, g, lo, hi in pieces)
        number = moments[k].number
        assert number is not None
        found = enclose(sp.sympify(atoms + integral), {}, 20).ball
        assert found.overlaps(enclose(number, {}, 40).ball)
        assert not found.overlaps(enclose(number * (1 + sp.Rational(1, 10**15)), {}, 40).ball)


@pytest.mark.parametrize(
    ("law", "finite"), [("StudentT(3)", 1), ("StudentT(7)", 3), ("Pareto(1, 5)", 2), ("Lomax(2, 1)", 0)]
)
def test_the_moments_end_where_they_diverge(law, finite):
    moments = EvenMoments(measure_of(noise_law(law)))
    assert moments[finite] is not None
    assert moments[finite + 1] is None


@pytest.mark.parametrize(
    ("g", "lo", "hi"),
    [
        (sp.exp(-x) / (1 + sp.exp(-x)) ** 2, -sp.oo, sp.oo),
        (sp.cos(x), -HALF, HALF),
        (x**2 * sp.exp(-x - x**2), 0, sp.oo),
        (sp.exp(-(x**2)), 0, 1),
        (sp.sqrt(1 - x) * sp.sqrt(2 - x), 0, 1),
        (sp.exp(-((x - 1) ** 4)), -sp.oo, sp.oo),
    ],
)
def test_no_exact_moment_without_a_known_form(g, lo, hi):
    assert rule_of(g, lo, hi) is None


def test_a_wrong_form_is_caught(monkeypatch):
    """The guard that every matched form passes: its second moment lies in the ball of the integral."""
    monkeypatch.setattr("signsgd_sym.codegen.even_moments.rule_of", lambda g, lo, hi: lambda j: sp.Integer(3))
    with pytest.raises(ArithmeticError, match="changed a value"):
        EvenMoments(Measure.of(pieces=((sp.S.One, sp.exp(-x), sp.S.Zero, sp.oo),)))[1]
