"""Claim: what a page shows of a built-in derivation is that derivation.

The source of a step is Python that gives back both sides of it, and the links are those of `use`.
"""

import pytest
import sympy as sp

from signsgd_sym.derive.catalogue import CATALOGUE, derive
from signsgd_sym.report.source import python_source, step_source
from signsgd_sym.report.uses import Uses


def read_back(source):
    names = {}
    exec(source, names)
    return names


def same(a, b):
    """Equal as SymPy objects, or equal once products of sums are multiplied out."""
    return a == b or sp.expand(a) == sp.expand(b)


def without_dummies(expr):
    """Dummies have no name that could be typed; symbols with the same assumptions stand for them."""
    dummies = {x: sp.Symbol(x.name, **x._assumptions_orig) for x in expr.atoms(sp.Dummy)}
    return expr.xreplace(dummies)


@pytest.fixture(scope="module", params=CATALOGUE)
def built_in(request):
    """A built-in derivation, made once for the tests below: all of them together take half a minute."""
    return derive(request.param)


def test_every_built_in_step(built_in):
    for step in built_in.steps:
        names = read_back(step_source(step))
        assert same(names["lhs"], without_dummies(step.lhs)), step.id
        assert same(names["rhs"], without_dummies(step.rhs)), step.id
        assert step.order is None or same(names["order"], step.order)


def test_the_links_that_ship_are_those_of_the_derivation(built_in):
    """If this fails, the links changed: `python -m signsgd_sym.report.uses` writes them anew."""
    assert Uses.shipped().links[built_in.id] == tuple(used.id for used in built_in.uses)


def test_a_link_ships_for_every_derivation():
    assert list(Uses.shipped().links) == list(CATALOGUE)


x, N, n_i = sp.Symbol("x"), sp.Symbol("N", positive=True), sp.Symbol("n (i)", integer=True)
f = sp.Function("f")
FORMS = {
    "fractions stay exact": sp.Rational(1, 3) * x ** sp.Rational(2, 3) + sp.Rational(1, 7),
    "names that Python or SymPy has already": N
    + sp.Symbol("lambda")
    + sp.Symbol("E[X]")
    + sp.Symbol("gamma"),
    "names that are not identifiers": n_i**2 + sp.Symbol("n_i"),
    "the same name twice": sp.Symbol("x", positive=True) + x,
    "unknown functions": f(x) + f(2 * x).diff(x) + sp.Function("g", positive=True)(x, N),
    "conditions": sp.Piecewise((x, N > 1), (0, True)),
    "integrals and sums": sp.Integral(sp.exp(-(x**2)), (x, 0, sp.oo)) + sp.Sum(n_i**2, (n_i, 1, 5)),
    "matrices": sp.Trace(sp.MatrixSymbol("A", 3, 3) ** -1 * sp.MatrixSymbol("A", 3, 3).T),
    "indices": sp.IndexedBase("q", real=True)[n_i] * 2,
}


@pytest.mark.parametrize("claim", FORMS)
def test_form(claim):
    assert read_back(python_source(value=FORMS[claim]))["value"] == FORMS[claim]


def test_a_symbol_that_only_looks_like_ours_is_declared():
    assert "notation" not in python_source(value=sp.Symbol("R"))
    assert "from signsgd_sym.notation import R" in python_source(value=sp.Symbol("R", positive=True))
