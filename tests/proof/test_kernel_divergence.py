"""Claim: an integral that diverges has no value; against a finite one it is refuted, never equal."""

import pytest
import sympy as sp

from signsgd_sym.balls import PointRejected, Undecided, compare, enclose

x = sp.Symbol("x", real=True)
c = sp.Symbol("c", positive=True)
rho = sp.Symbol("rho", real=True)
POINT = {c: sp.Rational(3, 4), rho: sp.Rational(-2, 5)}
LINE = (x, -sp.oo, sp.oo)
DIVERGENT = [
    sp.Integral(sp.exp(c * x**2), LINE),
    sp.Integral(1 + x**2, (x, 0, sp.oo)),
    sp.Integral(1 / (1 + x), (x, 0, sp.oo)),
    sp.Integral(sp.exp(-x) * sp.exp(c * x**2) * sp.sqrt(1 - rho**2), (x, 0, sp.oo)),
    sp.Integral(x**3 / (1 + x**4), (x, -sp.oo, 0)),
]
CONVERGENT = [
    sp.Integral(sp.exp(x - c * x**2), (x, 0, sp.oo)),
    sp.Integral(1 / (1 + x) ** sp.Rational(11, 10), (x, 0, sp.oo)),
    sp.Integral((1 + x) * sp.exp(-c * x**2), LINE),
]


@pytest.mark.parametrize("integral", DIVERGENT)
def test_a_divergent_integral_differs_from_a_number(integral):
    assert compare(integral, c, POINT).verdict == "different"
    assert compare(c, integral, POINT).verdict == "different"
    with pytest.raises((PointRejected, Undecided)):
        enclose(integral, POINT)


def test_two_divergent_integrals_are_not_compared():
    with pytest.raises(PointRejected, match="does not converge"):
        compare(DIVERGENT[0], DIVERGENT[1], POINT)


@pytest.mark.parametrize("integral", CONVERGENT)
def test_a_convergent_integral_is_not_called_divergent(integral):
    assert enclose(integral, POINT, digits=10).ball.is_finite()
    assert compare(integral, integral, POINT, digits=10).verdict == "equal"


def test_an_oscillating_integral_is_not_called_divergent():
    """int sin(x)/x converges without converging absolutely: undecided here, and nothing else."""
    with pytest.raises((PointRejected, Undecided)) as seen:
        enclose(sp.Integral(sp.sin(x) / x, (x, 1, sp.oo)), POINT)
    assert "does not converge" not in str(seen.value)
