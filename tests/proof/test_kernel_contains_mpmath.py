"""Every node the kernel translates: its 50-digit ball contains what mpmath is sure of.

Off the branch cuts, at random arguments; that every function and every special rule has a case, and that
there are more than 300 evaluations, are tests too.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import mpmath
import pytest
import sympy as sp
from flint import acb, arb
from hypothesis import given, settings
from hypothesis import strategies as st

from signsgd_sym.balls.ball import PointRejected, precision
from signsgd_sym.balls.compile import CONSTANTS, _rules
from signsgd_sym.balls.evaluate import enclose
from signsgd_sym.balls.functions import FUNCTIONS, ScaledK
from signsgd_sym.balls.generator import GENERATOR_RULES
from signsgd_sym.balls.matrices import MATRIX_RULES
from signsgd_sym.special import Erfcx, OwenT, TricomiU

x, y, z = sp.symbols("x y z")
u, v = sp.symbols("u v", real=True)
k = sp.Symbol("k", integer=True, positive=True)
DIGITS, EACH = 50, 4
PLANE, POSITIVE, UNIT, LARGE, ORDER, INTEGER = "plane", "positive", "unit", "large", "order", "integer"


def owen(h: Any, a: Any) -> Any:
    return mpmath.quad(lambda s: mpmath.exp(-(h**2) * (1 + s**2) / 2) / (1 + s**2), [0, a]) / (2 * mpmath.pi)


CASES: list[tuple[sp.Expr, Callable[..., Any], tuple[str, ...]]] = [
    *[
        (f(x), getattr(mpmath, f.__name__), (PLANE,))
        for f in (sp.exp, sp.log, sp.sqrt, sp.sin, sp.cos, sp.tan, sp.cot, sp.sec, sp.csc, sp.sinh, sp.cosh)
    ],
    *[
        (f(x), getattr(mpmath, f.__name__), (PLANE,))
        for f in (sp.tanh, sp.coth, sp.sech, sp.csch, sp.asin, sp.acos, sp.atan, sp.asinh, sp.acosh, sp.atanh)
    ],
    *[
        (f(x), getattr(mpmath, f.__name__), (PLANE,))
        for f in (sp.acot, sp.asec, sp.acsc, sp.acoth, sp.asech, sp.acsch, sp.erf, sp.erfc, sp.erfi, sp.gamma)
    ],
    *[(f(x), getattr(mpmath, f.__name__), (UNIT,)) for f in (sp.asin, sp.acos, sp.atanh, sp.erfinv)],
    *[(f(x), getattr(mpmath, f.__name__), (LARGE,)) for f in (sp.erf, sp.erfc, sp.loggamma, sp.digamma)],
    (sp.exp(x**2) * sp.erfc(x), lambda a: mpmath.exp(a**2) * mpmath.erfc(a), (LARGE,)),
    *[(Erfcx(x), lambda a: mpmath.exp(a**2) * mpmath.erfc(a), (kind,)) for kind in (PLANE, POSITIVE, LARGE)],
    (sp.sinc(x), mpmath.sinc, (PLANE,)),
    (sp.loggamma(x), mpmath.loggamma, (PLANE,)),
    (sp.digamma(x), mpmath.digamma, (PLANE,)),
    (sp.polygamma(3, x), lambda a: mpmath.polygamma(3, a), (PLANE,)),
    (sp.factorial(x), mpmath.factorial, (POSITIVE,)),
    (sp.binomial(x, y), mpmath.binomial, (POSITIVE, UNIT)),
    (sp.catalan(x), lambda a: mpmath.binomial(2 * a, a) / (a + 1), (POSITIVE,)),
    (sp.beta(x, y), mpmath.beta, (POSITIVE, POSITIVE)),
    (sp.RisingFactorial(x, y), mpmath.rf, (POSITIVE, POSITIVE)),
    (sp.uppergamma(x, y), lambda s, a: mpmath.gammainc(s, a), (POSITIVE, PLANE)),
    (sp.lowergamma(x, y), lambda s, a: mpmath.gammainc(s, 0, a), (POSITIVE, PLANE)),
    (sp.expint(x, y), mpmath.expint, (POSITIVE, PLANE)),
    (sp.Ei(x), mpmath.ei, (POSITIVE,)),
    (sp.Ei(-x), lambda a: mpmath.ei(-a), (POSITIVE,)),
    (sp.Si(x), mpmath.si, (PLANE,)),
    (sp.Ci(x), mpmath.ci, (POSITIVE,)),
    (sp.Shi(x), mpmath.shi, (POSITIVE,)),
    (sp.Chi(x), mpmath.chi, (POSITIVE,)),
    (sp.fresnels(x), mpmath.fresnels, (PLANE,)),
    (sp.fresnelc(x), mpmath.fresnelc, (PLANE,)),
    (sp.besselj(x, y), mpmath.besselj, (ORDER, PLANE)),
    (sp.bessely(x, y), mpmath.bessely, (ORDER, PLANE)),
    (sp.besseli(x, y), mpmath.besseli, (ORDER, PLANE)),
    (sp.besselk(x, y), mpmath.besselk, (ORDER, PLANE)),
    (sp.besselk(x, y), mpmath.besselk, (ORDER, LARGE)),
    (sp.besseli(x, y), mpmath.besseli, (ORDER, LARGE)),
    (sp.airyai(x), mpmath.airyai, (PLANE,)),
    (sp.airybi(x), mpmath.airybi, (PLANE,)),
    (sp.airyaiprime(x), lambda a: mpmath.airyai(a, derivative=1), (PLANE,)),
    (sp.airybiprime(x), lambda a: mpmath.airybi(a, derivative=1), (PLANE,)),
    (sp.zeta(x), mpmath.zeta, (PLANE,)),
    (sp.zeta(x, y), mpmath.zeta, (LARGE, POSITIVE)),
    (sp.dirichlet_eta(x), mpmath.altzeta, (PLANE,)),
    (sp.polylog(x, y), mpmath.polylog, (POSITIVE, UNIT)),
    (sp.LambertW(x), mpmath.lambertw, (PLANE,)),
    (sp.LambertW(-x / 3, -1), lambda a: mpmath.lambertw(-a / 3, -1), (UNIT,)),
    (sp.hyper((), (x,), y), mpmath.hyp0f1, (POSITIVE, PLANE)),
    (sp.hyper((x,), (y,), z), mpmath.hyp1f1, (PLANE, POSITIVE, PLANE)),
    (sp.hyper((x,), (y,), -z), lambda a, b, c: mpmath.hyp1f1(a, b, -c), (POSITIVE, POSITIVE, LARGE)),
    (sp.hyper((x, 1), (y,), z), lambda a, b, c: mpmath.hyp2f1(a, 1, b, c), (POSITIVE, POSITIVE, PLANE)),
    (sp.hyper((x, 2), (y, 3), z), lambda a, b, c: mpmath.hyp2f2(a, 2, b, 3, c), (POSITIVE, POSITIVE, PLANE)),
    (sp.hyper((x,), (y, 3), z), lambda a, b, c: mpmath.hyp1f2(a, b, 3, c), (POSITIVE, POSITIVE, PLANE)),
    (TricomiU(x, y, z), mpmath.hyperu, (POSITIVE, POSITIVE, PLANE)),
    (OwenT(x, y), owen, (POSITIVE, POSITIVE)),
    (OwenT(-x, -y), lambda h, a: -owen(h, a), (UNIT, UNIT)),
    (sp.Abs(x), abs, (PLANE,)),
    (sp.sign(x), mpmath.sign, (PLANE,)),
    (sp.arg(x), mpmath.arg, (PLANE,)),
    (sp.re(x) + 2 * sp.im(x) + sp.conjugate(x), lambda a: a.real + 2 * a.imag + mpmath.conj(a), (PLANE,)),
    (sp.Max(x, y) + 2 * sp.Min(x, y), lambda a, b: max(a, b) + 2 * min(a, b), (POSITIVE, UNIT)),
    (x**y, mpmath.power, (PLANE, PLANE)),
    (x ** sp.Rational(-3, 2) + x ** sp.Rational(1, 3), lambda a: a**-1.5 + mpmath.cbrt(a), (PLANE,)),
    (
        sp.Piecewise((x**2, x < y), (sp.exp(x), x > 2 * y), (sp.Heaviside(x - y), True)),
        lambda a, b: a**2 if a < b else mpmath.exp(a) if a > 2 * b else 1,
        (POSITIVE, POSITIVE),
    ),
    (
        sp.meijerg([[1], []], [[sp.Rational(1, 3), sp.Rational(1, 5)], [0]], x),
        lambda a: mpmath.meijerg([[1], []], [[mpmath.mpf(1) / 3, mpmath.mpf(1) / 5], [0]], a),
        (POSITIVE,),
    ),
    (
        sp.meijerg([[], []], [[0, 1, sp.Rational(1, 2)], []], x),  # integer spaced: by the circle
        lambda a: mpmath.meijerg([[], []], [[0, 1, mpmath.mpf(1) / 2], []], a),
        (UNIT,),
    ),
    (
        sp.meijerg([[sp.Rational(1, 3)], [2]], [[0], [sp.Rational(1, 4)]], x),  # p = q, inside the circle
        lambda a: mpmath.meijerg([[mpmath.mpf(1) / 3], [2]], [[0], [mpmath.mpf(1) / 4]], a),
        (UNIT,),
    ),
    (
        sp.meijerg([[], [x]], [[y, 0], []], z),
        lambda a, b, c: mpmath.meijerg([[], [a]], [[b, 0], []], c),
        (UNIT, UNIT, POSITIVE),
    ),
    (
        sp.meijerg([[], []], [[x, y], []], z),
        lambda a, b, c: 2 * c ** ((a + b) / 2) * mpmath.besselk(a - b, 2 * mpmath.sqrt(c)),
        (UNIT, UNIT, POSITIVE),
    ),
    (sp.hyper((x,), (), y), lambda a, c: (1 - c) ** -a, (POSITIVE, PLANE)),
    (sp.hyper((-3, x), (y,), z), lambda a, b, c: mpmath.hyp2f1(-3, a, b, c), (POSITIVE, POSITIVE, LARGE)),
    (
        sp.hyper((x, y, 1), (2, 3), z / 5),
        lambda a, b, c: mpmath.hyper([a, b, 1], [2, 3], c / 5),
        (UNIT, UNIT, POSITIVE),
    ),
    (sp.polygamma(0, x) + sp.polygamma(1, x), lambda a: mpmath.psi(0, a) + mpmath.psi(1, a), (PLANE,)),
    (sp.erf2(x, y), lambda a, b: mpmath.erf(b) - mpmath.erf(a), (PLANE, PLANE)),
    (sp.erfcinv(x), lambda a: mpmath.erfinv(1 - a), (UNIT,)),
    (sp.exp(x) * sp.besselk(y, x), lambda a, n: mpmath.exp(a) * mpmath.besselk(n, a), (LARGE, ORDER)),
    (
        sp.expint(1, x) + sp.E * sp.EulerGamma + sp.Catalan,
        lambda a: mpmath.e1(a) + mpmath.e * mpmath.euler + mpmath.catalan,
        (LARGE,),
    ),
    (sp.pi * x + sp.GoldenRatio * sp.I, lambda a: mpmath.pi * a + mpmath.phi * 1j, (PLANE,)),
    (sp.floor(u) + 2 * sp.ceiling(v), lambda a, b: mpmath.floor(a) + 2 * mpmath.ceil(b), (ORDER, LARGE)),
    (sp.Heaviside(u) + sp.Heaviside(u - v, 3), lambda a, b: int(a > 0) + int(a > b), (ORDER, ORDER)),
    (
        sp.KroneckerDelta(k, 3) * x + sp.KroneckerDelta(k, 2),
        lambda a, n: a * int(n == 3) + int(n == 2),
        (PLANE, INTEGER),
    ),
    (
        sp.Piecewise(
            (x, sp.Eq(k, 2)), (x**2, sp.Ne(k, 3) & ((u >= 1) | (u <= -1))), (-x, ~(u > 0)), (0, True)
        ),
        lambda a, n, c: a if n == 2 else a**2 if n != 3 and abs(c) >= 1 else -a if c <= 0 else 0,
        (PLANE, INTEGER, ORDER),
    ),
    (sp.Derivative(sp.sin(x * y), x), lambda a, b: b * mpmath.cos(a * b), (PLANE, PLANE)),
    (
        sp.Derivative(sp.exp(x * y), (x, 2), y),
        lambda a, b: (2 * b + a * b**2) * mpmath.exp(a * b),
        (PLANE, UNIT),
    ),
    (
        sp.Subs(sp.Derivative(sp.gamma(x), x), x, 1 + y**2),
        lambda b: mpmath.gamma(1 + b**2) * mpmath.psi(0, 1 + b**2),
        (UNIT,),
    ),
    (sp.Integral(sp.exp(y * z), (z, 0, x)), lambda a, b: (mpmath.exp(a * b) - 1) / b, (POSITIVE, PLANE)),
    (
        sp.Integral(sp.exp(-v * u) / sp.sqrt(u), (u, 0, sp.oo)),
        lambda b: mpmath.sqrt(mpmath.pi / b),
        (POSITIVE,),
    ),
    (
        sp.Integral(sp.exp(-u * v) * sp.Abs(u - 1), (u, 0, sp.oo)),
        lambda b: (b - 1 + 2 * mpmath.exp(-b)) / b**2,
        (POSITIVE,),
    ),
    (sp.Sum(x**k / sp.factorial(k), (k, 1, sp.oo)), lambda a: mpmath.expm1(a), (PLANE,)),
    (
        sp.Sum(k * x, (k, 1, 7)) + sp.Product(x + k, (k, 1, 3)),
        lambda a: 28 * a + (a + 1) * (a + 2) * (a + 3),
        (PLANE,),
    ),
]


def draw(kind: str, rng: Random) -> sp.Expr:
    def number(low: float, high: float) -> sp.Rational:
        return sp.Rational(round(rng.uniform(low, high) * 997), 997)

    if kind == "plane":
        real = number(-4, 4)
        return real + sp.I * number(-4, 4)
    if kind == "integer":
        return sp.Integer(rng.randint(1, 4))
    ranges = {"positive": (0.05, 6), "unit": (0.02, 0.98), "large": (9, 40), "order": (-3, 3)}
    return number(*ranges[kind])


def to_mpmath(e: sp.Expr) -> Any:
    re, im = e.as_real_imag()
    real = mpmath.mpf(int(re.p)) / int(re.q)
    return real if im == 0 else mpmath.mpc(real, mpmath.mpf(int(im.p)) / int(im.q))


def trusted(f: Callable[..., Any], values: list[sp.Expr]) -> tuple[Any, Any] | None:
    """mpmath's value at 50 and at 75 digits, if they agree to 45."""
    found = []
    for digits in (50, 75):
        with mpmath.workdps(digits):
            try:
                found.append(mpmath.mpc(f(*map(to_mpmath, values))))
            except (ValueError, ZeroDivisionError, mpmath.NoConvergence):
                return None
    with mpmath.workdps(80):
        low, high = found
        return (high, abs(low - high)) if abs(low - high) <= abs(high) * mpmath.mpf(10) ** -45 else None


def contained(index: int, rng: Random) -> bool:
    """Check one evaluation of a case; False if mpmath is not sure of itself, or the point lies on a cut."""
    expr, f, kinds = CASES[index]
    values = [draw(kind, rng) for kind in kinds]
    reference = trusted(f, values)
    if reference is None:
        return False
    symbols = sorted(expr.free_symbols, key=lambda s: "xyzkuv".index(s.name))
    try:
        ball = enclose(expr, dict(zip(symbols, values, strict=True)), DIGITS).ball
    except PointRejected:
        return False
    value, slack = reference
    with mpmath.workdps(80), precision(300):
        exact = acb(_arb(value.real), _arb(value.imag))
        room = acb(arb(0, 1), arb(0, 1)) * _arb(slack + abs(value) * mpmath.mpf(10) ** -70)
        assert (ball + room).contains(exact), (expr, values, ball, value)
    return True


@pytest.mark.parametrize("index", range(len(CASES)))
def test_ball_contains_the_value(index: int) -> None:
    rng, done = Random(7919 * index + 1), 0
    for _ in range(20):
        done += contained(index, rng)
        if done == EACH:
            return
    pytest.fail(f"{CASES[index][0]}: only {done} points where mpmath is sure of itself")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(CASES) - 1), st.integers(0, 10**9))
def test_ball_contains_the_value_anywhere(index: int, seed: int) -> None:
    contained(index, Random(seed))


def _arb(v: Any) -> arb:
    sign, man, exp, _ = mpmath.mpf(v)._mpf_
    return arb((-1) ** sign * int(man)) * arb(2) ** int(exp)


def test_there_are_enough_evaluations() -> None:
    assert EACH * len(CASES) >= 300


def test_every_function_and_every_special_rule_has_a_case() -> None:
    seen = {type(node) for expr, _, _ in CASES for node in sp.preorder_traversal(expr)}
    missing = {f.__name__ for f in set(FUNCTIONS) - {ScaledK} - seen}
    assert not missing
    elsewhere = [kinds for kinds, _ in MATRIX_RULES + GENERATOR_RULES] + [sp.Indexed]  # in tests of matrices
    rules = [kinds for kinds, _ in _rules() if kinds not in elsewhere]
    assert not [rule for rule in rules if not any(issubclass(kind, rule) for kind in seen)]
    constants = {node for expr, _, _ in CASES for node in expr.atoms(*map(type, CONSTANTS))}
    assert constants == set(CONSTANTS)
