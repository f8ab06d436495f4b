"""Generated source in each language as Python callables, for tests that run it."""

import ctypes
import json
import shutil
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from signsgd_sym.codegen.harness import FLAGS, compiler
from signsgd_sym.codegen.targets import SUFFIXES, source_of

NUMBERS = ctypes.POINTER(ctypes.c_double)


def python(target, module):
    """The Python module printed for `target`."""
    made = types.ModuleType(f"generated_for_{target}")
    exec(compile(source_of(target)(module), f"<{target}>", "exec"), made.__dict__)
    return made


class CLibrary:
    """The C file as a shared library: scalar functions by name, and `risk_rhs` over arrays."""

    def __init__(self, source, folder):
        if compiler() is None:
            pytest.skip("a C compiler is not installed")
        (folder / "generated.c").write_text(source)
        build = [compiler(), *FLAGS, "-Wpedantic", "-shared", "-fPIC", "generated.c", "-o", "generated.so"]
        subprocess.run([*build, "-lm"], cwd=folder, check=True, capture_output=True)
        self.library = ctypes.CDLL(str(folder / "generated.so"))

    def __call__(self, name, *arguments):
        function = getattr(self.library, f"signsgd_{name}")
        function.restype = ctypes.c_double
        function.argtypes = [ctypes.c_double] * len(arguments)
        rows = (
            np.broadcast_arrays(*np.atleast_1d(*arguments))
            if len(arguments) > 1
            else [np.atleast_1d(arguments[0])]
        )
        return np.array([function(*map(float, row)) for row in zip(*rows, strict=True)])

    def risk_rhs(self, t, r, lam, forcing, eta):
        function, out = self.library.signsgd_risk_rhs, np.empty_like(r)
        function.restype = None
        arrays = [np.ascontiguousarray(a, dtype=float).ctypes.data_as(NUMBERS) for a in (r, lam, forcing)]
        function(ctypes.c_double(t), *arrays, ctypes.c_double(eta), ctypes.c_size_t(len(r)),
                 out.ctypes.data_as(NUMBERS))  # fmt: skip
        return out


def javascript(source, folder, calls):
    """The values of `calls`, {key: JavaScript expression in `m`}, the ES module; numbers or arrays."""
    if shutil.which("node") is None:
        pytest.skip("Node.js is not installed")
    (folder / "generated.mjs").write_text(source)
    texts = ", ".join(f"{json.dumps(key)}: Array.from({text})" for key, text in calls.items())
    (folder / "main.mjs").write_text(
        f'import * as m from "./generated.mjs";\nconsole.log(JSON.stringify({{{texts}}}));\n'
    )
    done = subprocess.run(["node", "main.mjs"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {key: np.array(values, dtype=float) for key, values in json.loads(done.stdout).items()}


def check_clean(module, folder, targets=("numpy", "numba", "mpmath", "flint", "jax")):
    """ruff's own rules and strict mypy find nothing in the Python that is printed."""
    for target in targets:
        Path(folder / f"for_{target}{SUFFIXES[target]}").write_text(source_of(target)(module))
    files = sorted(path.name for path in folder.glob("for_*.py"))
    for tool in (["ruff", "check", "--isolated"], ["mypy", "--strict"]):
        if subprocess.run([sys.executable, "-m", tool[0], "--version"], capture_output=True).returncode:
            pytest.skip(f"{tool[0]} is not installed")
        done = subprocess.run(
            [sys.executable, "-m", *tool, *files], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout
