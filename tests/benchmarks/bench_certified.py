"""Cost of a proved sign at d = 1000: a step of `advance`, of the certified loop, and of mpmath at 50 digits.

Run by hand: `python tests/benchmarks/bench_certified.py`. Ways are timed in turn, round after round, so that
another process on the machine slows all of them; the ratio of each round is taken, and its spread is printed.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import sympy as sp

from signsgd_sym.model import SIGN, Covariance, Schedule, noise_law
from signsgd_sym.notation import z
from signsgd_sym.simulate import GaussianStream
from signsgd_sym.simulate.certified import LatticeRunner
from signsgd_sym.simulate.formula import rule_formula
from signsgd_sym.simulate.literal import LiteralRunner
from signsgd_sym.simulate.recursion import advance

D, ROWS, DIGITS, ROUNDS = 1000, 131, 50, 41
LITERAL_ROWS = 5
ETA = 0.5
CERTIFIED_GOAL, MPMATH_GOAL = 1.25, 1000


def main() -> None:
    """Print a table."""
    rng = np.random.default_rng(0)
    x, eps, delta0 = rng.standard_normal((ROWS, D)), rng.standard_normal(ROWS), rng.standard_normal(D)
    stream = GaussianStream(Covariance.identity(D), noise_law("Normal(0, 1)"))
    delta, signs, rule, no_K = delta0.copy(), np.empty(ROWS, np.int8), rule_formula(sp.sign(z)), np.empty(0)
    certified = LatticeRunner(ETA, stream, delta0)
    literal = LiteralRunner(SIGN, Schedule.of(ETA), stream, delta0, DIGITS)

    def draw() -> None:
        rng.standard_normal(out=x)
        rng.standard_normal(out=eps)

    ways: dict[str, tuple[Callable[[], object], int]] = {
        "draws alone": (draw, ROWS),
        "float64": (lambda: advance(rule, ETA, no_K, x, eps, 0, delta, signs), ROWS),
        "certified": (lambda: certified.advance(x, eps, 0), ROWS),
        "float64 with draws": (lambda: (draw(), advance(rule, ETA, no_K, x, eps, 0, delta, signs)), ROWS),
        "certified with draws": (lambda: (draw(), certified.advance(x, eps, 0)), ROWS),
        f"mpmath, {DIGITS} digits": (
            lambda: literal.advance(x[:LITERAL_ROWS], eps[:LITERAL_ROWS], 0),
            LITERAL_ROWS,
        ),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS + 1):
        for name, (block, rows) in ways.items():
            start = time.perf_counter()
            block()
            seconds[name].append((time.perf_counter() - start) / rows)
    times = {name: np.array(values[1:]) for name, values in seconds.items()}  # the first round compiles
    for name, values in times.items():
        print(f"{name:24s} {spread(values * 1e6)} us/step")
    for over, under, goal in (
        ("certified", "float64", None),
        ("certified with draws", "float64 with draws", f"at most {CERTIFIED_GOAL}"),
        (f"mpmath, {DIGITS} digits", "certified", f"at least {MPMATH_GOAL}"),
        (f"mpmath, {DIGITS} digits", "certified with draws", None),
    ):
        ratio = spread(times[over] / times[under])
        print(f"{over + ' / ' + under:44s} {ratio}" + (f"   goal: {goal}" if goal else ""))
    print(certified.counts())


def spread(values: np.ndarray) -> str:
    """Median and quartiles."""
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return f"{middle:10.4g}  ({low:.4g} to {high:.4g})"


if __name__ == "__main__":
    main()
