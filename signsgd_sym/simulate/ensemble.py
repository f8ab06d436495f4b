r"""Many replicates, side by side: the simulated risk curve with its standard error.

Replicates share Delta(0) and differ in their samples. They run in threads, not processes: the compiled
recursion, NumPy's generators and BLAS all release the interpreter lock, so two threads are as fast as two
processes, and a pool of real data is not copied. BLAS is held to one thread meanwhile: its own threads gain
nothing beside ours, and on a busy machine they wait for one another.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Event

import numpy as np
from numpy.typing import ArrayLike, NDArray
from threadpoolctl import threadpool_limits

from signsgd_sym.errors import ParameterError
from signsgd_sym.model import Schedule, UpdateRule
from signsgd_sym.model.adam import Adam
from signsgd_sym.simulate.arithmetic import runner_factory
from signsgd_sym.simulate.replicate import Recursion, recursion_of
from signsgd_sym.simulate.runner import Runner, SignCounts
from signsgd_sym.simulate.stream import Array, Stream

POLL_SECONDS = 0.1
"""How often the caller's thread looks up: to report progress, and to notice Ctrl-C."""


@dataclass(frozen=True, eq=False)
class Simulation:
    """Risk of the recursion at the times t = k/d, one row a replicate.

    Attributes:
        times: (points,), the multiples of 1/d nearest to the times asked for.
        risk: (runs, points), R = Delta^T K Delta/2 by definition, no sampling in it.
        replicates: (runs,), which replicates these are: row i is a function of (seed, replicates[i]) alone.
        seed: root of all replicates.
        steps_per_second: steps of the finished runs by the wall clock, random draws included.
        signs: how the signs of the residuals of the finished runs were decided.
        risk_radius: (runs, points), a proved bound of the error of each risk in this arithmetic; NaN where it
            has none, which is so unless certified is asked for and the step size varies or the rule is SGD.
    """

    times: Array
    risk: Array
    replicates: NDArray[np.int64]
    seed: int
    steps_per_second: float
    signs: SignCounts
    risk_radius: Array

    @property
    def runs(self) -> int:
        """Number of replicates."""
        return len(self.risk)

    @property
    def mean(self) -> Array:
        """Mean risk over replicates, shape (points,); NaN without any."""
        if self.runs < 1:
            return np.full(len(self.times), np.nan)
        return np.asarray(self.risk.mean(axis=0))

    @property
    def stderr(self) -> Array:
        """Standard error of `mean`, shape (points,): sample deviation/sqrt(runs); NaN for a single run."""
        if self.runs < 2:
            return np.full(len(self.times), np.nan)
        return np.asarray(self.risk.std(axis=0, ddof=1) / np.sqrt(self.runs))


class SimulationInterrupted(KeyboardInterrupt):
    """Ctrl-C during a simulation; `partial` holds the replicates that had finished (perhaps none).

    It is a KeyboardInterrupt, so that a script that does not ask for the partial result ends as usual.
    """

    def __init__(self, partial: Simulation, asked: int) -> None:
        super().__init__(f"interrupted with {partial.runs} of {asked} runs finished")
        self.partial = partial


def simulate(
    rule: UpdateRule | Adam,
    stream: Stream,
    schedule: Schedule,
    delta0: ArrayLike,
    *,
    times: ArrayLike,
    runs: int,
    seed: int,
    workers: int = 2,
    progress: Callable[[int, int], object] | None = None,
    certified: bool | None = None,
    precision: int | None = None,
    batch: int = 1,
) -> Simulation:
    r"""Run the recursion `runs` times from the same Delta(0) and record the risk R = Delta^T K Delta/2.

    A step is Delta_i <- Delta_i - (eta/d) f(r x_i) with r = <x, Delta> - eps.

    Args:
        rule: update rule f(z), for instance `model.SIGN`, or `model.adam.Adam`, whose step is defined there.
        stream: source of samples, `GaussianStream` or `PoolStream`.
        schedule: step size eta(t, R); the recursion steps by eta/d.
        delta0: (d,), theta - theta* at time 0.
        times: (points,), increasing, from 0 on; the risk is recorded after k = round(t d) steps.
        runs: number of replicates.
        seed: non-negative; the result depends on it, not on `workers`.
        workers: threads.
        progress: called now and then, from the calling thread, with the steps done and the steps in all.
        certified: whether the run is proved to be the one of infinite precision: for the sign rule every
            sign(r), for SGD the risk within `risk_radius`; False for float64 as it rounds. By default proved
            where that costs no time: sign rule, constant eta.
        precision: decimal digits; the definition itself in mpmath, a thousand times slower.
        batch: samples of a step: the rule is applied to the mean of their gradients r x.

    Raises:
        ShapeMismatch, NotFinite, StepError, RuleError: see `replicate.recursion_of` and
            `arithmetic.runner_factory`; a stream that yields other things than finite numbers.
        ParameterError: runs or workers below 1, a negative seed, or certified and precision together.
        NotConverged: the risk of a replicate overflowed.
        SimulationInterrupted: Ctrl-C; the finished replicates are attached.

    Example:
        >>> from signsgd_sym.model import SIGN
        >>> from signsgd_sym.simulate import PoolStream
        >>> always_one = PoolStream([[1.0]], noise=[0.0])  # d = 1, x = 1: |Delta| falls by eta a step
        >>> result = simulate(SIGN, always_one, Schedule.of("1/4"), [1.0], times=[0, 2, 4], runs=1, seed=0)
        >>> result.risk
        array([[0.5  , 0.125, 0.   ]])
        >>> result.signs
        SignCounts(float64=4, double_double=0, exact=0, ties=0, uncertified=0)
    """
    for name, value, least in (("runs", runs, 1), ("workers", workers, 1), ("seed", seed, 0)):
        if value < least:
            raise ParameterError(f"{name} is {value}; it must be at least {least}")
    recursion = recursion_of(rule, stream, schedule, delta0, times, batch)
    runner = runner_factory(recursion, certified=certified, precision=precision)
    block_rows = None if precision is None else 1  # so that a slow run is reported on, and can be ended
    return _run(recursion, runner, block_rows, runs, seed, workers, progress or (lambda done, total: None))


def _run(
    recursion: Recursion,
    runner: Callable[[], Runner],
    block_rows: int | None,
    runs: int,
    seed: int,
    workers: int,
    progress: Callable[[int, int], object],
) -> Simulation:
    risk, radius = np.full((2, runs, len(recursion.steps)), np.nan)
    counts = [SignCounts()] * runs
    finished = np.zeros(runs, dtype=bool)
    steps_done = [0] * runs  # each thread writes its own entries only
    stop = Event()
    start = time.perf_counter()

    def run(replicate: int) -> None:
        def after_block(k: int) -> None:
            steps_done[replicate] = k
            if stop.is_set():
                raise _Stopped

        path = recursion.path(seed, replicate, runner(), after_block=after_block, block_rows=block_rows)
        risk[replicate], radius[replicate], counts[replicate] = path.risk, path.risk_radius, path.counts
        finished[replicate] = True

    def result() -> Simulation:
        steps = int(finished.sum()) * int(recursion.steps[-1])
        return Simulation(
            times=recursion.times,
            risk=risk[finished],
            replicates=np.flatnonzero(finished),
            seed=seed,
            steps_per_second=steps / (time.perf_counter() - start),
            signs=sum(counts, SignCounts()),
            risk_radius=radius[finished],
        )

    total = runs * int(recursion.steps[-1])
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(workers) as threads:
        try:
            pending = {threads.submit(run, replicate) for replicate in range(runs)}
            while pending:
                done, pending = wait(pending, timeout=POLL_SECONDS, return_when=FIRST_EXCEPTION)
                for future in done:
                    future.result()  # raises what the replicate raised
                progress(sum(steps_done), total)
        except BaseException as failure:
            stop.set()
            threads.shutdown(cancel_futures=True)
            if isinstance(failure, KeyboardInterrupt):
                raise SimulationInterrupted(result(), runs) from None
            raise
    return result()


class _Stopped(Exception):
    """Ends a replicate whose result nobody waits for."""
