"""Claim: the four factors take SGD's SDE into signSGD's exactly, and psi is what the laws make of it.

psi is computed three ways: the closed form the engine derives, quadrature of E[exp(-eps^2/(4 R))] sqrt(P/R),
and the generated module.
"""

import numpy as np
import pytest
import sympy as sp
from scipy import stats
from scipy.integrate import quad

from signsgd_sym.derive.compression import compression_at_zero, compression_facts
from signsgd_sym.derive.effects import EFFECTS, PRECONDITIONING, RATE, RESHAPING, four_effects
from signsgd_sym.derive.switched import switched, switched_ends
from signsgd_sym.errors import InfiniteVariance, ParameterError
from signsgd_sym.notation import D, Delta, K, K_sigma, P, R, d, eta, eta_0, phi, psi, varsigma
from signsgd_sym.proof.check import check_derivation, check_step
from signsgd_sym.proof.verdict import Verdict

LAWS = {
    "Normal(0, 2)": (stats.norm(0, 2), 4.0),
    "Laplace(0, 1/2)": (stats.laplace(0, 0.5), 0.5),
    "Uniform(1, 2)": (stats.uniform(1, 1), 7 / 3),
}


@pytest.fixture(scope="module")
def effects():
    return four_effects()


@pytest.mark.parametrize("make", [lambda: four_effects().derivation, compression_facts, switched_ends])
def test_every_line_holds(make):
    derivation = make()
    for step in derivation.steps:
        verdict = check_step(derivation, step, seed=3, points=3, digits=15).verdict
        assert verdict.passed and verdict is not Verdict.CITED, step.reason


def test_the_factors_are_those_of_the_text(effects):
    assert sp.simplify(effects.rate - 2 / sp.pi / sp.sqrt(2 * P)) == 0
    assert sp.simplify(effects.compression - sp.pi / 2 * phi * sp.sqrt(P / R)) == 0
    assert sp.simplify(effects.matched - 2 / sp.pi * eta * psi / sp.sqrt(2 * P)) == 0
    assert effects.unit == sp.pi**2 / 4


@pytest.mark.parametrize("law", LAWS)
def test_psi_is_the_quotient_of_two_means(effects, law, problem):
    density, power = LAWS[law]
    formula, module = sp.lambdify(R, effects.psi(law).rewrite(sp.erfc), "scipy"), problem(law).module
    for risk in (0.05, 0.7, 12.0):
        mean = quad(
            lambda e, r=risk: np.exp(-(e**2) / (4 * r)) * density.pdf(e), -80, 80, points=[0, 1, 2], limit=200
        )
        expected = mean[0] * np.sqrt((risk + power / 2) / risk)
        assert formula(risk) == pytest.approx(expected, rel=1e-7)
        assert module.psi(risk) == pytest.approx(expected, rel=1e-7)


def test_the_limit_at_small_risk_is_the_density_at_zero(effects):
    """sqrt(2 pi) f(0) sigma."""
    for law, (density, power) in LAWS.items():
        expected = np.sqrt(2 * np.pi) * density.pdf(0) * np.sqrt(power)
        assert float(compression_at_zero(law, effects)) == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert compression_at_zero("Mixture((1/2, Dirac(0)), (1/2, Normal(0, 1)))", effects) is sp.oo


def test_a_law_without_a_variance_is_refused_in_words(effects):
    with pytest.raises(InfiniteVariance, match=r"Cauchy.*infinite.*take a law with a variance"):
        effects.psi("Cauchy(0, 1)")


def test_the_ends_of_the_family_are_the_two_optimizers(effects):
    none, full = switched(effects, frozenset()), switched(effects, frozenset(EFFECTS))
    assert none.sde.drift == -eta_0 * K * Delta
    assert none.sde.covariance == 2 * eta_0**2 * P / d * K
    assert full.sde.covariance == eta**2 / d * K_sigma
    in_phi = full.drift_rate.subs(psi, sp.pi / 2 * phi * sp.sqrt(P / R))
    assert sp.simplify(in_phi - eta * phi / sp.sqrt(2 * R)) == 0


def test_in_between_the_modes_are_those_of_the_drift(effects):
    """Drift and noise of different rules: the derived mode ODE checks, for both mixtures."""
    for on, matrix in (({PRECONDITIONING}, D**-1), ({RATE, RESHAPING}, sp.Identity(d))):
        member = switched(effects, on)
        assert sp.simplify(member.sde.preconditioned - matrix * K) == sp.ZeroMatrix(d, d)
        report = check_derivation(member.ode.derivation, seed=4, points=3, digits=15)
        assert report.first_wrong is None
    assert varsigma not in switched(effects, set(EFFECTS)).ode.rhs.free_symbols


def test_an_effect_that_does_not_exist_is_refused(effects):
    with pytest.raises(ParameterError, match="momentum"):
        switched(effects, {"momentum"})
