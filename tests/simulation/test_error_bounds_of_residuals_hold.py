r"""The bounds that signs rest on contain the error for any floats, and are attained up to a few roundings."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from signsgd_sym.simulate.certified_kernel import (
    LANES,
    double_double_residual,
    float64_residual,
    is_ieee,
    two_product,
    two_sum,
)

U = Fraction(1, 2**53)
ANY = st.floats(allow_nan=False, allow_infinity=False)
MODERATE = st.floats(-1e3, 1e3)
COUNTS = st.one_of(st.integers(-5, 5), st.integers(-(2**53), 2**53))


def one_float(x, eps, h, delta0, n):
    return float64_residual(x, eps, h, delta0, n, np.empty(LANES), np.empty(LANES))


LEVELS = {"one float": one_float, "two floats": double_double_residual}


def exact_residual(x, eps, h, delta0, n):
    total = -Fraction(eps)
    for a, start, count in zip(x.tolist(), delta0.tolist(), n.tolist(), strict=True):
        total += Fraction(a) * (Fraction(start) - Fraction(h) * Fraction(count))
    return total


def assert_contained(level, *residual):
    r, bound = LEVELS[level](*residual)
    if math.isfinite(r) and math.isfinite(bound):
        assert abs(Fraction(r) - exact_residual(*residual)) <= Fraction(bound)
        return True
    return False


@st.composite
def residuals(draw, numbers):
    d = draw(st.integers(1, 5))
    x, delta0, n = (
        np.array(draw(st.lists(of, min_size=d, max_size=d)), dtype=float) for of in (numbers, numbers, COUNTS)
    )
    return x, draw(numbers), abs(draw(numbers)), delta0, n


TINIEST = np.array([5e-324])


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("numbers", [ANY, MODERATE], ids=["any", "moderate"])
def test_error_is_within_the_bound(level, numbers):
    @given(residuals(numbers))
    @settings(max_examples=400, deadline=None, derandomize=True, database=None)
    @example((TINIEST, 0.0, 0.0, np.array([0.5]), np.zeros(1)))  # the product underflows
    @example((np.array([1e300]), 0.0, 1.5 * 2.0**-1074, np.zeros(1), np.array([3.0])))  # so does h n
    @example((np.array([2.0**-540]), 0.0, 0.0, np.array([1 + 2.0**-52]) * 2.0**-530, np.zeros(1)))
    def check(residual):
        assert_contained(level, *residual)

    check()


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("spread", [0, 30, 150, 500])
@pytest.mark.parametrize("d", [1, 31, 33, 300])
def test_error_is_within_the_bound_along_many_draws(level, spread, d):
    rng = np.random.default_rng(1000 * d + spread)

    def draw(*shape):
        return np.ldexp(rng.standard_normal(shape), rng.integers(-spread, spread + 1, shape))

    finite = 0
    for _ in range(20):
        n = rng.integers(-(2 ** rng.integers(1, 54)), 2 ** rng.integers(1, 54), d).astype(float)
        h = abs(draw(1)[0]) * 2.0 ** -rng.integers(0, 60)
        # Half of the coordinates have nearly come to rest: Delta0 - h n is what rounding leaves.
        delta0 = np.where(rng.random(d) < 0.5, h * n, draw(d))
        x = draw(d)
        eps = float(exact_residual(x, 0.0, h, delta0, n)) if rng.random() < 0.5 else draw(1)[0]
        finite += assert_contained(level, x, eps, h, delta0, n)
    assert finite == 20


def test_bound_is_attained_up_to_a_few_roundings():
    """1 + u + u + ... in one lane: each u is rounded away, so that all errors add up."""
    terms = 2000
    x = np.zeros(terms * LANES)
    x[::LANES] = 2.0**-53
    x[0] = 1.0
    residual = (x, 0.0, 0.0, np.ones(len(x)), np.zeros(len(x)))
    r, bound = one_float(*residual)
    error = abs(Fraction(r) - exact_residual(*residual))
    assert error == (terms - 1) * U
    assert error <= Fraction(bound) <= Fraction(101, 100) * error


def test_rounding_of_delta_is_in_the_bound():
    """Delta0 = fl(h n): float64 sees Delta = 0, and all there is to see is the rounding of h n."""
    h, n = 1 / 3, np.array([3.0 * 2**40 + 1])
    residual = (np.ones(1), 0.0, h, h * n, n)
    r, bound = one_float(*residual)
    assert r == 0.0 != exact_residual(*residual)
    assert abs(exact_residual(*residual)) <= Fraction(bound)
    assert abs(exact_residual(*residual)) >= Fraction(h) * int(n[0]) * U / 8


def test_noise_is_in_the_bound():
    """eps = 2^54 + 4 swallows <x, Delta> = 1: the rounding of the last subtraction."""
    residual = (np.ones(1), 2.0**54 + 4, 0.0, np.ones(1), np.zeros(1))
    for level in LEVELS:
        assert assert_contained(level, *residual)
    assert Fraction(one_float(*residual)[0]) - exact_residual(*residual) == -1


@pytest.mark.parametrize("d", [10, 1000])
def test_bounds_are_far_below_what_is_usual(d):
    """r has the size sqrt(d); the bounds are so much smaller that doubt is rare, and twice doubt rarer."""
    rng = np.random.default_rng(d)
    x, delta0, n = rng.standard_normal(d), rng.standard_normal(d), rng.integers(-1000, 1000, d).astype(float)
    residual = (x, 0.3, 1e-3, delta0, n)
    r, one = one_float(*residual)
    better, two = double_double_residual(*residual)
    assert one < 4 * (d / LANES + 10) * float(U) * d
    assert two - float(U) * abs(better) < 1e-11 * one
    assert abs(Fraction(better) - exact_residual(*residual)) <= U * abs(exact_residual(*residual))
    assert abs(r - better) <= one


def test_two_floats_decide_what_one_leaves_in_doubt():
    x = np.array([1e16, -1e16, 1.0])
    residual = (x, 0.5, 0.25, np.ones(3), np.ones(3))
    (r, one), (better, two) = one_float(*residual), double_double_residual(*residual)
    assert not one < abs(r)
    assert two < better == exact_residual(*residual) == 0.25


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 1.7e308])
@pytest.mark.parametrize("place", range(4))
def test_what_is_not_finite_is_never_sure(level, bad, place):
    arguments = [np.array([bad if place == 0 else 2.0, 1.0]), 0.5, 0.25, np.full(2, 2.0), np.zeros(2)]
    if place == 1:
        arguments[1] = bad
    elif place == 2:
        arguments[2], arguments[4] = abs(bad), np.full(2, 3.0)
    elif place == 3:
        arguments[3] = np.array([bad, 1.0])
    if bad == 1.7e308 and place == 1:
        return  # a finite eps is as good as any
    r, bound = LEVELS[level](*arguments)
    assert not bound < abs(r) < math.inf


@given(ANY, ANY)
@settings(max_examples=300, deadline=None, derandomize=True, database=None)
def test_sums_of_two_floats_are_exact(a, b):
    s, t = two_sum(a, b)
    if math.isfinite(s) and math.isfinite(t):
        assert Fraction(s) + Fraction(t) == Fraction(a) + Fraction(b)


@given(ANY, ANY)
@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@example(2.0**-500 * (1 + 2.0**-52), 2.0**-480 * (1 + 2.0**-52))
def test_products_of_two_floats_are_exact_up_to_underflow(a, b):
    p, e = two_product(a, b)
    if math.isfinite(p) and math.isfinite(e):
        defect = abs(Fraction(p) + Fraction(e) - Fraction(a) * Fraction(b))
        assert defect <= (Fraction(1, 2**1014) if abs(Fraction(a) * Fraction(b)) < Fraction(1, 2**968) else 0)


@given(st.floats(0, 1e290, allow_subnormal=True), st.integers(-(2**53), 2**53))
@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@example(5e-324, 3)
@example(1e-310, 2**53 - 1)
def test_products_with_integers_are_exact_down_to_the_smallest_float(h, n):
    p, e = two_product(h, float(n))
    assert Fraction(p) + Fraction(e) == Fraction(h) * n


def test_the_processor_computes_as_the_proof_supposes():
    assert is_ieee(1.0, 5e-324)
    assert not is_ieee(1.0, 0.0)  # what flushing subnormal numbers to zero makes of 5e-324
