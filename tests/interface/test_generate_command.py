"""`generate`: a file that stands alone, its error measured, and one clear sentence for bad input."""

import json
import subprocess
import sys

import numpy as np
import pytest

import signsgd_sym as ss
from signsgd_sym.codegen.harness import FLAGS, RUNNERS, compiler
from signsgd_sym.codegen.measured import Measured
from signsgd_sym.errors import InfiniteVariance, NotConverged, ParameterError, TargetError

COMMAND = [sys.executable, "-m", "signsgd_sym", "generate"]


def call(*arguments, cwd=None, status=0):
    done = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, cwd=cwd, check=False, timeout=300
    )
    assert done.returncode == status, done.stderr
    return done


def test_a_c_file_compiles_without_a_warning_and_says_its_error(tmp_path):
    if compiler() is None:
        pytest.skip("a C compiler is not installed")
    said = call("Laplace(0, 1/2)", "--target", "c", "-o", "laplace.c", cwd=tmp_path)
    assert said.stderr == "wrote laplace.c\n"
    assert "ulp in phi" in said.stdout
    text = (tmp_path / "laplace.c").read_text()
    assert "against ball arithmetic" in text
    assert "signsgd_sym" not in text
    subprocess.run(
        [compiler(), *FLAGS, "-Wpedantic", "-Wconversion", "-c", "laplace.c"], cwd=tmp_path, check=True
    )


def test_the_source_goes_to_standard_output_and_json_holds_it():
    plain = call("Rademacher(1)", "--target", "numpy", "--no-run")
    data = json.loads(call("Rademacher(1)", "--target", "numpy", "--no-run", "--json").stdout)
    assert data["source"].rstrip("\n") == plain.stdout.rstrip("\n")
    assert data["measured"] is None
    assert "not run" in data["not_measured"]
    assert data["regimes"] == [{"from": 0.0, "to": None, "form": data["regimes"][0]["form"]}]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("Laplace(0, 1)", "--target", "fortran"), ["fortran", "numpy", "javascript", "latex"]),
        (("Laplace(0, b)", "--target", "c"), ["symbolic parameter b", "numbers"]),
        (("Laplace(0, 1)", "--target", "c", "-o", "there/a.c"), ["there", "folder"]),
        (("Laplace(0, 1)", "--target", "c", "-o", "."), ["folder", "file name"]),
        (("Cauchy(0, 1)", "--target", "c", "--optimizer", "sgd"), ["variance"]),
        (("Laplace(0, 1)", "--target", "c", "--optimizer", "newton"), ["newton"]),
        (("Laplace(0, 1)", "--target", "c", "--optimizer", "tanh"), ["tanh", "no modes", "risk", "power(p)"]),
        (("Laplace(0, 1)", "--target", "c", "--optimizer", "clip(1)"), ["clip(1)", "no modes", "risk"]),
        (("Laplace(0, 1)", "--target", "c", "--optimizer", "dither(1)"), ["dither(1)", "no modes", "risk"]),
        (("Laplace(0, 1)", "--target", "c", "--optimizer", "rule: z/(1 + Abs(z))"), ["no modes", "risk"]),
        (
            ("Normal(0, 1)", "--target", "c", "--optimizer", "adam(0, 9/10, 1/100)"),
            ["eps of Adam is 1/100", "eps = 0"],
        ),
        (("Normal(0, s)", "--target", "c", "--optimizer", "adam(0, 9/10)"), ["symbolic parameter s"]),
        (("Normal(0, 1)", "--target", "c", "--optimizer", "adam(1/2, 0)"), ["mean response is infinite"]),
        (("StudentT(3)", "--target", "c", "--optimizer", "power(2)"), ["power(2)", "StudentT(3)"]),
        (("Laplace(0, 1)", "--target", "c", "--seconds", "-1"), ["-1", "positive"]),
        (("Lapace(0, 1)", "--target", "c"), ["Lapace", "Laplace"]),
        (("Laplace(0, 1)",), ["--target"]),
    ],
)
def test_bad_input_is_one_sentence(tmp_path, arguments, words):
    done = call(*arguments, cwd=tmp_path, status=2)
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


def test_an_existing_file_is_kept_unless_forced(tmp_path):
    (tmp_path / "mine.c").write_text("precious")
    done = call("Rademacher(1)", "--target", "c", "--no-run", "-o", "mine.c", cwd=tmp_path, status=2)
    assert "--force" in done.stderr
    assert (tmp_path / "mine.c").read_text() == "precious"
    call("Rademacher(1)", "--target", "c", "--no-run", "-o", "mine.c", "--force", cwd=tmp_path)
    assert "signsgd_phi" in (tmp_path / "mine.c").read_text()


def test_the_function_returns_a_callable_and_its_measurement():
    code = ss.generate("Uniform(-2, 2)")
    assert float(code.phi(1.0)) == pytest.approx(0.8427007929497149 / np.sqrt(np.pi), rel=1e-15)
    assert isinstance(code.measured, Measured)
    assert max(code.measured.ulp) < 4
    assert np.isnan(code.drift_rate(-1.0))
    assert code.source == str(code)
    with pytest.raises(AttributeError):
        _ = code.nothing
    with pytest.raises(ParameterError, match="javascript"):
        _ = ss.generate("Uniform(-2, 2)", "javascript", run=False).module


def test_sgd_is_generated_too_and_needs_a_variance():
    code = ss.generate("Laplace(0, 1)", optimizer="sgd")
    assert code.noise_scale(0.5) == 3.0
    r, lam, forcing = np.array([0.2, 0.3]), np.array([1.0, 2.0]), np.array([0.5, 0.5])
    expected = -2 * 0.1 * lam * r + 0.01 * 3.0 * forcing
    np.testing.assert_allclose(code.risk_rhs(0.0, r, lam, forcing, 0.1), expected, rtol=1e-14)
    with pytest.raises(InfiniteVariance):
        ss.generate("Cauchy(0, 1)", optimizer="sgd")


def test_a_missing_tool_is_said(monkeypatch):
    monkeypatch.setattr("signsgd_sym.codegen.harness.shutil.which", lambda name: None)
    assert "Node.js is not installed" in RUNNERS["javascript"].missing()
    code = ss.generate("Rademacher(1)", "javascript")
    assert code.measured == "Node.js is not installed"
    assert "in an emulation: Node.js is not installed" in " ".join(code.source.replace("//", "").split())


def test_a_step_size_becomes_a_function():
    code = ss.generate("Rademacher(1)", lr="sqrt(2*R)/(1 + t)", run=False)
    assert float(code.learning_rate(3.0, 0.5)) == pytest.approx(0.25, rel=1e-15)
    warm = ss.generate("Rademacher(1)", lr="Piecewise((t, t < 1), (Max(1/2, 1/t), True))", run=False)
    assert [float(warm.learning_rate(t, [1.0])) for t in (0.5, 1.0, 1.25, 9.0)] == [0.5, 1.0, 0.8, 0.5]
    with pytest.raises(TargetError, match=r"flint target cannot express Piecewise.*numpy, c, javascript"):
        ss.generate("Rademacher(1)", "flint", lr="Piecewise((t, t < 1), (1, True))", run=False)
    flint = ss.generate("Rademacher(1)", "flint", lr="besselj(0, t)", run=False)
    assert "bessel_j" in flint.source
    with pytest.raises(TargetError, match=r"c target cannot express besselj.*mpmath, flint, latex can"):
        ss.generate("Rademacher(1)", "c", lr="besselj(0, t)", run=False)


def test_what_a_target_lacks_is_named_with_the_targets_that_have_it():
    done = call("Logistic(0, 1)", "--target", "flint", "--no-run", status=2)
    assert "flint target cannot express phi of Logistic(0, 1)" in done.stderr
    assert "numpy, c, javascript, numba, jax, mpmath can" in done.stderr


def test_code_with_a_refuted_form_is_not_handed_over(monkeypatch):
    monkeypatch.setattr("signsgd_sym.codegen.plan.plain", lambda expr: 2 * expr)
    with pytest.raises(NotConverged, match="REFUTED"):
        ss.generate("Rademacher(1)", run=False)


def test_adam_has_a_file_of_its_own(tmp_path):
    if compiler() is None:
        pytest.skip("a C compiler is not installed")
    arguments = ["Normal(0, 1)", "--target", "c", "--optimizer", "adam(0, 1/2)", "--lr", "1/(1 + t)"]
    data = json.loads(call(*arguments, "--json", "-o", "adam.c", cwd=tmp_path).stdout)
    assert data["optimizer"] == "adam(0, 1/2)"
    assert data["phi"] is None
    assert set(data["measured"]["ulp"]) == {"drift_rate", "noise_scale"}
    assert max(data["measured"]["ulp"].values()) < 4
    assert "(certified)" in data["evidence"]
    text = (tmp_path / "adam.c").read_text()
    assert "double signsgd_kernel(double rho)" in text
    assert "double signsgd_learning_rate(double t, double R)" in text
    assert "signsgd_sym" not in text
    subprocess.run(
        [compiler(), *FLAGS, "-Wpedantic", "-Wconversion", "-c", "adam.c"], cwd=tmp_path, check=True
    )
