"""Claim: the criteria follow from the two risk ODEs, and each is what it says for laws done by hand."""

import numpy as np
import pytest
import sympy as sp

from signsgd_sym.derive.catalogue import derive
from signsgd_sym.derive.compression import compression_at_zero
from signsgd_sym.derive.noise_free import noise_free
from signsgd_sym.derive.when_sign_wins import asymmetric_noise, matched_rest, rate_criterion
from signsgd_sym.model import SGD, SIGN
from signsgd_sym.notation import D, d, kappa_SGD, kappa_sign, psi
from signsgd_sym.proof.check import check_derivation, check_step


@pytest.mark.parametrize("name", ["sign-noise-free", "sgd-noise-free", "rate-criterion", "asymmetric-noise"])
def test_every_line_holds_and_every_assumption_is_needed(name):
    report = check_derivation(derive(name), seed=5, points=3, digits=15)
    assert report.first_wrong is None
    assert not report.unused


def test_largest_steps_and_rates_are_those_of_the_text():
    sign, sgd = (noise_free(rule) for rule in (SIGN, SGD))
    assert sp.simplify(sign.largest - 4 * d / (sp.pi * sp.Trace(D))) == 0
    assert sp.simplify(sgd.largest - 2 * d / sp.Trace(D**2)) == 0
    assert (sign.rate, sgd.rate) == (8 / sp.pi**2, 2)
    assert rate_criterion().result == 4 * kappa_SGD / (sp.pi**2 * kappa_sign)


def test_signsgd_rests_lower_where_psi_exceeds_half_of_pi():
    derivation = matched_rest()
    for step in derivation.steps:
        assert check_step(derivation, step, seed=5, points=3, digits=15).verdict.passed, step.reason
    ratio = derivation.result
    assert sp.simplify(ratio - sp.pi**2 / (4 * psi**2)) == 0
    assert ratio.subs(psi, compression_at_zero("Laplace(0, b)")) < 1 < ratio.subs(psi, 1)


@pytest.mark.parametrize("nu", [sp.Rational(5, 2), 3, 5])
def test_at_small_steps_this_is_the_efficiency_of_a_median(nu):
    """psi > pi/2 iff 4 f(0)^2 E eps^2 > pi/2, for Student's t with density Gamma(..)/.. at 0."""
    density = sp.gamma((nu + 1) / sp.S(2)) / (sp.sqrt(nu * sp.pi) * sp.gamma(sp.S(nu) / 2))
    efficiency = 4 * density**2 * nu / (nu - 2)
    wins = bool(compression_at_zero(f"StudentT({nu})") > sp.pi / 2)
    assert wins == bool(efficiency > sp.pi / 2)
    assert wins == (nu < 4)


def test_asymmetric_noise_counts_by_its_absolute_value():
    found = asymmetric_noise()
    b = sp.Symbol("b", positive=True)
    laplace = sp.lambdify((sp.Symbol("R", positive=True), b), found.result, "scipy")
    rng = np.random.default_rng(1)
    eps = rng.exponential(2.0, 400_000)  # asymmetric, of mean 2
    mean = 2 / np.pi * np.exp(-(eps**2) / (4 * 0.7)).mean()
    assert laplace(0.7, 2.0) == pytest.approx(mean, rel=0.01)
