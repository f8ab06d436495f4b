"""Claim: a(R, K_ii) and Sigma(R) of b samples are right, for laws of every kind, every b and every R.

The law of the residuals is had from Gauss rules and chi laws. It is held against phi, which comes from
another derivation; the drift by Stein's identity in b variables against a mean over |r| alone,

    a = E[(h_1(u) + sqrt(6) h_3(u)/b)/u],  u = sqrt(K_ii) |r|/b,      b >= 2;

and both against what one sample, Gaussian noise and large batches have in closed form.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import sympy as sp
from scipy import integrate, special, stats

from signsgd_sym import notation as nt
from signsgd_sym.derive.batch_rules import batch_powers, gaussian_batch_powers, length_moment
from signsgd_sym.derive.powers import data_response
from signsgd_sym.derive.sde import derive_sde
from signsgd_sym.model import SGD, SIGN, Covariance, UpdateRule, noise_law
from signsgd_sym.solve.batch_functions import batch_functions, phi_of_batch
from signsgd_sym.solve.hermite_table import hermite_table
from signsgd_sym.solve.label_norm import ORDER, gauss_rules, norm_components
from signsgd_sym.solve.noncentral_chi import NoncentralChi
from signsgd_sym.solve.residual_law import ResidualLaw
from signsgd_sym.solve.rule_functions import PowerFunctions, quadrature_functions
from signsgd_sym.special import NoiseMean

LAWS = [
    "Normal(1/2, 1)", "Laplace(0, 1)", "Laplace(1, 1)", "Cauchy(0, 1/2)", "Rademacher(1)", "Uniform(-1, 2)",
    "Mixture((9/10, Normal(0, 1)), (1/10, Normal(0, 5)))", "Mixture((1/2, Dirac(0)), (1/2, Laplace(0, 1)))",
]  # fmt: skip
BATCHES = [2, 4, 16, 256, 5000]
RISKS = [1e-6, 0.3, 50.0]
UNEQUAL = Covariance.from_matrix([[1.0, 0.2, -0.1], [0.2, 2.0, 0.1], [-0.1, 0.1, 0.5]])


@pytest.mark.parametrize("b", [1, *BATCHES])
@pytest.mark.parametrize("law", LAWS)
def test_squares_of_independent_residuals_add_up_in_an_exponent(law, b, problem):
    """E exp(-|r|^2/(2 s)) = (sqrt(s/(s + 2 R)) (pi/2) phi(R + s/2))^b."""
    residual, phi = ResidualLaw.of(noise_law(law), 1e-6, 50.0, batch=b), problem(law).module.phi
    for R in RISKS:
        even, _ = residual.weights(R)
        assert abs(even.sum() - 1) < 1e-11
        length = b * residual.grid.nodes
        s = float(np.exp(even @ np.log(length**2)))  # a typical |r|^2, so that the mean is no rare event
        exact = (np.sqrt(s / (s + 2 * R)) * np.pi / 2 * float(phi(R + s / 2))) ** b
        assert abs(even @ np.exp(-(length**2) / (2 * s)) / exact - 1) < 1e-9


@pytest.mark.parametrize("b", BATCHES)
@pytest.mark.parametrize("law", LAWS)
def test_sign_responds_as_phi_of_the_batch(law, b, problem):
    residual, phi = ResidualLaw.of(noise_law(law), 1e-6, 50.0, batch=b), problem(law).module.phi
    for R in RISKS:
        even, odd = residual.weights(R)
        exact = phi_of_batch(phi, R, b) / np.sqrt(2 * R)
        assert abs(np.sqrt(2 / np.pi) * odd.sum() / exact - 1) < 1e-9
        assert abs(np.sqrt(2 / np.pi) * (1 - 1 / b) * (even @ (1 / residual.grid.nodes)) / exact - 1) < 1e-9


@pytest.mark.parametrize("b", [2, 4, 16])
@pytest.mark.parametrize("text", ["sign", "power(1/2)", "tanh", "clip(1)", "dither(1/2)", "sgd"])
def test_steins_identity_in_b_variables(text, b):
    """The response to G and the mean over |r|; without the factor 1 + (xi^2 - 1)/b it is another number."""
    residual = ResidualLaw.of(noise_law("Laplace(0, 1)"), 1e-3, 1e3, batch=b)
    u = residual.grid.nodes
    h_1, h_3 = hermite_table(UpdateRule.from_text(text), u, 3).h
    for R in (0.01, 1.0):
        even, odd = residual.weights(R)
        response = odd @ h_1
        assert abs(response / (even @ ((h_1 + np.sqrt(6) * h_3 / b) / u)) - 1) < 1e-8
        if text != "sgd":
            assert abs(response / (even @ (h_1 / u)) - 1) > 1e-3


@pytest.mark.parametrize("b", [1, 16])
@pytest.mark.parametrize("rule", [SIGN, SGD], ids=str)
def test_sign_and_sgd_by_every_road(rule, b, ode):
    law = noise_law("Laplace(0, 1)")
    old = batch_functions(rule, law, UNEQUAL, b)
    for new in (
        PowerFunctions(ode[rule].sde, law, UNEQUAL, b),
        quadrature_functions(rule, law, UNEQUAL, 0.3, batch=b),
    ):
        np.testing.assert_allclose(new.rates(0.3), old.rates(0.3), rtol=1e-9)
        np.testing.assert_allclose(new.second_moment(0.3), old.second_moment(0.3), rtol=1e-8)


@pytest.mark.parametrize("law", ["Laplace(1, 1)", "Rademacher(1)"])
@pytest.mark.parametrize("text", ["power(1/4)", "power(1/2)"])
def test_one_sample_is_the_derived_sde(text, law):
    """Kummer's functions of the derivation, averaged over the density of the noise."""
    sde, R = derive_sde(UpdateRule.from_text(text)), sp.Rational(3, 10)
    found = PowerFunctions(sde, noise_law(law), UNEQUAL).rate_and_scale(float(R))
    for value, expr in zip(found, (sde.rate, sde.scale), strict=True):
        assert abs(value / over_noise(expr.xreplace(dict(sde.definitions)).subs(nt.R, R), law) - 1) < 1e-8


def over_noise(expr, law):
    """A multiple of a NoiseMean, by SciPy's quadrature or as a sum over atoms."""
    [mean] = expr.atoms(NoiseMean)
    kummer = {"hyper": lambda a, b, z: special.hyp1f1(a[0], b[0], z)}
    quantity = sp.lambdify(nt.eps, mean.args[0], [kummer, "numpy"])
    if law == "Rademacher(1)":
        return float(expr / mean) * (quantity(1.0) + quantity(-1.0)) / 2
    pdf, ends = noise_law(law).pdf, [-np.inf, 0.0, 1.0, np.inf]
    parts = (
        integrate.quad(lambda e: quantity(e) * float(pdf(e)), lo, hi, epsabs=1e-12, epsrel=1e-11)[0]
        for lo, hi in pairwise(ends)
    )
    return float(expr / mean) * sum(parts)


def test_what_a_heavy_tail_loses_is_seen_by_the_second_resolution():
    """E|r| under Student's law of 1.2 degrees of freedom: nodes end where a share of E|eps| is left."""
    law, sde = noise_law("StudentT(6/5)"), derive_sde(UpdateRule.from_text("power(1/2)"))
    fine = PowerFunctions(sde, law, UNEQUAL)
    scale, coarser = (f.rate_and_scale(1e-8)[1] for f in (fine, replace(fine, order=ORDER - 2)))
    exact = float(stats.t.expect(np.abs, args=(1.2,), lb=-1, ub=1)) + 2 * float(
        integrate.quad(lambda u: stats.t.pdf(1 / u, 1.2) * u**-3, 0, 1, epsabs=1e-13)[0]
    )
    error, estimate = abs(scale / exact - 1), abs(coarser / scale - 1)
    assert 1e-4 < error < 2 * estimate < 20 * error


@pytest.mark.parametrize("b", [1, 3, 16])
@pytest.mark.parametrize("p", ["1/4", "1/2", "2"])
def test_powers_under_gaussian_noise_are_moments_of_a_chi_law(p, b):
    """|r|^2/(2 P) is a chi square of b degrees of freedom; E|N|^q by SciPy's chi."""
    power, R, P = float(sp.Rational(p)), 0.3, 0.8
    functions = PowerFunctions(
        derive_sde(UpdateRule.from_text(f"power({p})")), noise_law("Normal(0, 1)"), UNEQUAL, b
    )
    rate, scale = functions.rate_and_scale(R)

    def mean(q):
        return integrate.quad(
            lambda t: (np.sqrt(2 * P) * t / b) ** q * stats.chi.pdf(t, b), 0, np.inf, epsabs=1e-13
        )[0]

    B = float(data_response(sp.Rational(p)))
    np.testing.assert_allclose(rate, B * (1 + (power - 1) / b) * mean(power - 1), rtol=1e-7)
    np.testing.assert_allclose(scale, mean(2 * power), rtol=1e-9)


@pytest.mark.parametrize("b", [2, 3, 16])
@pytest.mark.parametrize("p", ["1/4", "1/2", "2"])
def test_powers_are_what_the_derivation_says(p, b):
    """Labels 1 or -1 have the norm sqrt(b): Kummer's functions; Gaussian labels: Gamma functions."""
    R = sp.Rational(3, 10)
    sde = derive_sde(UpdateRule.from_text(f"power({p})"))
    at = {nt.batch: b, nt.p_f: sp.Rational(p), nt.R: R, nt.norm_eps: sp.sqrt(b), nt.v: 1}
    scale = length_moment(2 * nt.p_f) / nt.batch ** (2 * nt.p_f)
    found = PowerFunctions(sde, noise_law("Rademacher(1)"), UNEQUAL, b).rate_and_scale(float(R))
    for value, derived in zip(found, (batch_powers().result, scale), strict=True):
        assert abs(value / float(derived.subs(at).evalf(20)) - 1) < 1e-10
    rate, _ = PowerFunctions(sde, noise_law("Normal(0, 1)"), UNEQUAL, b).rate_and_scale(float(R))
    assert abs(rate / float(gaussian_batch_powers().result.subs(at).evalf(20)) - 1) < 1e-10


@pytest.mark.parametrize("text", ["tanh", "dither(1/2)", "power(1/2)"])
def test_a_large_batch_has_a_gaussian_gradient(text):
    """s^2 b -> 2 P: a -> E f'(sqrt(2 P k/b) xi) = E[f(u xi) xi]/u, with an error of order 1/b."""
    rule, law, R, P = UpdateRule.from_text(text), noise_law("Laplace(0, 1)"), 0.3, 1.3
    off = []
    for b in (256, 1024):
        k = UNEQUAL.diagonal
        u = np.sqrt(2 * P * k / b)
        limit = hermite_table(rule, np.sort(u), 1).h[0][np.argsort(np.argsort(u))] / u
        found = quadrature_functions(rule, law, UNEQUAL, R, batch=b).rates(R)
        off.append(np.abs(found / limit - 1).max())
    assert off[0] < 0.02
    assert 3.5 < off[0] / off[1] < 17
    many = quadrature_functions(rule, law, UNEQUAL, R, batch=10**7)
    u = np.sqrt(2 * P * UNEQUAL.diagonal * 1e-7)
    limit = np.array([hermite_table(rule, np.array([one]), 1).h[0, 0] for one in u]) / u
    np.testing.assert_allclose(many.rates(R), limit, rtol=1e-6)


def test_atoms_stay_atoms():
    """|eps|^2 of three coins 0 or 1 is a binomial variable."""
    [three] = norm_components(noise_law("Mixture((1/2, Dirac(0)), (1/2, Dirac(1)))"), 3)
    np.testing.assert_allclose(np.sort(three.nodes), np.sqrt([0, 1, 2, 3]), atol=1e-13)
    np.testing.assert_allclose(three.weights[np.argsort(three.nodes)], [1 / 8, 3 / 8, 3 / 8, 1 / 8])


def test_gauss_rules_keep_polynomials_of_the_square():
    rng = np.random.default_rng(3)
    nodes, weights = rng.uniform(1.0, 1.4, 300), rng.uniform(0, 1, 300)
    found, mass = gauss_rules(nodes, weights, 4)
    assert len(found) == 4 and np.all(mass > 0)
    for degree in range(8):
        assert abs(mass @ found ** (2 * degree) / (weights @ nodes ** (2 * degree)) - 1) < 1e-12
    assert abs(mass @ found**16 / (weights @ nodes**16) - 1) > 1e-9  # degree 8 is beyond a rule of 4 nodes


@pytest.mark.parametrize("b", [1, 3, 40])
def test_length_of_a_shifted_gaussian(b):
    """Moments of |sigma G - e| from SciPy's noncentral chi square, on both sides of `NEAR`."""
    chi, sigma = NoncentralChi.of(b), 0.3
    for e in (0.0, 0.2, 8.9, 9.1, 300.0):
        t, even, odd = chi.length(np.array([e]), np.ones(1), sigma)
        law = stats.ncx2(b, (e / sigma) ** 2) if e else stats.chi2(b)
        assert abs(even @ t**2 / (sigma**2 * law.mean()) - 1) < 1e-12
        assert abs(even @ t**4 / (sigma**4 * (law.var() + law.mean() ** 2)) - 1) < 1e-11
        assert abs(odd @ t / b - 1) < 1e-9
        # div(r |r|^2) = (b + 2) |r|^2
        assert abs(odd @ t**3 / ((b + 2) * sigma**2 * law.mean()) - 1) < 1e-8
