"""Where both exist, the Chebyshev surrogate and the closed form are the same function."""

from dataclasses import replace

import numpy as np
import pytest

from signsgd_sym.codegen.surrogate import build_surrogate
from signsgd_sym.model import noise_law
from signsgd_sym.solve.functions import measure_of

R = np.logspace(-18, 18, 1500)


@pytest.mark.parametrize(
    "law", ["Normal(0, 1)", "Laplace(0, 1)", "Cauchy(0, 1)", "Uniform(-1, 1)", "Exponential(1)"]
)
def test_surrogate_is_the_closed_form(problem, law):
    closed = problem(law)
    assert closed.plan.table is None
    surrogate = build_surrogate(measure_of(noise_law(law)))
    assert surrogate.error < 1e-13
    np.testing.assert_allclose(surrogate(R), closed.module.phi(R), rtol=1e-13)


def test_asymptotes_continue_it_beyond_its_range(problem):
    surrogate = build_surrogate(measure_of(noise_law("Laplace(0, 1)")))
    far = np.array([1e-60, 1e-30, 1e30, 1e200])
    np.testing.assert_allclose(surrogate(far), problem("Laplace(0, 1)").module.phi(far), rtol=1e-8)


def test_a_perturbed_coefficient_is_seen(problem):
    good = build_surrogate(measure_of(noise_law("Laplace(0, 1)")))
    coefficients = good.coefficients.copy()
    coefficients[60] *= 1 + 1e-10
    bad = replace(good, coefficients=coefficients)
    exact = problem("Laplace(0, 1)").module.phi(R)
    assert np.max(np.abs(good(R) / exact - 1)) < 1e-13 < np.max(np.abs(bad(R) / exact - 1))


@pytest.mark.parametrize(
    ("law", "why"), [("StudentT(5/2)", "TricomiU"), ("Logistic(0, 1)", "no closed form")]
)
def test_a_law_without_an_elementary_closed_form_uses_the_surrogate(problem, law, why):
    made = problem(law)
    assert made.plan.is_table
    assert why in made.plan.why
    assert made.phi_error == made.plan.table.error < 1e-13
    assert made.plan.table.range[0] < 1e-20
    assert "proved" in made.source


def test_generated_code_is_the_surrogate(problem):
    made = problem("StudentT(5/2)")
    risks = np.concatenate([R, [1e-290, 1e-30, 1e30, 1e290]])
    np.testing.assert_array_equal(made.module.phi(risks), made.plan.table(risks))
