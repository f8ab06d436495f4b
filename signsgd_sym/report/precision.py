r"""`validate --precision`: what float64 got wrong, in the runs, in the curve, and in one step.

On the same samples the recursion runs in float64, certified, and in N digits; the ODE is solved in float64
and to N digits; the moments of a step at Delta(0) are proved to N digits; and the means of certified runs are
held against the N-digit curve. Each number comes with its error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.balls.decimals import CertifiedDecimal
from signsgd_sym.errors import NotConverged, RuleError
from signsgd_sym.report.precise_comparison import PreciseGap, chosen_times, precise_gaps
from signsgd_sym.report.risk_digits import exact_times
from signsgd_sym.simulate.replicate import Recursion, recursion_of
from signsgd_sym.simulate.rounding import Rounding, RoundingInterrupted, proved_risks, rounding_study
from signsgd_sym.simulate.stream import Stream
from signsgd_sym.solve.precise import PreciseCurve, precise_curve
from signsgd_sym.solve.precise_step import PreciseStep, precise_step
from signsgd_sym.solve.risk import RiskResult

Array = NDArray[np.float64]
Progress = Callable[[str, float], object]


@dataclass(frozen=True, eq=False)
class PrecisionStudy:
    """Everything at N digits beside float64.

    `rounding` compares the arithmetics of one run, `curve` is the N-digit curve and `curve_gap` the relative
    difference of the float64 one, (points,); `step` has the moments at Delta(0); `gaps` hold the means of
    certified runs against the curve. What could not be had is None or empty, and `refusals` say why.
    """

    digits: int
    times: tuple[Any, ...]
    stated_error: float
    rounding: Rounding
    curve: PreciseCurve | None = None
    curve_gap: Array | None = None
    step: PreciseStep | None = None
    gaps: tuple[PreciseGap, ...] = ()
    refusals: tuple[str, ...] = ()


class StudyInterrupted(KeyboardInterrupt):
    """Ctrl-C during a study; `partial` has what was finished."""

    def __init__(self, partial: PrecisionStudy) -> None:
        super().__init__("interrupted; what was finished is kept")
        self.partial = partial


def precision_study(
    result: RiskResult,
    stream: Stream,
    time: Any,
    digits: int,
    *,
    seed: int,
    runs: int,
    literal_steps: int | None = None,
    progress: Progress = lambda stage, share: None,
) -> PrecisionStudy:
    """Compare float64 with certified and N-digit arithmetic on the problem of `result`.

    result : the float64 curve, with its problem
    stream : the samples
    time : the horizon as an exact number; the times are those of `result`
    digits : N >= 15
    seed, runs : replicates of the comparison, as many as are to be run certified; 0 for none
    literal_steps : most steps in N digits; see `rounding_study`

    Raises `ParameterError` for the digits, `StudyInterrupted` on Ctrl-C, and what running raises.
    """
    times = tuple(exact_times(time, len(result.t) - 1))
    rule = result.problem.ode.sde.rule
    recursion = recursion_of(rule, stream, result.schedule, result.delta0, result.t)
    budget = sum(error for error in result.error_budget.values() if error is not None)
    try:
        rounding = rounding_study(
            recursion, digits=digits, seed=seed, literal_steps=literal_steps, progress=progress
        )
    except RoundingInterrupted as stopped:
        raise StudyInterrupted(PrecisionStudy(digits, times, budget, stopped.partial)) from None
    refusals = (rounding.refusal,) if rounding.refusal else ()
    study = PrecisionStudy(digits, times, budget, rounding, refusals=refusals)
    try:
        for extend in (_with_curve, _with_step):
            study = extend(study, result, progress)
        return _with_gaps(study, recursion, seed, runs, progress)
    except KeyboardInterrupt:
        raise StudyInterrupted(study) from None


def _refused(study: PrecisionStudy, reason: Exception) -> PrecisionStudy:
    return replace(study, refusals=(*study.refusals, str(reason)))


def _with_curve(study: PrecisionStudy, result: RiskResult, progress: Progress) -> PrecisionStudy:
    stage = f"solving to {study.digits} digits"
    progress(stage, 0.0)
    try:
        curve = precise_curve(
            result.problem,
            result.covariance,
            result.schedule,
            result.delta0,
            study.times,
            study.digits,
            lambda share: progress(stage, share),
        )
    except NotConverged as reason:
        return _refused(study, reason)
    gap = None if result.curve.failure else curve.gap_of(result.risk)
    return replace(study, curve=curve, curve_gap=gap)


def _with_step(study: PrecisionStudy, result: RiskResult, progress: Progress) -> PrecisionStudy:
    progress(f"one step to {study.digits} digits", 0.0)
    try:
        step = precise_step(result.problem, result.covariance, result.delta0, study.digits)
    except NotConverged as reason:
        return _refused(study, reason)
    return replace(study, step=step)


def _with_gaps(
    study: PrecisionStudy, recursion: Recursion, seed: int, runs: int, progress: Progress
) -> PrecisionStudy:
    if study.curve is None or runs == 0 or not study.rounding.proved:
        return study
    at = chosen_times(len(study.times))
    chosen = replace(recursion, steps=recursion.steps[at])
    stage = f"proving the risks of {runs} runs to {study.digits} digits"
    risks: list[tuple[CertifiedDecimal, ...]] = []
    for replicate in range(runs):
        progress(stage, replicate / runs)
        try:
            risks.append(proved_risks(chosen, digits=study.digits, seed=seed, replicate=replicate))
        except (RuleError, NotConverged) as reason:
            return _refused(study, reason)
    return replace(study, gaps=precise_gaps(study.curve, at, risks, study.digits))
