"""Claim: every command and every line of Python in the README works as it stands there."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
SHELL = [
    line for block in re.findall(r"```sh\n(.*?)```", README, re.S) for line in block.splitlines() if line
]
PYTHON = re.findall(r"```python\n(.*?)```", README, re.S)
COMMANDS = [line for line in SHELL if line.startswith("signsgd-sym ")]
STEPS = re.findall(r"in a file such as `(\S+)`:\n\n```steps\n(.*?)```", README, re.S)
INSTALLS = [line for line in SHELL if line.startswith("python3 -m venv")]


def run(command, folder):
    """Run a `signsgd-sym ...` line of the README in `folder`."""
    arguments = [sys.executable, "-m", "signsgd_sym", *shlex.split(command)[1:]]
    return subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=False)


def test_the_readme_has_the_two_commands_and_nothing_else_to_run():
    assert len(INSTALLS) == 2
    assert len(COMMANDS) + len(INSTALLS) == len(SHELL)
    assert INSTALLS[0].endswith(".venv/bin/signsgd-sym demo")
    assert INSTALLS[1].endswith(".venv/bin/python -m pytest")


@pytest.mark.parametrize("command", COMMANDS)
def test_command(command, tmp_path):
    for name, content in STEPS:
        (tmp_path / name).write_text(content)
    finished = run(command, tmp_path)
    assert finished.returncode == 0, finished.stderr
    if " -o " in command:
        name = shlex.split(command)[-1]
        assert finished.stderr == f"wrote {name}\n"
        assert (tmp_path / name).stat().st_size > 0
    else:
        assert finished.stderr == ""
        assert finished.stdout.strip()


def test_demo(tmp_path):
    """The main job: rung (a) holds, the report is self-contained, every file that is named is there."""
    finished = run("signsgd-sym demo --json", tmp_path)
    assert finished.returncode == 0, finished.stderr
    result = json.loads(finished.stdout)
    rungs = {(rung["optimizer"], rung["id"]): rung for rung in result["rungs"]}
    assert set(rungs) == {("sign", "a"), ("sign", "b"), ("sign", "c"), ("sgd", "a"), ("sgd", "c")}
    assert rungs["sign", "a"]["runs"] >= 200
    assert rungs["sign", "a"]["largest_relative_stderr"] <= 0.01
    assert rungs["sign", "a"]["share_in_band"] >= 0.95
    assert rungs["sgd", "a"]["share_in_band"] >= 0.95
    assert "StudentT" in result["law"]

    files = {name: tmp_path / path for name, path in result["files"].items()}
    assert all(path.stat().st_size > 0 for path in files.values())
    page = files["report"].read_text()
    assert not re.search(r"""(src|href)\s*=\s*["']https?:""", page), "the page must work offline"
    assert "<script" not in page
    assert "<svg" in page
    module = subprocess.run(
        [sys.executable, "-I", "-c", f"exec(open({str(files['module'])!r}).read()); print(phi(1.0))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert 0.6 < float(module.stdout) < 0.64


@pytest.mark.parametrize("source", PYTHON)
def test_python(source, tmp_path):
    finished = subprocess.run(
        [sys.executable, "-c", source], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    if "ss.generate" in source:
        assert max(map(float, re.findall(r"[\d.]+", finished.stdout.split("(")[1]))) < 4
    elif "ss.effects" in source:
        assert finished.stdout.startswith("sqrt(pi)")
        assert finished.stdout.count(":") == 4
    elif "ss.check" in source:
        assert re.search(r"^mean-inequality .* CERTIFIED$", finished.stdout, re.M)
    elif "ss.validate" in source:
        assert finished.stdout.split() == ["REFUTED", "REFUTED"], "theory and data differ by a factor of 2"
    elif "measured_exponent" in source:
        value, error = map(float, re.search(r"value=([\d.]+), error=([\d.]+)", finished.stdout).groups())
        assert abs(value - 2 / 2.4) < error < 0.05
    else:
        gap, stationary = map(float, finished.stdout.split()[-2:])
        assert gap < 0.2
        assert stationary > 0


def test_the_derivation_in_the_readme_is_written_where_it_is_checked():
    assert [name for name, _ in STEPS] == ["laplace.steps"]
    assert f"signsgd-sym check {STEPS[0][0]}" in COMMANDS
