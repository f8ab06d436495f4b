"""Claim: bad input gets one line on standard error and exit status 2, and leaves nothing behind."""

import numpy as np
import pytest

from signsgd_sym import cli

GOOD = ["risk", "Normal(0, 1)", "--covariance", "identity:d=20", "--lr", "1/2", "--time", "1"]


def with_option(option, value):
    arguments = list(GOOD)
    if option in arguments:
        arguments[arguments.index(option) + 1] = value
        return arguments
    return [*arguments, option, value]


def with_law(law):
    return [GOOD[0], law, *GOOD[2:]]


BAD = {
    "unknown law": (with_law("Norml(0, 1)"), "Normal"),
    "law without an argument": (with_law("Normal(0)"), "2 parameters"),
    "negative scale": (with_law("Laplace(0, -1)"), "-1"),
    "code": (with_law("__import__('os').system('true')"), ""),
    "symbolic law": (with_law("Normal(0, v)"), "v"),
    "density not integrating to 1": (with_law("density: exp(-x) on (0, 2)"), "0.8646647168"),
    "negative density": (with_law("density: x on (-1, 1)"), "negative"),
    "density without an interval": (with_law("density: exp(-x)"), "on"),
    "unbalanced bracket": (with_law("Normal(0, 1"), ""),
    "mixture weights": (with_law("Mixture((1/2, Normal(0, 1)), (1/3, Normal(0, 2)))"), "5/6"),
    "negative step": (with_option("--lr", "-1"), "-1"),
    "zero step": (with_option("--lr", "0"), "0"),
    "step beyond float64": (with_option("--lr", "1e400"), "float64"),
    "step in another variable": (with_option("--lr", "q"), "q"),
    "negative time": (with_option("--time", "-1"), "-1"),
    "time not a number": (with_option("--time", "soon"), "soon"),
    "no dimension": (with_option("--covariance", "identity:"), "d"),
    "dimension 0": (with_option("--covariance", "identity:d=0"), "0"),
    "unknown covariance": (with_option("--covariance", "toeplitz:d=3"), "ar1"),
    "rho = 1": (with_option("--covariance", "ar1:d=20,rho=1"), "rho"),
    "missing matrix": (with_option("--covariance", "npy:missing.npy"), "missing.npy"),
    "unknown optimizer": (with_option("--optimizer", "adamw"), "sign"),
    "clip at 0": (with_option("--optimizer", "clip(0)"), "positive number c"),
    "a negative power": (with_option("--optimizer", "power(-1)"), "positive number p"),
    "a rule that is not odd": (with_option("--optimizer", "rule: z**2"), "not odd"),
    "a rule in another variable": (with_option("--optimizer", "rule: x"), "known here"),
    "a rule without moments": ([*with_law("Cauchy(0, 1)"), "--optimizer", "rule: z**3"], "E|eps|^6 < oo"),
    "a rule that grows too fast": (with_option("--optimizer", "rule: sinh(z)"), "every power"),
    "a power beyond float64": (with_option("--optimizer", "power(1e400)"), "not 1.00e+400"),
    "a rule with a pole": (with_option("--optimizer", "rule: tan(z)"), "next to z = 1.5708"),
    "a rule that never moves": (with_option("--optimizer", "rule: 0"), "never moves"),
    "an empty rule": (with_option("--optimizer", "rule:"), "write for example rule: z/(1 + Abs(z))"),
    "half a sample": (
        [*GOOD, "--batch", "2.5"],
        "'--batch': 2.5 is not a whole number; write",
    ),
    "digits of another rule": ([*GOOD, "--optimizer", "tanh", "--dps", "20"], "leave --dps out"),
    "batch of nothing": ([*GOOD, "--batch", "0"], "--batch is 0"),
    "batch for Adam": ([*GOOD, "--optimizer", "adam(0, 1/2)", "--batch", "2"], "take batch 1"),
    "batch without moments": (
        [*with_law("Cauchy(0, 1)"), "--optimizer", "power(1/2)", "--batch", "2"],
        "E|eps|^1 < oo",
    ),
    "no points": (with_option("--points", "0"), "0"),
    "negative runs": (with_option("--simulate", "-3"), "-3"),
    "negative seed": (with_option("--seed", "-1"), "-1"),
    "plot format": (with_option("--plot", "plot.gif"), ".svg"),
    "theta0 without a kind": (with_option("--theta0", "start.npy"), "npy:"),
    "sgd without a variance": (
        [*with_law("Cauchy(0, 1)"), "--optimizer", "sgd"],
        "finite variance",
    ),
    "unknown option": ([*GOOD, "--bogus", "1"], "--bogus"),
    "missing option": (GOOD[:2], "--covariance"),
    "unknown command": (["simulate"], "simulate"),
    "unknown derivation": (["derive", "arcsin-law"], "arcsine-law"),
    "check of an unknown derivation": (["check", "arcsin-law"], "arcsine-law"),
    "check of a missing file": (["check", "mine.steps"], "does not exist"),
    "check of a folder": (["check", "/"], "folder"),
    "check without points": (["check", "arcsine-law", "--points", "0"], "--points is 0"),
    "check with too many digits": (["check", "arcsine-law", "--digits", "5000"], "1000"),
    "check with a negative seed": (["check", "arcsine-law", "--seed", "-1"], "--seed is -1"),
    "negative number of mutants": (["check", "arcsine-law", "--mutate", "-5"], "-5"),
    "graph of one derivation": (["derive", "arcsine-law", "--graph"], "--graph"),
    "graph in a format it lacks": (["derive", "--graph", "--format", "latex"], "html"),
    "without and no graph": (["derive", "--without", "one-pass"], "--graph"),
    "unknown format": (["derive", "arcsine-law", "--format", "pdf"], "latex"),
}


def run(arguments, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["signsgd-sym", *arguments])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    captured = capsys.readouterr()
    return stop.value.code, captured.out, captured.err


@pytest.mark.parametrize("name", BAD)
def test_one_line_and_exit_status_2(name, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    arguments, named = BAD[name]
    status, out, err = run(arguments, monkeypatch, capsys)
    first, *caret = err.rstrip("\n").split("\n")
    assert status == 2
    assert out == ""
    assert first.startswith("signsgd-sym: ")
    assert named in first
    assert "Traceback" not in err
    assert caret == [] or (len(caret) == 2 and caret[1].strip() == "^")
    assert list(tmp_path.iterdir()) == []


MATRICES = {
    "NaN": (np.array([[1.0, np.nan], [np.nan, 1.0]]), "nan"),
    "infinite": (np.array([[np.inf, 0.0], [0.0, 1.0]]), "inf"),
    "not positive definite": (np.array([[1.0, 2.0], [2.0, 1.0]]), "eigenvalue"),
    "zero variance": (np.array([[1.0, 0.0], [0.0, 0.0]]), "coordinate 1"),
    "not square": (np.ones((2, 3)), "(2, 3)"),
    "not symmetric": (np.array([[2.0, 1.0], [0.0, 2.0]]), "symmetric"),
    "objects": (np.array([[1, None], [None, 1]], dtype=object), ""),
}


@pytest.mark.parametrize("name", MATRICES)
def test_matrices(name, monkeypatch, capsys, tmp_path):
    matrix, named = MATRICES[name]
    np.save(tmp_path / "K.npy", matrix, allow_pickle=True)
    status, out, err = run(with_option("--covariance", f"npy:{tmp_path / 'K.npy'}"), monkeypatch, capsys)
    assert status == 2
    assert out == ""
    assert named in err
    assert err.count("\n") == 1


def test_theta0_of_the_wrong_length(monkeypatch, capsys, tmp_path):
    np.save(tmp_path / "start.npy", np.ones(7))
    status, _, err = run(with_option("--theta0", f"npy:{tmp_path / 'start.npy'}"), monkeypatch, capsys)
    assert status == 2
    assert "(7,)" in err
    assert "d = 20" in err


def test_output_that_cannot_be_written(monkeypatch, capsys, tmp_path):
    (tmp_path / "file").write_text("kept")
    status, _, err = run(["demo", "-o", str(tmp_path / "file" / "out")], monkeypatch, capsys)
    assert status == 2
    assert "file" in err
    assert (tmp_path / "file").read_text() == "kept"


def test_the_good_request_is_good(monkeypatch, capsys):
    status, out, err = run(GOOD, monkeypatch, capsys)
    assert (status, err) == (0, "")
    assert "R(t)" in out


@pytest.mark.filterwarnings("error")
def test_a_risk_that_explodes_is_one_line_without_warnings(monkeypatch, capsys):
    arguments = with_option("--covariance", "ar1:d=20,rho=1/2")
    status, out, err = run([*arguments, "--optimizer", "power(8)"], monkeypatch, capsys)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "take a smaller step size" in err
