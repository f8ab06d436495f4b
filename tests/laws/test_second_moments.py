"""E eps^2 from the tables of facts equals quadrature, and is infinite exactly when a tail says so."""

from __future__ import annotations

import pytest
import sympy as sp
from law_table import TEXTS, numeric

from signsgd_sym import notation
from signsgd_sym.model import NoiseLaw
from signsgd_sym.model.families import Piece
from signsgd_sym.model.given_density import GivenDensity
from signsgd_sym.model.quadrature import total_mass

x, eps = notation.x, notation.eps

INFINITE = {
    "BetaPrime(a, b)",
    "Cauchy(0, a)",
    "Cauchy(m, a)",
    "Davis(a, b, c)",
    "FDistribution(n, 4)",
    "GammaInverse(a, b)",
    "Levy(0, a)",
    "LogCauchy(m, a)",
    "Lomax(a, b)",
}


def by_quadrature(law: NoiseLaw) -> float:
    return sum(
        float(weight) * total_mass(Piece(p.density * x**2, p.lo, p.hi) for p in part.pieces).value
        for weight, part in law.parts
    )


@pytest.mark.parametrize("text", TEXTS)
def test_table_equals_quadrature(text):
    law = numeric(text)
    moment = law.second_moment()
    assert (moment == sp.oo) == (text in INFINITE)
    if moment != sp.oo:
        assert float(moment.evalf()) == pytest.approx(by_quadrature(law), rel=1e-12)


@pytest.mark.parametrize("text", [text for text in TEXTS if text not in INFINITE])
def test_affine_form(text):
    law = numeric(text).scaled(-2).shifted(sp.Rational(3, 4))
    assert float(law.second_moment().evalf()) == pytest.approx(by_quadrature(law), rel=1e-10)


def test_a_wrong_moment_is_seen():
    law = numeric("Gompertz(a, b)")
    assert float(law.second_moment().evalf()) * (1 + 1e-9) != pytest.approx(by_quadrature(law), rel=1e-12)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Normal(0, v)", "v**2"),
        ("Laplace(0, b)", "2*b**2"),
        ("Mixture((9/10, Normal(0, 1)), (1/10, Normal(0, 10)))", "109/10"),
        ("Rademacher(c)", "c**2"),
        ("Dirac(0)", "0"),
        ("Finite({-1: 1/4, 0: 1/2, 1: 1/4})", "1/2"),
        ("Mixture((1/2, StudentT(2)), (1/2, Dirac(0)))", "oo"),
        ("1/480*StudentT(14/25)", "oo"),
    ],
)
def test_symbolic_value(text, moment):
    assert str(NoiseLaw.from_text(text).second_moment()) == moment


def test_symbolic_condition_keeps_both_branches():
    moment = NoiseLaw.from_text("3*StudentT(nu)").second_moment()
    (nu,) = moment.free_symbols
    assert moment.subs(nu, 4) == 18 and moment.subs(nu, 2) == sp.oo


@pytest.mark.parametrize(
    ("density", "moment"),
    [
        ("1/(pi*(1 + x**2)) on (-oo, oo)", "oo"),
        ("1/(2*(1 + Abs(x))**2) on (-oo, oo)", "oo"),
        ("1/(1 + Abs(x))**3 on (-oo, oo)", "oo"),
        ("3/(2*(1 + Abs(x))**4) on (-oo, oo)", "1"),
        ("3*x**2/2 on (-1, 1)", "3/5"),
        ("exp(-Abs(x))/2 on (-oo, oo)", "2"),
        ("besselk(0, Abs(x))/pi on (-oo, oo)", "1"),
    ],
)
def test_given_density(density, moment):
    assert str(NoiseLaw.from_text(f"density: {density}").second_moment()) == moment


@pytest.mark.parametrize(("power", "finite"), [(0, False), (1, False), (2, True)])
def test_tail_at_the_edge(power, finite):
    """A tail x^-3 (log x)^-q has a variance iff q > 1."""
    part = GivenDensity(1 / (x**3 * sp.log(x) ** power), (sp.E, sp.oo))
    assert (part.second_moment() != sp.oo) == finite


def test_without_closed_form_the_integral_stays():
    moment = NoiseLaw.from_text("LogitNormal(0, 1)").second_moment()
    assert moment.has(sp.Integral) and float(moment.evalf(12)) == pytest.approx(0.2933790359, abs=1e-8)


def test_expectation_is_unevaluated_and_right():
    law = NoiseLaw.from_text("Mixture((1/3, Laplace(0, b)), (2/3, Rademacher(c)))")
    mean = law.mean_of(eps**4)
    assert mean.has(sp.Integral)
    b, c = law.parameters
    assert sp.simplify(mean.doit() - (8 * b**4 + sp.Rational(2, 3) * c**4)) == 0
    assert not mean.has(sp.Abs)
