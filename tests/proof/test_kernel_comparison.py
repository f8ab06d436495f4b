"""Equal, different, undecided: wrong identities are refuted, right ones pass, traps are avoided."""

from __future__ import annotations

from contextlib import suppress

import pytest
import sympy as sp
from flint import acb, arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from signsgd_sym.balls import PointRejected, Undecided, Unsupported, compare, compile_expr, enclose
from signsgd_sym.balls.ball import precision
from signsgd_sym.special import Erfcx, OwenT, TricomiU

x, y = sp.symbols("x y", real=True)
R, b = sp.symbols("R b", positive=True)
HALF = sp.Rational(1, 2)
POINT = {x: sp.Rational(3, 7), y: sp.Rational(-11, 5), R: sp.Rational(13, 9), b: sp.Rational(5, 3)}

TRUE = [
    (sp.sin(x) ** 2 + sp.cos(x) ** 2, sp.Integer(1)),
    (sp.sqrt(2) * sp.sqrt(3) - sp.sqrt(6), sp.Integer(0)),
    (sp.exp(x) - sp.exp(x) * (1 + y) / (1 + y), sp.Integer(0)),
    (sp.erf(x), 1 - sp.erfc(x)),
    (sp.besselk(HALF, b), sp.sqrt(sp.pi / (2 * b)) * sp.exp(-b)),
    (sp.meijerg([[1], []], [[HALF], [0]], b), sp.sqrt(sp.pi) * sp.erf(sp.sqrt(b))),
    (sp.meijerg([[], []], [[0], []], b), sp.exp(-b)),
    (sp.meijerg([[], []], [[0, 0], []], b), 2 * sp.besselk(0, 2 * sp.sqrt(b))),
    (sp.meijerg([[], [1]], [[0, HALF], []], R), sp.sqrt(sp.pi) * sp.erfc(sp.sqrt(R))),
    (sp.meijerg([[HALF], []], [[0, HALF], []], R), sp.sqrt(sp.pi) * TricomiU(HALF, HALF, R)),
    (
        sp.meijerg([[1 - b], []], [[0, R - b], []], x**2),
        sp.gamma(b) * sp.gamma(R) * TricomiU(b, 1 + b - R, x**2),
    ),
    (sp.hyper((b,), (b,), x), sp.exp(x)),
    (sp.exp(R**2 + x) * sp.erfc(R), sp.exp(x) * Erfcx(R)),
    (sp.exp(R - x) * sp.besselk(HALF, R), sp.sqrt(sp.pi / (2 * R)) * sp.exp(-x)),
    (1 / (sp.exp(-R) / sp.besselk(x, R)), sp.exp(R) * sp.besselk(x, R)),
    (sp.Derivative(sp.exp(-(x**2)) * sp.erf(x), x), (sp.exp(-(x**2)) * sp.erf(x)).diff(x)),
    (sp.Derivative(sp.sqrt(R), (R, 3)), sp.sqrt(R).diff(R, 3)),
    (sp.Derivative(OwenT(x, y), x), OwenT(x, y).diff(x)),
    (sp.Derivative(OwenT(x, y), y), OwenT(x, y).diff(y)),
    (sp.Derivative(TricomiU(b, x, R), R), TricomiU(b, x, R).diff(R)),
    (sp.Subs(sp.Derivative(sp.sin(x * y), x), x, 2), y * sp.cos(2 * y)),
    (OwenT(0, x), sp.atan(x) / (2 * sp.pi)),
    (OwenT(b, 1), sp.erfc(b / sp.sqrt(2)) * (1 - sp.erfc(b / sp.sqrt(2)) / 2) / 4),
    (OwenT(-x, -y), -OwenT(x, y)),
    (sp.Heaviside(x) + sp.Heaviside(-x), sp.Integer(1)),
    (sp.asin(sp.Integer(1)), sp.pi / 2),
]

WRONG = [
    (sp.asin(x), 2 / sp.pi * sp.asin(x)),  # arcsine law without its 2/pi
    (sp.erf(x), sp.erf(x / sp.sqrt(2))),
    (sp.sqrt(R), sp.sqrt(2 * R)),
    (sp.besselk(0, b), sp.besselk(1, b)),
    (sp.sqrt(x**2 * y**2), x * y),  # sign of a root
    (sp.log(-R), sp.log(R)),
    (
        sp.sqrt(sp.pi * R) / b * sp.exp(R / b**2) * sp.erfc(sp.sqrt(R) / b),
        sp.sqrt(sp.pi * R) / b * sp.exp(R / b**2),
    ),
    (sp.exp(-1000), 2 * sp.exp(-1000)),
    (sp.exp(-1000), sp.Integer(0)),
    (sp.gamma(b + 1), sp.gamma(b)),
    (sp.exp(x) * (1 + sp.Rational(1, 10**35)), sp.exp(x)),
    (OwenT(x, y), OwenT(y, x)),
]


@pytest.mark.parametrize("index", range(len(TRUE)))
def test_true_identities_are_equal(index: int) -> None:
    assert compare(*TRUE[index], POINT).verdict == "equal"


@pytest.mark.parametrize("index", range(len(WRONG)))
def test_wrong_identities_are_different(index: int) -> None:
    assert compare(*WRONG[index], POINT).verdict == "different"


def test_refutation_is_cheap_and_needs_few_bits() -> None:
    assert compare(sp.exp(x), sp.exp(x) + 1, POINT).left.bits < 70


def test_a_difference_below_the_digits_asked_for_is_seen_with_more_digits() -> None:
    wrong = sp.exp(x) * (1 + sp.Rational(1, 10**60))
    assert compare(sp.exp(x), wrong, POINT, digits=20).verdict == "equal"
    assert compare(sp.exp(x), wrong, POINT, digits=80).verdict == "different"


def test_undecided_is_not_equal() -> None:
    slow = sp.Sum(
        1 / sp.Symbol("k", positive=True, integer=True) ** 2,
        (sp.Symbol("k", positive=True, integer=True), 1, sp.oo),
    )
    result = compare(slow, sp.pi**2 / 6, {})
    assert result.verdict == "undecided"
    assert "tail" in result.reason
    with pytest.raises(Undecided):
        enclose(1 - sp.erf(sp.Integer(60)), {}, 40)  # cancels 3 600/ln 2 bits: above the limit


@pytest.mark.parametrize(
    ("expr", "value"),
    [
        (1 / x, 0),
        (sp.log(x), 0),
        (sp.gamma(x), -2),
        (sp.asin(x), 2),
        (sp.acosh(x), sp.Rational(1, 2)),
        (sp.atanh(x), 3),
        (sp.besselk(0, x), -2),
        (sp.bessely(sp.Rational(1, 3), x), -1),
        (sp.uppergamma(sp.Rational(1, 3), x), -1),
        (sp.expint(2, x), -1),
        (sp.loggamma(x), sp.Rational(-5, 2)),
        (TricomiU(1, HALF, x), -1),
        (sp.hyper((1, HALF), (2,), x), 2),
        (sp.meijerg([[], []], [[0, 0], []], x), -1),
        (sp.LambertW(x), -1),
        (sp.Piecewise((1, x < 0)), 1),
        (x**-HALF, 0),
    ],
)
def test_poles_and_cuts_reject_the_point(expr: sp.Expr, value: sp.Expr) -> None:
    with pytest.raises(PointRejected):
        enclose(expr, {x: value}, 12, max_bits=120)


def test_analytic_evaluation_answers_nan_on_cuts_and_kinks() -> None:
    u = sp.Symbol("u", real=True)
    straddling = acb(arb(-1, 0.5), arb(0, 0.5))
    for f in (
        sp.besselk(0, u),
        sp.sqrt(u),
        sp.log(u),
        u ** sp.Rational(1, 3),
        sp.Ei(u),
        sp.expint(1, u),
        sp.loggamma(u),
    ):
        assert not compile_expr(f, [u])([straddling], True).is_finite(), f
    around_zero = acb(arb(0, 0.5), arb(0, 0.5))
    for f in (
        sp.Abs(u),
        sp.sign(u),
        sp.Heaviside(u),
        sp.Max(u, 0),
        sp.Piecewise((u, u < 0), (1, True)),
        sp.sqrt(u**2),
    ):
        assert not compile_expr(f, [u])([around_zero], True).is_finite(), f
    around_one = acb(arb(1, 0.5), arb(0, 0.5))
    for f in (sp.asin(u), sp.acos(u), sp.atanh(u), sp.hyper((1, 2), (3,), u)):
        assert not compile_expr(f, [u])([around_one], True).is_finite(), f
    z = sp.Symbol("z")  # not known to be real: |z| has no holomorphic extension
    assert not compile_expr(sp.Abs(z), [z])([acb(2)], True).is_finite()


def test_undecided_conditions_give_the_union() -> None:
    wide = acb(arb(0, 1))
    ball = compile_expr(sp.Piecewise((sp.Integer(5), x < 0), (sp.Integer(7), True)), [x])([wide], False)
    assert ball.contains(5) and ball.contains(7)
    assert compile_expr(sp.sign(x), [x])([wide], False).contains(-1)
    assert compile_expr(sp.sqrt(x), [x])([acb(arb(0, 1))], False).contains(acb(0, 1))


def test_digits_survive_large_arguments() -> None:
    huge = {R: sp.Rational(10) ** 20 + sp.Rational(1, 3), b: sp.Rational(7, 3)}
    for f in (
        sp.exp(R / b**2) * sp.erfc(sp.sqrt(R) / b),
        sp.exp(R) * sp.besselk(1, R),
        sp.exp(-R) * sp.besseli(1, R),
        sp.exp(R + b) * sp.besselk(b, R),
        sp.meijerg([[HALF], []], [[0, HALF], []], R),
        sp.hyper((HALF,), (b,), -R),
    ):
        assert enclose(f, huge, 40).bits < 700, f


def test_unsupported_nodes_are_named() -> None:
    f = sp.Function("f")
    for expr, name in (
        (f(x), "f"),
        (x + sp.Float("0.5"), "number 0.5"),
        (sp.Limit(x, x, 0), "Limit"),
        (x + y, "symbol"),
    ):
        with pytest.raises(Unsupported, match=name):
            enclose(expr, {x: 1})


def test_precision_is_restored_even_after_an_error() -> None:
    before = ctx.prec
    with pytest.raises(ZeroDivisionError), precision(333):
        raise ZeroDivisionError
    with pytest.raises(PointRejected):
        enclose(1 / x, {x: 0}, max_bits=150)
    assert ctx.prec == before


def test_an_absolute_goal_ends_the_search_at_zero() -> None:
    zero = sp.Integral(x * sp.exp(-(x**2)), (x, -sp.oo, sp.oo))
    assert enclose(zero, {}, 40, absolute=arb(10) ** -30).ball.contains(0)


RATIONALS = st.fractions(min_value=-6, max_value=6, max_denominator=60).map(
    lambda q: sp.Rational(q.numerator, q.denominator)
)
UNARY = (sp.exp, sp.sin, sp.cos, sp.atan, sp.erf, sp.tanh, sp.sqrt, lambda e: e**2, lambda e: 1 / (1 + e**2))
EXPRESSIONS = st.recursive(
    st.one_of(RATIONALS, st.sampled_from([x, y])),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: p[0] + p[1]),
        st.tuples(inner, inner).map(lambda p: p[0] * p[1]),
        st.tuples(st.sampled_from(UNARY), inner).map(lambda p: p[0](p[1])),
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(EXPRESSIONS, RATIONALS, RATIONALS)
def test_more_precision_gives_a_ball_that_overlaps(expr: sp.Expr, u: sp.Rational, v: sp.Rational) -> None:
    f = compile_expr(expr, [x, y])
    balls = []
    for bits in (40, 80, 300):
        with precision(bits):
            balls.append(f([acb(arb(int(q.p))) / int(q.q) for q in (u, v)], False))
    for p in balls:
        for q in balls:
            assert not (p.is_finite() and q.is_finite()) or p.overlaps(q), expr


@settings(max_examples=60, deadline=None)
@given(EXPRESSIONS, RATIONALS, st.fractions(min_value=0, max_value=1, max_denominator=8), st.booleans())
def test_a_wide_ball_contains_the_values_inside(
    expr: sp.Expr, centre: sp.Rational, radius: float, flag: bool
) -> None:
    f = compile_expr(expr, [x, y])
    with precision(80):
        c = acb(arb(int(centre.p))) / int(centre.q)
        r = arb(radius.numerator) / radius.denominator
        wide = f([c + acb(arb(0, r)), acb(1)], flag)
        for t in (-1, -0.5, 0, 0.25, 1):
            inside = f([c + t * r, acb(1)], False)
            assert not (wide.is_finite() and inside.is_finite()) or wide.overlaps(inside), expr


@settings(max_examples=40, deadline=None)
@given(EXPRESSIONS, RATIONALS, RATIONALS)
def test_an_expression_is_never_different_from_itself(expr: sp.Expr, u: sp.Rational, v: sp.Rational) -> None:
    with suppress(PointRejected):
        assert compare(expr, sp.expand(expr), {x: u, y: v}, 20, max_bits=400).verdict != "different"
