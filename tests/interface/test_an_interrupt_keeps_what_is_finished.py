"""Claim: Ctrl-C ends a command with a sentence on standard error, and what is finished is shown or kept."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from signsgd_sym import cli, simulate
from signsgd_sym.report.check_command import CheckAnswer, CheckRequest, summary_text
from signsgd_sym.report.figures_command import Script
from signsgd_sym.simulate import SimulationInterrupted
from signsgd_sym.solve.precise import PreciseInterrupted

RISK = [
    "risk",
    "Normal(0, 1)",
    "--covariance",
    "identity:d=20",
    "--lr",
    "1/2",
    "--time",
    "1",
    "--points",
    "2",
]
EFFECTS = ["effects", *RISK[1:]]


def interrupt(*arguments, **options):
    raise KeyboardInterrupt


@pytest.fixture
def run(monkeypatch, capsys):
    def command(*arguments):
        monkeypatch.setattr("sys.argv", ["signsgd-sym", *arguments])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        captured = capsys.readouterr()
        assert captured.err.startswith("signsgd-sym: interrupted") and captured.err.count("\n") == 1
        assert stop.value.code == 130
        return captured.out, captured.err

    return command


def test_before_a_result_there_is_a_sentence_all_the_same(run, monkeypatch):
    monkeypatch.setattr("signsgd_sym.report.risk_command.risk_curve", interrupt)
    out, err = run(*RISK, "--json")
    assert out == "" and "what was printed or written before it is complete." in err


@pytest.mark.parametrize("runs", [0, 2])
def test_a_curve_outlives_its_simulation(runs, run, monkeypatch):
    def interrupted(*arguments, **options):
        found = simulate(*arguments, **{**options, "runs": 2})
        raise SimulationInterrupted(replace(found, risk=found.risk[:runs]), options["runs"])

    monkeypatch.setattr("signsgd_sym.simulate.simulate", interrupted)
    out, err = run(*RISK, "--simulate", "3", "--json")
    data = json.loads(out)
    assert f"interrupted with {runs} of 3 runs finished" in err
    assert data["interrupted"] and len(data["risk"]) == 3
    assert data["simulation"] is None if runs == 0 else data["simulation"]["runs"] == runs
    out, _ = run(*RISK, "--simulate", "3")
    assert "R(t), ODE" in out and ("mean of 2" in out) == (runs == 2)


@pytest.mark.parametrize("law", ["Normal(0, 1)", "Dirac(0)"])
def test_the_float64_curve_outlives_its_digits(law, run, monkeypatch):
    """Without label noise float64 loses the curve before T, and no number stands in for it."""

    def interrupted(*arguments, **options):
        raise PreciseInterrupted((0, 1, 2), ("0.5", "0.25"))

    monkeypatch.setattr("signsgd_sym.report.risk_digits.precise_curve", interrupted)
    asked = [
        RISK[0],
        law,
        *RISK[2:4],
        "--lr",
        "sqrt(2*R)/2",
        "--time",
        "2000",
        "--points",
        "2",
        "--dps",
        "15",
    ]
    out, err = run(*asked)
    assert "interrupted with 2 of 3 times finished" in err
    assert out.splitlines()[-2:] == ["         0  0.5", "         1  0.25"]
    assert "not checked by a second" in out and ("R(t), ODE" in out) == (law != "Dirac(0)")
    out, _ = run(*asked, "--json")
    data = json.loads(out, parse_constant=pytest.fail)
    assert data["interrupted"] and data["unchecked"] == {"t": [0.0, 1.0], "risk": ["0.5", "0.25"]}
    assert (data["risk"] is None) == (law == "Dirac(0)")


STAGES = {
    "the curve of signSGD": ("signsgd_sym.solve.effects.mode_curve", 0),
    "the curves between": ("signsgd_sym.solve.effects.attribute", 1),
    "the check": ("signsgd_sym.report.effects_command.Checker", 2),
}


@pytest.mark.parametrize("stage", STAGES)
def test_effects_outlive_what_comes_after(stage, run, monkeypatch):
    name, reached = STAGES[stage]
    monkeypatch.setattr(name, interrupt)
    out, _ = run(*EFFECTS)
    assert "four-effects was not checked" in out and "no risk curve" not in out
    assert ("R(1) =" in out) == (reached > 0) and ("are not finished" in out) == (reached == 1)
    assert ("24 orders" in out) == (reached == 2)
    out, _ = run(*EFFECTS, "--json")
    data = json.loads(out)
    assert data["interrupted"] and data["verdict"] is None and len(data["effects"]) == 4
    assert (data["course"] is None) == (reached == 0)


def test_figures_that_are_written_stay_and_are_named(run, monkeypatch, tmp_path):
    from signsgd_sym.report.plots import new_figure

    def figure(script):
        return interrupt() if script.name == "reshaping" else new_figure()[0]

    monkeypatch.setattr(Script, "figure", figure)
    asked = ["figures", "adam", "reshaping", "-o", str(tmp_path)]
    out, err = run(*asked)
    assert "interrupted with 1 of 2 figures written" in err and out.startswith(str(tmp_path / "adam.svg"))
    out, _ = run(*asked, "--json")
    assert [shown["file"] for shown in json.loads(out)] == [str(tmp_path / "adam.svg"), None]


def test_a_check_with_nothing_finished_does_not_say_that_nothing_holds():
    answer = CheckAnswer(CheckRequest.parse(["arcsine-law"], seed=1), interrupted=True)
    assert "interrupted: 0 derivations finished, of 1 target" in summary_text(answer)
    assert "none holds" not in summary_text(answer)


SEARCH = """
import os, time
from signsgd_sym.derive.worker import stream

def slow():
    yield os.getpid()
    time.sleep(0.5)
    yield "done"

for item in stream(slow, (), 60):
    print(item, flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_process_beside_the_command_does_not_hear_the_keyboard(tmp_path):
    """The keyboard's signal goes to every process of the group; only the command answers to it."""
    (tmp_path / "search.py").write_text(SEARCH)
    command = [sys.executable, "search.py"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        os.kill(int(running.stdout.readline()), signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert (running.returncode, out, err) == (0, "done\n", "")
