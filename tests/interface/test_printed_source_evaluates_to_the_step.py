"""Claim: the Python source that a page shows for a step evaluates to both sides of it."""

import pytest
import sympy as sp

from signsgd_sym.derive.catalogue import CATALOGUE
from signsgd_sym.proof.derivation import Step
from signsgd_sym.report.source import step_source


def evaluated(step):
    names = {}
    exec(step_source(step), names)
    return names["lhs"], names["rhs"], names.get("order")


def same(one, other):
    """Equal, bound dummies apart; what was kept unevaluated may be evaluated by pasting."""
    return one == other or one.doit() == other.doit() or sp.simplify(one - other) == 0


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_built_in_step(name):
    for step in CATALOGUE[name].make().steps:
        lhs, rhs, order = evaluated(step)
        assert same(lhs, step.lhs), step_source(step)
        assert same(rhs, step.rhs), step_source(step)
        assert step.order is None or order == step.order


x, lam = sp.Symbol("x", real=True), sp.Symbol("lambda", positive=True)
awkward = sp.Symbol("import os; os.system('true')", real=True)


@pytest.mark.parametrize(
    "side",
    [
        sp.Rational(1, 3) * lam ** sp.Rational(-5, 2),
        sp.Piecewise((x, x > 0), (0, True)),
        sp.Function("f")(x) + sp.Derivative(sp.Function("f")(x), x),
        sp.Sum(x**2, (x, 1, lam)),
        awkward + sp.Symbol("E") + sp.Symbol("class") + sp.Symbol("\u03b1"),
        sp.Symbol("a b") + sp.Symbol("a_b") + sp.Symbol("R"),
        sp.besseli(0, x) * sp.uppergamma(lam, x) * sp.E**x + sp.I * sp.oo,
    ],
    ids=str,
)
def test_awkward_expressions(side):
    assert evaluated(Step("1", side, "=", side, ""))[:2] == (side, side)
