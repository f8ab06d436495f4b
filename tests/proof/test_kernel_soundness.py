"""No ball for what is undefined, ambiguous or divergent, and none that misses the value: traps one by one."""

from __future__ import annotations

from random import Random

import pytest
import sympy as sp
from flint import acb, arb

from signsgd_sym.balls import PointRejected, Undecided, Unsupported, compare, compile_expr, enclose
from signsgd_sym.balls.ball import precision
from signsgd_sym.balls.functions import FUNCTIONS
from signsgd_sym.balls.matrices import diagonal
from signsgd_sym.special import OwenT, TricomiU

x, p = sp.symbols("x p", real=True)
q = sp.Symbol("q", positive=True)
z = sp.Symbol("z")
k = sp.Symbol("k", integer=True, positive=True)
HALF = sp.Rational(1, 2)
POINT = {p: sp.Rational(1, 4), q: sp.Rational(3, 2), z: sp.Rational(5, 2)}


BACKWARDS = [
    (sp.Integral(sp.Abs(x - HALF), (x, 2, 0)), -sp.Rational(5, 4)),
    (sp.Integral(sp.Heaviside(x - p), (x, 2, 0)), p - 2),
    (sp.Integral(sp.Abs(x - p), (x, q, -q)), -(q**2) - p**2),
    (sp.Integral(sp.sign(x - p) * sp.exp(-sp.Abs(x)), (x, sp.oo, -1)), -2 * sp.exp(-p) + 1 - sp.exp(-1) + 1),
    (sp.Integral(sp.sign(x - 7) + x, (x, 2, 0)), sp.Integer(0)),
]


@pytest.mark.parametrize("index", range(len(BACKWARDS)))
def test_integrals_that_run_backwards_see_their_kinks(index: int) -> None:
    integral, value = BACKWARDS[index]
    assert compare(integral, value, POINT, 20).verdict == "equal"


@pytest.mark.parametrize("e", [sp.Sum(x, (x, 5, 1)), sp.Product(x, (x, 5, 1))])
def test_sums_that_run_backwards_have_no_value_here(e: sp.Expr) -> None:
    """SymPy follows Karr (the sum is -9), others say 0."""
    with pytest.raises(PointRejected):
        enclose(e, {})


def test_empty_sums_and_products() -> None:
    assert compare(sp.Sum(x, (x, 5, 4)), sp.Integer(0), {}).verdict == "equal"
    assert compare(sp.Product(x, (x, 5, 4)), sp.Integer(1), {}).verdict == "equal"


UNDEFINED = [
    sp.Integral(sp.Piecewise((sp.exp(-(x**2)), x**3 < 10**6)), (x, 0, sp.oo)),
    sp.Integral(sp.Piecewise((sp.exp(-(x**2)), x < 1)), (x, 0, sp.oo)),
    sp.Integral(sp.Piecewise((1, x < 1)), (x, 0, 2)),
    sp.Sum(sp.Piecewise((2**-k, k < 10**6)), (k, 1, sp.oo)),
    sp.Piecewise((1, z + sp.I > 0), (2, True)),
    sp.Integral(1 / (x - p), (x, -1, 1)),
    sp.Integral(1 / sp.Abs(x - p), (x, -1, 1)),
    sp.Integral(1 / (x - p) ** 2, (x, -1, 1)),
    sp.Integral(sp.tan(x), (x, 1, 2)),
    sp.Integral(x / (1 + x**2), (x, -sp.oo, sp.oo)),
    sp.Integral(sp.exp(-x) / (x - 100), (x, 0, sp.oo)),
    sp.Integral(sp.exp(-(x**2)) / sp.Abs(x - p), (x, -sp.oo, sp.oo)),
    sp.Integral(sp.exp(x - x**2 / 10**6 + x**3 / 10**12), (x, 0, sp.oo)),
    sp.Integral(x**-q * sp.exp(-x), (x, 0, sp.oo)),
    sp.Integral(sp.exp(1 / x), (x, 0, 1)),
    sp.Integral(sp.exp(-sp.log(1 + x)), (x, 0, sp.oo)),
    sp.Sum((-1) ** k / k, (k, 1, sp.oo)),
    sp.Sum(1 / (k - 30) / 2**k, (k, 1, sp.oo)),
    sp.Sum(2**-k * sp.gamma(30 - k), (k, 1, sp.oo)),
    sp.Derivative(sp.Abs(x), x).subs(x, p - POINT[p]),
    sp.Derivative(sp.Piecewise((5, sp.Eq(p, POINT[p])), (sp.exp(-p), True)), p),
    sp.Derivative(sp.sqrt((p - POINT[p]) ** 2), p),
    sp.Derivative(sp.Integral(sp.Abs(x - p), (x, 0, 1)), p).subs(p, p - POINT[p]),
    sp.Derivative(sp.Integral(sp.cos(q * x) / (1 + x**2), (x, 0, sp.oo)), q).subs(q, q - POINT[q]),
]


@pytest.mark.parametrize("index", range(len(UNDEFINED)))
def test_no_ball_for_what_is_undefined_or_diverges(index: int) -> None:
    with pytest.raises((PointRejected, Undecided)):
        enclose(UNDEFINED[index], POINT, 12, max_bits=130)


CONDITIONAL = [sp.sin(x) / x, sp.cos(x**2), sp.exp(sp.I * x) / sp.sqrt(1 + x), sp.sin(x), sp.besselj(0, x)]


@pytest.mark.parametrize("index", range(len(CONDITIONAL)))
def test_conditionally_convergent_integrals_are_undecided(index: int) -> None:
    with pytest.raises(Undecided):
        enclose(sp.Integral(CONDITIONAL[index], (x, 0, sp.oo)), {}, 12, max_bits=130)


def test_sheets_of_polar_numbers() -> None:
    turn = sp.exp_polar(2 * sp.I * sp.pi)
    for e in (
        sp.meijerg([[], []], [[HALF], []], turn * q),  # -sqrt(q) e^-q, not sqrt(q) e^-q
        sp.hyper((1, 1), (2,), turn * q),
        sp.meijerg([[], []], [[HALF], []], sp.exp_polar(sp.I * sp.pi) * z),
        sp.meijerg([[], []], [[HALF], []], sp.polar_lift(z) ** 2),
    ):
        with pytest.raises(Unsupported, match="branch"):
            enclose(e, POINT)
    quarter = sp.meijerg([[], []], [[HALF], []], sp.exp_polar(sp.I * sp.pi / 2) * q)
    assert compare(quarter, sp.sqrt(sp.I * q) * sp.exp(-sp.I * q), POINT).verdict == "equal"


def test_meijer_g_beyond_the_unit_circle_only_where_it_is_a_continuation() -> None:
    """p = q = 2 >= m + n: 0 for |z| > 1 by definition (DLMF 16.17), a hypergeometric function for mpmath."""
    with pytest.raises(PointRejected):
        enclose(sp.meijerg([[], [0, HALF / 3]], [[HALF], [1]], z), POINT, 12, max_bits=100)


def test_the_range_of_a_kronecker_delta() -> None:
    with pytest.raises(Unsupported, match="range"):
        enclose(
            sp.KroneckerDelta(k, sp.Symbol("j", integer=True), (5, 7)),
            {k: 3, sp.Symbol("j", integer=True): 3},
        )


def test_polygamma_of_negative_order_has_a_cut() -> None:
    wide = acb(arb(-0.36, 0.01), arb(0, 0.01))
    assert not compile_expr(sp.polygamma(z, x), [z, x])([acb(-1), wide], True).is_finite()


def test_shapes_are_compared() -> None:
    row, column = sp.Matrix([[q, 2]]), sp.Matrix([[q], [2]])
    assert compare(row, column, POINT).verdict == "different"
    assert compare(row.T, column, POINT).verdict == "equal"


def test_matrix_functions_that_are_not_holomorphic() -> None:
    K = sp.MatrixSymbol("K", 1, 1)
    wide = diagonal([acb(arb(1, 2), arb(0, 2))])
    for e in (sp.Adjoint(K), K**HALF, sp.HadamardPower(K, HALF)):
        assert not any(entry.is_finite() for entry in compile_expr(e, [K])([wide], True).entries()), e
    quartic = sp.Derivative(sp.Trace(sp.Adjoint(K) * sp.ImmutableMatrix([[p]])), p)
    with pytest.raises(PointRejected):
        enclose(quartic, {p: 2, K: diagonal([acb(3)])}, 12, max_bits=100)


HIDDEN = sp.Piecewise((1, k < 200), (sp.sin(10**30 * p), True))
"""A summand that only the tail sees, of modulus at most 1 but with a derivative of 10^30."""


def test_bounds_for_real_arguments_are_not_used_for_continuations() -> None:
    with pytest.raises((Undecided, PointRejected)):
        enclose(sp.Derivative(sp.Sum(HIDDEN / 2**k, (k, 1, sp.oo)), p), {p: sp.Rational(3, 10**31)}, 20)


def test_the_value_of_a_step_at_its_jump_counts_in_a_tail() -> None:
    total = sp.Sum((1 + sp.Heaviside(k - 150, 2**150)) / 2**k, (k, 1, sp.oo))
    assert compare(total, 2 + sp.Rational(1, 2**150), {}, 20).verdict == "equal"


def test_values_that_contradict_the_assumptions_of_their_symbol() -> None:
    assert compare(sp.Integral(p * sp.exp(-x), (x, 0, sp.oo)), sp.I, {p: sp.I}, 20).verdict == "equal"
    negative = sp.Integral(sp.erfc(q * x) * sp.exp(-x), (x, 0, sp.oo))
    closed = 1 + sp.exp(sp.Rational(1, 4)) * sp.erfc(HALF)
    assert compare(negative, closed, {q: -1}, 20).verdict == "equal"


COMPLEX = [
    (sp.Integral(sp.cos(p * x) * sp.exp(-x / 2), (x, 0, sp.oo)), HALF / (sp.Rational(1, 4) + p**2)),
    (sp.Integral(sp.erf(q * x) * sp.exp(-x), (x, 0, sp.oo)), sp.exp(1 / (4 * q**2)) * sp.erfc(1 / (2 * q))),
    (sp.Integral(sp.exp(-q * (x**2)), (x, 0, sp.oo)), sp.sqrt(sp.pi / q) / 2),
    (sp.Integral((1 + x**2) ** -q * x, (x, 0, sp.oo)), 1 / (2 * (q - 1))),
    (sp.Integral((q + x**2) ** sp.Rational(-3, 2) * x, (x, 0, sp.oo)), 1 / sp.sqrt(q)),
    (sp.Integral(x * sp.besselk(0, q * x), (x, 0, sp.oo)), 1 / q**2),
    (sp.Sum(sp.exp(-q * k), (k, 0, sp.oo)), 1 / (1 - sp.exp(-q))),
]


@pytest.mark.parametrize("index", range(len(COMPLEX)))
def test_derivatives_of_integrals_by_a_parameter(index: int) -> None:
    """The parameter is continued to complex values, and the tails are bounded there."""
    integral, closed = COMPLEX[index]
    s = p if integral.has(p) else q
    assert compare(sp.Derivative(integral, s), closed.diff(s), POINT, 12).verdict == "equal"
    wrong = closed.diff(s) * (1 + sp.Rational(1, 10**10))
    assert compare(sp.Derivative(integral, s), wrong, POINT, 12).verdict == "different"


ARITY = {sp.erf2: 2, sp.beta: 2, sp.binomial: 2, sp.RisingFactorial: 2, sp.polygamma: 2, sp.uppergamma: 2}
ARITY |= {sp.lowergamma: 2, sp.expint: 2, sp.besselj: 2, sp.bessely: 2, sp.besseli: 2, sp.besselk: 2}
ARITY |= {sp.polylog: 2, TricomiU: 3, OwenT: 2}


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_wide_balls_and_the_analytic_flag(f: type) -> None:
    """f(ball) meets f(point) for points inside; and where `analytic` is granted, the mean of f over a circle
    in the ball is its value at the centre, up to aliasing.
    """
    rng, rule = Random(f.__name__), FUNCTIONS[f]
    arity = 2 if f.__name__ == "ScaledK" else ARITY.get(f, 1)

    def number(scale: int) -> arb:
        return arb(rng.randint(-999, 999)) / 1000 * scale

    with precision(80):
        for _ in range(25):
            scale, real = rng.choice((1, 4, 12)), rng.random() < 0.4
            args = [acb(number(scale), 0 if real else number(scale)) for _ in range(arity)]
            if arity > 1 and (f is sp.polygamma or rng.random() < 0.5):
                args[0] = acb(rng.randint(-2, 3))
            place = 1 if f is sp.polygamma else rng.randrange(arity)
            radius = arb(rng.choice((1, 3, 10, 30, 100, 300))) / 100
            flat = rng.random() < 0.4
            for flag in (False, True):

                def at(e: acb) -> acb:
                    moved = [*args[:place], args[place] + e, *args[place + 1 :]]  # noqa: B023
                    return rule(moved, flag)  # noqa: B023

                wide = at(acb(arb(0, radius), arb(0, 0 if flat else radius)))
                if not wide.is_finite():
                    continue
                inside = [at(acb(number(1) * radius, 0 if flat else number(1) * radius)) for _ in range(4)]
                assert all(v.overlaps(wide) for v in inside if v.is_finite()), (f, args, place, radius)
                if flag and not flat:
                    nodes = [at(radius * arb("0.5") * (acb(2 * m) / 12).exp_pi_i()) for m in range(12)]
                    mean, room = sum(nodes, acb(0)) / 12, arb(wide.abs_upper()) * arb(2) ** -11
                    gap = mean - at(acb(0))
                    assert not gap.is_finite() or not arb(gap.abs_lower()) > room, (f, args, place, radius)
