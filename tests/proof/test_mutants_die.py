"""Claim: no mutant of a built-in step survives; what passes is shown to be still true."""

import random
from dataclasses import replace

import pytest
import sympy as sp

from signsgd_sym.derive.catalogue import CATALOGUE
from signsgd_sym.proof.derivation import Recorder
from signsgd_sym.proof.mutate import Mutant, judge_mutant, mutable, mutant

SEED = random.SystemRandom().randrange(2**31)
x = sp.Symbol("x", positive=True)
QUICK = (
    "sign-ito-risk",
    "sgd-modes",
    "sgd-sde",
    "sign-sde",
    "sgd-stationary",
    "sign-identity",
    "sgd-linearisation",
)


@pytest.mark.parametrize("name", QUICK)
def test_no_mutant_survives(name):
    derivation, rng = CATALOGUE[name].make(), random.Random(SEED)
    outcomes = []
    while len(outcomes) < 6:
        found = mutant(derivation, rng)
        if found is not None:
            outcomes.append((judge_mutant(found, SEED, points=6, digits=20)[0], found.slip, found.step.rhs))
    assert not [o for o in outcomes if o[0] == "survived"], SEED
    assert name.endswith("linearisation") or sum(o[0] == "rejected" for o in outcomes) >= 2, (SEED, outcomes)


def test_definitions_and_citations_are_not_mutated():
    derivation = CATALOGUE["sgd-modes"].make()
    assert {step.id for step in derivation.steps} - {step.id for step in mutable(derivation)} == {
        step.id for step in derivation.steps if step.relation == ":=" or step.reference
    }


def _altered(relation, left, right, limit=None, **change):
    record = Recorder("one", "One step")
    record._add(left, relation, right, "because", **(limit or {}))
    derivation = record.finish()
    [original] = derivation.steps
    wrong = replace(original, **change)
    return judge_mutant(Mutant(replace(derivation, steps=(wrong,)), original, wrong, "by hand"), SEED)[0]


def test_what_is_still_true_is_implied_and_what_is_not_is_rejected():
    limit = {"variable": x, "point": sp.S.Zero, "order": x**3}
    assert _altered("~", sp.sin(x), x, limit=limit, order=x**2) == "implied"
    assert _altered("~", sp.sin(x), x, limit=limit, order=x**4) == "rejected"
    assert _altered("=", (x + 1) ** 2, x**2 + 2 * x + 1, rhs=x * (x + 2) + 1) == "implied"
    assert _altered("=", (x + 1) ** 2, x**2 + 2 * x + 1, rhs=x**2 + x + 1) == "rejected"
    assert _altered("<=", sp.sin(x), x, rhs=2 * x) == "implied"
    assert _altered("<=", sp.sin(x), x, rhs=x / 2) == "rejected"
    assert _altered("=", x, x, rhs=x + sp.mathieuc(x, x, 1)) == "undecided"
