"""The pytest plugin: a test a step, wrong steps fail with their witness, cited steps are never passed."""

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

pytest_plugins = ["pytester"]

INI = """
[pytest]
signsgd_derivations = derivations
signsgd_points = 4
signsgd_digits = 15
"""
RIGHT = "symbols: x > 0\nsteps:\n log(x**2)\n = 2*log(x)\n <= 2*x\n ~ 2*(x - 1) as x -> 1, order (x - 1)**2\n"
WRONG = "symbols: x > 0\nsteps:\n log(x**2)\n = 2*log(x)\n = log(2*x)   # a slip\n"
UNKNOWN = "symbols: x > 0\nsteps:\n Limit(sin(x*h)/h, h, 0)\n = x\n"
PYTHON = """
import sympy as sp
from signsgd_sym.proof.derivation import Recorder

x = sp.Symbol("x", positive=True)
record = Recorder("from-python", "A chapter")
record.equal(sp.sqrt(x**2 + 2*x + 1), x + 1, "a square")
record.cite(sp.zeta(3), "<=", sp.Rational(121, 100), "a number", "R. Apery, Asterisque 61 (1979) 11")
chapter = record.finish()
"""


def loaded_by_name():
    return [] if entry_points(group="pytest11", name="signsgd_sym") else ["-p", "signsgd_sym.pytest_plugin"]


@pytest.fixture
def run(pytester):
    """`run(files, *args)`: pytest in a fresh folder with `derivations/` holding the files."""

    def go(files, *args, ini=INI):
        pytester.makefile(".ini", pytest=ini)
        folder = pytester.mkdir("derivations")
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        return pytester.runpytest_inprocess(
            "-p", "no:xdist", "-p", "no:cacheprovider", *loaded_by_name(), "-rs", "-v", *args
        )

    return go


def test_every_step_of_a_right_file_is_a_test_that_passes(run):
    result = run({"right.steps": RIGHT})
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["*right.steps::right?1 =? PASSED*", "*right.steps::right?3 ~? PASSED*"])


def test_a_wrong_step_fails_with_its_witness_and_both_values(run):
    result = run({"wrong.steps": WRONG})
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*wrong, step 2: REFUTED*",
            "*= log(2*x)*",
            "*reason given: a slip*",
            "*at x = *",
            "*left: *",
            "*right: *",
        ]
    )
    assert "Traceback" not in result.stdout.str()
    assert "pytest_plugin.py" not in result.stdout.str()


def test_an_unknown_step_fails_with_the_node_named(run):
    result = run({"unknown.steps": UNKNOWN})
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*step 1: UNKNOWN*", "*outside the kernel*Limit*"])


def test_a_cited_step_is_skipped_with_its_reference(run):
    result = run({"chapter.py": PYTHON})
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["*cited: R. Apery, Asterisque 61*"])


def test_a_file_that_is_not_read_is_an_error_with_its_line_and_a_caret(run):
    result = run({"bad.steps": "symbols: x > 0\nsteps:\n  x.real\n  = x\n", "right.steps": RIGHT})
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*bad.steps:3: an attribute*", "*x.real*", "*^*"])
    assert "Traceback" not in result.stdout.str()


def test_a_python_file_that_raises_is_an_error_with_its_line(run):
    result = run({"raises.py": "import math\n\nmath.sqrt(-1)\n"})
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*raises.py:3: the file raised ValueError*"])


def test_a_python_file_without_derivations_gives_no_tests(run):
    result = run({"helpers.py": "answer = 42\n", "right.steps": RIGHT})
    result.assert_outcomes(passed=3)


def test_nothing_is_collected_without_the_option(run):
    result = run({"right.steps": RIGHT, "chapter.py": PYTHON}, ini="[pytest]\n")
    result.assert_outcomes()
    assert "signsgd" not in "\n".join(line for line in result.outlines if "plugins" not in line)


def test_files_outside_the_folders_are_left_alone(run, pytester):
    (pytester.path / "elsewhere.steps").write_text(WRONG, encoding="utf-8")
    run({"right.steps": RIGHT}).assert_outcomes(passed=3)


def test_folders_are_walked_beside_the_testpaths(run, pytester):
    tests = pytester.mkdir("tests")
    (tests / "test_one.py").write_text("def test_one(): pass\n", encoding="utf-8")
    run({"right.steps": RIGHT}, ini=INI + "testpaths = tests\n").assert_outcomes(passed=4)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("signsgd_points = many", "*signsgd_points is 'many'; write a whole number*"),
        ("signsgd_digits = 0", "*signsgd_digits is '0'*"),
        ("signsgd_seed = -1", "*signsgd_seed is '-1'*"),
        ("signsgd_derivations = nowhere", "*signsgd_derivations names nowhere, which is not a folder*"),
    ],
)
def test_wrong_options_are_one_line(run, line, complaint):
    kept = [each for each in INI.splitlines() if each.split("=")[0] != line.split("=")[0]]
    result = run({"right.steps": RIGHT}, ini="\n".join([*kept, line, ""]))
    result.stderr.fnmatch_lines([complaint])
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_the_seed_is_shown_and_can_be_set(run):
    result = run({"right.steps": RIGHT}, "--signsgd-seed", "17")
    result.stdout.fnmatch_lines(["signsgd-sym: seed 17, 4 points, 15 digits"])


def test_the_seed_is_drawn_at_run_time(run, pytester):
    first = run({"right.steps": RIGHT}).outlines
    again = pytester.runpytest_inprocess(
        "-p", "no:xdist", "-p", "no:cacheprovider", *loaded_by_name()
    ).outlines
    headers = [line for line in (*first, *again) if line.startswith("signsgd-sym: seed")]
    assert len(set(headers)) == 2


def test_workers_share_the_seed_of_their_controller(run):
    files = {f"wrong{k}.steps": WRONG for k in range(6)}
    result = run(files, "-p", "xdist", "-n", "2")
    result.assert_outcomes(passed=6, failed=6)
    seeds = {line.split()[-1] for line in result.outlines if "again with --signsgd-seed" in line}
    workers = {line.split()[0] for line in result.outlines if line.startswith(("[gw0] linux", "[gw1] linux"))}
    assert len(seeds) == 1
    assert len(workers) == 2


def test_the_plugin_loads_nothing_heavy():
    code = (
        "import sys, pytest; before = set(sys.modules); import signsgd_sym.pytest_plugin; "
        "print(*sorted(name for name in set(sys.modules) - before))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert set(run.stdout.split()) <= {"signsgd_sym", "signsgd_sym.pytest_plugin"}
