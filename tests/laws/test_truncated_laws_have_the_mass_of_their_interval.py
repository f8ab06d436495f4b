"""The law of eps given A < eps < B: mass, moments, density, samples, weights of a mixture."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import sympy as sp
from scipy.integrate import quad
from scipy.stats import kstest

from signsgd_sym.derive.phi import drift_rate_at_zero
from signsgd_sym.errors import NotConverged, ParameterError
from signsgd_sym.model import NoiseLaw, noise_law
from signsgd_sym.model.families import Piece
from signsgd_sym.model.quadrature import total_mass
from signsgd_sym.notation import R, eps, x

# A law, an interval, whether its mass is closed.
CASES = [
    ("Normal(0, 3/2)", "-1", "2", True),
    ("Normal(1, 1/2)", "2", "oo", True),
    ("Normal(1, 1/2)", "-oo", "0", True),
    ("-2*Normal(1, 1)", "-1", "1", True),
    ("Laplace(0, 2)", "-1", "3", True),
    ("Laplace(1/2, 2)", "1", "3", True),
    ("3 - Laplace(1/2, 2)", "-oo", "1", True),
    ("Exponential(2)", "-1", "1", True),
    ("1 - 2*Exponential(2)", "-1", "oo", True),
    ("Uniform(-1, 3)", "0", "5", True),
    ("Cauchy(1, 2)", "-1", "4", True),
    ("Cauchy(0, 2)", "1", "4", True),
    ("StudentT(3)", "-1", "2", False),
    ("Gumbel(1, 0)", "0", "oo", False),
    ("Density(3*x**2/2, (-1, 1))", "-1/2", "oo", False),
    ("2*Beta(2, 3)", "-1", "1", False),
]


def truncated(text: str, lo: str, hi: str) -> NoiseLaw:
    return NoiseLaw.from_text(f"Truncated({text}, ({lo}, {hi}))")


def inside(law: NoiseLaw) -> tuple[Piece, ...]:
    [(_, part)] = law.parts
    return part.cut


@pytest.mark.parametrize(("text", "lo", "hi", "closed"), CASES)
def test_mass(text, lo, hi, closed):
    law = truncated(text, lo, hi)
    [(_, part)] = law.parts
    assert part.mass.has(sp.Integral) != closed
    assert part.mass_value == pytest.approx(total_mass(inside(law)).value, rel=1e-12)
    assert total_mass(part.pieces).value == pytest.approx(1, rel=1e-6 if not closed else 1e-12)


@pytest.mark.parametrize(("text", "lo", "hi", "closed"), CASES)
def test_second_moment(text, lo, hi, closed):
    law = truncated(text, lo, hi)
    [(_, part)] = law.parts
    square = total_mass(Piece(p.density * x**2, p.lo, p.hi) for p in inside(law)).value
    assert float(law.second_moment().evalf(15)) == pytest.approx(square / part.mass_value, rel=1e-11)


@pytest.mark.parametrize(("text", "lo", "hi", "closed"), CASES)
def test_samples_and_density(text, lo, hi, closed):
    law = truncated(text, lo, hi)
    whole = NoiseLaw.from_text(text).sample(np.random.default_rng(7), 400_000)
    kept = whole[(whole > float(sp.sympify(lo))) & (whole < float(sp.sympify(hi)))]
    assert kstest(law.sample(np.random.default_rng(3), 20_000), kept[:20_000]).pvalue > 1e-3
    [(_, part)] = law.parts
    points = np.linspace(-4.03, 6.01, 41)
    np.testing.assert_allclose(
        law.pdf(points),
        np.where(
            (points > float(part.lo)) & (points < float(part.hi)),
            NoiseLaw.from_text(text).pdf(points) / part.mass_value,
            0,
        ),
    )


def test_scipy_truncnorm_is_the_same_law():
    frozen = scipy.stats.truncnorm(-0.5, np.inf, loc=1, scale=2)
    law, points = noise_law(frozen), np.linspace(-1, 6, 29)
    assert law.text == "Truncated(1 + 2*Normal(0, 1), (0, oo))"
    np.testing.assert_allclose(law.pdf(points)[points > 0], frozen.pdf(points)[points > 0], rtol=1e-13)
    assert float(law.second_moment().evalf()) == pytest.approx(frozen.moment(2), rel=1e-10)


def test_far_tails_keep_their_digits():
    far = NoiseLaw.from_text("Truncated(Normal(0, 1), (30, oo))")
    assert far.pdf(np.array([30.01]))[0] == pytest.approx(
        scipy.stats.truncnorm(30, np.inf).pdf(30.01), rel=1e-10
    )
    samples = far.sample(np.random.default_rng(0), 2000)
    assert samples.min() > 30 and kstest(samples, scipy.stats.truncnorm(30, np.inf).cdf).pvalue > 1e-3
    with pytest.raises(NotConverged, match="widen the interval"):
        NoiseLaw.from_text("Truncated(Normal(0, 1), (50, 60))").pdf(np.array([51.0]))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Truncated(Cauchy(0, 1), (0, oo))", "oo"),
        ("Truncated(Cauchy(0, 1), (-1, 1))", "-1 + 4/pi"),
        ("Truncated(StudentT(2), (1, oo))", "oo"),
        ("Truncated(Levy(0, 1) + Normal(0, 1), (0, oo))", "oo"),
        ("Truncated(SymmetricStable(3/2, 1), (0, oo))", "oo"),
        ("Truncated(Density(1/(pi*(1 + x**2)), (-oo, oo)), (0, oo))", "oo"),
    ],
)
def test_a_heavy_tail_that_is_kept_is_heavy(text, moment):
    assert sp.simplify(NoiseLaw.from_text(text).second_moment() - sp.sympify(moment)) in (0, sp.nan)
    assert (NoiseLaw.from_text(text).second_moment() == sp.oo) == (moment == "oo")


def test_one_light_tail_of_a_given_density_is_light():
    density = "Piecewise((exp(x)/2, x < 0), (1/(2*(1 + x)**2), True))"
    whole = f"Density({density}, (-oo, oo))"
    assert NoiseLaw.from_text(f"Truncated({whole}, (0, oo))").second_moment() == sp.oo
    light = NoiseLaw.from_text(f"Truncated({whole}, (-oo, 0))").second_moment()
    assert float(light.evalf(15)) == pytest.approx(2, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("Truncated(Laplace(0, b), (-oo, oo))", "Laplace(0, b)"),
        ("Truncated(Exponential(1), (-1, oo))", "Exponential(1)"),
        ("Truncated(Truncated(Normal(0, s), (-1, 3)), (0, 5))", "Truncated(Normal(0, s), (0, 3))"),
        ("1 - 2*Truncated(Normal(0, s), (-1, 3))", "Truncated(1 - 2*Normal(0, s), (-5, 3))"),
        ("Truncated(Finite({-1: 1/4, 0: 1/4, 1: 1/2}), (-1, oo))", "Finite({0: 1/3, 1: 2/3})"),
        (
            "Truncated(Mixture((1/2, Laplace(0, b)), (1/2, Rademacher(c))), (0, oo))",
            "Mixture((1/2, Truncated(Laplace(0, b), (0, oo))), (1/2, Dirac(c)))",
        ),
    ],
)
def test_canonical_form(text, canonical):
    assert NoiseLaw.from_text(text).text == canonical


def test_weights_of_a_mixture_are_those_of_bayes():
    law = NoiseLaw.from_text("Mixture((1/2, Normal(0, 1)), (3/10, Laplace(0, 2)), (1/5, Dirac(1/2)))")
    cut = NoiseLaw.from_text(f"Truncated({law.text}, (-1, 2))")
    masses = [scipy.stats.norm.cdf(2) - scipy.stats.norm.cdf(-1)]
    masses += [scipy.stats.laplace.cdf(2, 0, 2) - scipy.stats.laplace.cdf(-1, 0, 2), 1.0]
    shares = np.array([0.5, 0.3, 0.2]) * masses
    assert [float(weight) for weight, _ in cut.parts] == pytest.approx(list(shares / shares.sum()), rel=1e-14)
    assert NoiseLaw.from_text(cut.text) == cut


def test_expectations_are_conditional():
    law = NoiseLaw.from_text("Truncated(StudentT(3), (-1, 2))")
    value = float(law.mean_of(sp.exp(-(eps**2) / (4 * R))).subs(R, sp.Rational(1, 3)).evalf(15))
    density = scipy.stats.t(3)
    expected = quad(lambda u: density.pdf(u) * np.exp(-(u**2) * 3 / 4), -1, 2)[0] / (
        density.cdf(2) - density.cdf(-1)
    )
    assert value == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("inner", ["Normal(0, 1)", "Laplace(0, 1) + Normal(0, 1)", "SymmetricStable(3/2, 1)"])
@pytest.mark.parametrize(("ends", "factor"), [("(-1, 1)", 1), ("(0, 2)", sp.Rational(1, 2)), ("(1, 2)", 0)])
def test_density_at_zero_is_the_mean_of_both_sides(inner, ends, factor):
    [(_, part)] = NoiseLaw.from_text(f"Truncated({inner}, {ends})").parts
    assert sp.simplify(part.density_at_zero() * part.mass - factor * part.inner.density_at_zero()) == 0


def test_drift_rate_at_zero():
    value = drift_rate_at_zero(NoiseLaw.from_text("Truncated(Normal(0, 1), (-1, 2))"))
    share = scipy.stats.norm.cdf(2) - scipy.stats.norm.cdf(-1)
    assert float(value) == pytest.approx(2 * np.sqrt(2 / np.pi) * scipy.stats.norm.pdf(0) / share, rel=1e-13)


def test_a_pole_at_the_end_is_a_pole():
    assert drift_rate_at_zero(NoiseLaw.from_text("Truncated(ChiSquared(1), (-1, 1))")) == sp.oo


def test_symbolic_ends():
    law = NoiseLaw.from_text("Truncated(Normal(0, s), (-a, a))")
    assert law.is_symmetric and law.support == law.breakpoints
    assert law.substitute({"a": 1, "s": 1}) == NoiseLaw.from_text("Truncated(Normal(0, 1), (-1, 1))")
    with pytest.raises(ParameterError, match="is empty"):
        NoiseLaw.from_text("Truncated(Normal(0, s), (a, 2))").substitute({"a": 3})
