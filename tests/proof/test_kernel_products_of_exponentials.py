"""Exponentials beside erfc and under negative powers keep wide balls finite and lose no value."""

from __future__ import annotations

from random import Random

import mpmath
import pytest
import sympy as sp
from flint import acb, arb

from signsgd_sym.balls.ball import precision
from signsgd_sym.balls.compile import compile_expr

t = sp.Symbol("t", real=True)
CASES = [
    sp.exp(2 - 2 * t) * sp.erfc((2 - t) / sp.sqrt(2)),
    sp.exp(t**2 / 7 - 3 * t) * sp.exp(-t / 2) * sp.erfc(2 * t - 1),
    sp.exp(t**2) * sp.exp(-(t**2) / 3) * sp.erfc(t) * sp.erfc(t / 2),
    sp.exp(t) - 1,
    1 - sp.exp(-3 * t),
    1 / (sp.exp(t) - 1),
    1 / (1 - sp.exp(t)) ** 3,
    t**3 / (sp.exp(-2 * t) - 1) ** 2,
    sp.exp(t) / (1 + sp.exp(t)) ** 2,
    1 / (4 * sp.exp(2 * t) - 8 * sp.exp(t) + 5),
    1 / (3 - 2 * sp.exp(sp.exp(t)) + t) ** 2,
    1 / (t * sp.exp(t) + sp.exp(2 * t) * sp.cos(t) + 40) ** 2,
]


@pytest.mark.parametrize("index", range(len(CASES)))
def test_wide_balls_contain_the_values_inside(index: int) -> None:
    f, rng = CASES[index], Random(index)
    ours, theirs = compile_expr(f, [t]), sp.lambdify(t, f, "mpmath")
    finite = 0
    with precision(100), mpmath.workdps(60):
        for _ in range(200):
            scale = rng.choice((1, 10, 60))
            middle = [rng.uniform(-scale, scale), 0.0 if rng.random() < 0.4 else rng.uniform(-4, 4)]
            radius = [rng.choice((0.0, 1e-9, 0.05, 0.5, 4.0, 12.0)) for _ in range(2)]
            wide = ours([acb(arb(middle[0], radius[0]), arb(middle[1], radius[1]))], True)
            if not wide.is_finite():
                continue
            finite += 1
            for _ in range(6):
                x, y = (
                    m + r * rng.choice((-0.99, 0.99, rng.uniform(-0.99, 0.99)))
                    for m, r in zip(middle, radius, strict=True)
                )
                value = theirs(mpmath.mpc(x, y))
                near = arb(0, str(mpmath.mpf(10) ** -40 * abs(value)))
                with precision(300):
                    exact = acb(arb(str(value.real)), arb(str(value.imag)))
                    assert (wide + acb(near, near)).contains(exact), (f, middle, radius, wide, value)
    assert finite > 40


def test_a_box_around_zero_does_not_hide_that_the_exponential_is_large() -> None:
    wide = acb(arb(100, 2), arb(0, 4))
    for f in (
        1 / (sp.exp(t) - 1),
        1 / (4 * sp.exp(2 * t) - 8 * sp.exp(t) + 5),
        sp.exp(t) / (1 + sp.exp(t)) ** 2,
    ):
        with precision(100):
            assert compile_expr(f, [t])([wide], True).abs_upper() < arb("1e-40")


def test_scaled_complementary_error_functions_keep_the_sign_of_their_argument_in_view() -> None:
    """For z < 0 the scaled form exp(h - z^2) erfcx(z) would lose everything: erfcx(z) ~ 2 exp(z^2)."""
    f = sp.exp(2 - 2 * t) * sp.erfc((2 - t) / sp.sqrt(2))
    with precision(100):
        for at, bound in ((-20, "1e-85"), (30, "1e-23")):  # 1.2e-87 and 1.3e-25 at the centre
            ball = compile_expr(f, [t])([acb(arb(at, arb("0.1")))], True)
            assert ball.abs_upper() < arb(bound)


def test_no_digits_are_cancelled_beside_one() -> None:
    with precision(100):
        ball = compile_expr(sp.exp(t) - 1, [t])([acb(arb(2) ** -300)], False)
        assert ball.rel_accuracy_bits() > 90
