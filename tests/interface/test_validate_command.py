"""`validate` as a user meets it: text, JSON, exit status, plot, bad input."""

import json

import numpy as np
import pytest

import signsgd_sym as ss
from signsgd_sym import cli
from signsgd_sym.report.validate_text import signs_line
from signsgd_sym.simulate.runner import SignCounts

GOOD = ["validate", "Laplace(0, 1/2)", "--covariance", "ar1:d=60,rho=1/2", "--lr", "1/4", "--time", "2"]
FEW = ["--runs", "16", "--samples", "20000", "--points", "20"]
# d = 1 without noise: the derived step is exact, and the limit d -> oo is far away.
WRONG = ["validate", "Dirac(0)", "--covariance", "identity:d=1", "--lr", "1/4", "--time", "8"]


def run(arguments, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["signsgd-sym", *arguments])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    captured = capsys.readouterr()
    return stop.value.code, captured.out, captured.err


def strict(text):
    """The JSON data, without the NaN and Infinity that Python would let pass."""

    def refuse(name):
        raise ValueError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("rule", ["sign", "sgd"])
def test_json(rule, monkeypatch, capsys):
    status, out, err = run([*GOOD, *FEW, "--optimizer", rule, "--json"], monkeypatch, capsys)
    data = strict(out)
    assert (status, err) == (0, "")
    assert (data["optimizer"], data["law"], data["d"]) == (rule, "Laplace(0, 1/2)", 60)
    assert len(data["t"]) == len(data["risk"]) == 21
    assert {"covariance", "lr", "stationary", "error_budget", "phi", "sde"} <= set(data)

    runs = data["simulation"]
    assert runs["runs"] == 16 and runs["uncertified_signs"] == 0
    assert sum(runs["signs"].values()) == (16 * 120 if rule == "sign" else 0)
    gap = np.subtract(runs["mean"], data["risk"])
    assert np.allclose(np.multiply(runs["z"], runs["stderr"])[1:], gap[1:])
    assert runs["z"][0] == pytest.approx(0, abs=0.1)
    band = 3 * np.array(runs["stderr"]) + 0.03 * np.array(data["risk"])
    assert runs["share_in_band"] == pytest.approx(np.mean(np.abs(gap) <= band))

    steps = data["one_step"]
    assert steps["samples"] == 20000 and [at["t"] for at in steps["at"]] == [0, 2]
    assert (steps["linearisation_error"] > 1e-4) == (rule == "sign")
    assert (steps["at"][0]["factorisation_error"] > 1e-3) == (rule == "sgd")
    for name in ("drift", "diffusion"):
        found = steps[name]
        assert found["verdict"] == data["verdicts"][name]["verdict"] == "STATISTICAL"
        assert found["largest_z"] == max(at[name]["largest_z"] for at in steps["at"]) < found["threshold"]
        assert found["largest_z"] == pytest.approx(abs(found["seen"] - found["expected"]) / found["stderr"])
    assert steps["comparisons"] == sum(
        at[n]["compared"] for at in steps["at"] for n in ("drift", "diffusion")
    )
    assert data["verdict"] == data["verdicts"]["risk"]["verdict"] == "STATISTICAL"
    assert data["verdicts"]["risk"]["evidence"]["runs"] == 16
    assert data["verdicts"]["risk"]["witness"] is None


def test_text_is_what_python_prints(problem, monkeypatch, capsys, tmp_path):
    plot = tmp_path / "validate.svg"
    status, out, err = run([*GOOD, *FEW, "--plot", str(plot)], monkeypatch, capsys)
    assert (status, err) == (0, "")
    assert "20,000 samples against the derived moments" in out
    assert "mean of 16 runs from the same Delta(0)" in out
    assert "1,920 residuals" in out and "0 uncertified" in out
    for name in ("mean step", "second moments", "risk curve"):
        [line] = [line for line in out.splitlines() if line.startswith(f"  {name} ")]
        assert "STATISTICAL" in line and "z = " in line
    assert "<svg" in plot.read_text()

    made = problem("Laplace(0, 1/2)")
    numbers = {"runs": 16, "samples": 20_000, "points": 20}
    found = ss.validate("Laplace(0, 1/2)", "ar1:d=60,rho=1/2", "1/4", 2, problem=made, **numbers)
    assert out == f"{found}\n\nplot: {plot}\n"
    assert repr(found).endswith("drift STATISTICAL, diffusion STATISTICAL, risk STATISTICAL>")
    assert isinstance(found, ss.Validation)


def test_a_refuted_risk_is_exit_status_1_and_says_where(problem, monkeypatch, capsys):
    status, out, _ = run([*WRONG, *FEW, "--json"], monkeypatch, capsys)
    data = strict(out)
    assert status == 1 and data["verdict"] == "REFUTED"
    assert [data["verdicts"][name]["verdict"] for name in ("drift", "diffusion")] == ["STATISTICAL"] * 2
    assert set(data["verdicts"]["risk"]["witness"]) == {"t", "expected", "seen"}
    assert data["one_step"]["at"][0]["linearised_drift"]["seen_to_differ"] is True
    assert data["one_step"]["linearisation_error"] == pytest.approx(1 - 2 / np.pi)

    found = ss.validate("Dirac(0)", "identity:d=1", "1/4", 8, points=20, runs=16, problem=problem("Dirac(0)"))
    shown = str(found)
    [line] = [line for line in shown.splitlines() if line.startswith("  risk curve")]
    assert "REFUTED" in line and "16 runs, z = " in line and "first outside at t = " in line
    assert "these samples\nsee that" in shown


def test_what_is_not_decided_is_no_pass(monkeypatch, capsys):
    heavy = ["validate", "StudentT(3)", *GOOD[2:], *FEW, "--optimizer", "sgd"]
    status, out, _ = run(heavy, monkeypatch, capsys)
    assert status == 0
    for name, reason in (("second moments", "no standard error"), ("risk curve", "no variance")):
        [line] = [line for line in out.splitlines() if line.startswith(f"  {name}")]
        assert "UNKNOWN" in line and "E[eps^4] is infinite" in line and reason in line


def test_theta0_is_where_it_starts(monkeypatch, capsys, tmp_path):
    np.save(tmp_path / "start.npy", np.full(60, 0.2))
    start = ["--theta0", f"npy:{tmp_path / 'start.npy'}"]
    _, out, _ = run([*GOOD, *FEW, *start, "--optimizer", "sgd", "--json"], monkeypatch, capsys)
    data = strict(out)
    K = ss.Covariance.ar1(60, 0.5).K
    assert data["risk"][0] == pytest.approx(K.sum() * 0.2**2 / 2)
    assert data["one_step"]["at"][0]["risk"] == pytest.approx(data["risk"][0])


BAD = {
    "one run": (["--runs", "1"], "--runs is 1"),
    "few samples": (["--samples", "10"], "--samples is 10"),
    "negative seed": (["--seed", "-2"], "--seed is -2"),
    "no points": (["--points", "0"], "points is 0"),
    "plot format": (["--plot", "plot.gif"], ".svg"),
    "plot folder": (["--plot", "/dev/null/plot.svg"], "/dev/null"),
    "theta0": (["--theta0", "start.npy"], "npy:"),
    "optimizer": (["--optimizer", "adamw"], "adamw"),
    "covariance": (["--covariance", "toeplitz:d=3"], "ar1"),
    "step": (["--lr", "0"], "0"),
    "time": (["--time", "soon"], "soon"),
    "not a number": (["--runs", "many"], "--runs"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line(name, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    options, named = BAD[name]
    status, out, err = run([*GOOD, *options], monkeypatch, capsys)
    first, *caret = err.rstrip("\n").split("\n")
    assert (status, out) == (2, "")
    assert first.startswith("signsgd-sym: ") and named in first
    assert caret == [] or (len(caret) == 2 and caret[1].strip() == "^")
    assert list(tmp_path.iterdir()) == []


def test_sgd_without_a_variance_is_refused(monkeypatch, capsys):
    arguments = ["validate", "Cauchy(0, 1)", *GOOD[2:], "--optimizer", "sgd"]
    status, out, err = run(arguments, monkeypatch, capsys)
    assert (status, out) == (2, "") and "finite variance" in err


def test_uncertified_signs_are_counted():
    assert "7 uncertified" in signs_line(SignCounts(uncertified=7))
    assert "no signs" in signs_line(SignCounts())
