"""Claim: Adam's constants under any label noise are right at the ends where they are known in other ways.

Gaussian noise gives the Gaussian constants; beta2 = 0 gives signSGD's phi(R), for every law; small and large
R give the residual of the noise alone and of no noise; residuals have the moments that they must have.
"""

import numpy as np
import pytest
import scipy.stats
from scipy.integrate import quad

from signsgd_sym.errors import NotConverged, ParameterError, RuleError
from signsgd_sym.model import Covariance, Schedule, noise_law
from signsgd_sym.model.adam import Adam
from signsgd_sym.solve.adam_kernel import adam_kernel
from signsgd_sym.solve.adam_law import COARSE, FINE, law_kernel
from signsgd_sym.solve.adam_residual import residual_under
from signsgd_sym.solve.adam_risk import adam_risk
from signsgd_sym.solve.risk import risk_curve

RHO = np.linspace(-1, 1, 21)
LAWS = [
    "Laplace(0, 1)",
    "StudentT(3)",
    "StudentT(1)",
    "Uniform(-1, 1)",
    "Exponential(1)",
    "Dirac(1/2)",
    "Mixture((1/3, Dirac(1/2)), (2/3, Normal(-1, 1/4)))",
]


@pytest.mark.parametrize("risk", [0.02, 1.0, 30.0])
@pytest.mark.parametrize("betas", [("0", "1/2"), ("1/2", "9/10")])
def test_gaussian_noise(betas, risk):
    adam = Adam(*betas)
    gaussian, found = adam_kernel(adam), law_kernel(adam, noise_law("Normal(0, 1)"), risk)
    assert found.c1 == pytest.approx(gaussian.c1 * np.sqrt(risk / (risk + 0.5)), rel=1e-9)
    np.testing.assert_allclose(found(RHO), gaussian(RHO), rtol=0, atol=1e-9)


@pytest.mark.parametrize("text", LAWS)
def test_without_memory_it_is_the_sign_rule(text):
    """phi(R) = (2/pi) E exp(-eps^2/(4 R)), K_sigma = (2/pi) asin C; and beta2 -> 0 tends to them."""
    law, risk = noise_law(text), 0.2

    def damped(e):
        return np.exp(-(e**2) / (4 * risk))

    atoms = {"Dirac(1/2)": [(1.0, 0.5)], LAWS[-1]: [(1 / 3, 0.5)]}.get(text, [])
    smooth = quad(
        lambda e: float(law.pdf(e)) * damped(e), -12, 12, points=[-1, 0, 1], epsabs=1e-12, limit=400
    )
    phi = 2 / np.pi * (smooth[0] + sum(weight * damped(at) for weight, at in atoms))
    without = law_kernel(Adam(0, 0), law, risk)
    assert without.c1 == pytest.approx(phi, rel=1e-9)
    short = law_kernel(Adam(0, "1/100000000"), law, risk, FINE)
    assert short.c1 == pytest.approx(phi, rel=2e-3)
    np.testing.assert_allclose(short(RHO), 2 / np.pi * np.arcsin(RHO), atol=3e-3)


@pytest.mark.parametrize(("nu", "c2"), [(3, 0.756), (1, 0.497)])
def test_small_risk_leaves_the_noise(nu, c2):
    """c2(9/10) of a t_3 and of a Cauchy residual: 0.756 and 0.497, by Monte Carlo; there c1 = O(sqrt R)."""
    law, adam = noise_law(f"StudentT({nu})"), Adam(0, "9/10")
    kernels = [law_kernel(adam, law, risk, FINE) for risk in (1e-4, 4e-4)]
    assert kernels[0].c2 == pytest.approx(c2, abs=0.002)
    assert kernels[1].c1 == pytest.approx(2 * kernels[0].c1, rel=0.01)


@pytest.mark.parametrize("text", ["Laplace(0, 1)", "StudentT(3)"])
def test_large_risk_drowns_the_noise(text):
    gaussian, found = adam_kernel(Adam(0, "1/2")), law_kernel(Adam(0, "1/2"), noise_law(text), 1e5)
    assert found.c1 == pytest.approx(gaussian.c1, rel=1e-3)
    np.testing.assert_allclose(found(RHO), gaussian(RHO), atol=1e-3)


@pytest.mark.parametrize(
    ("text", "variance"), [("Laplace(0, 1)", 2), ("Uniform(-1, 1)", 1 / 3), ("Dirac(1)", 1)]
)
@pytest.mark.parametrize("risk", [0.01, 3.0])
def test_moments_of_the_residual(text, variance, risk):
    r, unit = residual_under(noise_law(text), risk)
    assert r.weights.sum() == pytest.approx(1, abs=1e-12)
    assert unit**2 * r.mean(r.nodes**2) == pytest.approx(2 * risk + variance, rel=1e-8)


def test_the_density_of_a_residual_against_quad():
    """Far in the tail of a Cauchy law too, where r f(r) is 1e-6."""
    law, risk = noise_law("StudentT(1)"), 0.3
    r, unit = residual_under(law, risk)
    step = np.log(r.nodes[1] / r.nodes[0])
    for size in (1e-3, 1.0, 30.0, 1e6):
        k = int(np.argmin(np.abs(r.nodes * unit - size)))
        at = r.nodes[k] * unit

        def product(z, at=at):
            return scipy.stats.norm.pdf(z) * scipy.stats.cauchy.pdf(np.sqrt(2 * risk) * z - at)

        exact, _ = quad(product, -9, 9, epsabs=0, epsrel=1e-11, limit=300)
        assert r.weights[k] / (step * at) == pytest.approx(2 * exact, rel=1e-9)


def test_two_resolutions():
    law = noise_law("Uniform(-1, 1)")
    for risk in (0.05, 1.0):
        fine, coarse = (law_kernel(Adam(0, "1/2"), law, risk, r) for r in (FINE, COARSE))
        exact = law_kernel(Adam(0, "1/2"), law, risk)
        assert np.max(np.abs(fine(RHO) - exact(RHO))) < 1e-8
        assert np.max(np.abs(coarse(RHO) - exact(RHO))) < 1e-6


@pytest.mark.parametrize(
    ("law", "risk", "said"),
    [("StudentT(1/100)", 1.0, "tail"), ("Dirac(1)", 1e-8, "nodes"), ("Laplace(0, b)", 1.0, "symbolic")],
)
def test_laws_that_cannot_be_held(law, risk, said):
    with pytest.raises((NotConverged, ParameterError), match=said):
        residual_under(noise_law(law), risk)


@pytest.mark.parametrize(("beta1", "finite"), [("84/100", True), ("85/100", False)])
def test_momentum_under_a_heavy_tail(beta1, finite):
    """1/sqrt(v) grows by beta2^(-1/2) a step after a large gradient: under a tail r^-2 of the density the
    diffusion is finite exactly for beta1^4 < beta2."""
    adam, law = Adam(beta1, "1/2"), noise_law("StudentT(1)")
    assert (adam.beta1**4 < adam.beta2) == finite
    if finite:
        assert np.isfinite(law_kernel(adam, law, 1.0, FINE).c2)
    else:
        with pytest.raises(ParameterError, match="diffusion is infinite"):
            law_kernel(adam, law, 1.0, FINE)


def test_a_kernel_of_one_risk_is_refused():
    adam = Adam(0, "1/2")
    problem = (
        noise_law("Laplace(0, 1)"),
        Covariance.identity(3),
        Schedule.of(1),
        np.ones(3),
        np.array([0, 1.0]),
    )
    with pytest.raises(RuleError, match="change with R"):
        adam_risk(adam, *problem, kernel=adam_kernel(adam))


def test_gaussian_noise_by_the_general_way():
    """A Gaussian law written as a mixture takes the way of any law, and the curve is the same."""
    problem = (Covariance.random_unequal(40, seed=3, log_sd=0.5), "1/2", 3)
    laws = ("Normal(0, 1)", "Mixture((1/2, Normal(0, 1)), (1/2, Normal(0, 1)))")
    one, other = (risk_curve(law, *problem, optimizer=Adam(0, "1/2"), points=6) for law in laws)
    np.testing.assert_allclose(other.risk, one.risk, rtol=1e-6)
    assert other.stationary == pytest.approx(one.stationary, rel=1e-7)
    np.testing.assert_allclose(other.modes.forcing, one.modes.forcing, rtol=1e-7)
