"""`risk --dps N` as a user meets it: text, JSON, bad input, and a risk that float64 cannot hold."""

import json
import subprocess
import sys

import mpmath
import pytest

COMMAND = [sys.executable, "-m", "signsgd_sym", "risk"]
SMALL = ["--covariance", "identity:d=20", "--lr", "1/2", "--time", "1", "--points", "2"]


def run(*arguments):
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=300)


def test_json_has_strings_of_so_many_digits():
    answer = run("Normal(0, 1)", *SMALL, "--dps", "40", "--json")
    assert answer.returncode == 0, answer.stderr
    data = json.loads(answer.stdout)
    assert all(isinstance(value, str) and len(value.lstrip("0.")) >= 39 for value in data["risk"])
    assert data["digits"] == 40 and data["precision"]["float64_gap"] < 1e-9
    with mpmath.workdps(45):  # Gaussian noise, K = I, v = 1: A = pi eta/8, R = A^2 + A sqrt(A^2 + 1)
        A = mpmath.pi / 16
        assert abs(mpmath.mpf(data["stationary"]) - A**2 - A * mpmath.sqrt(A**2 + 1)) < 1e-39


def test_text_says_how_the_digits_were_checked():
    answer = run("Laplace(0, 1)", *SMALL, "--dps", "25")
    assert answer.returncode == 0, answer.stderr
    assert "25 digits: Taylor steps of order" in answer.stdout and "agree to" in answer.stdout
    assert "float64 curve differs from them by at most" in answer.stdout


def test_where_float64_has_no_curve_the_digits_are_printed_all_the_same():
    small = ["--covariance", "powerlaw:d=10,alpha=1/2", "--lr", "sqrt(2*R)/2", "--time", "2000"]
    answer = run("Dirac(0)", *small, "--points", "2", "--dps", "15", "--json")
    assert answer.returncode == 0, answer.stderr
    data = json.loads(answer.stdout)
    assert "e-" in data["risk"][-1] and float(data["risk"][-1]) < 1e-200
    assert data["precision"]["float64_gap"] is None


@pytest.mark.parametrize(("digits", "words"), [("14", "at least 15"), ("99999999", "ask for at most")])
def test_bad_digits_are_one_sentence(digits, words):
    answer = run("Normal(0, 1)", *SMALL, "--dps", digits)
    assert answer.returncode == 2 and answer.stdout == ""
    assert len(answer.stderr.splitlines()) == 1 and words in answer.stderr
