"""No function that is negative somewhere is ever proved non-negative, wherever it hides its dip."""

from __future__ import annotations

from random import Random

import pytest
import sympy as sp
from flint import acb, arb, fmpq

from signsgd_sym.balls import compile_expr
from signsgd_sym.balls.ball import precision
from signsgd_sym.balls.positivity import first_negative, is_proved_non_negative
from signsgd_sym.balls.sign_rules import sign_from_parts
from signsgd_sym.special import Erfcx

x = sp.Symbol("x", real=True)
ZERO, ONE, oo = sp.S.Zero, sp.S.One, sp.oo
TINY = sp.Rational(1, 10**9)

DIPS = [
    ((x - 10**6) ** 2 - 1, ZERO, oo),
    ((x - 10**15) ** 2 - 1, ZERO, oo),
    ((1 / x - 10**5) ** 2 - 1, ZERO, ONE),
    ((1 / x - 10**30) ** 2 - 1, ZERO, ONE),
    (((x - 3) ** 2 - TINY) * sp.exp(-x), ZERO, oo),
    ((x - 3) ** 3 * sp.exp(-x), ZERO, oo),
    (1 + sp.cos(x) - TINY, -oo, oo),
    (sp.exp(-x) * (1 - TINY) - sp.exp(-x) / (1 + sp.exp(-(x**2))), -oo, oo),
    (sp.log(x) ** 2 - TINY, ZERO, oo),
    (sp.log(x + TINY), ONE - TINY**2 - TINY, oo),
    (sp.sqrt(x) - x**2, ZERO, ONE + TINY),
    (1 / (x - 5), ZERO, oo),
    (1 / (x - 5) ** 3, ZERO, oo),
    ((sp.exp(1 / x - 1) - 1) * x, ZERO, oo),
    (1 - sp.exp(-1 / x) - sp.Rational(1, 10**8), ZERO, oo),
    (1 / (1 - sp.exp(3 - x)), ZERO, oo),
    (sp.erfc(x) - sp.erfc(x + TINY) * (1 + TINY * 2), -oo, oo),
    (sp.besselj(0, x), ZERO, oo),
    (sp.Abs(x - 1) - TINY, ZERO, ONE * 2),
    (sp.sign(x - 1) + TINY, ZERO, ONE * 2),
    (sp.Piecewise((-1, x < 10**5), (1, True)), ZERO, oo),
    (x * (x - 10**10) * sp.exp(-x), ZERO, oo),
    (sp.sin(1 / x) + 1 - TINY, ZERO, ONE),
]


@pytest.mark.parametrize("index", range(len(DIPS)))
def test_a_dip_is_never_overlooked_by_a_proof(index: int) -> None:
    assert not is_proved_non_negative(*_with(DIPS[index]), budget=600)


def _with(case: tuple[sp.Expr, sp.Expr, sp.Expr]) -> tuple[sp.Expr, sp.Symbol, sp.Expr, sp.Expr]:
    f, lo, hi = case
    return f, x, lo, hi


PROVED = [
    (sp.exp(x) - x - sp.Rational(1, 2), -oo, oo),
    ((x - 3) ** 2 * sp.exp(-x), ZERO, oo),
    (1 / (1 + x**2) - 1 / (2 + x**2), -oo, oo),
    (3 + sp.sin(x) + sp.cos(x), -oo, oo),
    (1 - sp.exp(-x), ZERO, oo),
    (1 / (sp.exp(1 / x) - 1) / x**3, ZERO, oo),
    (sp.log(1 + x) / x, ZERO, oo),
    (1 / sp.sqrt(x * (1 - x)), ZERO, ONE),
    (-sp.log(x), ZERO, ONE),
    (sp.erfc(x - 7) * sp.exp(-x), -oo, oo),
    (sp.besselk(1, x) * sp.besseli(2, x), ZERO, oo),
    (Erfcx(x) + sp.cosh(x), -oo, oo),
    (sp.exp(-x) - sp.exp(-2 * x) / 2 - sp.exp(-3 * x) / 3, ZERO, oo),
]


@pytest.mark.parametrize("index", range(len(PROVED)))
def test_what_is_positive_is_proved(index: int) -> None:
    f, lo, hi = PROVED[index]
    assert is_proved_non_negative(f, x, lo, hi)
    assert first_negative(f, x, lo, hi) is None


def test_signs_of_compositions_hold_at_random_points() -> None:
    """`sign_from_parts` with signs of the parts at a point, against the value there."""
    rng = Random(8)
    atoms = [
        x,
        x - 1,
        -x,
        2 - x**2,
        sp.exp(x),
        sp.log(x),
        sp.cos(x),
        sp.Integer(-2),
        sp.sqrt(x + 1),
        sp.erfc(x),
    ]
    decided = 0
    for _ in range(400):
        f, g = rng.choice(atoms), rng.choice(atoms)
        e = rng.choice(
            [f * g, f + g, f**2 * g, f**3, sp.exp(f) * g, sp.log(f), f**-3 + g, f ** sp.Rational(1, 3)]
        )
        if e.has(sp.zoo, sp.nan):
            continue
        at = sp.Rational(rng.randint(-60, 60), 23)

        def value(part: sp.Expr, at: sp.Rational = at) -> acb:
            return compile_expr(part, [x])([acb(arb(int(at.p)) / int(at.q))], False)

        def leaf(part: sp.Expr) -> int:
            if part not in atoms and part - 1 not in atoms and part + 1 not in atoms:
                return 0
            ball = value(part)
            real = ball.imag.is_zero() and ball.is_finite()
            return (1 if ball.real >= 0 else -1 if ball.real <= 0 else 0) if real else 0

        sign = sign_from_parts(e, leaf)
        ball = value(e)
        if sign and ball.is_finite():
            decided += 1
            assert ball.imag.contains(0) and not sign * ball.real < 0, (e, at, sign, ball)
    assert decided > 150


def test_a_negative_value_is_shown_with_its_point() -> None:
    found = first_negative(x**3 - x, x, ZERO, sp.Integer(2))
    assert found is not None and 0 < found.point < 1
    exact = found.point**3 - found.point
    with precision(600):
        assert found.value.contains(arb(fmpq(int(exact.p), int(exact.q))))
