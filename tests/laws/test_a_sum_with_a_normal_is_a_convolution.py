"""eps = X + N with N an independent Normal: density, Gaussian mean, second moment, samples and text."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import sympy as sp
from scipy.integrate import quad
from scipy.special import voigt_profile
from scipy.stats import kstest, norm

from signsgd_sym.derive.phi import drift_rate_at_zero, phi_mean, phi_of
from signsgd_sym.model import NoiseLaw
from signsgd_sym.notation import R, eps

KERNEL = sp.exp(-(eps**2) / (4 * R))

# X by LAW text, the standard deviation of N, and ends of a window that holds X.
SUMS = [
    ("Laplace(0, 1)", "1/2"),
    ("Laplace(1/3, 2)", "1/10"),
    ("Exponential(1)", "2"),
    ("Uniform(-1, 3)", "1/4"),
    ("StudentT(3)", "1"),
    ("Truncated(Normal(0, 1), (-1, 2))", "1/2"),
    ("Truncated(StudentT(3), (-1, 2))", "1/2"),
    ("Density(3*x**2/2, (-1, 1))", "1/3"),
]


def convolution(inner: NoiseLaw, std: float, point: float) -> float:
    """int f(u) N(point - u; 0, std^2) du by SciPy, cut at the ends of the pieces of f."""
    cuts = sorted(
        {point - 12 * std, point, point + 12 * std, *(float(b) for b in inner.breakpoints if b.is_finite)}
    )
    return sum(
        quad(lambda u: float(inner.pdf(np.array(u))) * norm.pdf(point - u, 0, std), lo, hi, epsabs=1e-13)[0]
        for lo, hi in pairwise(cuts)
        if hi > point - 12 * std - 1e-9 and lo < point + 12 * std + 1e-9
    )


@pytest.mark.parametrize(("inner", "std"), SUMS)
def test_density(inner, std):
    law, X = NoiseLaw.from_text(f"{inner} + Normal(0, {std})"), NoiseLaw.from_text(inner)
    points = np.array([-1.7, 0.0, 0.4, 2.2])
    expected = [convolution(X, float(sp.Rational(std)), p) for p in points]
    np.testing.assert_allclose(law.pdf(points), expected, rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize(("inner", "std"), SUMS)
@pytest.mark.parametrize("r", [sp.Rational(1, 20), sp.Integer(3)])
def test_gaussian_mean_is_that_of_the_convolution(inner, std, r):
    """The exact rule against the density of the sum, by a quadrature that does not know the rule."""
    law = NoiseLaw.from_text(f"{inner} + Normal(0, {std})")
    exact = float(law.mean_of(KERNEL).subs(R, r).evalf(15))
    reach = 2 * np.sqrt(float(r) * 40)
    nodes, weights = np.polynomial.legendre.leggauss(12)
    cells = np.unique(np.clip([-reach, -12, -7, *np.linspace(-4, 5, 25), 8, 13, reach], -reach, reach))
    u = (cells[:-1, None] + (nodes + 1) / 2 * np.diff(cells)[:, None]).ravel()
    w = (weights / 2 * np.diff(cells)[:, None]).ravel()
    direct = np.sum(w * law.pdf(u) * np.exp(-(u**2) / (4 * float(r))))
    assert exact == pytest.approx(direct, rel=1e-9)


def test_narrow_parts_are_not_missed():
    """A spike beside a wide Gaussian, and a wide density beside a narrow one with poles at its ends."""
    spike = NoiseLaw.from_text("Laplace(0, 1/100000) + Normal(0, 1)")
    assert spike.pdf(np.array([0.5]))[0] == pytest.approx(norm.pdf(0.5), rel=1e-9)
    poles = NoiseLaw.from_text("Arcsin(-1, 1) + Normal(0, 1/100000)")
    assert poles.pdf(np.array([0.3]))[0] == pytest.approx(1 / (np.pi * np.sqrt(1 - 0.09)), rel=1e-8)


def test_truncated_stable_law_and_a_normal():
    law = NoiseLaw.from_text("Truncated(SymmetricStable(3/2, 1), (-1, 2)) + Normal(0, 1/2)")
    X = NoiseLaw.from_text("Truncated(SymmetricStable(3/2, 1), (-1, 2))")
    u = np.linspace(-1, 2, 401)[1:-1]
    expected = np.trapezoid(X.pdf(u) * norm.pdf(0.3 - u, 0, 0.5), u)
    assert law.pdf(np.array([0.3]))[0] == pytest.approx(expected, rel=1e-3)


def test_voigt_profile():
    law, points = NoiseLaw.from_text("Cauchy(0, 1/2) + Normal(0, 2)"), np.linspace(-20, 20, 21)
    np.testing.assert_allclose(law.pdf(points), voigt_profile(points, 2, 0.5), rtol=1e-9)


def test_stable_law_and_a_normal():
    law = NoiseLaw.from_text("SymmetricStable(3/2, 1) + Normal(0, 1/2)")
    t = np.linspace(0, 20, 40_001)
    damping = np.exp(-(t**1.5) - t**2 / 8)
    points = np.array([-3.0, 0.0, 0.7])
    expected = [np.trapezoid(np.cos(p * t) * damping, t) / np.pi for p in points]
    np.testing.assert_allclose(law.pdf(points), expected, rtol=1e-6)
    q = sp.Rational(2, 3)
    exact = float(law.mean_of(sp.exp(-q * eps**2)).evalf(15))
    assert exact == pytest.approx(
        np.trapezoid(damping * np.exp(-(t**2) * 3 / 8), t) / np.sqrt(np.pi * 2 / 3), rel=1e-8
    )


@pytest.mark.parametrize("text", ["Laplace(0, b) + Normal(0, s)", "1 - Exponential(b) + Normal(0, s)"])
def test_closed_form_of_phi_is_found(text):
    """Completing the square evaluates phi; the value is that of the sum of Gaussian and exponential."""
    law = NoiseLaw.from_text(text)
    form = phi_mean(law)
    assert form.routes == ("complete the square",)
    assert form.verdict.passed
    at = {"b": sp.Rational(2, 3), "s": sp.Rational(1, 2)}
    values = {symbol: at[symbol.name] for symbol in law.parameters} | {R: sp.Rational(1, 7)}
    numeric = law.substitute(at)
    direct, _ = quad(
        lambda u: float(numeric.pdf(np.array([u]))[0]) * np.exp(-7 * u**2 / 4),
        -8,
        8,
        points=[0, 1],
        epsabs=1e-12,
    )
    assert float(phi_of(form).subs(values)) == pytest.approx(2 / np.pi * direct, rel=1e-9)


@pytest.mark.parametrize("text", ["Laplace(1/3, 2) + Normal(0, 1/2)", "StudentT(3) + Normal(1, 1)"])
def test_drift_rate_at_zero_is_the_density_there(text):
    law = NoiseLaw.from_text(text)
    value = float(drift_rate_at_zero(law).evalf(15))
    assert value == pytest.approx(2 * np.sqrt(2 / np.pi) * law.pdf(np.array([0.0]))[0], rel=1e-10)


@pytest.mark.parametrize(("inner", "std"), [*SUMS, ("SymmetricStable(3/2, 1)", "1")])
def test_samples(inner, std):
    """The samples of X + N are not those of another draw of X + N only by chance (Kolmogorov and Smirnov)."""
    samples = NoiseLaw.from_text(f"{inner} + Normal(0, {std})").sample(np.random.default_rng(1), 20_000)
    rng = np.random.default_rng(2)
    other = NoiseLaw.from_text(inner).sample(rng, 20_000) + rng.normal(0, float(sp.Rational(std)), 20_000)
    assert kstest(samples, other).pvalue > 1e-3


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("Normal(1, 3) + Normal(2, 4)", "Normal(3, 5)"),
        ("Normal(1, 3) - Normal(2, 4)", "Normal(-1, 5)"),
        ("Dirac(2) + Normal(0, s)", "Normal(2, s)"),
        ("Normal(0, s) + Laplace(0, b)", "Laplace(0, b) + Normal(0, s)"),
        ("Laplace(0, b) + Normal(m, s)", "m + Laplace(0, b) + Normal(0, s)"),
        ("Laplace(0, 1) + Normal(0, 3) + Normal(1, 4)", "1 + Laplace(0, 1) + Normal(0, 5)"),
        ("2*(Laplace(0, 1) + Normal(1, 3))", "2 + 2*Laplace(0, 1) + Normal(0, 6)"),
        ("Rademacher(c) + Normal(0, 1)", "Mixture((1/2, Normal(-c, 1)), (1/2, Normal(c, 1)))"),
        ("SymmetricStable(2, 1) + SymmetricStable(3/2, 1)", "SymmetricStable(3/2, 1) + Normal(0, sqrt(2))"),
        ("(Normal(0, 1) + Uniform(-1, 1))/2", "1/2*Uniform(-1, 1) + Normal(0, 1/2)"),
    ],
)
def test_canonical_form(text, canonical):
    assert NoiseLaw.from_text(text).text == canonical


def test_second_moment_adds_the_variance():
    assert str(NoiseLaw.from_text("Laplace(0, b) + Normal(0, s)").second_moment()) == "2*b**2 + s**2"
    assert str(NoiseLaw.from_text("Exponential(1) + Normal(2, 3)").second_moment()) == "19"
    assert NoiseLaw.from_text("Cauchy(0, 1) + Normal(0, 1)").second_moment() == sp.oo


def test_a_part_that_becomes_normal_merges():
    law = NoiseLaw.from_text("SymmetricStable(alpha, c) + Normal(0, s)")
    assert law.substitute({"alpha": 2, "c": 2, "s": 1}).text == "Normal(0, 3)"
