"""Taylor coefficients from a circle: the proved error holds, also for functions made to break the lemma."""

from __future__ import annotations

from random import Random

import pytest
import sympy as sp
from flint import acb, arb

from signsgd_sym.balls import compare, compile_expr
from signsgd_sym.balls.ball import precision, upper
from signsgd_sym.balls.circle import LOG2_RATIO, derivative, sup_on_circle, taylor_coefficient
from signsgd_sym.notation import g, gaussian_density, rho
from signsgd_sym.proof.enclosure import MAX_BITS

s = sp.Symbol("s")
FUNCTIONS = [
    sp.exp(3 * s),
    1 / (1 - s / 2),  # a pole just outside the circle
    1 / (sp.Rational(101, 100) - s) ** 4,
    sp.sqrt(sp.Rational(5, 4) + s),
    sp.gamma(s + sp.Rational(3, 2)),
    s**7,
    sp.erf(5 * s),
    sp.log(2 + s) * sp.exp(s**2),
]


@pytest.mark.parametrize("f", FUNCTIONS)
@pytest.mark.parametrize("n", [0, 1, 3])
def test_coefficients(f: sp.Expr, n: int) -> None:
    function = compile_expr(f, [s])
    exact = compile_expr(f.diff(s, n).subs(s, 0) / sp.factorial(n), [])
    for bits in (30, 100, 300):
        with precision(bits):
            bound = sup_on_circle(lambda e: function([e], False), arb(1), 256)
            found = taylor_coefficient(lambda e: function([e], True), n, arb(1), bound)
            assert found.contains(exact([], False)) or found.overlaps(exact([], False)), (f, n, found)


def test_aliasing_is_counted() -> None:
    """F = M e^N with N nodes is constant on them, though c_0 = 0: the error term has to be what saves it."""
    with precision(60):
        nodes = -(-60 // LOG2_RATIO) + 1
        found = taylor_coefficient(lambda e: e**nodes, 0, arb(1), arb(1))
        assert found.contains(0)
        assert upper(found) < arb(2) ** -60


def test_the_supremum_covers_the_whole_circle() -> None:
    rng = Random(2)
    with precision(80):
        for f in FUNCTIONS:
            function = compile_expr(f, [s])
            bound = sup_on_circle(lambda e: function([e], False), arb("0.5"))  # noqa: B023
            for _ in range(20):
                size = abs(function([arb("0.5") * (acb(rng.randint(0, 9999)) / 5000).exp_pi_i()], False))
                assert not size > bound


@pytest.mark.parametrize("f", [sp.sqrt(s), sp.log(s), s ** sp.Rational(1, 3) / s, sp.besselk(0, s)])
def test_no_derivative_is_found_across_a_cut(f: sp.Expr) -> None:
    function = compile_expr(f, [s])
    with precision(80):
        assert not derivative(lambda e: function([e], True), acb(arb(-1), arb(0, 0.1)), 1).is_finite()
        assert not derivative(lambda e: function([e], True), acb(0), 1).is_finite()


def test_derivatives_near_a_singularity() -> None:
    function = compile_expr(sp.gamma(s), [s])
    with precision(200):
        at = acb(1) / 10**6
        found, exact = derivative(lambda e: function([e], True), at, 1), at.gamma() * at.digamma()
        assert found.overlaps(exact) and found.rel_accuracy_bits() > 100


def test_a_slope_of_1e_660_is_decided_with_the_bits_that_a_check_has() -> None:
    """d/d rho of erf(rho g/sqrt(2 (1 - rho^2))), rho near 1 and g far out: values on a circle around 1."""
    z = g * rho / sp.sqrt(2 * (1 - rho**2))
    left = sp.Derivative(sp.erf(z), rho) * gaussian_density(g)
    right = g * sp.exp(-(g**2) / (2 * (1 - rho**2))) / (sp.pi * sp.sqrt(1 - rho**2) ** 3)
    at = {rho: sp.Rational(100, 101), g: -sp.Rational(31, 4)}
    assert compare(left, right, at, digits=20, max_bits=MAX_BITS).verdict == "equal"
    assert compare(left, 2 * right, at, digits=20, max_bits=MAX_BITS).verdict == "different"
