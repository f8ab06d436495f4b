"""The relative error that a surrogate states holds at random R, the rounding of its evaluation included.

Held against the ball of the integral by the kernel at 30 digits, which knows nothing of pieces and nodes.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import sympy as sp
from flint import arb

from signsgd_sym.balls import enclose
from signsgd_sym.codegen.chebyshev import clenshaw_error
from signsgd_sym.codegen.surrogate import build_surrogate
from signsgd_sym.model import noise_law
from signsgd_sym.notation import eps
from signsgd_sym.solve.functions import measure_of

LAWS = [
    "Laplace(0, 1)",
    "Cauchy(0, 1/2)",
    "Levy(0, 1)",
    "Frechet(3, 1, 0)",
    "LogCauchy(0, 1)",
    "Beta(1/2, 1/2)",
    "Arcsin(-2, 2)",
    "Gumbel(1, 0)",
    "LogNormal(0, 1)",
    "Weibull(1, 3)",
    "Uniform(2, 3)",
    "Pareto(1, 3)",
    "Benini(1, 1, 1)",
    "Mixture((1/4, Dirac(0)), (3/4, Normal(1, 1/2)))",
    "Mixture((1/4, Dirac(2)), (3/4, StudentT(3)))",
]
laws = pytest.mark.parametrize("law", LAWS)
surrogate = cache(lambda law: build_surrogate(measure_of(noise_law(law))))


def ball(law, risk):
    """phi(R) by the kernel, R the exact value of the float."""
    exact = sp.Rational(*float(risk).as_integer_ratio())
    mean = noise_law(law).mean_of(sp.exp(-(eps**2) / (4 * exact)))
    return enclose(2 / sp.pi * mean, {}, digits=30).ball.real


def within(value, reference, error):
    """Whether |value/reference - 1| <= error is proved."""
    return bool(abs((arb(float(value)) - reference) / reference) <= arb(error))


def risks(law, count=6):
    """Random R in [1e-8, 1e8], and some where phi is small."""
    rng = np.random.default_rng(sum(map(ord, law)))
    near = surrogate(law).range[0] * np.exp(rng.uniform(0, 3, 2))
    return np.append(np.exp(rng.uniform(np.log(1e-8), np.log(1e8), count)), near)


@laws
def test_error_is_at_most_1e_13_and_holds(law):
    fitted = surrogate(law)
    assert fitted.error <= 1e-13
    lo, hi = fitted.range
    assert hi >= 1e8
    for risk in risks(law):
        if risk >= lo:
            assert within(fitted(risk), ball(law, risk), fitted.error), (law, risk)
        else:
            assert 0 <= fitted(risk) < 1e-299
    # Where the relative error ends, phi, which increases with R, is below 1e-299.
    assert lo <= 1e-8 or ball(law, lo) < arb("1e-299")


@laws
def test_a_coefficient_off_by_1e_11_is_seen(law):
    good = surrogate(law)
    [risk] = np.sqrt(good.breaks[40:41] * good.breaks[41:42])
    coefficients = good.coefficients.copy()
    coefficients[40, 0] *= 1 + 1e-11
    bad = replace(good, coefficients=coefficients)
    reference = ball(law, risk)
    assert within(good(risk), reference, good.error)
    assert not within(bad(risk), reference, bad.error)


@laws
def test_finite_monotone_and_bounded_from_1e_300_to_1e_300(law):
    R = np.logspace(-300, 300, 6001)
    phi = surrogate(law)(R)
    assert np.all(np.isfinite(phi) & (phi >= 0) & (phi <= 2 / np.pi))
    # Each value is within the proved error, so that a fall is at most twice that.
    assert np.all(np.diff(phi) >= -4 * surrogate(law).error * phi[1:])
    at_zero = 0.5 / np.pi if "Dirac(0)" in law else 0.0
    slow = law == "LogCauchy(0, 1)"
    np.testing.assert_allclose(phi[0], at_zero, atol=1e-2 if slow else 1e-25)
    np.testing.assert_allclose(phi[-1], 2 / np.pi, rtol=1e-2 if slow else 1e-10)


def test_pieces_are_dyadic():
    """t is computed without rounding: widths are powers of two, and middles have few bits."""
    fitted = surrogate("Levy(0, 1)")
    widths = np.diff(fitted.breaks)
    assert np.all(np.frexp(widths)[0] == 0.5)
    assert np.all(fitted.breaks[1:] <= 2 * fitted.breaks[:-1])
    assert np.all(np.mod(fitted.centres, widths / 2) == 0)


def test_rounding_of_clenshaw_is_bounded():
    """Random series: the recurrence in float64 against exact rational arithmetic."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        c = rng.standard_normal(23) * 2.0 ** -rng.uniform(0, 2 * np.arange(23))
        t = float(rng.uniform(-1, 1))
        after = now = 0.0
        for row in c[:0:-1]:
            now, after = (2 * t * now - after) + row, now
        exact_t, exact = sp.Rational(*t.as_integer_ratio()), [sp.S.One, sp.Rational(*t.as_integer_ratio())]
        while len(exact) < len(c):
            exact.append(2 * exact_t * exact[-1] - exact[-2])
        total = sum(sp.Rational(*float(a).as_integer_ratio()) * b for a, b in zip(c, exact, strict=True))
        value = sp.Rational(*float((t * now - after) + c[0]).as_integer_ratio())
        assert abs(value - total) <= clenshaw_error(c)
