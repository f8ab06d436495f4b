"""C, JavaScript and NumPy code, built and run as users would: 4 ulp of ball arithmetic for elementary closed
forms, 1e-13 for all others, finite and with the right limits on [1e-300, 1e300]."""

import numpy as np
import pytest

from signsgd_sym.codegen import reference
from signsgd_sym.codegen.harness import RUNNERS
from signsgd_sym.codegen.measured import Measured, measure
from signsgd_sym.codegen.targets import source_of
from signsgd_sym.solve.generate import references

ELEMENTARY = [
    "Laplace(0, 1)", "Laplace(1, 1/2)", "Normal(0, 3/2)", "Cauchy(0, 1/2)", "Rademacher(1)", "Uniform(1, 3)",
    "StudentT(3)", "Erlang(3, 2)", "Pareto(1, 3)", "Maxwell(1)", "Triangular(-2, 2, 0)",
    "Mixture((1/2, Laplace(0, 1)), (1/2, Dirac(0)))",
]  # fmt: skip
OTHERS = ["StudentT(5/2)", "Logistic(0, 1)", "Arcsin(-2, 2)"]
FAR = np.logspace(-300, 300, 601)
RISKS = np.logspace(-12, 12, 2000)


def run(target, source, risks):
    missing = RUNNERS[target].missing()
    if missing:
        pytest.skip(missing)
    return RUNNERS[target].run(source, risks)


@pytest.mark.parametrize("law", ELEMENTARY)
def test_four_ulp(problem, law):
    made = problem(law)
    found = reference.of_expression(made.phi, made.functions.factor, RISKS)
    for target in ("numpy", "c", "javascript"):
        values = run(target, source_of(target)(made.generated), RISKS)
        for column, exact in enumerate(found):
            assert np.max(exact.ulp(values[:, column])) <= 4, target


@pytest.mark.parametrize("law", OTHERS)
def test_thirteen_digits(problem, law):
    made = problem(law)
    for target in ("numpy", "c", "javascript"):
        found = measure(target, source_of(target)(made.generated), *references(made))
        if not isinstance(found, Measured):
            pytest.skip(found)
        assert max(found.relative) <= 1e-13, target
        assert found.points > 20


@pytest.mark.parametrize(
    "law", ["Laplace(1, 1/2)", "StudentT(3)", "Logistic(0, 1)", "Uniform(1, 3)", "Dirac(0)"]
)
@pytest.mark.parametrize("target", ["numpy", "c", "javascript"])
def test_the_whole_range_and_what_is_outside(problem, law, target):
    made = problem(law)
    source = source_of(target)(made.generated)
    values = run(target, source, FAR)
    assert np.all(np.isfinite(values))
    assert np.all(values >= 0)
    assert np.all(values[:, 0] <= 2 / np.pi * (1 + 1e-15))
    assert values[-1, 0] == pytest.approx(2 / np.pi, rel=1e-12)
    assert np.all(np.diff(values[:, 0]) >= -1e-15)
    odd = run(target, source, np.array([0.0, -1.0, np.nan, np.inf, -0.0, 5e-324]))
    at_zero = made.generated.function("phi").at_zero, made.generated.function("drift_rate").at_zero
    np.testing.assert_array_equal(odd[0], at_zero)
    np.testing.assert_array_equal(odd[4], at_zero)
    assert np.all(np.isnan(odd[1:4]))
    assert not np.any(np.isnan(odd[5]))


def test_a_wrong_constant_is_measured(problem):
    made = problem("Laplace(0, 1)")
    source = source_of("numpy")(made.generated)
    assert "1.1283791670955126" in source
    found = measure("numpy", source.replace("1.1283791670955126", "1.1283791670955159"), *references(made))
    assert found.ulp[0] > 10
