"""Cost of a proved radius: a step of signSGD with a schedule, and of SGD; float64 and mpmath beside it.

Run by hand: `python tests/benchmarks/bench_radius.py`. Ways are timed in turn, round after round, so that
another process on the machine slows all of them; CPU time is taken, the ratio of each round, and its spread.
"""

from __future__ import annotations

import time

import numpy as np
from bench_certified import spread

from signsgd_sym.model import SGD, SIGN, Covariance, Schedule, UpdateRule, noise_law
from signsgd_sym.simulate import GaussianStream
from signsgd_sym.simulate.arithmetic import runner_factory
from signsgd_sym.simulate.replicate import recursion_of
from signsgd_sym.simulate.runner import Runner

DIGITS, ROUNDS = 50, 11
CASES = (
    ("diagonal", 1000, SIGN, "1/(3 + t)", 200),
    ("diagonal", 1000, SIGN, "sqrt(2*R)/10", 50),
    ("dense", 200, SIGN, "sqrt(2*R)/10", 50),
    ("diagonal", 1000, SGD, "1/(3 + t)", 20),
    ("dense", 200, SGD, "1/(3 + R)", 20),
)
"""K, d, rule, eta, rows of a block."""


def main() -> None:
    """Print a table."""
    for kind, d, rule, schedule, rows in CASES:
        covariance = Covariance.identity(d) if kind == "diagonal" else Covariance.random_unequal(d, seed=0)
        stream = GaussianStream(covariance, noise_law("Normal(0, 1)"))
        print(f"{rule.name}, eta = {schedule}, d = {d}, K {kind}")
        compare(stream, rule, Schedule.of(schedule), rows)


def compare(stream: GaussianStream, rule: UpdateRule, schedule: Schedule, rows: int) -> None:
    """Print the times of a step and their ratios."""
    rng, d = np.random.default_rng(0), stream.d
    recursion = recursion_of(rule, stream, schedule, np.full(d, d**-0.5), times=[0])
    runners: dict[str, tuple[Runner, int]] = {
        "float64": (runner_factory(recursion, certified=False)(), rows),
        "certified": (runner_factory(recursion, certified=True)(), rows),
        f"mpmath, {DIGITS} digits": (runner_factory(recursion, precision=DIGITS)(), 2),
    }
    seconds: dict[str, list[float]] = {name: [] for name in runners}
    for turn in range(ROUNDS + 1):
        x, eps = rng.standard_normal((rows, d)), rng.standard_normal(rows)
        for name, (runner, taken) in runners.items():
            first = taken * turn
            start = time.process_time()
            runner.advance(x[:taken], eps[:taken], first)
            seconds[name].append((time.process_time() - start) / taken)
    times = {name: np.array(values[1:]) for name, values in seconds.items()}  # the first round compiles
    for name, values in times.items():
        print(f"    {name:20s} {spread(values * 1e6)} us/step")
    for over, under in (("certified", "float64"), (f"mpmath, {DIGITS} digits", "certified")):
        print(f"    {over + ' / ' + under:32s} {spread(times[over] / times[under])}")
    print(f"    {runners['certified'][0].counts()}")


if __name__ == "__main__":
    main()
