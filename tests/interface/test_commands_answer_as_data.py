"""Claim: `--json` has the fields of the contract, with numbers that are those of the text and of Python."""

import json

import numpy as np
import pytest

from signsgd_sym import cli, risk_curve
from signsgd_sym.derive.catalogue import CATALOGUE


def run(arguments, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["signsgd-sym", *arguments])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 0
    return capsys.readouterr().out


RISK = [
    "risk",
    "Laplace(0, 1/2)",
    "--covariance",
    "ar1:d=60,rho=1/2",
    "--lr",
    "1/2",
    "--time",
    "2",
    "--points",
    "4",
]


def test_risk(monkeypatch, capsys):
    answer = json.loads(run([*RISK, "--simulate", "3", "--json"], monkeypatch, capsys))
    needed = {
        "optimizer",
        "law",
        "d",
        "t",
        "risk",
        "lower",
        "upper",
        "stationary",
        "error_budget",
        "simulation",
    }
    assert needed <= set(answer)
    assert answer["t"] == [0, 0.5, 1, 1.5, 2]
    assert answer["lower"] is None
    simulation = answer["simulation"]
    assert simulation["runs"] == 3
    assert len(simulation["mean"]) == len(simulation["stderr"]) == 5
    # Every sign is proved, one a step and run.
    assert simulation["uncertified_signs"] == simulation["signs"]["uncertified"] == 0
    proved = [simulation["signs"][how] for how in ("float64", "double_double", "exact")]
    assert sum(proved) == 3 * 2 * 60
    again = risk_curve("Laplace(0, 1/2)", "ar1:d=60,rho=1/2", "1/2", 2, points=4)
    assert np.allclose(answer["risk"], again.risk, rtol=1e-12)
    assert answer["stationary"] == pytest.approx(again.stationary, rel=1e-12)


def test_sgd_has_no_signs_to_certify(monkeypatch, capsys):
    answer = json.loads(run([*RISK, "--optimizer", "sgd", "--simulate", "2", "--json"], monkeypatch, capsys))
    assert answer["optimizer"] == "sgd"
    assert answer["phi"] is None
    assert answer["simulation"]["uncertified_signs"] == 0
    assert set(answer["simulation"]["signs"].values()) == {0}


@pytest.mark.parametrize(
    ("extra", "ode"),
    [
        (["--optimizer", "power(1/2)"], "s(R)*n[i]"),
        (["--optimizer", "clip(1)"], "a*K*V + V*K*a"),
        (["--batch", "4"], "a(R)*lambda[i]*r[i]"),
        (["--batch", "4", "--optimizer", "power(1/2)"], "a(R)*lambda[i]*r[i]"),
        (["--batch", "4", "--optimizer", "dither(1/2)"], "a*K*V + V*K*a"),
    ],
)
def test_other_rules_and_batches(extra, ode, monkeypatch, capsys):
    answer = json.loads(run([*RISK, *extra, "--simulate", "2", "--json"], monkeypatch, capsys))
    assert answer["phi"] is None
    assert ode in answer["risk_ode"]
    assert answer["batch"] == (4 if "--batch" in extra else 1)
    assert len(answer["risk"]) == len(answer["simulation"]["mean"]) == 5
    assert 0 < answer["stationary"] < answer["risk"][0]
    assert 0 < answer["error_budget"]["solver"] < 1e-4
    text = run([*RISK, *extra], monkeypatch, capsys)
    assert "SDE" in text and f"{answer['risk'][-1]:.6g}" in text


def test_theta0(monkeypatch, capsys, tmp_path):
    np.save(tmp_path / "start.npy", np.full(60, 0.1))
    answer = json.loads(
        run([*RISK, "--theta0", f"npy:{tmp_path / 'start.npy'}", "--json"], monkeypatch, capsys)
    )
    K = 0.5 ** np.abs(np.subtract.outer(np.arange(60), np.arange(60)))
    assert answer["risk"][0] == pytest.approx(0.005 * K.sum(), rel=1e-12)


@pytest.mark.parametrize("ending", ["svg", "pdf", "png"])
def test_plot(ending, monkeypatch, capsys, tmp_path):
    path = tmp_path / f"plot.{ending}"
    run([*RISK, "--plot", str(path)], monkeypatch, capsys)
    start = {"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG"}[ending]
    assert path.read_bytes().startswith(start)


def test_derive_lists_every_derivation(monkeypatch, capsys):
    listed = json.loads(run(["derive", "--json"], monkeypatch, capsys))
    assert [entry["id"] for entry in listed] == list(CATALOGUE)
    assert [entry["title"] for entry in listed] == [entry.title for entry in CATALOGUE.values()]


@pytest.mark.parametrize("style", ["text", "latex", "markdown", "html", "ipynb"])
def test_derive_formats(style, monkeypatch, capsys, tmp_path):
    """Of a short derivation with a cited step: every call derives and checks it."""
    shown = run(["derive", "rule-matrix-ode", "--format", style], monkeypatch, capsys)
    run(["derive", "rule-matrix-ode", "--format", style, "-o", str(tmp_path / "out")], monkeypatch, capsys)
    assert (tmp_path / "out").read_text() == shown
    assert {
        "text": "cited",
        "latex": r"\begin{align*}",
        "markdown": "$$",
        "html": "<math",
        "ipynb": "nbformat",
    }[style] in shown


def test_derive_as_data(monkeypatch, capsys):
    answer = json.loads(run(["derive", "arcsine-law", "--json"], monkeypatch, capsys))
    assert answer["result"] == "2*asin(rho)/pi"
    assert [step["id"] for step in answer["steps"]] == [str(k + 1) for k in range(len(answer["steps"]))]
