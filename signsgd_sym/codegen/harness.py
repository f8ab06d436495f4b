"""Generated code built and run as its users would: by a C compiler, by Node, by a Python of its own.

Every runner takes source text, points and names of functions of R, and returns their values as float64.
Nothing here trusts the generator: the text is all that is passed on.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.errors import NotConverged

Array = NDArray[np.float64]
Names = tuple[str, ...]
SECONDS = 300
FLAGS = ("-std=c11", "-O2", "-Wall", "-Wextra", "-Werror")

C_MAIN = """
#include <stdio.h>
int main(void) {
    double R;
    while (fread(&R, sizeof R, 1, stdin) == 1) {
        const double values[] = {CALLS};
        fwrite(values, sizeof values, 1, stdout);
    }
    return 0;
}
"""

NODE_MAIN = """
import * as generated from "./generated.mjs";
import { readFileSync, writeSync } from "node:fs";
const bytes = readFileSync(0);
const risks = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
const functions = [CALLS];
const values = new Float64Array(functions.length * risks.length);
risks.forEach((R, k) => { functions.forEach((f, j) => { values[functions.length * k + j] = f(R); }); });
const out = Buffer.from(values.buffer);
for (let done = 0; done < out.length;) { done += writeSync(1, out, done); }
"""

PYTHON_MAIN = """
import sys
import numpy as np
PREPARE
import generated
risks = np.frombuffer(sys.stdin.buffer.read())
functions = [CALLS]
values = np.empty((len(risks), len(functions)))
for column, f in enumerate(functions):
    values[:, column] = EVALUATE
sys.stdout.buffer.write(values.tobytes())
"""

WHOLE = "np.asarray(f(risks), dtype=float)"
ONE_BY_ONE = "[float(f(float(R))) for R in risks]"


@dataclass(frozen=True)
class Runner:
    """`tool` names and dates what runs the code; `missing` says what is not installed, "" if all is."""

    tool: Callable[[], str]
    missing: Callable[[], str]
    evaluate: Callable[[str, Array, Names], Array]

    def run(self, source: str, risks: Array, names: Names = ("phi", "drift_rate")) -> Array:
        """The values at `risks` of the functions `names`, one column each."""
        return self.evaluate(source, risks, names)


def _call(command: list[str], folder: Path, data: bytes = b"") -> bytes:
    done = subprocess.run(command, cwd=folder, input=data, capture_output=True, timeout=SECONDS, check=False)
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise NotConverged(
            f"{Path(command[0]).name} failed on generated code: {' | '.join(lines[-3:]) or done.returncode}"
        )
    return done.stdout


def _values(raw: bytes, risks: Array, names: Names) -> Array:
    values = np.frombuffer(raw, dtype=float)
    if values.size != len(names) * risks.size:
        raise NotConverged(f"generated code gave {values.size} values for {risks.size} points.")
    return values.reshape(-1, len(names))


def compiler() -> str | None:
    """The C compiler of this machine: cc, gcc or clang."""
    return next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)


def _run_c(source: str, risks: Array, names: Names) -> Array:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        calls = ", ".join(f"signsgd_{one}(R)" for one in names)
        (folder / "generated.c").write_text(source + C_MAIN.replace("CALLS", calls))
        command = compiler()
        assert command is not None
        _call([command, *FLAGS, "generated.c", "-o", "generated", "-lm"], folder)
        return _values(_call([str(folder / "generated")], folder, risks.tobytes()), risks, names)


def _run_node(source: str, risks: Array, names: Names) -> Array:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "generated.mjs").write_text(source)
        calls = ", ".join(f"generated.{one}" for one in names)
        (folder / "main.mjs").write_text(NODE_MAIN.replace("CALLS", calls))
        node = shutil.which("node")
        assert node is not None
        return _values(_call([node, "main.mjs"], folder, risks.tobytes()), risks, names)


def _python(evaluate: str, prepare: str = "") -> Callable[[str, Array, Names], Array]:
    def run(source: str, risks: Array, names: Names) -> Array:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "generated.py").write_text(source)
            main = PYTHON_MAIN.replace("EVALUATE", evaluate).replace("PREPARE", prepare)
            main = main.replace("CALLS", ", ".join(f"generated.{one}" for one in names))
            (folder / "main.py").write_text(main)
            return _values(_call([sys.executable, "main.py"], folder, risks.tobytes()), risks, names)

    return run


def _version(command: str | None) -> str:
    if command is None:
        return "none"
    line = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout
    return line.splitlines()[0].strip()


def _package(name: str) -> Callable[[], str]:
    def version() -> str:
        from importlib.metadata import version as of

        return f"{name} {of(name)}, Python {platform.python_version()}"

    return version


def _needs(*names: str) -> Callable[[], str]:
    def missing() -> str:
        from importlib.util import find_spec

        lacking = [name for name in names if find_spec(name) is None]
        return f"{', '.join(lacking)} is not installed" if lacking else ""

    return missing


def _needs_program(found: Callable[[], str | None], what: str) -> Callable[[], str]:
    return lambda: "" if found() else f"{what} is not installed"


DOUBLE = 'import jax; jax.config.update("jax_enable_x64", True)'

RUNNERS = {
    "numpy": Runner(_package("numpy"), _needs("numpy"), _python(WHOLE)),
    "c": Runner(
        lambda: _version(compiler()), _needs_program(compiler, "a C compiler (cc, gcc or clang)"), _run_c
    ),
    "javascript": Runner(
        lambda: f"Node {_version(shutil.which('node'))}",
        _needs_program(lambda: shutil.which("node"), "Node.js"),
        _run_node,
    ),
    "numba": Runner(_package("numba"), _needs("numba"), _python(WHOLE)),
    "mpmath": Runner(_package("mpmath"), _needs("mpmath"), _python(ONE_BY_ONE)),
    "flint": Runner(_package("python-flint"), _needs("flint"), _python(ONE_BY_ONE)),
    "jax": Runner(_package("jax"), _needs("jax"), _python(WHOLE, DOUBLE)),
}
"""How to run each target; latex is not run."""
