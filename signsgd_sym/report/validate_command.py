"""`signsgd-sym validate`: the request checked as a whole, and its run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from signsgd_sym.report.risk_command import Progress, RiskRequest
from signsgd_sym.report.validation import Validation, checked_numbers, validate


@dataclass(frozen=True, eq=False)
class ValidateRequest:
    """What was asked for, parsed and checked before any work starts.

    `experiment` is the request that `risk --simulate RUNS` would be.
    """

    experiment: RiskRequest
    samples: int

    @classmethod
    def parse(
        cls,
        law: str,
        covariance: str,
        lr: str,
        time: str,
        optimizer: str,
        points: int,
        theta0: str | None,
        seed: int,
        runs: int,
        samples: int,
        plot: Path | None,
    ) -> ValidateRequest:
        """Parse the texts of the command line; raises `InputError` of the kind that fits."""
        checked_numbers(runs, samples, seed, prefix="--")
        experiment = RiskRequest.parse(law, covariance, lr, time, optimizer, points, theta0, seed, runs, plot)
        return cls(experiment, samples)


def run_validate(request: ValidateRequest, progress: Progress = lambda stage, share: None) -> Validation:
    """Derive, solve, sample, simulate, judge; raises as `validate` does."""
    asked = request.experiment
    return validate(
        asked.law,
        asked.covariance,
        asked.schedule,
        asked.time,
        optimizer=asked.rule,
        runs=asked.runs,
        samples=request.samples,
        points=asked.points,
        delta0=asked.delta0,
        seed=asked.seed,
        progress=progress,
    )
