"""phi in float64 is within 1e-12 of values from an independent quadrature at 50 digits."""

import json
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

REFERENCE = json.loads((Path(__file__).parent / "phi_reference.json").read_text())
LAWS = sorted({entry["law"] for entry in REFERENCE})


def rows(law):
    entries = [entry for entry in REFERENCE if entry["law"] == law]
    return [float(sp.Rational(e["R"])) for e in entries], np.array([float(e["phi"]) for e in entries])


def test_the_reference_is_complete():
    assert len(REFERENCE) == 32
    assert len(LAWS) == 8


@pytest.mark.parametrize("law", LAWS)
def test_generated_phi_is_within_1e_12(problem, law):
    risks, exact = rows(law)
    module = problem(law).module
    values = module.phi(np.array(risks))
    assert np.max(np.abs(values / exact - 1)) < 1e-12
    assert [module.phi(risk) for risk in risks] == list(values)
    # The drift rate is the same number over sqrt(2 R).
    assert (
        np.max(np.abs(module.drift_rate(np.array(risks)) * np.sqrt(2 * np.array(risks)) / exact - 1)) < 1e-12
    )
    # 1/2 misplaced in R would be seen at once.
    assert np.max(np.abs(module.phi(np.array(risks) / 2) / exact - 1)) > 1e-3


@pytest.mark.parametrize("law", [law for law in LAWS if law != "Logistic(0, 1)"])  # it has no closed form
def test_closed_form_reproduces_25_digits(problem, law):
    formula = problem(law).phi
    [R] = formula.free_symbols
    for entry in REFERENCE:
        if entry["law"] == law:
            value = formula.subs(R, sp.Rational(entry["R"])).evalf(40)
            assert abs(value / sp.Float(entry["phi"], 30) - 1) < sp.Float("1e-25")
