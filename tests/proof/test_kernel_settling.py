"""Tails regular at infinity but for factors near 1 are integrated in 1/y, with the true value inside."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp
from flint import acb, arb

from signsgd_sym.balls import PointRejected, Undecided, compare, enclose
from signsgd_sym.balls.ball import precision
from signsgd_sym.balls.compile import compile_expr
from signsgd_sym.balls.half_line import tidy
from signsgd_sym.balls.majorant import Majorant
from signsgd_sym.balls.settling import settling
from signsgd_sym.balls.terms import NoMajorant

x = sp.Symbol("x", real=True)
y = sp.Symbol("y", positive=True)
c = sp.Symbol("c", positive=True)
oo = sp.oo

CLOSED = [
    (1 / (1 + x**2), 0, sp.pi / 2),
    (1 / (c**2 + x**2), 0, sp.pi / (2 * c)),
    (1 / (1 + x**4), -oo, sp.pi / sp.sqrt(2)),
    (sp.exp(1 / x) / x**2, 1, sp.E - 1),
    (sp.exp(-c / x) / x**2, 0, 1 / c),
    (sp.exp(-x + sp.exp(-x)) / (1 + sp.exp(-x)) ** 0, 0, sp.E - 1),
    (1 / (x**2 * (sp.exp(1 / x) + 1)), 1, sp.log(2 / (1 + sp.exp(-1)))),
    (sp.log(1 + 1 / x) / x**2, 1, 2 * sp.log(2) - 1),
]


@pytest.mark.parametrize("index", range(len(CLOSED)))
def test_closed_forms(index: int) -> None:
    f, low, closed = CLOSED[index]
    integral = sp.Integral(f, (x, low, oo))
    at = {c: sp.Rational(7, 5)}
    assert compare(integral, closed, at, 40).verdict == "equal"
    assert compare(integral, closed * (1 + sp.Rational(1, 10**25)), at, 40).verdict == "different"


NUMERIC = [
    (sp.exp(-sp.exp(-2 * x)) / (1 + x**2), 0),
    (sp.exp(-3 * sp.exp(-x / 2)) / (x**2 + x**3), 1),
    (sp.exp(-1 / x) * sp.exp(-5 * sp.exp(-x)) / (2 + x**2), 0),
    (sp.exp(sp.exp(-x) / x) * sp.exp(-2 * sp.exp(-(x**2))) / (x + 1) ** 2, 1),
]


@pytest.mark.parametrize("index", range(len(NUMERIC)))
def test_values_by_mpmath(index: int) -> None:
    f, low = NUMERIC[index]
    ball = enclose(sp.Integral(f, (x, low, oo)), {}, 40).ball
    with mpmath.workdps(40):
        g = sp.lambdify(x, f, "mpmath")
        cuts = [low, low + 1, 4, 10, 30, 100]
        tail = mpmath.quad(lambda w: g(1 / w) / w**2, [0, mpmath.mpf(1) / 200, mpmath.mpf(1) / 100])
        value = mpmath.quad(g, cuts) + tail
        with precision(200):
            assert (ball.real + arb(0, 1e-20)).contains(arb(str(value))), (f, ball, value)


def value(e: sp.Expr) -> acb:
    return compile_expr(e, [])([], False)


def test_the_rest_is_at_least_what_is_left_out() -> None:
    """int_N^oo |e| |exp(g) - 1| dy by quadrature never exceeds the bound."""
    proved = 0
    for f, _ in NUMERIC:
        parts = settling(f.subs(x, y), y, {}, tidy)
        left_out = sp.lambdify(y, parts.e * (sp.exp(parts.g) - 1), "mpmath")
        for k in range(5):
            with precision(80):
                try:
                    bound = parts.rest(Majorant(y, arb(2) ** k, value))
                except NoMajorant:
                    continue
                proved += 1
                left = abs(mpmath.quad(left_out, [2**k, 2 ** (k + 2), 2 ** (k + 6), mpmath.inf]))
                assert not bound * arb("1.000001") < arb(str(left)), (f, k, bound, left)
    assert proved > 8


@pytest.mark.parametrize(
    "f", [sp.exp(1 / x) / x, sp.exp(-1 / x), 1 / (x + 1), sp.exp(-sp.exp(-x)) / sp.sqrt(x)]
)
def test_no_value_for_what_diverges(f: sp.Expr) -> None:
    with pytest.raises((Undecided, PointRejected)):
        enclose(sp.Integral(f, (x, 1, oo)), {}, 12, max_bits=130)
