r"""Where <x, Delta> and eps are neighbouring floats, float64 takes a wrong sign and the run is another one.

Up to that step both runs agree; certified signs agree with fractions before, there and after.
"""

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from exact_problems import Problem, exact_run, near_tie, normals

from signsgd_sym.notation import z
from signsgd_sym.simulate import PoolStream
from signsgd_sym.simulate.certified import LatticeRunner
from signsgd_sym.simulate.formula import rule_formula
from signsgd_sym.simulate.recursion import advance

ADVERSARIAL_STEP = 10
SEEDS = range(30)


def float64_run(problem):
    delta, signs = problem.delta0.copy(), np.empty(len(problem.x), np.int8)
    advance(rule_formula(sp.sign(z)), problem.eta, np.empty(0), problem.x, problem.eps, 0, delta, signs)
    return signs.tolist(), delta


def certified_run(problem):
    runner = LatticeRunner(problem.eta, PoolStream(problem.x[:1], [0.0]), problem.delta0)
    return runner.advance(problem.x, problem.eps, 0).tolist(), runner


def one_near_tie(d, seed):
    x, delta0, _ = normals(d, seed)
    return near_tie(0.5, delta0, x, ulps=(-1, 0, 1)[seed % 3], steps={ADVERSARIAL_STEP})


CANCELLING = Problem(
    0.75,
    np.ones(3),
    np.array([[1.0, 2.0, 3.0], [1e16, -1e16, 1.0], [1.0, -1.0, 0.25]]),
    np.array([10.0, 1.5, 0.5]),
)
"""After the first step Delta = 5/4 each and r = 1e16 5/4 - 1e16 5/4 + 5/4 - 3/2; float64 rounds 5/4 to 2."""


def problems_float64_gets_wrong():
    found = {f"near tie, d = {d}, seed {seed}": one_near_tie(d, seed) for d in (3, 50, 200) for seed in SEEDS}
    found = {name: p for name, p in found.items() if float64_run(p)[0] != exact_run(p)[0]}
    return found | {"1e16 - 1e16 + 1": CANCELLING}


WRONG = problems_float64_gets_wrong()


def test_near_ties_deceive_float64_often():
    assert len(WRONG) >= 30


@pytest.mark.parametrize("problem", WRONG.values(), ids=WRONG)
def test_float64_goes_wrong_at_the_adversarial_step_and_leaves_the_trajectory(problem):
    signs, float64_signs = exact_run(problem)[0], float64_run(problem)[0]
    first = next(k for k, (a, b) in enumerate(zip(signs, float64_signs, strict=True)) if a != b)
    assert first == (1 if problem is CANCELLING else ADVERSARIAL_STEP)
    assert gap_in_steps(up_to(problem, first)) < 1e-9  # rounding, and nothing else
    assert gap_in_steps(up_to(problem, first + 1)) > 1 - 1e-9  # a whole step, or two


def test_most_runs_stay_apart():
    """Not all: further signs that differ may bring two runs together again, in few dimensions above all."""
    apart = [gap_in_steps(problem) > 1 - 1e-9 for problem in WRONG.values()]
    assert sum(apart) > 0.8 * len(apart)


def up_to(problem, steps):
    return Problem(problem.eta, problem.delta0, problem.x[:steps], problem.eps[:steps])


def gap_in_steps(problem):
    """Largest |Delta_i - Delta_i of float64| after all steps, in units of h."""
    delta, exact = float64_run(problem)[1], exact_run(problem)[1]
    return max(abs(Fraction(float(a)) - b) for a, b in zip(delta, exact, strict=True)) / Fraction(problem.h)


@pytest.mark.parametrize("problem", WRONG.values(), ids=WRONG)
def test_certified_signs_are_right(problem):
    signs, delta = exact_run(problem)
    certified, runner = certified_run(problem)
    assert certified == signs
    assert runner.exact_delta() == delta
    assert runner.counts().double_double + runner.counts().exact >= 1
