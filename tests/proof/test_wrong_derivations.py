"""Slips people make with matrices, Ito's formula, orders and laws: each refuted at its step, with a point.

Every derivation here has right steps and one wrong one, the last, whose reason says what is wrong. (Scalar
slips are the text files in `steps/wrong`.)
"""

import random

import pytest
import sympy as sp
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.stats import Normal, Rademacher

from signsgd_sym import notation as nt
from signsgd_sym.derive.assumptions import eigenbasis
from signsgd_sym.notation import (
    D,
    Delta,
    K,
    K_sigma,
    Kbar,
    Lambda,
    P,
    R,
    U,
    d,
    e_i,
    eta,
    i,
    j,
    lam,
    n,
    phi,
    r,
)
from signsgd_sym.proof.check import check_derivation
from signsgd_sym.proof.derivation import Recorder
from signsgd_sym.proof.verdict import Verdict
from signsgd_sym.special import Generator, Variation

HALF = sp.Rational(1, 2)
RISK = sp.Trace(Delta.T * K * Delta) / 2
b, A = -eta * D**-1 * K * Delta, eta**2 / d * K_sigma
x = sp.Symbol("x", positive=True)


def kbar_is_not_symmetric(record):
    record.equal(sp.Trace(D**-1 * K), sp.Trace(D**-HALF * K * D**-HALF), "similar matrices")
    record.equal(D**-1 * K, U * Lambda * U.T, "wrong: U diagonalises D^(-1/2) K D^(-1/2), not Kbar")


def variance_for_deviation(record):
    record.equal(sp.Trace(D**2), sp.Trace(K), "K_ii on the diagonal")
    record.equal(sp.Trace(D), sp.Trace(K), "wrong: D has the standard deviations")


def arcsine_without_its_factor(record):
    C = D**-1 * K * D**-1
    record.equal(sp.Trace(e_i.T * C * e_i), sp.S.One, "correlations have a unit diagonal")
    record.equal(K_sigma, ElementwiseApplyFunction(sp.asin, C), "wrong: 2/pi is missing")


def ito_without_the_second_order_term(record):
    drift = sp.Symbol("drift", real=True)
    record.define(drift, Generator(RISK, Delta, b, A), "the drift of R")
    second = eta**2 * sp.Trace(K * K_sigma) / (2 * d)
    first = -eta * sp.Trace(Delta.T * K * D**-1 * K * Delta)
    record.equal(drift, first + second, "Ito")
    record.equal(drift, first, "wrong: the chain rule of ordinary calculus")


def ito_with_the_whole_hessian(record):
    drift = sp.Symbol("drift", real=True)
    record.define(drift, Generator(RISK, Delta, b, A), "the drift of R")
    first = -eta * sp.Trace(Delta.T * K * D**-1 * K * Delta)
    record.equal(
        drift, first + eta**2 * sp.Trace(K * K_sigma) / d, "wrong: 1/2 is missing before tr(A hess f)"
    )


def variation_with_the_noise_outside(record):
    rate = sp.Symbol("rate", real=True)
    record.define(rate, Variation(RISK, Delta, A), "the quadratic variation")
    record.equal(rate, eta**2 / d * sp.Trace(Delta.T * K * K_sigma * K * Delta), "grad^T A grad")
    record.equal(
        rate, eta**2 / d * sp.Trace(Delta.T * K**2 * K_sigma * Delta), "wrong: K and K_sigma commute"
    )


def population_risk_for_risk(record):
    record.equal(RISK, R, "the risk")
    record.equal(RISK, P, "wrong: P has the noise in it")


def modes_without_one_half(record):
    c = sp.Trace(e_i.T * U.T * D**HALF * Delta)
    record.define(r[i], lam[i] * c**2 / 2, "mode i")
    record.equal(RISK, sp.Sum(r[j], (j, 1, d)), "the modes add up to the risk")
    record.define(
        n[i], lam[i] * sp.Trace(e_i.T * U.T * D**HALF * K_sigma * D**HALF * U * e_i) / (2 * d), "forcing"
    )
    record.equal(sp.Sum(n[j], (j, 1, d)), sp.Trace(K * K_sigma) / (2 * d), "the modes add up to the trace")
    record.equal(sp.Sum(n[j], (j, 1, d)), sp.Trace(K * K_sigma) / d, "wrong: 1/2 is missing")


def drift_with_sqrt_R(record):
    rho = nt.KDelta_i / (sp.sqrt(nt.K_ii) * sp.sqrt(2 * R))
    drift = -eta * phi / sp.sqrt(2 * R) * D**-1 * K * Delta
    record.equal(sp.Trace(e_i.T * drift), -eta * phi * rho, "coordinate i")
    wrong = -eta * phi / sp.sqrt(R) * D**-1 * K * Delta
    record.equal(sp.Trace(e_i.T * wrong), -eta * phi * rho, "wrong: sqrt(R) for sqrt(2 R)")


def preconditioner_on_the_wrong_side(record):
    record.equal(D**-1 * K * Delta, D**-1 * (K * Delta), "Kbar Delta")
    record.equal(D**-1 * K * Delta, K * D**-1 * Delta, "wrong: D and K commute")


def a_logarithm_lost(record):
    record.expand(sp.log(1 + x), x - x**2 / 2, "Taylor", variable=x, order=x**3)
    record.expand(x * sp.log(x), 0, "wrong: x log x is larger than x", variable=x, order=x)


def an_order_in_d(record):
    variation = eta**2 / d * sp.Trace(Delta.T * K * K_sigma * K * Delta)
    record.expand(variation, 0, "of order 1/d", variable=d, point=sp.oo, order=1 / d)
    record.expand(variation, 0, "wrong: of order 1/d^2", variable=d, point=sp.oo, order=1 / d**2)


def a_law_of_half_the_variance(record):
    G = Normal("G", 0, 1)
    record.has_law(sp.sign(G), Rademacher("s"), "a symmetric variable")
    record.has_law(sp.sqrt(2 * R) * G, Normal("Y", 0, sp.sqrt(2 * R)), "scaling")
    record.has_law(sp.sqrt(R) * G, Normal("Y", 0, sp.sqrt(2 * R)), "wrong: R for 2 R")


def a_bound_the_wrong_way(record):
    record.at_most(sp.erf(x), 2 * x / sp.sqrt(sp.pi), "erf is concave for x > 0")
    record.at_most(2 * x / sp.sqrt(sp.pi), sp.erf(x), "wrong: the other way round")


def a_name_with_two_meanings(record):
    name = sp.Symbol("m", real=True)
    record.define(name, sp.sqrt(2 / sp.pi), "E|G|")
    record.define(name, sp.sqrt(sp.pi / 2), "wrong: m is taken")


WRONG = [
    kbar_is_not_symmetric,
    variance_for_deviation,
    arcsine_without_its_factor,
    ito_without_the_second_order_term,
    ito_with_the_whole_hessian,
    variation_with_the_noise_outside,
    population_risk_for_risk,
    modes_without_one_half,
    drift_with_sqrt_R,
    preconditioner_on_the_wrong_side,
    a_logarithm_lost,
    an_order_in_d,
    a_law_of_half_the_variance,
    a_bound_the_wrong_way,
    a_name_with_two_meanings,
]


@pytest.mark.parametrize("write", WRONG, ids=lambda write: write.__name__)
def test_the_last_step_is_the_first_wrong_one(write):
    record = Recorder(write.__name__, write.__name__, (eigenbasis(sp.S.One),) if _modal(write) else ())
    write(record)
    derivation = record.finish()
    seed = random.SystemRandom().randrange(2**32)
    report = check_derivation(derivation, seed=seed, points=8, digits=30)
    wrong = report.first_wrong
    assert wrong is not None, f"seed {seed}"
    assert wrong.verdict is Verdict.REFUTED, (wrong, seed)
    assert wrong.step == derivation.steps[-1].id, (wrong, seed)
    assert derivation.steps[-1].reason.startswith("wrong:")
    assert wrong.evidence.witness or wrong.relation == ":=", wrong
    assert report.verdict is Verdict.REFUTED


def _modal(write):
    return write in (kbar_is_not_symmetric, modes_without_one_half)


def test_there_are_a_dozen():
    assert len(WRONG) >= 12


def test_kbar_is_the_name_of_what_the_first_slip_is_about():
    assert Kbar.shape == (D**-1 * K).shape
