"""Claim: whatever route leads to phi, it leads to the same function; and a wrong formula does not pass.

Each route is asked alone and its answer compared with mpmath quadrature of the textbook density at 20
digits; laws that several routes reach get the same values from each.
"""

import mpmath
import pytest
import sympy as sp

from signsgd_sym.derive.closed_form import judge_equality, noise_mean
from signsgd_sym.derive.routes import mellin, power, square, termwise, whole
from signsgd_sym.derive.routes.solve import solve, solve_all
from signsgd_sym.derive.simplicity import CLASSES, hardest, measure
from signsgd_sym.model import noise_law
from signsgd_sym.notation import R, eps, x
from signsgd_sym.special import TricomiU

QUANTITY = sp.exp(-(eps**2) / (4 * R))
AT = sp.Rational(7, 10)
MODULES = ["mpmath", {"TricomiU": mpmath.hyperu}]


def reference(law):
    """E exp(-eps^2/(4 R)) at R = 7/10 by quadrature."""
    total = mpmath.mpf(0)
    for weight, part in law.parts:
        for piece in part.pieces:
            f = sp.lambdify(x, (piece.density * sp.exp(-(x**2) / (4 * R))).subs(R, AT), "mpmath")
            lo, hi = (
                mpmath.inf
                if end is sp.oo
                else -mpmath.inf
                if end is -sp.oo
                else mpmath.mpf(str(sp.N(end, 30)))
                for end in (piece.lo, piece.hi)
            )
            marks = [m for m in map(mpmath.mpf, (-8, -2, -0.5, 0, 0.5, 2, 8)) if lo < m < hi]
            total += mpmath.mpf(str(sp.N(weight, 30))) * mpmath.quad(f, [lo, *marks, hi])
    return total


def number(value):
    return sp.lambdify([], value.subs(R, AT), MODULES)()


def close(value, law):
    with mpmath.workdps(25):
        got, expected = mpmath.mpmathify(number(value)), reference(law)
        assert abs(got - expected) < mpmath.mpf(10) ** -17 * abs(expected)


ONE_ROUTE = [
    ("Normal(1/2, 2)", square),
    ("Laplace(0, 3)", square),
    ("RaisedCosine(0, 2)", square),
    ("UniformSum(3)", square),
    ("Pareto(1, 3)", power),
    ("Nakagami(3/2, 2)", power),
    ("PowerFunction(3, 0, 2)", power),
    ("Gamma(5/2, 1)", mellin),
    ("BetaPrime(3/2, 2)", mellin),
    ("Beta(2, 5)", mellin),
    ("GammaInverse(2, 1)", mellin),
    ("Weibull(1, 3)", mellin),
    ("Kumaraswamy(2, 3)", mellin),
    ("ChiNoncentral(3, 1)", termwise),
]


@pytest.mark.parametrize(("text", "route"), ONE_ROUTE, ids=[text for text, _ in ONE_ROUTE])
def test_a_route_alone(text, route):
    law = noise_law(text)
    total = sp.S.Zero
    for integral in law.mean_of(QUANTITY).atoms(sp.Integral):
        found = route.integrate(integral)
        assert found is not None
        total += found.value
    close(total, law)


SEVERAL = ["Laplace(0, 3)", "Cauchy(0, 1/2)", "StudentT(5/2)", "StudentT(3)"]


@pytest.mark.parametrize("text", SEVERAL)
def test_facts_about_a_law_give_the_same(text):
    """Characteristic function and scale mixture against the integral of the density."""
    law = noise_law(text)
    ((_, part),) = law.parts
    routes = list(whole.forms(part, QUANTITY))
    assert routes
    for form, _ in routes:
        found = solve_all(form)
        assert found is not None
        close(found.value, law)
    direct = solve_all(law.mean_of(QUANTITY))
    assert direct is not None
    close(direct.value, law)


def test_a_gaussian_part_is_absorbed():
    law = noise_law("ExGaussian(1/2, 1, 2)")
    ((form, _),) = whole.forms(law.parts[0][1], QUANTITY)
    close(solve_all(form).value, law)


def test_every_class_of_function_is_told_apart():
    z = sp.Symbol("z", positive=True)
    shown = [z**2, sp.erfc(z), sp.besselk(0, z), TricomiU(z, 2, z), sp.hyper((z, 1), (2, 3), z)]
    assert [hardest(f) for f in shown] == [0, 1, 2, 3, 4]
    assert CLASSES[hardest(shown[0])][0] == "elementary"
    assert sorted(shown, key=measure) == shown


WRONG = [
    ("Laplace(0, b)", lambda v, law: v.subs(R, 2 * R)),
    ("Normal(0, s)", lambda v, law: v * sp.Rational(1000001, 1000000)),
    ("Cauchy(0, c)", lambda v, law: v + sp.exp(-R) * sp.Rational(1, 10**6)),
]


@pytest.mark.parametrize(("text", "spoil"), WRONG, ids=[text for text, _ in WRONG])
def test_a_wrong_formula_is_refuted(text, spoil):
    law = noise_law(text)
    right = noise_mean(law, QUANTITY, points=4, digits=20)
    assert right.verdict.passed
    judgement = judge_equality(law, right.integral, spoil(right.value, law), points=4, digits=20)
    assert judgement.verdict.value == "REFUTED"
    assert judgement.evidence.witness


def test_a_candidate_that_is_refuted_is_not_used(monkeypatch):
    """The simplest proposal is wrong: the next one that holds is taken, and the wrong one is reported."""
    from signsgd_sym.derive import closed_form
    from signsgd_sym.derive.routes.found import Found
    from signsgd_sym.derive.search import Candidate

    def proposals(function, arguments, seconds):
        yield Candidate(0, Found("a guess", ((sp.sqrt(R), "guessed"),)))
        yield from function(*arguments)

    monkeypatch.setattr(closed_form, "stream", proposals)
    found = noise_mean(noise_law("Normal(0, s)"), QUANTITY, points=3, digits=20)
    assert found.verdict.passed
    assert [value for value, _ in found.refused] == [sp.sqrt(R)]


def test_without_a_route_it_says_so():
    found = noise_mean(noise_law("LogNormal(0, s)"), QUANTITY, points=2, digits=15)
    assert found.value is None
    assert found.verdict.value == "UNKNOWN"
    assert "no route" in found.judgement.evidence.reason


def test_the_deadline_is_kept():
    found = noise_mean(noise_law("LogNormal(0, s)"), QUANTITY, seconds=0.0)
    assert found.value is None
    assert "in 0 s" in found.judgement.evidence.reason


def test_the_simplest_value_is_taken():
    """Erlang(3, 1): completing the square gives erfc, the Mellin-Barnes integral a confluent function."""
    law = noise_law("Erlang(3, 1)")
    classes = sorted(hardest(found.value) for found in solve(law.mean_of(QUANTITY)))
    assert classes == [1, 3]
    assert hardest(noise_mean(law, QUANTITY, points=3, digits=20).value) == 1
