"""Every density has mass 1, its quantiles split it evenly, and what is not a density is refused."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import sympy as sp
from law_table import TEXTS, numeric
from scipy.integrate import quad

from signsgd_sym import notation
from signsgd_sym.errors import DensityError
from signsgd_sym.model import NoiseLaw
from signsgd_sym.model.quadrature import InverseCdf, total_mass

x = notation.x


@pytest.mark.parametrize("text", TEXTS)
def test_mass_by_double_exponential_cells(text):
    ((_, part),) = numeric(text).parts
    mass = total_mass(part.pieces)
    # A thousandth of LogCauchy(0, 1) lies beyond the range of float64: see the next test.
    assert abs(mass.value - 1) < (1e-3 if "LogCauchy" in text else 1e-13)


def test_log_cauchy_is_cauchy_in_log_x():
    ((_, part),) = numeric("LogCauchy(m, a)").parts
    u = sp.Symbol("u", real=True)
    assert (
        sp.integrate(sp.simplify(part.pieces[0].density.subs(x, sp.exp(u)) * sp.exp(u)), (u, -sp.oo, sp.oo))
        == 1
    )


# The quantiles of LogCauchy are relative to the mass within float64.
@pytest.mark.parametrize("text", [text for text in TEXTS if "LogCauchy" not in text])
def test_quantiles_split_the_mass_evenly(text):
    law = numeric(text)
    ((_, part),) = law.parts
    edges = InverseCdf.of(part.pieces)(np.linspace(0.1, 0.9, 9))
    inner = [float(p) for p in law.breakpoints if p.is_finite]
    for lo, hi in pairwise(edges):
        kinks = [p for p in inner if lo < p < hi]
        mass, _ = quad(lambda p: float(law.pdf(p)), lo, hi, points=kinks or None, epsabs=1e-11, limit=200)
        assert mass == pytest.approx(0.1, abs=1e-8)


@pytest.mark.parametrize(
    ("density", "complaint"),
    [
        ("exp(-x**2) on (-oo, oo)", r"integrates to 1\.772453851 .* divide it by 1\.772453851"),
        ("exp(-Abs(x))/(2 + 1e-8) on (-oo, oo)", "integrates to 0.999999995"),
        ("3*x/2 + 1/2 on (-1, 1)", "negative"),
        ("sin(x) on (0, 2*pi)", "negative"),
        ("1/x on (0, 1)", "diverges"),
        ("1/(1 + Abs(x)) on (-oo, oo)", "diverges"),
        ("log(x) on (-1, 1)", "not real"),
        ("exp(-x**2) on (1, 0)", "empty"),
        ("b*exp(-x**2) on (-oo, oo)", "at b = 3/2"),
    ],
)
def test_what_is_not_a_density_is_refused(density, complaint):
    with pytest.raises(DensityError, match=complaint):
        NoiseLaw.from_text(f"density: {density}")


@pytest.mark.parametrize(
    "density",
    [
        "sech(x)/pi on (-oo, oo)",
        "besselk(0, Abs(x))/pi on (-oo, oo)",
        "exp(-Abs(x - 3)/1e-4)/2e-4 on (-oo, oo)",
        "exp(-sqrt(Abs(x)))/4 on (-oo, oo)",
        "1/(2*sqrt(Abs(x))*(1 + Abs(x))*pi) on (-oo, oo)",
        "Piecewise((1/4, x < 0), (3/4, x < 1), (0, True)) on (-1, 5)",
        "Max(0, 1 - Abs(x)) on (-2, 2)",
        "Heaviside(x)*exp(-x) on (-oo, oo)",
        "b*exp(-b*x) on (0, oo)",
        "(1 + sign(x)/2)*exp(-Abs(x)/a)/(2*a) on (-oo, oo)",
        "x**(p - 1)*exp(-x)/gamma(p) on (0, oo)",
    ],
)
def test_unusual_densities_are_accepted(density):
    law = NoiseLaw.from_text(f"density: {density}")
    assert NoiseLaw.from_text(law.text) == law
