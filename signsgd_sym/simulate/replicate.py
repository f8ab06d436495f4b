"""One replicate: a whole run of the recursion, and its risk at the times asked for."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import SeedSequence
from numpy.typing import ArrayLike, NDArray

from signsgd_sym.errors import NotConverged, ParameterError, RuleError, ShapeMismatch, StepError
from signsgd_sym.model import Schedule, UpdateRule
from signsgd_sym.model.adam import Adam
from signsgd_sym.simulate.runner import KnowsItsError, Runner, SignCounts, Signs, checked_samples
from signsgd_sym.simulate.stream import Array, Stream, finite_array


@dataclass(frozen=True, eq=False)
class Path:
    """What is left of a replicate.

    Attributes:
        risk: (points,), R = Delta^T K Delta/2 at each recorded time.
        signs: (steps,), sign(r) of every step where they were kept, else empty.
        counts: how the signs were decided.
        risk_radius: (points,), a proved bound of the error of each risk; NaN where the arithmetic has none.
    """

    risk: Array
    signs: Signs
    counts: SignCounts
    risk_radius: Array


@dataclass(frozen=True, eq=False)
class Recursion:
    """All that the replicates of an experiment share; made by `recursion_of`, which checks it.

    Attributes:
        rule, schedule: what is studied.
        stream: source of samples in dimension d.
        delta0: (d,), Delta at time 0.
        steps: (points,), the step numbers k at which the risk is recorded, non-decreasing.
        batch: samples of a step, which is the rule applied to their mean gradient.
    """

    rule: UpdateRule | Adam
    schedule: Schedule
    stream: Stream
    delta0: Array
    steps: NDArray[np.int64]
    batch: int = 1

    @property
    def times(self) -> Array:
        """The times t = k/d at which the risk is recorded, shape (points,)."""
        return self.steps / len(self.delta0)

    def path(
        self,
        seed: int,
        replicate: int,
        runner: Runner,
        *,
        after_block: Callable[[int], None] = lambda k: None,
        block_rows: int | None = None,
        keep_signs: bool = False,
    ) -> Path:
        """One replicate, from beginning to end.

        Args:
            seed, replicate: with the arithmetic, all that the run depends on.
            runner: the arithmetic, at its start; see `arithmetic.runner_factory`.
            after_block: told the number of steps taken so far after each block; may raise to end the run.
            block_rows: most steps in a block; by default as many as the stream yields at a time.
            keep_signs: whether to record the sign of every residual.

        Raises:
            NotConverged: the risk overflowed.
            StepError: the schedule gave a step size that is negative, infinite or NaN.
            ShapeMismatch, NotFinite: the stream yields other things than finite numbers in dimension d.
        """
        d = len(self.delta0)
        risk, radius = np.empty(len(self.steps)), np.full(len(self.steps), np.nan)
        kept: list[Signs] = []
        # The same child that SeedSequence(seed).spawn(...)[replicate] is, without making the others.
        blocks = self.stream.blocks(SeedSequence(seed, spawn_key=(replicate,)))
        x, eps = np.empty((0, d)), np.empty(0)
        k = 0
        for point, last in enumerate(self.steps.tolist()):
            while k < last:
                while len(eps) < self.batch:
                    # The stream overwrites what it yielded before: keep what is left of it.
                    left, noise = x.copy(), eps.copy()
                    x, eps = checked_samples(*next(blocks), d)
                    if len(noise):
                        x, eps = np.concatenate([left, x]), np.concatenate([noise, eps])
                n = min(last - k, len(eps) // self.batch, block_rows or len(eps))
                rows = n * self.batch
                signs = runner.advance(x[:rows], eps[:rows], k)
                if keep_signs:
                    kept.append(signs)
                k += n
                x, eps = x[rows:], eps[rows:]
                after_block(k)
            risk[point] = runner.risk()
            if not math.isfinite(risk[point]):
                raise NotConverged(
                    f"the risk of replicate {replicate} overflowed before t = {k / d:.6g}: "
                    "the recursion is unstable at this step size; take a smaller one"
                )
            if isinstance(runner, KnowsItsError):
                radius[point] = runner.risk_radius()
        signs = np.concatenate(kept) if kept else np.empty(0, dtype=np.int8)
        return Path(risk, signs, runner.counts(), radius)


def recursion_of(
    rule: UpdateRule | Adam,
    stream: Stream,
    schedule: Schedule,
    delta0: ArrayLike,
    times: ArrayLike,
    batch: int = 1,
) -> Recursion:
    """Check an experiment.

    Args:
        rule, stream, schedule: what is studied.
        delta0: (d,), theta - theta* at time 0.
        times: (points,), increasing, from 0 on; the risk is recorded at the nearest multiples of 1/d.
        batch: samples of a step.

    Raises:
        ShapeMismatch, NotFinite: delta0 is not a finite vector of dimension d.
        StepError: times are not increasing from 0 on.
        ParameterError: a batch below 1.
        RuleError: a batch above 1 for Adam.
    """
    if batch < 1:
        raise ParameterError(f"batch is {batch}; it must be at least 1")
    if batch > 1 and isinstance(rule, Adam):
        raise RuleError(f"{rule.name} takes one sample a step, not batches of {batch}; take batch=1")
    start = finite_array(delta0, "delta0")
    if start.shape != (stream.d,):
        raise ShapeMismatch(f"delta0 has shape {start.shape}; the samples need ({stream.d},)")
    return Recursion(rule, schedule, stream, start, _steps(finite_array(times, "times"), stream.d), batch)


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
