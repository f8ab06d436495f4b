"""Where one form of phi takes over from another, both are right; a form that loses digits is not used."""

import numpy as np
import pytest

from signsgd_sym.codegen.emulate import emulate
from signsgd_sym.codegen.forms import closed_forms
from signsgd_sym.codegen.reference import of_expression
from signsgd_sym.codegen.regimes import grid

LAWS = ["StudentT(3)", "Beta(2, 5)", "Triangular(-2, 2, 0)", "Pareto(1, 3)", "Uniform(1, 3)"]


@pytest.mark.parametrize("law", LAWS)
def test_neighbours_agree_on_both_sides_of_a_boundary(problem, law):
    plan = problem(law).plan
    assert len(plan.chosen) > 1
    for before, after in zip(plan.chosen, plan.chosen[1:], strict=False):
        assert before.hi == after.lo
        boundary = 2.0**before.hi
        if not 1e-12 < boundary < 1e12:
            continue
        risks = np.array([np.nextafter(boundary, 0), boundary])
        phi, rate = of_expression(problem(law).phi, problem(law).functions.factor, risks)
        for k, form in enumerate((before.form, after.form)):
            assert phi.ulp(emulate(form.phi, risks, plan.table))[k] < 4
            assert rate.ulp(emulate(form.rate, risks, plan.table))[k] < 4


@pytest.mark.parametrize("law", ["StudentT(3)", "Beta(2, 5)", "Erlang(3, 2)"])
def test_the_closed_form_alone_would_lose_digits(problem, law):
    """The reason for the regimes: each form of these closed forms is far off somewhere."""
    made = problem(law)
    risks, _ = grid()
    inner = risks[(risks > 1e-12) & (risks < 1e12)][::20]
    phi, _ = of_expression(made.phi, made.functions.factor, inner)
    for form in closed_forms(made.phi, made.functions.factor):
        if "two floats" not in form.note:
            assert np.max(phi.ulp(emulate(form.phi, inner))) > 100
    assert made.plan.ulp[0] < 4
