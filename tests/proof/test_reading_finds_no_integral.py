"""Reading a text never makes SymPy find the value of an integral: it may take hours, and nobody asked."""

import os
import time

import pytest

from signsgd_sym.errors import InputError, ParseError
from signsgd_sym.steps.files import load
from signsgd_sym.steps.read import read_steps

ENDS = 60  # seconds: no speed is claimed, only that it ends

SLOW = "Integral(sin(y), (y, 0, oo))"
"""SymPy's quadrature of it does not end."""


def read(expression):
    started = time.process_time()
    try:
        return read_steps(f"symbols: x > 0; y real\nsteps:\n x\n = {expression}\n", "a.steps")["1"].rhs
    finally:
        assert time.process_time() - started < ENDS


@pytest.mark.parametrize(
    "around",
    [
        "exp({})",
        "exp(2*{} - 1)",
        "exp(log(2)*{})",
        "exp(log({}))",
        "log(log({}))",
        "sin({})",
        "sqrt(log({}))",
    ],
)
def test_functions_of_an_integral_that_is_a_number_are_refused(around):
    with pytest.raises(
        ParseError, match="of a number that is an integral or a sum is not read; give its value"
    ):
        read(around.format(SLOW))


@pytest.mark.parametrize(
    "around", ["{}**2", "sqrt({})", "1/(1 + {})", "cbrt(sqrt({}) - 2)", "x*{}", "log(x + {})", "exp(-x*{})"]
)
def test_powers_of_it_and_functions_that_hold_a_symbol_are_read(around):
    assert read(around.format(SLOW)).has(read(SLOW))


def test_a_pipe_is_not_waited_for(tmp_path):
    pipe = tmp_path / "pipe.steps"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="is not a regular file"):
        load(pipe)


def test_a_name_that_no_file_can_have_is_refused(tmp_path):
    for name in ("a" * 300 + ".steps", "a\0.steps"):
        with pytest.raises(InputError):
            load(tmp_path / name)
