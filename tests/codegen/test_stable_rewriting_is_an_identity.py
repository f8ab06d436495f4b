"""Rewriting exp x erfc as erfcx changes the rounding, not the function; naive code shows why it is needed."""

import mpmath
import numpy as np
import pytest
import sympy as sp
from mpmath import mp, mpf

from signsgd_sym.codegen.stable import ExpErfc, stable
from signsgd_sym.notation import R
from signsgd_sym.special import Erfcx

MPMATH = [
    {
        "Erfcx": lambda z: mp.exp(z**2) * mp.erfc(z),
        "ExpErfc": lambda u, w, v: mp.exp(w) * mp.exp(v**2) * mp.erfc(v),
    },
    "mpmath",
]
z = sp.Symbol("z", positive=True)
y = sp.Symbol("y", real=True)
EXPRESSIONS = {
    "square": sp.exp(z**2) * sp.erfc(z) / z,
    "shifted": sp.exp(z**2 + z) * sp.erfc(z + sp.Rational(1, 2)),
    "unknown sign": 3 * sp.exp(y**2 - y) * sp.erfc(y - 1),
    "sum": 1 + sp.exp(4 * z) * sp.erfc(2 * sp.sqrt(z)) - sp.exp(-z) * sp.erfc(z),
    "plain": sp.erfc(y) + sp.exp(y),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_rewriting_keeps_the_value(name):
    expr = EXPRESSIONS[name]
    rewritten = stable(expr)
    [symbol] = expr.free_symbols
    before, after = sp.lambdify(symbol, expr, "mpmath"), sp.lambdify(symbol, rewritten, MPMATH)
    with mp.workdps(40):
        for point in (mpf("0.03"), mpf("0.9"), mpf("2.3"), mpf("7.1")):
            assert abs(after(point) / before(point) - 1) < mpf("1e-35")
            assert abs(after(point * (1 + mpf("1e-6"))) / before(point) - 1) > mpf("1e-20")


def test_scaled_functions_appear_where_they_should():
    assert stable(EXPRESSIONS["square"]) == Erfcx(z) / z
    assert stable(EXPRESSIONS["unknown sign"]).has(ExpErfc)
    assert stable(EXPRESSIONS["plain"]) == EXPRESSIONS["plain"]
    u, w, v = sp.symbols("u w v")
    assert ExpErfc(u, w, v).rewrite(sp.erfc) == sp.exp(u) * sp.erfc(v)


def test_naive_laplace_phi_is_nan_in_range_while_ours_is_not(problem):
    grid = np.logspace(-12, 12, 2001)
    naive = sp.lambdify(R, problem("Laplace(0, 1)").phi, ["scipy", "numpy"])
    with np.errstate(all="ignore"):
        failed = ~np.isfinite(naive(grid))
    assert 500 < failed.sum() < 1000
    ours = problem("Laplace(0, 1)").module.phi(grid)
    assert np.all(np.isfinite(ours))
    for k in (0, 700, 1300, 1600, 2000):  # against 40 digits, where the naive code fails too
        root = mpf(grid[k]) ** mpf("0.5")
        with mp.workdps(40):
            exact = (
                2 * root / mp.sqrt(mp.pi) * mpmath.exp(root**2) * mpmath.erfc(root) if grid[k] < 1e3 else None
            )
            if exact is None:  # the asymptotic series, to 12 digits and more beyond R = 1e3
                terms = (1, -1 / (2 * root**2), 3 / (4 * root**4), -15 / (8 * root**6), 105 / (16 * root**8))
                exact = 2 / mp.pi * mp.fsum(terms)
        assert abs(ours[k] / exact - 1) < 1e-13
