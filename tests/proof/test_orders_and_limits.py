"""No higher order passes than is measured, no logarithm is lost, and a limit is not taken for one nearby."""

import random

import pytest
import sympy as sp

from signsgd_sym.notation import d
from signsgd_sym.proof.check import check_derivation
from signsgd_sym.proof.derivation import Recorder
from signsgd_sym.proof.verdict import Verdict

x, b = sp.symbols("x b", positive=True)
u = sp.Symbol("u", real=True)
SEED = random.SystemRandom().randrange(2**32)


def order_of(lhs, rhs, order, variable=x, point=0, **more):
    record = Recorder("order", "An order")
    record.expand(lhs, rhs, "Taylor", variable=variable, order=order, point=point, **more)
    return check_derivation(record.finish(), seed=SEED).judgements[0]


def limit_of(lhs, rhs, variable=x, point=sp.oo, **more):
    record = Recorder("limit", "A limit")
    record.tends(lhs, rhs, "a limit", variable=variable, point=point, **more)
    return check_derivation(record.finish(), seed=SEED).judgements[0]


@pytest.mark.parametrize(
    ("lhs", "rhs", "sharp"),
    [
        (sp.sin(x), x, 3),
        (sp.exp(b * x), 1 + b * x, 2),
        (sp.erf(x), 2 * x / sp.sqrt(sp.pi), 3),
        (sp.sqrt(1 + sp.sqrt(x)), sp.S.One, sp.Rational(1, 2)),
        (sp.exp(x**2) * sp.erfc(x), 1 - 2 * x / sp.sqrt(sp.pi), 2),
    ],
)
def test_an_order_is_sharp_one_less_is_implied_and_one_more_refuted(lhs, rhs, sharp):
    found = order_of(lhs, rhs, x**sharp)
    assert found.verdict is Verdict.ASYMPTOTIC
    assert "sharp" in found.evidence.order
    lower = order_of(lhs, rhs, x ** (sharp - sp.Rational(1, 3)))
    assert lower.verdict is Verdict.ASYMPTOTIC
    assert "smaller than claimed" in lower.evidence.order
    higher = order_of(lhs, rhs, x ** (sharp + sp.Rational(1, 3)))
    assert higher.verdict is Verdict.REFUTED
    assert higher.evidence.witness


def test_a_logarithm_is_not_lost():
    assert order_of(x * sp.log(x), sp.S.Zero, x).verdict is Verdict.REFUTED
    assert order_of(x * sp.log(x) ** 2, sp.S.Zero, x * sp.log(x)).verdict is Verdict.REFUTED
    assert order_of(x * sp.log(x), sp.S.Zero, x * sp.log(x)).verdict is Verdict.ASYMPTOTIC


def test_an_oscillating_remainder_is_seen():
    assert order_of(x * sp.sin(1 / x), sp.S.Zero, x).verdict is Verdict.ASYMPTOTIC
    assert order_of(x * sp.sin(1 / x), sp.S.Zero, x**2).verdict is Verdict.REFUTED


def test_an_expansion_at_infinity():
    assert order_of(sp.log(1 + x) - sp.log(x), 1 / x, x**-2, point=sp.oo).verdict is Verdict.ASYMPTOTIC
    assert order_of(sp.log(1 + x) - sp.log(x), 1 / x, x**-3, point=sp.oo).verdict is Verdict.REFUTED


def test_both_sides_of_a_point_count():
    assert order_of(sp.Abs(u), u, u**2, variable=u).verdict is Verdict.REFUTED
    assert order_of(sp.Abs(u), u, u**2, variable=u, direction="+").verdict is Verdict.ASYMPTOTIC


def test_limits():
    assert limit_of(sp.atan(x), sp.pi / 2).verdict is Verdict.ASYMPTOTIC
    assert limit_of(x * sp.exp(-x), sp.S.Zero).verdict is Verdict.ASYMPTOTIC
    assert limit_of(sp.sin(u) / u, sp.S.One, variable=u, point=0).verdict is Verdict.ASYMPTOTIC
    assert limit_of(x**2 + 1, sp.oo).verdict is Verdict.ASYMPTOTIC
    assert limit_of(-sp.log(x), -sp.oo).verdict is Verdict.ASYMPTOTIC
    assert limit_of(1 / sp.log(x), sp.S.Zero).verdict is Verdict.ASYMPTOTIC


@pytest.mark.parametrize(
    ("lhs", "wrong"),
    [
        (sp.atan(x), sp.Rational(157, 100)),
        (1 + 1 / x, sp.Rational(1000001, 1000000)),
        (sp.sin(x), sp.S.Zero),
        (sp.sqrt(x), sp.S.One),
        (x / (1 + x), sp.oo),
        (-x, sp.oo),
        (sp.log(x), -sp.oo),
        (x * sp.sin(x), sp.oo),
    ],
)
def test_a_wrong_limit_is_refuted(lhs, wrong):
    assert limit_of(lhs, wrong).verdict is Verdict.REFUTED


@pytest.mark.parametrize("lhs", [1 + 1 / sp.log(x), 1 + 1 / sp.log(sp.log(x + 20))])
def test_a_limit_nearby_never_passes_however_slow_the_approach(lhs):
    assert not limit_of(lhs, sp.Rational(1001, 1000)).verdict.passed


def test_slower_than_any_power_of_a_logarithm_is_unknown():
    assert limit_of(1 / sp.log(sp.log(x + 20)), sp.S.Zero).verdict is Verdict.UNKNOWN


def test_a_limit_of_matrices_is_measured_for_growing_d_only():
    from signsgd_sym.notation import K, K_sigma

    trace = sp.Trace(K * K_sigma) / d**2
    assert limit_of(trace, sp.S.Zero, variable=d).verdict is Verdict.ASYMPTOTIC
    assert limit_of(sp.Trace(K * K_sigma) / d, sp.S.Zero, variable=d).verdict is Verdict.REFUTED
    assert limit_of(trace, sp.S.Zero, variable=d, point=2).verdict is Verdict.UNKNOWN


def test_beside_an_exponential_an_order_is_still_measured():
    """exp(-1/x) at 2^-1024 has a logarithm of 309 digits: the quotient is formed before it is taken."""
    front = sp.exp(-1 / x)
    assert order_of(front * (1 + x), front, x * front).verdict is Verdict.ASYMPTOTIC
    assert order_of(front * (1 + x), sp.Rational(11, 10) * front, x * front).verdict is Verdict.REFUTED
    assert order_of(front * (1 + x), front, x**2 * front).verdict is Verdict.REFUTED
