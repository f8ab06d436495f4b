"""Agreement with a simulation, in standard errors."""

from __future__ import annotations

from collections.abc import Callable

from signsgd_sym.proof.derivation import Measurement
from signsgd_sym.proof.verdict import Evidence, Verdict

AGREES = 3.0
REFUTES = 5.0
"""|z| at which a difference is taken as real: a true statement gets there once in 1.7 million runs."""


def judge(experiment: Callable[[int], Measurement], seed: int) -> tuple[Verdict, Evidence]:
    """Run the experiment; between the two bounds run it once more, independently, and combine.

    >>> judge(lambda seed: Measurement(0.01, 0.02, 100), 1)[0]
    <Verdict.STATISTICAL: 'STATISTICAL'>
    """
    first = experiment(seed)
    estimate, stderr, runs = first.estimate, first.stderr, first.runs
    if not stderr > 0:
        return Verdict.UNKNOWN, Evidence("simulation", runs=runs, reason="the standard error is not positive")
    if AGREES < abs(estimate / stderr) <= REFUTES:
        second = experiment(seed + 1)
        estimate, stderr = (estimate + second.estimate) / 2, (stderr**2 + second.stderr**2) ** 0.5 / 2
        runs += second.runs
    z = estimate / stderr
    verdict = Verdict.STATISTICAL if abs(z) <= REFUTES else Verdict.REFUTED
    reason = "" if verdict is Verdict.STATISTICAL else f"off by {estimate:.3g} +- {stderr:.1g}"
    return verdict, Evidence("simulation", runs=runs, z=z, reason=reason)
