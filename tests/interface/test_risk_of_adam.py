"""Claim: `risk --optimizer "adam(b1, b2)"` shows Adam's curve, or says why not in one line."""

import json

import numpy as np
import pytest

import signsgd_sym as ss
from signsgd_sym import cli
from signsgd_sym.errors import RuleError
from signsgd_sym.model.adam import Adam
from signsgd_sym.solve.adam_kernel import adam_kernel
from signsgd_sym.solve.adam_risk import stationary_risk

COMMAND = [
    "risk",
    "Normal(0, 1/2)",
    "--covariance",
    "ar1:d=40,rho=1/2",
    "--lr",
    "1/4",
    "--time",
    "2",
    "--points",
    "8",
]
ADAM = ["--optimizer", "adam(0.5, 0.9)"]


@pytest.fixture(scope="module")
def kernel():
    return adam_kernel(Adam("1/2", "9/10"))


def run(arguments, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["signsgd-sym", *arguments])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return stopped.value.code, *capsys.readouterr()


def test_data(monkeypatch, capsys, tmp_path, kernel):
    plot = tmp_path / "adam.svg"
    arguments = [*COMMAND, *ADAM, "--simulate", "40", "--seed", "3", "--json", "--plot", str(plot)]
    status, out, error = run(arguments, monkeypatch, capsys)
    assert (status, error) == (0, "")
    data = json.loads(out)
    adam = Adam("1/2", "9/10")
    assert (data["optimizer"], data["phi"], data["batch"], data["d"]) == (adam.name, None, 1, 40)
    assert data["risk_ode"].count("c_1") == 1
    assert "K_A" in data["sde"]
    assert data["status"].startswith("conjectured")
    assert (data["constants"]["c_1"], data["constants"]["c_2"]) == (kernel.c1, kernel.c2)
    K = ss.Covariance.from_spec("ar1:d=40,rho=1/2")
    assert data["stationary"] == stationary_risk(kernel, 0.25, K, 0.25)
    assert 0 < data["error_budget"]["solver"] < 1e-5
    assert 0 < data["error_budget"]["constants"] < 1e-5
    again = ss.risk_curve("Normal(0, 1/2)", K, "1/4", 2, optimizer=adam, points=8, seed=3)
    np.testing.assert_array_equal(data["risk"], again.risk)
    np.testing.assert_array_equal(data["t"], again.t)
    # d = 40 is small: the runs are near the curve, and far from that of signSGD.
    runs = data["simulation"]
    assert runs["runs"] == 40
    assert runs["signs"]["uncertified"] == 0
    sign = ss.risk_curve("Normal(0, 1/2)", K, "1/4", 2, points=8, seed=3)
    gaps = [np.abs(np.divide(runs["mean"], curve.risk) - 1).max() for curve in (again, sign)]
    assert gaps[0] < 0.15
    assert gaps[0] < gaps[1] / 2
    assert "adam(1/2, 9/10)" in plot.read_text()


def test_text(monkeypatch, capsys, kernel):
    status, out, error = run([*COMMAND, "--optimizer", "adam(1/2, 9/10, 0)"], monkeypatch, capsys)
    assert (status, error) == (0, "")
    assert out.startswith("adam(1/2, 9/10) under Normal(0, 1/2)")
    for words in ("c_1", f"{kernel.c2:.10g}", "conjectured", "stationary  R =", "R(t), ODE"):
        assert words in out


def test_constants_that_move_with_the_risk(monkeypatch, capsys):
    """Under Laplace noise they are shown at R(0), and said to move."""
    arguments = ["risk", "Laplace(0, 1/2)", *COMMAND[2:], *ADAM]
    status, out, error = run(arguments, monkeypatch, capsys)
    assert (status, error) == (0, "")
    assert "at R(0)" in out
    found = ss.risk_curve("Laplace(0, 1/2)", *COMMAND[3:8:2], optimizer="adam(0.5, 0.9)", points=8)
    assert f"{found.kernel.c1:.10g}" in out


def test_the_solver_error_is_that_of_the_coarser_run():
    """A tolerance of 1e-12 moves the curve by less than what is stated."""
    from signsgd_sym.solve import adam_risk as module

    found = ss.risk_curve(
        "Normal(0, 1/2)", "ar1:d=40,rho=1/2", "1/4", 2, optimizer=Adam("1/2", "9/10"), points=8
    )
    at = found.schedule, found.t
    finer = module._integrate(found.ode, found.kernel.c1, 0.25, found.modes, *at, 1e-12)
    assert np.abs(finer / found.risk - 1).max() < found.error_budget["solver"]


def with_optimizer(text, *more):
    return [*COMMAND, "--optimizer", text, *more]


BAD = {
    "beta1 = 1": (with_optimizer("adam(1, 9/10)"), "beta1 of Adam is 1, but 0 <= beta1 < 1"),
    "beta2 below 0": (with_optimizer("adam(0, -1/2)"), "beta2 of Adam is -1/2"),
    "eps below 0": (with_optimizer("adam(0, 1/2, -1)"), "eps of Adam is -1"),
    "eps above 0": (with_optimizer("adam(0, 1/2, 1/100)"), "eps = 0"),
    "no parameters": (with_optimizer("adam"), "adam(beta1, beta2)"),
    "one parameter": (with_optimizer("adam(1/2)"), "adam(beta1, beta2)"),
    "not a number": (with_optimizer("adam(1/2, x)"), "'x'"),
    "code": (with_optimizer("adam(1/2, __import__('os'))"), "not a number"),
    "memory of one gradient alone": (with_optimizer("adam(1/2, 0)"), "beta2 > 0"),
    "a law not in numbers": (
        ["risk", "Laplace(0, b)", *with_optimizer("adam(0, 1/2)")[2:]],
        "symbolic parameter b",
    ),
    "digits": (with_optimizer("adam(0, 1/2)", "--dps", "20"), "leave --dps out"),
    "batch": (with_optimizer("adam(0, 1/2)", "--batch", "2"), "sign and sgd"),
    "validate": (["validate", *with_optimizer("adam(0, 1/2)")[1:]], "risk --simulate"),
    "generate": (
        ["generate", "Normal(0, 1)", "--target", "numpy", "--optimizer", "adam(0, 1/2, 1/9)"],
        "eps of Adam is 1/9",
    ),
}


@pytest.mark.parametrize(("arguments", "says"), BAD.values(), ids=BAD)
def test_refused_in_one_line(arguments, says, monkeypatch, capsys):
    status, out, error = run(arguments, monkeypatch, capsys)
    assert (status, out) == (2, "")
    assert says in error
    assert error.count("\n") == 1


def test_batches_of_adam_are_not_simulated():
    K = ss.Covariance.identity(4)
    stream = ss.GaussianStream(K, ss.noise_law("Normal(0, 1)"))
    with pytest.raises(RuleError, match="one sample a step"):
        ss.simulate(Adam(0, "1/2"), stream, ss.Schedule.of(1), np.ones(4), times=[1], runs=1, seed=0, batch=2)


def test_help_names_it(monkeypatch, capsys):
    status, out, _ = run(["risk", "--help"], monkeypatch, capsys)
    assert status == 0
    assert "adam(b1, b2)" in " ".join(out.replace("│", " ").split())
