"""The Numba module is the measured program bit for bit, the JAX module within 4 ulp of certified values."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
from jax_process import run

from signsgd_sym.codegen import reference
from signsgd_sym.codegen.emulate import emulate
from signsgd_sym.codegen.targets.jax import source as jax_source
from signsgd_sym.codegen.targets.numba import source as numba_source
from signsgd_sym.codegen.targets.numpy import load
from signsgd_sym.model import SGD, SIGN

CASES = {
    "laplace": ("Laplace(0, 1)", SIGN),
    "shifted": ("Laplace(1, 1)", SIGN),  # erfc of either sign
    "student": ("StudentT(3)", SIGN),
    "logistic": ("Logistic(0, 1)", SIGN),  # Chebyshev pieces alone
    "rademacher": ("Rademacher(1)", SIGN),
    "uniform": ("Uniform(1, 3)", SIGN),
    "pareto": ("Pareto(1, 3)", SIGN),
    "atom": ("Mixture((9/10, Laplace(0, 1)), (1/10, Dirac(0)))", SIGN),
    "sgd": ("Laplace(0, 1)", SGD),
}
RISKS = np.logspace(-12, 12, 97)
WIDE = np.logspace(-300, 300, 601)
SPECIAL = np.array([-1.0, -1e-300, np.nan, 0.0])
cases = pytest.mark.parametrize("case", CASES)


@pytest.fixture(scope="module")
def compiled(problem):
    """`compiled(case)`: the problem and its Numba module."""
    made = {}

    def of(case):
        if case not in made:
            p = problem(*CASES[case])
            made[case] = p, load(numba_source(p.generated))
        return made[case]

    return of


JAX_CODE = f"""
import jax, jax.numpy as jnp
from importlib import import_module
RISKS, WIDE, OVER = np.logspace(-12, 12, 97), np.logspace(-300, 300, 601), np.logspace(-150, 150, 301)
SPECIAL, SINGLE = np.array([-1.0, -1e-300, np.nan, 0.0]), RISKS.astype(np.float32)
GRIDS = {{"double": RISKS, "wide": WIDE, "slopes": OVER, "special": SPECIAL, "same": SINGLE.astype(float)}}
r, lam = np.linspace(0.1, 1.0, 13), np.linspace(0.1, 2.0, 13)
for case in {list(CASES)}:
    m = import_module(case)
    names = [name for name in ("phi", "drift_rate", "noise_scale", "psi") if hasattr(m, name)]

    # All in one: compiling takes most of the time.
    @jax.jit
    def values_and_slopes(R, s):
        return {{n: jax.vmap(jax.value_and_grad(getattr(m, n), (0, 1)), (0, None))(R, s) for n in names}}

    @jax.jit
    def rest(R):
        return m.risk_rhs(0.0, r, lam, lam**2, 0.3), m.sde_drift(R, 0.3), m.sde_diffusion(R, 0.3, 50)

    double = values_and_slopes(np.concatenate(list(GRIDS.values())), 1.0)
    single = values_and_slopes(SINGLE, np.float32(1.0))
    for name in names:
        begin, key, f = 0, case + "/" + name + "/", getattr(m, name)
        for grid, points in GRIDS.items():
            end = begin + len(points)
            value, slopes = jax.tree.map(lambda x: x[begin:end], double[name])
            out[key + grid], out[key + grid + "_slopes"] = value, np.array(slopes)
            begin = end
        out[key + "single"], out[key + "single_slopes"] = single[name][0], np.array(single[name][1])
        for shape in ((), (2, 3)):
            assert jax.eval_shape(f, jnp.ones(shape, int)).shape == shape
        if case == "rademacher":
            out[key + "eager"] = f(RISKS)
    out[case + "/rhs"], out[case + "/drift"], out[case + "/diffusion"] = rest(RISKS)
    out[case + "/noise"] = m.noise_scale(RISKS, 3.0)
    arrays = [x.astype(np.float32) for x in (r, lam, lam**2)]
    assert jax.eval_shape(m.risk_rhs, 0.0, *arrays, np.float32(0.3)).dtype == np.float32
"""


@pytest.fixture(scope="module")
def jaxed(problem, tmp_path_factory):
    """What JAX finds for all cases, by `case/function/what`."""
    modules = {case: problem(*CASES[case]).generated for case in CASES}
    return run(tmp_path_factory.mktemp("jax"), modules, JAX_CODE)


def uppers(f):
    return [regime.upper for regime in f.regimes]


def names_of(p):
    return [f.name for f in p.generated.functions]


@cases
def test_numba_is_the_program_to_the_last_bit(compiled, case):
    p, module = compiled(case)
    for f in p.generated.functions:
        if f.name == "psi":  # calls another function
            continue
        values, which = getattr(module, f.name)(RISKS), np.searchsorted(uppers(f), RISKS, side="right")
        for k, regime in enumerate(f.regimes):
            here = which == k
            expected = emulate(regime.program, RISKS[here], p.generated.table)
            # NumPy and Numba may round an exp or a power differently, by one ulp each time there is one.
            np.testing.assert_array_max_ulp(
                values[here], expected, max(1, len(rounded_calls(regime.program)))
            )


def rounded_calls(program):
    """The different exponentials and powers of a program: what libraries do not round in the same way."""

    def inside(node):
        found = (
            {node} if getattr(node, "name", "") in {"exp", "expm1", "log", "pow", "exp_sum", "erf"} else set()
        )
        return found.union(*map(inside, getattr(node, "args", ())))

    return set().union(*(inside(node) for node in (*(node for _, node in program.lets), program.result)))


@cases
def test_both_are_within_four_ulp_of_certified_values(compiled, jaxed, case):
    p, module = compiled(case)
    if p.phi is None or p.plan.ulp is None:
        pytest.skip("no closed form, so no certified values; the test of the table is below.")
    for name, exact in zip(
        ("phi", "drift_rate"), reference.of_expression(p.phi, p.functions.factor, RISKS), strict=True
    ):
        assert np.max(exact.ulp(getattr(module, name)(RISKS))) <= 4
        assert np.max(exact.ulp(jaxed[f"{case}/{name}/double"])) <= 4
        # Without the compiler no product is contracted.
        if case == "rademacher":
            assert np.max(exact.ulp(jaxed[f"{case}/{name}/eager"])) <= 4


@cases
def test_both_agree_with_numpy(compiled, jaxed, case):
    p, module = compiled(case)
    for name in names_of(p):
        expected = getattr(p.module, name)(RISKS)
        np.testing.assert_allclose(getattr(module, name)(RISKS), expected, rtol=2e-15)
        np.testing.assert_allclose(jaxed[f"{case}/{name}/double"], expected, rtol=2e-15)
    np.testing.assert_allclose(module.sde_drift(RISKS, 0.3), p.module.sde_drift(RISKS, 0.3), rtol=2e-15)
    np.testing.assert_allclose(jaxed[f"{case}/drift"], p.module.sde_drift(RISKS, 0.3), rtol=2e-15)
    diffusion = p.module.sde_diffusion(RISKS, 0.3, 50)
    np.testing.assert_allclose(module.sde_diffusion(RISKS, 0.3, 50), diffusion, rtol=2e-15)
    np.testing.assert_allclose(jaxed[f"{case}/diffusion"], diffusion, rtol=2e-15)
    r, lam = np.linspace(0.1, 1.0, 13), np.linspace(0.1, 2.0, 13)
    for d in (1, 5, 8, 13):  # fewer modes than partial sums, and more
        arrays = r[:d], lam[:d], lam[:d] ** 2
        expected = p.module.risk_rhs(0.0, *arrays, 0.3)
        np.testing.assert_allclose(module.risk_rhs(0.0, *arrays, 0.3), expected, rtol=1e-13)
    np.testing.assert_allclose(jaxed[f"{case}/rhs"], expected, rtol=1e-13)


@cases
def test_both_are_finite_on_the_whole_range_and_have_the_limits(compiled, jaxed, case):
    p, module = compiled(case)
    for f in p.generated.functions:
        compiled_function = getattr(module, f.name)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            values = compiled_function(WIDE)
            special = compiled_function(SPECIAL)
            assert isinstance(compiled_function(2), float)
        assert compiled_function(np.ones((2, 3))).shape == (2, 3)
        for wide, at in (
            (values, special),
            (jaxed[f"{case}/{f.name}/wide"], jaxed[f"{case}/{f.name}/special"]),
        ):
            assert np.all(np.isfinite(wide))
            np.testing.assert_array_equal(np.isnan(at), [True, True, True, False])
            assert at[3] == f.at_zero


@cases
def test_single_precision_is_kept_by_jax(compiled, jaxed, case):
    for name in names_of(compiled(case)[0]):
        single, same = jaxed[f"{case}/{name}/single"], jaxed[f"{case}/{name}/same"]
        assert single.dtype == np.float32
        # Below the least normal number, which exp(-1/(4 R)) passes, results are flushed to zero.
        np.testing.assert_allclose(single, same, rtol=6 * 2.0**-23, atol=1e-36)


@cases
def test_derivatives_of_jax_are_finite(compiled, jaxed, case):
    for f in compiled(case)[0].generated.functions:
        key = f"{case}/{f.name}"
        for what in ("slopes_slopes", "single_slopes"):
            assert np.all(np.isfinite(jaxed[f"{key}/{what}"])), (f.name, what)
        by_risk, by_scale = jaxed[f"{key}/special_slopes"]
        assert np.all(by_risk == 0)  # where R <= 0 or NaN
        assert np.isfinite(by_scale[3]) or np.isinf(f.at_zero)


def test_the_scale_of_the_noise_enters_its_second_moment_under_sgd(jaxed):
    np.testing.assert_allclose(jaxed["sgd/noise"], 2 * RISKS + 9 * 2, rtol=1e-15)
    np.testing.assert_array_equal(jaxed["laplace/noise"], 1.0)


def test_compiled_code_calls_the_numba_functions(compiled):
    import numba

    module = compiled("student")[1]
    a = np.linspace(0.1, 1.0, 5)

    @numba.njit
    def twice(r):
        return module_phi(r[0]) + 2 * rhs(0.0, r, r, r, 0.1)

    module_phi, rhs = module.phi, module.risk_rhs
    np.testing.assert_allclose(twice(a), module.phi(0.1) + 2 * module.risk_rhs(0.0, a, a, a, 0.1), rtol=1e-15)


@pytest.mark.parametrize(
    "tool", [["ruff", "check", "--isolated"], ["mypy", "--strict"]], ids=["ruff", "mypy"]
)
def test_source_is_clean(problem, tool, tmp_path):
    if subprocess.run(
        [sys.executable, "-m", tool[0], "--version"], capture_output=True, check=False
    ).returncode:
        pytest.skip(f"{tool[0]} is not installed.")
    for case in ("student", "uniform", "sgd"):
        generated = problem(*CASES[case]).generated
        (tmp_path / f"{case}_numba.py").write_text(numba_source(generated))
        (tmp_path / f"{case}_jax.py").write_text(jax_source(generated))
    files = sorted(path.name for path in tmp_path.glob("*.py"))
    command = [sys.executable, "-m", *tool, *files]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
