"""Every function the kernel translates: the ball contains mpmath's value, where mpmath agrees with itself."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import mpmath
import pytest
import sympy as sp
from flint import acb, arb

from signsgd_sym.balls.ball import PointRejected, precision
from signsgd_sym.balls.evaluate import enclose
from signsgd_sym.special import Erfcx, OwenT, TricomiU

x, y, z = sp.symbols("x y z")
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
]


def draw(kind: str, rng: Random) -> sp.Expr:
    def number(low: float, high: float) -> sp.Rational:
        return sp.Rational(round(rng.uniform(low, high) * 997), 997)

    if kind == "plane":
        real = number(-4, 4)
        return real + sp.I * number(-4, 4)
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


@pytest.mark.parametrize("index", range(len(CASES)))
def test_ball_contains_the_value(index: int) -> None:
    expr, f, kinds = CASES[index]
    rng = Random(7919 * index + 1)
    symbols = (x, y, z)
    done = 0
    for _ in range(20):
        values = [draw(kind, rng) for kind in kinds]
        reference = trusted(f, values)
        if reference is None:
            continue
        try:
            ball = enclose(expr, dict(zip(symbols, values, strict=False)), 40).ball
        except PointRejected:
            continue
        value, slack = reference
        with mpmath.workdps(80), precision(300):
            exact = acb(_arb(value.real), _arb(value.imag))
            room = acb(arb(0, 1), arb(0, 1)) * _arb(slack + abs(value) * mpmath.mpf(10) ** -70)
            assert (ball + room).contains(exact), (expr, values, ball, value)
        done += 1
        if done == 6:
            break
    assert done >= 4, f"{expr}: only {done} points where mpmath is sure of itself"


def _arb(v: Any) -> arb:
    sign, man, exp, _ = mpmath.mpf(v)._mpf_
    return arb((-1) ** sign * int(man)) * arb(2) ** int(exp)


def test_there_are_enough_evaluations() -> None:
    assert 4 * len(CASES) >= 300
