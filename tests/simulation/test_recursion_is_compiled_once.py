"""The disk cache works across processes, for rules and schedules met before; without one, all still runs."""

import os
import subprocess
import sys

import pytest

from signsgd_sym.simulate.recursion import compiled

RUN = """
import numpy as np, sympy as sp
from signsgd_sym.notation import z, t, R
from signsgd_sym.simulate.formula import rule_formula, schedule_formula
from signsgd_sym.simulate.recursion import advance
delta = np.ones(2)
rule, schedule = rule_formula(sp.tanh(z)), schedule_formula(sp.sqrt(R)/(1 + t))
advance(rule, schedule, np.ones(2), np.ones((1, 2)), np.zeros(1), 0, delta, np.empty(1, np.int8))
print(sum(advance.stats.cache_hits.values()), sum(advance.stats.cache_misses.values()))
"""


CERTIFIED_RUN = """
import numpy as np
from signsgd_sym.simulate.certified import LatticeRunner
from signsgd_sym.simulate.certified_kernel import advance_while_sure
LatticeRunner(0.5, None, np.ones(2)).advance(np.ones((1, 2)), np.zeros(1), 0)
print(sum(advance_while_sure.stats.cache_hits.values()), sum(advance_while_sure.stats.cache_misses.values()))
"""


@pytest.mark.parametrize("run", [RUN, CERTIFIED_RUN], ids=["float64", "certified"])
def test_second_process_compiles_nothing(run, tmp_path):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    process = [sys.executable, "-c", run]
    outputs = [subprocess.check_output(process, env=environment, text=True) for _ in range(2)]
    assert outputs == ["0 1\n", "1 0\n"]


def test_runs_without_a_cache_directory():
    namespace = {}
    exec("def double(x):\n    return 2 * x", namespace)  # has no file, hence no place for a cache
    assert compiled(namespace["double"])(21.0) == 42.0


@pytest.mark.parametrize("module", ["numba", "matplotlib"])
def test_import_is_light(module):
    code = f"import sys, signsgd_sym.simulate; print({module!r} in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"
