"""The generated module needs NumPy only, and is safe on the whole range of R."""

import ast
import subprocess
import sys
import warnings

import numpy as np
import pytest

LAWS = [
    "Normal(0, 1)",
    "Laplace(0, 1)",
    "Cauchy(0, 1)",
    "StudentT(3)",
    "Uniform(-1, 1)",
    "Exponential(1)",
    "Rademacher(1)",
]
C = 2 * np.sqrt(2 / np.pi)
RATE_AT_ZERO = {  # 2 sqrt(2/pi) f(0), with the mean of both sides at a jump
    "Normal(0, 1)": C / np.sqrt(2 * np.pi),
    "Laplace(0, 1)": C / 2,
    "Cauchy(0, 1)": C / np.pi,
    "StudentT(3)": C * 2 / (np.sqrt(3) * np.pi),
    "Uniform(-1, 1)": C / 2,
    "Exponential(1)": C / 2,
    "Rademacher(1)": 0.0,
    "Dirac(0)": np.inf,
}


laws = pytest.mark.parametrize("law", LAWS)


@laws
def test_source_imports_only_numpy(problem, law):
    source = problem(law).source
    imports = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
    roots = {node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in imports}
    assert roots <= {"numpy", "numpy.typing", "typing", "collections.abc"}
    assert "signsgd_sym" not in source


def test_source_runs_in_an_isolated_interpreter(problem, tmp_path):
    path = tmp_path / "laplace.py"
    path.write_text(problem("Laplace(0, 1)").source)
    code = "import sys, runpy; m = runpy.run_path(sys.argv[1]); "
    code += "print(repr(float(m['phi'](1.5))), 'sympy' in sys.modules)"
    run = [sys.executable, "-I", "-c", code, str(path)]
    result = subprocess.run(run, capture_output=True, text=True, check=True, cwd=tmp_path, timeout=120)
    assert result.stdout.split() == [repr(float(problem("Laplace(0, 1)").module.phi(1.5))), "False"]


@laws
def test_finite_on_the_whole_range_without_warnings(problem, law):
    module = problem(law).module
    R = np.concatenate([np.logspace(-300, 300, 1201), np.random.default_rng(0).uniform(0, 10, 500)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        phi, rate = module.phi(R), module.drift_rate(R)
        if hasattr(module, "psi"):
            assert np.all(np.isfinite(module.psi(R)))
    assert np.all(np.isfinite(phi) & (phi >= 0) & (phi <= 2 / np.pi * (1 + 1e-12)))
    assert np.all(np.isfinite(rate) & (rate >= 0))
    np.testing.assert_allclose(phi[1200], 2 / np.pi, rtol=1e-14)


@pytest.mark.parametrize("law", RATE_AT_ZERO)
def test_values_at_zero_are_the_right_limits(problem, law):
    module, expected = problem(law).module, RATE_AT_ZERO[law]
    assert module.phi(0.0) == pytest.approx(2 / np.pi if law == "Dirac(0)" else 0.0, abs=1e-300)
    assert module.drift_rate(0.0) == pytest.approx(expected, rel=1e-14)
    if 0 < expected < np.inf:  # and the limit is reached continuously
        np.testing.assert_allclose(module.drift_rate(1e-30), expected, rtol=1e-13)


@laws
def test_negative_and_nan_arguments_give_nan(problem, law):
    module = problem(law).module
    for name in ("phi", "drift_rate", "noise_scale"):
        function = getattr(module, name)
        assert np.isnan(function(-1.0))
        assert np.isnan(function(np.nan))
        np.testing.assert_array_equal(
            np.isnan(function(np.array([-1e-300, 1.0, np.nan, 2.0]))), [True, False, True, False]
        )


@laws
def test_scalars_give_scalars_and_arrays_keep_their_shape(problem, law):
    module, grid = problem(law).module, np.array([[0.5, 1.0, 2.0], [3.0, 4.0, 5.0]])
    for name in ("phi", "drift_rate"):
        function = getattr(module, name)
        assert np.ndim(function(1)) == 0
        assert function(grid).shape == grid.shape
        assert function(grid)[1, 2] == function(5.0)


def test_laws_without_variance_have_no_psi(problem):
    assert not hasattr(problem("Cauchy(0, 1)").module, "psi")
    # psi = 1 for Gaussian noise of any size.
    np.testing.assert_allclose(problem("Normal(0, 1)").module.psi(np.logspace(-6, 6, 50)), 1, rtol=1e-13)


def test_size_of_the_code_does_not_depend_on_d(problem):
    """Modes are arrays: the same right-hand side serves every d, and each mode is the formula of the ODE."""
    module = problem("Laplace(0, 1)").module
    assert "for " not in problem("Laplace(0, 1)").source.split("def risk_rhs")[1]
    for d in (1, 3, 1000):
        rng = np.random.default_rng(d)
        lam, forcing, r, eta = rng.uniform(0.1, 2, d), rng.uniform(0, 1, d), rng.uniform(0, 1, d), 0.7
        R = r.sum()
        by_hand = -2 * eta * lam * module.phi(R) / np.sqrt(2 * R) * r + eta**2 * forcing
        np.testing.assert_allclose(module.risk_rhs(0.0, r, lam, forcing, eta), by_hand, rtol=1e-12)
