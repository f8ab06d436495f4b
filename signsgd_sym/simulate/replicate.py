"""One replicate: a whole run of the recursion, and its risk at the times asked for."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import SeedSequence
from numpy.typing import ArrayLike, NDArray

from signsgd_sym.errors import NotConverged, ShapeMismatch, StepError
from signsgd_sym.model import Schedule, UpdateRule
from signsgd_sym.simulate.formula import Formula, rule_formula, schedule_formula
from signsgd_sym.simulate.recursion import advance
from signsgd_sym.simulate.stream import Array, Stream, finite_array


@dataclass(frozen=True, eq=False)
class Recursion:
    """All that the replicates of an experiment share; made by `recursion_of`, which checks it.

    Attributes:
        rule, schedule: as `recursion.advance` takes them.
        stream: source of samples in dimension d.
        K: (d, d) or (d,), second moment of the samples; empty when the step size does not ask for R.
        delta0: (d,), Delta at time 0.
        steps: (points,), the step numbers k at which the risk is recorded, non-decreasing.
    """

    rule: Formula
    schedule: float | Formula
    stream: Stream
    K: Array
    delta0: Array
    steps: NDArray[np.int64]

    @property
    def times(self) -> Array:
        """The times t = k/d at which the risk is recorded, shape (points,)."""
        return self.steps / len(self.delta0)

    def risk_path(
        self, seed: int, replicate: int, *, after_block: Callable[[int], None] = lambda k: None
    ) -> Array:
        """Risk R = Delta^T K Delta/2 at each recorded time, shape (points,), of one replicate.

        Args:
            seed, replicate: the run is a function of these two, and of nothing else.
            after_block: told the number of steps taken so far after each block; may raise to end the run.

        Raises:
            NotConverged: the risk overflowed.
            StepError: the schedule gave a step size that is negative, infinite or NaN.
        """
        d = len(self.delta0)
        delta = self.delta0.copy()
        path = np.empty(len(self.steps))
        # The same child that SeedSequence(seed).spawn(...)[replicate] is, without making the others.
        blocks = self.stream.blocks(SeedSequence(seed, spawn_key=(replicate,)))
        x, eps = np.empty((0, d)), np.empty(0)
        k = 0
        for point, last in enumerate(self.steps.tolist()):
            while k < last:
                if len(eps) == 0:
                    x, eps = next(blocks)
                n = min(last - k, len(eps))
                taken = advance(self.rule, self.schedule, self.K, x[:n], eps[:n], k, delta)
                k += taken
                if taken < n:
                    raise StepError(
                        f"the step size at t = {k / d:.6g}, where R = {self._risk(delta):.6g}, is "
                        "negative or not finite; the schedule must stay in [0, oo)"
                    )
                x, eps = x[n:], eps[n:]
                after_block(k)
            path[point] = self._risk(delta)
            if not math.isfinite(path[point]):
                raise NotConverged(
                    f"the risk of replicate {replicate} overflowed before t = {k / d:.6g}: "
                    "the recursion is unstable at this step size; take a smaller one"
                )
        return path

    def _risk(self, delta: Array) -> float:
        with np.errstate(over="ignore", invalid="ignore"):  # an overflow is reported in words instead
            return self.stream.risk(delta)


def recursion_of(
    rule: UpdateRule, stream: Stream, schedule: Schedule, delta0: ArrayLike, times: ArrayLike
) -> Recursion:
    """Check an experiment and compile its rule and schedule.

    Args:
        rule, stream, schedule: what is studied.
        delta0: (d,), theta - theta* at time 0.
        times: (points,), increasing, from 0 on; the risk is recorded at the nearest multiples of 1/d.

    Raises:
        ShapeMismatch, NotFinite: delta0 is not a finite vector of dimension d.
        StepError: times are not increasing from 0 on, or the schedule cannot be compiled.
        RuleError: the rule cannot be compiled.
    """
    start = finite_array(delta0, "delta0")
    if start.shape != (stream.d,):
        raise ShapeMismatch(f"delta0 has shape {start.shape}; the samples need ({stream.d},)")
    step_size = float(schedule.value) if schedule.is_constant else schedule_formula(schedule.expr)
    needs_risk = isinstance(step_size, Formula) and "R" in step_size.arguments
    return Recursion(
        rule=rule_formula(rule.expr),
        schedule=step_size,
        stream=stream,
        K=np.array(stream.second_moment, order="C") if needs_risk else np.empty(0),
        delta0=start,
        steps=_steps(finite_array(times, "times"), stream.d),
    )


def _steps(times: Array, d: int) -> NDArray[np.int64]:
    if times.ndim != 1 or times.size == 0:
        raise StepError(f"times has shape {times.shape}; give at least one time, in a vector")
    if times[0] < 0:
        raise StepError(f"times begin at {times[0]:.6g}; they must not be negative")
    if (backwards := np.flatnonzero(np.diff(times) <= 0)).size:
        at = int(backwards[0])
        raise StepError(f"times must increase, but {times[at + 1]:.6g} follows {times[at]:.6g} (index {at})")
    if times[-1] >= 2**53 / d:
        raise StepError(f"time {times[-1]:.6g} is more than 2^53 steps away; no run is that long")
    return np.rint(times * d).astype(np.int64)
