"""Claim: `check` names the first wrong step with both values, and shows nothing unchecked as passed."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from signsgd_sym import cli

RIGHT = """title: Roots
symbols: x > 0; y > 0
steps:
    sqrt(x**2*y)
  = x*sqrt(y)    # x is positive
  <= x*(1 + y)/2 # geometric and arithmetic mean
"""
WRONG = RIGHT.replace("= x*sqrt(y)", "= x*y")
UNUSED = RIGHT.replace("steps:", "assume: y < 5\nsteps:", 1)
OUTSIDE = """title: Outside
symbols: x > 0
steps:
    zeta(x + 2)
  = zeta(x + 2) + x - x + polylog(3, x/(x+1)) - polylog(3, x/(1+x))/1
"""
CITED = """
import sympy as sp
import signsgd_sym as ss

x = sp.Symbol("x", positive=True)
record = ss.Recorder("from-a-book", "Half of it is taken from a book")
record.equal(sp.log(x**2), 2 * sp.log(x), "x is positive")
record.cite(sp.sin(x), "<=", x, "well known", "A. Author, A Book, 1999")
found = record.finish()
print("noise of the file")
"""
DYING = "import os\nos._exit(7)\n"


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    contents = {"right.steps": RIGHT, "wrong.steps": WRONG, "unused.steps": UNUSED, "cited.py": CITED}
    for name, content in contents.items():
        (tmp_path / name).write_text(content)

    def call(*arguments):
        monkeypatch.setattr("sys.argv", ["signsgd-sym", *arguments])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        captured = capsys.readouterr()
        return stop.value.code, captured.out, captured.err

    return call


def test_what_holds_exits_with_0(run):
    status, out, err = run("check", "right.steps", "--seed", "7")
    assert (status, err) == (0, "")
    assert re.search(r"^right +CERTIFIED +2 certified$", out, re.M) or "1 proved, 1 certified" in out
    assert "40 digits at 20 points" in out
    assert "--seed 7" in out


def test_the_first_wrong_step_is_named_with_point_and_values(run):
    status, out, _ = run("check", "wrong.steps", "--seed", "1")
    assert status == 1
    assert re.search(r"^wrong +REFUTED ", out, re.M)
    assert "wrong.steps, step 1:  x*sqrt(y) = x*y" in out or "step 1:" in out
    assert re.search(r"REFUTED, wrong +at +x = ", out)
    left, right = (float(re.search(rf"^ +{side} +(\S+)$", out, re.M)[1]) for side in ("left", "right"))
    assert left != right


def test_a_seed_is_drawn_printed_and_repeats_the_run(run):
    _, out, _ = run("check", "wrong.steps")
    seed = re.search(r"--seed (\d+)$", out.strip())[1]
    assert re.sub(r"\d+ s;", "", run("check", "wrong.steps", "--seed", seed)[1]) == re.sub(r"\d+ s;", "", out)


def test_cited_steps_stand_apart_and_are_not_passes(run):
    status, out, err = run("check", "cited.py", "--seed", "1")
    assert status == 0
    assert re.search(r"^from-a-book +CITED +1 (proved|certified); CITED, not checked: 2$", out, re.M)
    assert "CITED, not checked: 1 step, from-a-book 2" in out
    assert "noise of the file" not in out
    assert "noise of the file" in err


def test_an_assumption_that_no_step_needs_is_reported(run):
    _, out, _ = run("check", "unused.steps", "--seed", "1")
    assert "needed by no step: y < 5" in out


def test_data_have_the_fields_of_the_contract(run):
    status, out, _ = run("check", "wrong.steps", "cited.py", "--seed", "3", "--json")
    assert status == 1
    answer = json.loads(out)
    first, second = answer["derivations"]
    assert (first["id"], first["verdict"]) == ("wrong", "REFUTED")
    assert {"id", "relation", "verdict", "digits", "witness"} <= set(first["steps"][0])
    assert {"x", "y", "left", "right"} == set(first["steps"][0]["witness"])
    assert [step["verdict"] for step in second["steps"]][1] == "CITED"
    assert second["steps"][0]["digits"] == 40
    assert answer["mutants"] is None
    assert answer["seed"] == 3


def test_points_and_digits_are_those_asked_for(run):
    _, out, _ = run("check", "right.steps", "--seed", "3", "--points", "4", "--digits", "60", "--json")
    evidence = json.loads(out)["derivations"][0]["steps"][0]
    assert (evidence["digits"], evidence["evidence"]["points"]) == (60, 4)


def test_mutants_are_counted(run):
    _, out, _ = run("check", "right.steps", "--mutate", "8", "--seed", "1", "--json")
    mutants = json.loads(out)["mutants"]
    assert mutants["tried"] == 8
    assert sum(mutants[name] for name in ("rejected", "implied", "undecided", "survived")) == 8
    assert mutants["survived"] == 0
    again = json.loads(run("check", "right.steps", "--mutate", "8", "--seed", "1", "--json")[1])["mutants"]
    assert again == mutants


def test_a_process_that_dies_is_unknown(run, tmp_path):
    (tmp_path / "dying.py").write_text(DYING)
    status, out, _ = run("check", "dying.py", "right.steps", "--seed", "1")
    assert status == 1
    assert re.search(r"^dying.py +UNKNOWN ", out, re.M)
    assert "its process ended with status 7" in out
    assert re.search(r"^right +(CERTIFIED|PROVED) ", out, re.M)


def test_help_says_what_is_executed(run):
    out = run("check", "--help")[1]
    assert "A .py file is executed" in " ".join(out.split())
    assert "never executed" in " ".join(out.split())


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_an_interrupt_leaves_what_is_finished(tmp_path):
    (tmp_path / "right.steps").write_text(RIGHT)
    (tmp_path / "slow.py").write_text("import time\ntime.sleep(600)\n")
    command = [sys.executable, "-m", "signsgd_sym", "check", "right.steps", "slow.py", "--seed", "1"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        first = running.stdout.readline()
        time.sleep(0.2)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert first.startswith("right ")
    assert "interrupted: 1 derivation finished, of 2 targets" in out
    assert "Traceback" not in err
    assert running.returncode == 130
