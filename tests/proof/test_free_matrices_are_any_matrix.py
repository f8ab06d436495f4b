"""Claim: a matrix without a definition is any symmetric one if it is a second moment, else any one at all."""

import random

import pytest
import sympy as sp

from signsgd_sym.notation import K_A, D, Delta, K, R, a_K, c_1, d, e_i, e_j
from signsgd_sym.proof.check import check_step
from signsgd_sym.proof.derivation import Recorder
from signsgd_sym.proof.verdict import Verdict

SEED = random.SystemRandom().randrange(2**31)
OTHER = sp.MatrixSymbol("Q", d, d)


def verdict(lhs, rhs):
    record = Recorder("one", "One step")
    record.equal(lhs, rhs, "because")
    derivation = record.finish()
    return check_step(derivation, derivation.steps[0], seed=SEED, points=4, digits=20).verdict


@pytest.mark.parametrize(
    ("lhs", "rhs"),
    [
        (K_A, K_A.T),
        (a_K, a_K.T),
        (a_K * D, D * a_K),
        (sp.Trace(e_i.T * K_A * e_j), sp.Trace(e_j.T * K_A * e_i)),
        (sp.Trace(K * K_A * OTHER), sp.Trace(OTHER * K * K_A)),
    ],
)
def test_what_holds_for_every_one_passes(lhs, rhs):
    assert verdict(lhs, rhs).passed


@pytest.mark.parametrize(
    ("lhs", "rhs"),
    [
        (K_A, sp.Identity(d)),
        (K_A, D * D),
        (K_A * K, K * K_A),
        (K_A * OTHER, OTHER * K_A),
        (K_A, OTHER),
        (OTHER, OTHER.T),
        (a_K, a_K**2),
        (a_K * K, K * a_K),
        (sp.Trace(K_A), d),
        (sp.Trace(Delta.T * K_A * Delta), 2 * R),
    ],
)
def test_what_holds_for_some_is_refuted(lhs, rhs):
    assert verdict(lhs, rhs) is Verdict.REFUTED


def test_a_name_defined_by_an_infinite_product_is_any_number():
    """What is stated with it has to hold whatever it is."""
    k = sp.Symbol("k", integer=True, positive=True)
    for rhs, passes in ((c_1 * sp.Trace(K), True), (sp.Trace(K), False)):
        record = Recorder("one", "One step")
        record.define(c_1, sp.Product(1 + 1 / sp.Integer(2) ** k, (k, 1, sp.oo)), "a product")
        record.equal(sp.Trace(c_1 * K), rhs, "linearity")
        derivation = record.finish()
        judged = check_step(derivation, derivation.steps[1], seed=SEED, points=4, digits=20)
        assert judged.verdict.passed is passes
