"""Claim: under a law that is not Gaussian, code for Adam has c_1(R), c_2(R) and the kernel as tables."""

import numpy as np
import pytest
from foreign import CLibrary, check_clean, javascript, python
from jax_process import run as run_jax
from scipy.integrate import solve_ivp

import signsgd_sym as ss
from signsgd_sym.codegen.targets import source_of
from signsgd_sym.model.adam import Adam
from signsgd_sym.solve import adam_law_code as tabulation
from signsgd_sym.solve.adam_law import law_kernel
from signsgd_sym.solve.adam_residual import scale_of

ADAM, LAW = Adam(0, "9/10"), ss.NoiseLaw.from_text("Laplace(0, 1)")
RHO = np.linspace(-1, 1, 9)
PYTHON = ("numpy", "numba", "jax")


@pytest.fixture(scope="module")
def code():
    """Two pieces in place of eight: seconds in place of half a minute."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tabulation, "REACH", 1)
        return tabulation.adam_law_code(ADAM, LAW)


@pytest.fixture(scope="module")
def numpy(code):
    return python("numpy", code.generated)


def test_the_tables_are_the_constants_at_other_risks(numpy):
    for factor in (0.11, 2.9):
        risk = factor * scale_of(LAW) ** 2
        kernel = law_kernel(ADAM, LAW, risk)
        assert numpy.drift_rate(risk) == pytest.approx(kernel.c1 / np.sqrt(2 * risk), rel=3e-8)
        assert numpy.noise_scale(risk) == pytest.approx(kernel.c2, rel=3e-8)
        np.testing.assert_allclose(numpy.kernel(RHO, risk), kernel(RHO), atol=3e-8)
        # The constants of another risk, or of a Gaussian residual, are others.
        assert abs(numpy.noise_scale(2 * risk) - kernel.c2) > 1e-3


def test_it_meets_the_gaussian_theory_where_the_noise_is_small(code):
    """At the end of the tables R is 16 times the squared scale: the residual is all but Gaussian."""
    name, known = code.references[1]
    assert name == "noise_scale"
    assert np.all(np.diff(known.hi) > 0)
    assert known.hi[-1] < 0.822701774653412  # c_2 of a Gaussian residual, certified elsewhere


def test_the_diagonal_of_the_kernel_is_the_noise_scale(numpy):
    risks = scale_of(LAW) ** 2 * np.array([0.07, 1.0, 15.0])
    np.testing.assert_allclose(numpy.kernel(1.0, risks), numpy.noise_scale(risks), rtol=1e-8)
    assert numpy.kernel(np.ones((4, 1)), risks).shape == (4, 3)


def test_outside_the_tables_is_nan(numpy):
    unit = scale_of(LAW) ** 2
    outside = np.array([-1.0, 0.0, unit / 16.01, unit * 16.01, np.nan])
    for values in (numpy.drift_rate(outside), numpy.noise_scale(outside), numpy.kernel(0.5, outside)):
        assert np.isnan(values).all()


def test_every_float_target_has_the_same_values(code, numpy, tmp_path):
    risks = scale_of(LAW) ** 2 * np.geomspace(0.07, 15, 7)
    expected = {name: getattr(numpy, name)(risks) for name in ("drift_rate", "noise_scale")}
    expected["kernel"] = numpy.kernel(0.3, risks)
    source = source_of("c")(code.generated)
    library = CLibrary(source, tmp_path)
    found = {"c": {name: library(name, risks) for name in ("drift_rate", "noise_scale")}}
    found["c"]["kernel"] = library("kernel", 0.3, risks)
    calls = {name: f"{risks.tolist()}.map(m.{name})" for name in ("drift_rate", "noise_scale")}
    calls["kernel"] = f"{risks.tolist()}.map((R) => m.kernel(0.3, R))"
    found["javascript"] = javascript(source_of("javascript")(code.generated), tmp_path, calls)
    numba = python("numba", code.generated)
    found["numba"] = {name: getattr(numba, name)(risks) for name in ("drift_rate", "noise_scale")}
    found["numba"]["kernel"] = numba.kernel(0.3, risks)
    text = f"import m, jax\nR = np.array({risks.tolist()})\n"
    text += "for name in ('drift_rate', 'noise_scale'): out[name] = getattr(m, name)(R)\n"
    text += "out['kernel'] = m.kernel(0.3, R)\nout['louder'] = m.drift_rate(4 * R, 2.0)\n"
    text += "out['slope'] = jax.vmap(jax.grad(m.noise_scale))(R)"
    found["jax"] = run_jax(tmp_path, {"m": code.generated}, text)
    for target, values in found.items():
        for name in expected:
            np.testing.assert_allclose(values[name], expected[name], rtol=1e-13, err_msg=f"{target} {name}")
    # Adam does not see the scale of the gradient: at 4 R and twice the noise, half the drift rate.
    np.testing.assert_allclose(found["jax"]["louder"], expected["drift_rate"] / 2, rtol=1e-14)
    h = 1e-5
    slopes = (numpy.noise_scale(risks * (1 + h)) - numpy.noise_scale(risks * (1 - h))) / (2 * h * risks)
    np.testing.assert_allclose(found["jax"]["slope"], slopes, rtol=1e-5)


@pytest.mark.parametrize("target", ["numpy", "c"])
def test_the_risk_curve_is_integrated_with_the_code(target, code, numpy, tmp_path):
    """Forcing moves with R: n_i(R) = noise_scale(R) lam_i sqrt(K_ii)/(2 d) for a diagonal covariance."""
    K = np.diag(np.linspace(0.5, 2.0, 6))
    k = np.diag(K)
    delta0 = np.full(6, 0.6)
    curve = ss.risk_curve("Laplace(0, 1)", K, "1/2", 2, optimizer=ADAM, delta0=delta0, points=6)
    r0, lam = k * delta0**2 / 2, np.sqrt(k)
    if target == "c":
        library = CLibrary(source_of("c")(code.generated), tmp_path)
        rhs, scale = library.risk_rhs, lambda R: float(library("noise_scale", R)[0])
    else:
        rhs, scale = numpy.risk_rhs, numpy.noise_scale

    def solve(scale_of_risk):
        def slope(t, r):
            return rhs(t, r, lam, scale_of_risk(r.sum()) * lam * np.sqrt(k) / 12, 0.5)

        solved = solve_ivp(slope, (0, 2), r0, "LSODA", curve.t, rtol=1e-9, atol=1e-13)
        return np.max(np.abs(solved.y.sum(axis=0) / curve.risk - 1))

    budget = curve.error_budget["solver"] + curve.error_budget["constants"] + 1e-7
    assert solve(scale) < budget
    # A forcing that stands still is another theory.
    assert solve(lambda R: scale(r0.sum())) > 10 * budget


def test_exact_targets_are_refused_in_words_and_latex_has_the_integrals(code):
    assert set(code.refused) == {"mpmath", "flint"}
    for sentence in code.refused.values():
        assert "c_1(R) and c_2(R) of Adam are tables" in sentence
        assert sentence.endswith("numpy, c, javascript, numba, jax, latex can.")
    text = source_of("latex")(code.generated)
    assert text.count(r"\int") >= 4
    assert r"\prod" in text


def test_the_header_states_range_and_error_and_the_forcing(code):
    text = " ".join(source_of("c")(code.generated).replace(" * ", " ").split())
    for words in (
        "NaN elsewhere",
        "off by",
        "adam-law-modes",
        "forcing is a function of R",
        "a conjecture for Adam",
    ):
        assert words in text
    assert "forcing is n_i at this R" in text


def test_ranges_keep_away_from_the_edges_of_a_law():
    for text in ("Rademacher(1)", "Uniform(-1, 1)", "Laplace(3, 1)"):
        law = ss.NoiseLaw.from_text(text)
        lo, count = tabulation.table_range(law)
        assert count >= 1
        law_kernel(ADAM, law, float(np.exp(lo)), tabulation.FINE)


def test_the_python_is_clean(code, tmp_path):
    check_clean(code.generated, tmp_path, PYTHON)
