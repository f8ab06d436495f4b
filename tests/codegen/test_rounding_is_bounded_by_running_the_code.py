r"""`Rounded` bounds the rounding of the code it runs, `economise` the change of the polynomial: both exactly.

Against the same operations in exact rationals, for random polynomials at random points.
"""

from fractions import Fraction

import numpy as np
import pytest
from flint import arb

from signsgd_sym.balls.ball import precision
from signsgd_sym.codegen.economise import economise
from signsgd_sym.codegen.rounded import Rounded, polynomial, relative
from signsgd_sym.errors import NotConverged


@pytest.mark.parametrize("degree", [2, 3, 6, 9])
def test_the_error_is_bounded_and_the_range_holds(degree):
    generator = np.random.default_rng(degree)
    used = 0.0
    for _ in range(200):
        c = [float(v) for v in generator.normal(size=degree + 1)]
        lo = float(generator.normal())
        hi = lo + float(generator.uniform(0, 0.01))
        centre = float(generator.normal())
        bound = polynomial(c, Rounded(np.array(lo), np.array(hi), np.zeros(())) - centre)
        for x in generator.uniform(lo, hi, 5):
            exact = polynomial([Fraction(v) for v in c], Fraction(float(x)) - Fraction(centre))
            assert Fraction(float(bound.lo)) <= exact <= Fraction(float(bound.hi))
            off = abs(Fraction(float(polynomial(c, float(x) - centre))) - exact)
            assert off <= Fraction(float(bound.error))
            used = max(used, float(off) / float(bound.error))
    assert used > 0.25, "a bound this far from the truth would say little"


def test_near_differences_are_exact():
    x = Rounded(np.array([1.0, 1.0]), np.array([1.1, 2.5]), np.zeros(2))
    assert (x - 1.2).error[0] == 0 < (x - 1.2).error[1]


def test_no_relative_error_next_to_a_zero():
    with pytest.raises(NotConverged, match="no relative bound"):
        relative(Rounded(np.array(0.1), np.array(0.2), np.array(0.0)), np.array(0.1))


@pytest.mark.parametrize(("lo", "hi"), [(-1.0, 1.0), (0.0, 1.0), (-0.5, 0.25)])
def test_the_change_of_the_polynomial_is_bounded(lo, hi):
    with precision(120):
        series = [1 / arb(k).gamma() for k in range(1, 25)]
        found = economise(series, lo, hi, 6)
        worst = 0.0
        for x in np.linspace(lo, hi, 201):
            long = sum(a * arb(x) ** k for k, a in enumerate(series))
            short = sum(c * arb(x) ** k for k, c in enumerate(found.coefficients))
            worst = max(worst, float(abs(long - short)))
    assert 0.7 * found.error < worst <= found.error
