"""Samples fall evenly between the quantiles of the density, for every family and every kind of law."""

from __future__ import annotations

import numpy as np
import pytest
from law_table import TEXTS, numeric
from scipy.stats import chisquare, kstest

from signsgd_sym.model import NoiseLaw
from signsgd_sym.model.quadrature import InverseCdf

SAMPLES, BINS = 40_000, 40
# One test in a thousand would fail at this level by chance; with a fixed seed none does.
LEVEL = 1e-3


def p_value(law: NoiseLaw, factor: float = 1.0) -> float:
    ((_, part),) = law.parts
    edges = InverseCdf.of(part.pieces)(np.linspace(0, 1, BINS + 1)[1:-1])
    samples = factor * law.sample(np.random.default_rng(1), SAMPLES)
    counts = np.bincount(np.searchsorted(edges, samples), minlength=BINS)
    return float(chisquare(counts).pvalue)


@pytest.mark.parametrize("text", TEXTS)
def test_family(text):
    assert p_value(numeric(text)) > LEVEL


@pytest.mark.parametrize("text", ["Normal(0, a)", "Davis(a, b, c)", "Uniform(-a, a)"])
def test_a_wrong_scale_is_seen(text):
    assert p_value(numeric(text), factor=1.1) < 1e-6


@pytest.mark.parametrize(
    "text",
    ["2 + 3*Laplace(0, 1)", "1 - Exponential(2)", "-StudentT(3)/480", "density: sech(x)/pi on (-oo, oo)"],
)
def test_affine_forms_and_given_densities(text):
    assert p_value(NoiseLaw.from_text(text)) > LEVEL


def test_mixture_draws_its_parts_in_proportion():
    law = NoiseLaw.from_text("Mixture((1/2, Uniform(0, 1)), (3/10, Uniform(1, 2)), (1/5, Dirac(3)))")
    samples = law.sample(np.random.default_rng(2), SAMPLES)
    shares = [(samples < 1).mean(), ((samples >= 1) & (samples < 2)).mean(), (samples == 3).mean()]
    assert shares == pytest.approx([0.5, 0.3, 0.2], abs=4 * np.sqrt(0.25 / SAMPLES))
    assert kstest(samples[samples < 1], "uniform").pvalue > LEVEL
    # Order carries no information: the first half is distributed as the second.
    assert (samples[: SAMPLES // 2] == 3).mean() == pytest.approx(0.2, abs=4 * np.sqrt(0.16 / (SAMPLES / 2)))


def test_shape_and_reproducibility():
    law = NoiseLaw.from_text("Mixture((1/2, Normal(0, 1)), (1/2, Rademacher(2)))")
    first, second = (law.sample(np.random.default_rng(3), (5, 7)) for _ in range(2))
    assert first.shape == (5, 7) and first.dtype == np.float64
    np.testing.assert_array_equal(first, second)
