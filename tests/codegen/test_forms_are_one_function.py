"""Every form of a closed form is the same function: equal in balls, whatever float64 makes of it."""

import pytest
import sympy as sp

from signsgd_sym.codegen.forms import TWOFOLD, closed_forms, plain
from signsgd_sym.codegen.lower import CannotLower
from signsgd_sym.notation import R
from signsgd_sym.proof.check import check_derivation
from signsgd_sym.proof.derivation import Recorder
from signsgd_sym.proof.verdict import Verdict

FACTOR = 1 / sp.sqrt(2 * R)
PHI = {
    "Uniform(1, 3)": sp.sqrt(R / sp.pi) * (sp.erf(3 / (2 * sp.sqrt(R))) - sp.erf(1 / (2 * sp.sqrt(R)))),
    "Triangular": 2 * sp.sqrt(R / sp.pi) * sp.erf(1 / sp.sqrt(R)) - 2 * R * (1 - sp.exp(-1 / R)) / sp.pi,
    "Laplace(1, 1/2)": 2 * sp.sqrt(R / sp.pi) * sp.exp(4 * R - 2) * (
        sp.erfc((4 * R - 1) / (2 * sp.sqrt(R))) + sp.exp(4) * sp.erfc((4 * R + 1) / (2 * sp.sqrt(R)))
    ),
    "Maxwell": 4 * sp.sqrt(2) * R ** sp.Rational(3, 2) / (sp.pi * (2 * R + 1) ** sp.Rational(3, 2)),
}  # fmt: skip


def verdict(lhs, rhs):
    record = Recorder("form", "A form")
    record.equal(lhs, rhs, "a rewriting")
    return check_derivation(record.finish(), seed=3).verdict


@pytest.mark.parametrize("law", PHI)
def test_forms_are_equal_and_differ_as_programs(law):
    forms = list(closed_forms(PHI[law], FACTOR))
    assert len(forms) > 2
    for form in forms:
        assert verdict(PHI[law], plain(form.expr)) in (Verdict.PROVED, Verdict.CERTIFIED)
    programs = [form.phi for form in forms]
    assert len(set(programs)) == len(programs)


def test_a_wrong_form_is_refuted():
    wrong = PHI["Triangular"].replace(sp.erf, lambda v: 1 - sp.erfc(v * sp.Rational(1001, 1000)))
    assert verdict(PHI["Triangular"], wrong) is Verdict.REFUTED


def test_both_ways_to_write_a_tail_and_two_floats_are_among_them():
    notes = {form.note for form in closed_forms(PHI["Uniform(1, 3)"], FACTOR)}
    assert "erf(v) = 1 - erfc(v)" in notes
    assert any(note.endswith(TWOFOLD) for note in notes)


def test_a_function_without_a_program_is_named():
    with pytest.raises(CannotLower, match="besseli") as refusal:
        list(closed_forms(sp.besseli(0, R) * sp.exp(-R), FACTOR))
    assert refusal.value.name == "besseli"
    with pytest.raises(CannotLower, match="complex"):
        list(closed_forms(sp.exp(-R) * sp.erfc(1 / sp.sqrt(R) + sp.I * sp.sqrt(R)), FACTOR))
