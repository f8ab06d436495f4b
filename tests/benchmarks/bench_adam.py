"""How far Adam's runs are from its ODE, on a wider grid than the tests: betas, noise, covariances.

Run by hand: `python tests/benchmarks/bench_adam.py` (about 20 minutes). A row gives the median and the
largest relative gap, the largest relative standard error, and the share of times within 3 standard errors
plus 3 %.
"""

from __future__ import annotations

import itertools

from signsgd_sym.model import Covariance, Schedule, noise_law
from signsgd_sym.model.adam import Adam
from signsgd_sym.report.compare import compare
from signsgd_sym.simulate import GaussianStream, simulate
from signsgd_sym.solve.adam_kernel import adam_kernel
from signsgd_sym.solve.adam_risk import adam_risk
from signsgd_sym.solve.risk import checked_delta, checked_times

BETAS = [
    *itertools.product(("0", "1/2", "9/10"), ("1/10", "1/2", "9/10", "99/100", "999/1000")),
]
PROBLEMS = [("identity", 0.0), ("unequal", 0.5), ("very unequal", 1.0)]
NOISE = ("Dirac(0)", "Normal(0, 1)", "Normal(0, 4)")
D, RUNS = 1000, 64
COLUMNS = ("median_gap", "largest_gap", "largest_relative_stderr", "share_in_band")


def main() -> None:
    """Print a table."""
    print("beta1   beta2     noise         covariance       median   largest    stderr   in band")
    for beta1, beta2 in BETAS:
        adam = Adam(beta1, beta2)
        kernel = adam_kernel(adam)
        for law, (name, log_sd) in itertools.product(NOISE, PROBLEMS):
            K = Covariance.random_unequal(D, seed=11, log_sd=log_sd) if log_sd else Covariance.identity(D)
            noise, start, times = noise_law(law), checked_delta(None, D, 0), checked_times(3, 30)
            result = adam_risk(adam, noise, K, Schedule.of("1/2"), start, times, kernel)
            stream = GaussianStream(K, noise)
            runs = simulate(adam, stream, result.schedule, result.delta0, times=result.t, runs=RUNS, seed=1)
            seen = compare(result.risk, runs).summary()
            numbers = (f"{seen[key]:9.3f}" for key in COLUMNS)
            print(f"{beta1:7s} {beta2:9s} {law:13s} {name:13s}", *numbers, flush=True)


if __name__ == "__main__":
    main()
