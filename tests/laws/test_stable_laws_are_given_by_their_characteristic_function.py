"""Symmetric stable laws: the integral for E exp(-q eps^2), the density, the value at 0 and the samples."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
import scipy.stats
import sympy as sp
from numpy.typing import NDArray

from signsgd_sym.derive.phi import drift_rate_at_zero
from signsgd_sym.model import NoiseLaw, noise_law
from signsgd_sym.model.stable_part import StablePart
from signsgd_sym.notation import R, eps, x

Array = NDArray[np.float64]
KERNEL = sp.exp(-(eps**2) / (4 * R))
QS = [sp.Rational(1, 100), sp.Rational(1, 3), sp.Integer(7)]
ONE, HALF, THREE_HALVES = sp.Integer(1), sp.Rational(1, 2), sp.Rational(3, 2)


def gaussian_mean(part: StablePart, q: sp.Expr) -> float:
    return float(part.mean(sp.exp(-q * eps**2)).evalf(15))


def density_of_half(point: mp.mpf) -> mp.mpf:
    """The density for alpha = 1/2, c = 1 by Fresnel integrals; near 0, where they cancel, by its series."""
    if point < 1e-3:
        terms = [(-1) ** k * mp.gamma(4 * k + 2) / mp.factorial(2 * k) * point ** (2 * k) for k in range(8)]
        return 2 / mp.pi * mp.fsum(terms)
    root, turn = mp.sqrt(1 / (2 * mp.pi * point)), 1 / (4 * point)
    sine = mp.sin(turn) * (mp.mpf(1) / 2 - mp.fresnels(root))
    cosine = mp.cos(turn) * (mp.mpf(1) / 2 - mp.fresnelc(root))
    return (sine + cosine) / mp.sqrt(2 * mp.pi * point**3)


def fourier_density(alpha: float, points: Array) -> Array:
    """(1/pi) int_0^oo cos(x t) exp(-t^alpha) dt for alpha > 1, t = v^2, by Gauss and Legendre."""
    nodes, weights = np.polynomial.legendre.leggauss(600)
    v, w = 2.25 * (nodes + 1), 2.25 * weights
    return (np.cos(points[:, None] * v**2) * np.exp(-(v ** (2 * alpha)))) @ (2 * v * w) / np.pi


@pytest.mark.parametrize("q", QS)
@pytest.mark.parametrize("c", [ONE, sp.Rational(2, 5)])
def test_gaussian_mean_at_alpha_1_is_that_of_cauchy(q, c):
    expected = mp.exp(mp.mpf(q * c**2)) * mp.erfc(mp.sqrt(mp.mpf(q)) * mp.mpf(c))
    assert gaussian_mean(StablePart(ONE, c), q) == pytest.approx(float(expected), rel=1e-14)


@pytest.mark.parametrize("q", QS)
def test_gaussian_mean_at_alpha_2_is_that_of_a_normal_of_variance_2(q):
    assert gaussian_mean(StablePart(sp.Integer(2), ONE), q) == pytest.approx(
        float(1 / sp.sqrt(1 + 4 * q)), rel=1e-14
    )


@pytest.mark.parametrize("q", QS)
def test_gaussian_mean_at_alpha_one_half_is_the_integral_of_its_density(q):
    with mp.workdps(30):
        cuts = [0, mp.mpf("1e-3"), mp.mpf("3e-3"), mp.mpf("1e-2"), mp.mpf("0.1"), 1, 3, 10, 30, 80]
        direct = 2 * mp.quad(lambda u: density_of_half(u) * mp.exp(-mp.mpf(q) * u**2), cuts)
    assert gaussian_mean(StablePart(HALF, ONE), q) == pytest.approx(float(direct), rel=1e-9)


@pytest.mark.parametrize("q", [sp.Rational(1, 10), sp.Rational(1, 3), sp.Integer(7)])
def test_gaussian_mean_at_alpha_three_halves_is_the_integral_of_its_density(q):
    nodes, weights = np.polynomial.legendre.leggauss(600)
    reach = np.sqrt(40 / float(q))
    u, w = reach / 2 * (nodes + 1), reach / 2 * weights
    direct = 2 * np.sum(w * fourier_density(1.5, u) * np.exp(-float(q) * u**2))
    assert gaussian_mean(StablePart(THREE_HALVES, ONE), q) == pytest.approx(direct, rel=1e-11)


def test_gaussian_mean_of_a_shifted_law():
    """At alpha = 1, against the Cauchy density around the shift."""
    part, q = StablePart(ONE, HALF, sp.Rational(3, 4)), 2.0
    with mp.workdps(20):
        direct = mp.quad(
            lambda u: (
                mp.exp(-q * u**2) * mp.mpf("0.5") / (mp.pi * ((u - mp.mpf("0.75")) ** 2 + mp.mpf("0.25")))
            ),
            [-10, -2, 0, mp.mpf("0.75"), 2, 10],
        )
    assert gaussian_mean(part, sp.Integer(2)) == pytest.approx(float(direct), rel=1e-13)


@pytest.mark.parametrize("alpha", [HALF, ONE, THREE_HALVES])
def test_gaussian_mean_tends_to_one(alpha):
    small = [1 - gaussian_mean(StablePart(alpha, ONE), sp.Integer(10) ** -k) for k in (1, 2, 3)]
    assert small[0] > small[1] > small[2] > 0
    # E(1 - exp(-q X^2)) is of the order q^(alpha/2).
    assert np.log10(small[1] / small[2]) == pytest.approx(float(alpha) / 2, abs=0.1)


def test_sums_of_gaussians_and_constants_keep_the_short_integral():
    law = NoiseLaw.from_text("SymmetricStable(alpha, c)")
    mean = law.mean_of(1 + 2 * KERNEL)
    assert sp.simplify(mean - 1 - 2 * law.mean_of(KERNEL)) == 0
    assert all(len(integral.limits) == 1 for integral in mean.atoms(sp.Integral))


def test_other_expressions_are_integrated_against_the_density():
    mean = NoiseLaw.from_text("SymmetricStable(3/2, 1)").mean_of(1 / (1 + eps**2))
    assert mean.limits == ((x, -sp.oo, sp.oo),)
    points = np.array([0.3, -2.0])
    values = [float(mean.function.subs(x, sp.Rational(str(p))).evalf(12)) for p in points]
    np.testing.assert_allclose(values, fourier_density(1.5, points) / (1 + points**2), rtol=1e-10)


@pytest.mark.parametrize("alpha", ["1/2", "9/10", "3/2", "19/10"])
def test_samples_have_the_characteristic_function(alpha):
    n = 200_000
    samples = NoiseLaw.from_text(f"SymmetricStable({alpha}, 2)").sample(np.random.default_rng(5), n)
    for t in (0.05, 0.3, 1.0, 2.5):
        exact = np.exp(-((2 * t) ** float(sp.Rational(alpha))))
        twice = np.exp(-((4 * t) ** float(sp.Rational(alpha))))
        error = np.sqrt(((1 + twice) / 2 - exact**2) / n)
        assert abs(np.cos(t * samples).mean() - exact) < 4 * error
        assert abs(np.sin(t * samples).mean()) < 4 * np.sqrt((1 - twice) / 2 / n)


def test_samples_of_a_tiny_alpha_are_numbers():
    samples = NoiseLaw.from_text("SymmetricStable(1/100, 3)").sample(np.random.default_rng(0), 10_000)
    assert np.isfinite(samples).all() and (samples > 0).mean() == pytest.approx(0.5, abs=0.02)


def test_density_is_the_fourier_integral():
    points = np.linspace(-6, 6, 25)
    density = NoiseLaw.from_text("SymmetricStable(3/2, 1)").pdf(points)
    np.testing.assert_allclose(density, fourier_density(1.5, points), rtol=1e-9)
    half = NoiseLaw.from_text("SymmetricStable(1/2, 1)").pdf(np.array([0.1, 1.0, 7.0]))
    np.testing.assert_allclose(half, [float(density_of_half(mp.mpf(p))) for p in (0.1, 1.0, 7.0)], rtol=1e-9)


def by_contour(alpha: mp.mpf, point: mp.mpf) -> mp.mpf:
    """(1/pi) Re int exp(i point t - t^alpha) dt along a ray on which both factors decay."""
    angle = mp.mpf("0.3") * mp.pi * min(1, 1 / alpha)
    ray = mp.expj(angle)
    top = min((60 / mp.cos(alpha * angle)) ** (1 / alpha), 60 / (point * mp.sin(angle)))
    cuts = [0, *(top * mp.mpf(10) ** -k for k in range(8, -1, -1))]
    return mp.re(mp.quad(lambda u: ray * mp.exp(1j * point * u * ray - (u * ray) ** alpha), cuts)) / mp.pi


@pytest.mark.parametrize("alpha", ["1/4", "9/10", "999/1000", "3/2", "199/100"])
def test_density_by_a_rotated_contour(alpha):
    """Near alpha = 1 too, and where the density passes from one series to the other."""
    points = np.array([0.01, 0.5, 1.0, 5.0, 8.0, 40.0])
    with mp.workdps(20):
        exact = [
            float(by_contour(mp.mpf(sp.Rational(alpha).p) / sp.Rational(alpha).q, mp.mpf(p))) for p in points
        ]
    density = NoiseLaw.from_text(f"SymmetricStable({alpha}, 1)").pdf(points)
    np.testing.assert_allclose(density, exact, rtol=1e-10)


@pytest.mark.parametrize(("alpha", "c"), [("1/2", "2"), ("3/2", "1/3"), ("7/4", "1")])
def test_drift_rate_at_zero_is_the_limit_of_phi(alpha, c):
    law = NoiseLaw.from_text(f"SymmetricStable({alpha}, {c})")
    small = sp.Rational(1, 10**14)
    phi = 2 / sp.pi * law.mean_of(KERNEL).subs(R, small) / sp.sqrt(2 * small)
    assert float(phi.evalf(15)) == pytest.approx(float(drift_rate_at_zero(law).evalf()), rel=1e-5)


def test_density_at_zero_of_a_shifted_law():
    part = StablePart(ONE, HALF, sp.Integer(2))
    assert float(part.density_at_zero().evalf(15)) == pytest.approx(0.5 / np.pi / (4 + 0.25), rel=1e-12)


def test_second_moment_is_infinite_but_at_alpha_2():
    (alpha, c) = (law := NoiseLaw.from_text("SymmetricStable(alpha, c)")).parameters
    moment = law.second_moment()
    assert moment.subs(alpha, 2) == 2 * c**2 and moment.subs(alpha, 1) == sp.oo
    assert NoiseLaw.from_text("SymmetricStable(3/2, c)").second_moment() == sp.oo


def test_two_members_are_families():
    law = NoiseLaw.from_text("3*SymmetricStable(alpha, c) + m")
    assert law.substitute({"alpha": 1}).text == "Cauchy(m, 3*c)"
    assert law.substitute({"alpha": 2}).text == "Normal(m, 3*sqrt(2)*c)"
    assert NoiseLaw.from_text("-SymmetricStable(alpha, c)") == NoiseLaw.from_text("SymmetricStable(alpha, c)")


def test_scipy_names_the_same_law():
    frozen = scipy.stats.levy_stable(1.5, 0, 0.25, 2)
    law = noise_law(frozen)
    assert law.text == "1/4 + SymmetricStable(3/2, 2)"
    points = np.array([-3.0, 0.5, 4.0])
    np.testing.assert_allclose(law.pdf(points), frozen.pdf(points), rtol=1e-8)
