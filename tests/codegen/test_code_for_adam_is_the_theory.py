"""Claim: code for Adam under Gaussian noise is the derived ODE with certified constants, in every target."""

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
from flint import arb, ctx
from foreign import CLibrary, check_clean, javascript, python
from jax_process import run as run_jax
from mpmath import mp
from scipy.integrate import solve_ivp

import signsgd_sym as ss
from signsgd_sym.codegen.measured import measure
from signsgd_sym.codegen.targets import source_of
from signsgd_sym.model.adam import Adam
from signsgd_sym.notation import c_1
from signsgd_sym.solve.adam_code import adam_code
from signsgd_sym.solve.adam_constants import adam_constants
from signsgd_sym.solve.adam_kernel import adam_kernel

VARIANCE = 0.25
RISKS = np.logspace(-9, 9, 19)
RHO = np.linspace(-1, 1, 41)
FLOATS = ("numpy", "c", "javascript", "numba", "jax")


@pytest.fixture(scope="module")
def adam():
    return Adam("1/2", "9/10")


@pytest.fixture(scope="module")
def kernel(adam):
    return adam_kernel(adam)


@pytest.fixture(scope="module")
def c1(adam):
    """c_1 as a float, from its certified digits."""
    return float(adam_constants(adam.beta1, adam.beta2).c1.text)


@pytest.fixture(scope="module")
def code(adam):
    return adam_code(adam, ss.NoiseLaw.from_text("Normal(0, 1/2)"), sp.Rational(1, 4))


@pytest.fixture(scope="module")
def plain():
    """Without momentum and without noise: both constants are certified."""
    return adam_code(Adam(0, "9/10"), ss.NoiseLaw.from_text("Dirac(0)"), sp.S.Zero)


@pytest.fixture(scope="module")
def library(code, tmp_path_factory):
    return CLibrary(source_of("c")(code.generated), tmp_path_factory.mktemp("c"))


@pytest.fixture(scope="module")
def modes(adam, kernel):
    """Modes of a correlated covariance, by hand from the definition of the forcing."""
    curve = ss.risk_curve("Normal(0, 1/2)", "ar1:d=30,rho=3/5", "1/4", 3, optimizer=adam, points=10)
    d, K = 30, curve.covariance.K
    k = np.diag(K)
    lam, U = np.linalg.eigh(K / np.outer(k, k) ** 0.25)
    return curve, d, k, lam, U


def forcing_of(entry, modes):
    """lam_i (U^T D^(1/2) M D^(1/2) U)_ii/(2 d) with M_ij = entry(C_ij)."""
    curve, d, k, lam, U = modes
    M = entry(curve.covariance.C) * np.outer(k, k) ** 0.25
    return lam * np.einsum("ki,kl,li->i", U, M, U) / (2 * d)


def test_the_derived_right_hand_side_is_what_is_printed(code):
    """-2 eta lam a(R) r + eta^2 n: K_A has c_2 in it, so that the noise scale is not a factor."""
    form = code.generated.exact.form
    assert {str(powers) for _, powers in form.terms} == {"(('forcing', 1),)", "(('lam', 1), ('r', 1))"}
    assert [str(value) for _, value in form.scalars] == ["eta**2", "-2*eta*drift_rate(R)"]


@pytest.mark.parametrize("target", FLOATS)
def test_float_targets_have_the_constants_and_the_kernel(target, code, kernel, c1, library, tmp_path):
    drift, P = c1 / np.sqrt(2 * RISKS + VARIANCE), RISKS + VARIANCE / 2
    expected = {"drift_rate": drift, "noise_scale": kernel.c2 + 0 * RISKS, "population_risk": P}
    if target == "c":
        found = {name: library(name, RISKS) for name in expected}
        found["kernel"] = library("kernel", RHO)
    elif target == "javascript":
        calls = {name: f"{RISKS.tolist()}.map(m.{name})" for name in expected}
        calls["kernel"] = f"{RHO.tolist()}.map(m.kernel)"
        found = javascript(source_of(target)(code.generated), tmp_path, calls)
    elif target == "jax":
        text = f"import m\nR, rho = np.array({RISKS.tolist()}), np.array({RHO.tolist()})\n"
        text += "".join(f"out['{name}'] = m.{name}(R)\n" for name in expected)
        text += "out['kernel'] = m.kernel(rho)\nimport jax\n"
        text += "out['slope'] = jax.vmap(jax.grad(m.drift_rate))(R)\n"
        text += "out['along_rho'] = jax.vmap(jax.grad(m.kernel))(rho[1:-1])\n"
        text += "out['louder'] = m.drift_rate(R, 2.0)\n"
        found = run_jax(tmp_path, {"m": code.generated}, text)
        np.testing.assert_allclose(found["slope"], -drift / (2 * P), rtol=1e-13)
        h = 1e-5
        differences = (kernel(RHO[1:-1] + h) - kernel(RHO[1:-1] - h)) / (2 * h)
        np.testing.assert_allclose(found["along_rho"], differences, rtol=1e-6)
        # Noise twice as large: Adam does not see the scale of the gradient.
        np.testing.assert_allclose(found["louder"], c1 / np.sqrt(2 * RISKS + 4 * VARIANCE), rtol=1e-14)
    else:
        module = python(target, code.generated)
        found = {name: getattr(module, name)(RISKS) for name in expected}
        found["kernel"] = module.kernel(RHO)
        assert np.ndim(module.kernel(0.5)) == 0
        assert module.kernel(RHO.reshape(1, -1)).shape == (1, len(RHO))
        assert module.kernel(1 + 1e-15) == module.kernel(1.0)  # a correlation with a rounding error
        assert np.isnan(module.kernel(np.nan))
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=4e-16, err_msg=name)
    np.testing.assert_allclose(found["kernel"], kernel(RHO), atol=4e-15)


@pytest.mark.parametrize("target", ["numpy", "numba", "mpmath", "flint"])
def test_the_factors_of_the_sde_have_no_second_noise_scale(target, code, c1):
    """The covariance is eta^2 K_A/d, and K_A has c_2 on its diagonal."""
    module = python(target, code.generated)
    assert float(module.sde_diffusion(3.0, 0.5, 50)) == pytest.approx(0.5 / np.sqrt(50), rel=1e-14)
    drift = -0.5 * c1 / np.sqrt(6 + VARIANCE)
    assert float(module.sde_drift(3.0, 0.5)) == pytest.approx(drift, rel=1e-14)


def test_exact_targets_print_all_digits(plain):
    """flint's ball holds the certified value and is as small as the digits allow; mpmath agrees."""
    constants = adam_constants(0, "9/10")
    flint, mpmath = python("flint", plain.generated), python("mpmath", plain.generated)
    tiny = arb(10) ** -29
    with ctx.workprec(150), mp.workdps(40):
        c1 = arb(f"{constants.c1.text} +/- {constants.c1.radius}")
        for p, q in ((1, 1000), (7, 3), (123456, 1)):
            known = c1 / (2 * arb(p) / q).sqrt()
            ball = flint.drift_rate(arb(p) / q)
            assert ball.overlaps(known)
            assert ball.rad() < tiny * ball.mid()
            middle = mp.mpf(known.mid().str(40, radius=False))
            assert abs(mpmath.drift_rate(mp.mpf(p) / q) - middle) < mp.mpf(10) ** -29
        c2 = arb(f"{constants.c2.text} +/- {constants.c2.radius}")
        assert flint.noise_scale(1).overlaps(c2)
        assert flint.kernel(1).overlaps(c2)  # the float64 series within its estimated error
        assert abs(float(mpmath.kernel(1)) - float(constants.c2.text)) < 1e-12
        # Another constant is not in the ball.
        assert not (flint.drift_rate(1) * (1 + arb(10) ** -25)).overlaps(c1 / arb(2).sqrt())


def test_the_two_ends_of_the_kernel(plain):
    """Odd, and c_2 certified at rho = 1."""
    kernel = python("numpy", plain.generated).kernel
    np.testing.assert_array_equal(kernel(RHO), -kernel(-RHO))
    assert abs(kernel(1.0) - float(adam_constants(0, "9/10").c2.text)) < 2e-13


def test_adam_without_memory_is_the_code_of_the_sign_rule():
    law = ss.NoiseLaw.from_text("Normal(0, 1)")
    adam = python("numpy", adam_code(Adam(0, 0), law, sp.S.One).generated)
    sign = ss.generate(law, run=False)
    np.testing.assert_allclose(adam.drift_rate(RISKS), sign.drift_rate(RISKS), rtol=1e-15)
    np.testing.assert_allclose(adam.kernel(RHO), 2 / np.pi * np.arcsin(RHO), atol=1e-12)


@pytest.mark.parametrize("target", ["numpy", "c"])
def test_the_risk_curve_is_integrated_with_the_code(target, code, modes, library):
    """Forcing from the code's own kernel, the ODE from its risk_rhs: the curve of `risk_curve`."""
    curve, _, _, lam, _ = modes
    if target == "c":
        rhs, entry = library.risk_rhs, lambda C: library("kernel", C.ravel()).reshape(C.shape)
    else:
        module = python("numpy", code.generated)
        rhs, entry = module.risk_rhs, module.kernel
    forcing = forcing_of(entry, modes)
    np.testing.assert_allclose(
        np.sort(forcing / lam), np.sort(curve.modes.forcing / curve.modes.lam), rtol=1e-9
    )

    def solve(slope):
        solved = solve_ivp(slope, (0, curve.t[-1]), curve.modes.r0, "LSODA", curve.t, rtol=1e-10, atol=1e-15)
        return solved.y.sum(axis=0)

    budget = curve.error_budget["solver"] + curve.error_budget["constants"] + 1e-9
    found = solve(lambda t, r: rhs(t, r, lam, forcing, 0.25))
    assert np.max(np.abs(found / curve.risk - 1)) < budget
    # A constant off by one part in a thousand is seen.
    wrong = solve(lambda t, r: rhs(t, r, lam, forcing, 0.25) + 0.001 * rhs(t, r, lam, 0 * forcing, 0.25))
    assert np.max(np.abs(wrong / curve.risk - 1)) > 100 * budget


def test_a_wrong_constant_is_measured(plain):
    """The references come from the certified digits, and not from the code."""
    names = tuple(name for name, _ in plain.references)
    values = tuple(known for _, known in plain.references)
    [first, second] = measure("numpy", source_of("numpy")(plain.generated), *values, names=names).ulp
    assert max(first, second) < 2
    one, two = plain.generated.exact.constants
    digits = one.text[:10] + ("1" if one.text[10] != "1" else "2") + one.text[11:]
    assert one.symbol == c_1
    module = replace(
        plain.generated, exact=replace(plain.generated.exact, constants=(replace(one, text=digits), two))
    )
    assert measure("mpmath", source_of("mpmath")(module), *values, names=names).ulp[0] > 1e4


def test_the_header_says_what_is_certified_and_what_conjectured(code, plain, c1):
    for target in ("numpy", "c", "javascript", "numba", "mpmath", "flint", "jax", "latex"):
        text = " ".join(source_of(target)(code.generated).split("risk_rhs")[0].replace("*", " ").split())
        for words in (
            "adam-modes", "CITED", "a conjecture for Adam", "(certified)", "(estimated)", "stand still",
            "beta_1 = 0", "Normal(0, 1/2)",
        ):  # fmt: skip
            assert words in text.replace("% ", "").replace("// ", ""), (target, words)
        assert "estimated)" not in source_of(target)(plain.generated).split("kernel(rho)")[0]
    assert repr(c1)[:15] in source_of("latex")(code.generated)


def test_the_python_is_clean(code, tmp_path):
    check_clean(code.generated, tmp_path)
