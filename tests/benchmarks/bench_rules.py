"""A wider grid than the tests have: every rule against simulation, and what the forms of the ODE cost.

Run as a script: `python tests/benchmarks/bench_rules.py [d]`. For each rule and law the share of times within
3 standard errors plus 3 % of the curve, the largest gap, and seconds for curve and simulation.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from signsgd_sym.errors import SignSGDError
from signsgd_sym.model import Covariance, UpdateRule, noise_law
from signsgd_sym.report.compare import compare
from signsgd_sym.simulate import GaussianStream, simulate
from signsgd_sym.solve.risk import risk_curve

RULES = (
    "power(1/4)", "power(1/2)", "power(3/4)", "clip(1/2)", "clip(2)", "tanh", "tanh(2)", "dither(1/4)",
    "rule: z/(1 + Abs(z))", "rule: Piecewise((0, Abs(z) < 1/2), (sign(z), True))",
)  # fmt: skip
LAWS = ("Normal(0, 1)", "Laplace(0, 1)", "StudentT(3)", "Rademacher(1)", "Exponential(1)", "Cauchy(0, 1/2)")
BATCHES = (2, 4, 16)
RUNS = 16


def covariances(d: int) -> tuple[Covariance, ...]:
    """No modes, equal variances, and no correlations."""
    return (
        Covariance.random_unequal(d, seed=11, log_sd=0.5),
        Covariance.ar1(d, 0.5),
        Covariance.powerlaw(d, 1.0),
    )


def line(rule: UpdateRule, law: str, K: Covariance, batch: int = 1) -> str:
    """One row of the table."""
    name = f"{rule.name} b={batch}" if batch > 1 else rule.name
    head = f"{name[:34]:<34} {law:<16} {K.name[:24]:<24}"
    started = time.perf_counter()
    try:
        result = risk_curve(law, K, "1/2", 2, optimizer=rule, points=20, batch=batch)
    except SignSGDError as refused:
        return f"{head} {str(refused)[:60]}"
    solved = time.perf_counter()
    stream = GaussianStream(K, noise_law(law))
    runs = simulate(
        rule,
        stream,
        result.schedule,
        result.delta0,
        times=result.t,
        runs=RUNS,
        seed=1,
        batch=batch,
    )
    seen = compare(result.risk, runs)
    gap = float(np.max(np.abs(seen.gap)))
    seconds = f"{solved - started:6.1f} {time.perf_counter() - solved:6.1f}"
    return f"{head} in band {seen.share_in_band:4.0%}  largest gap {gap:6.2%}  seconds {seconds}"


def main() -> None:
    """Print the table."""
    d = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    for K in covariances(d):
        for law in LAWS:
            for text in RULES:
                print(line(UpdateRule.from_text(text), law, K), flush=True)
            for batch in BATCHES:
                for name in ("sign", "tanh"):
                    print(line(UpdateRule.from_text(name), law, K, batch), flush=True)


if __name__ == "__main__":
    main()
