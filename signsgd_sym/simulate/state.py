"""Where one replicate stands at a time: the Delta at which one-step moments may be measured."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from signsgd_sym.model import Schedule, UpdateRule
from signsgd_sym.simulate.arithmetic import runner_factory
from signsgd_sym.simulate.certified import LatticeRunner
from signsgd_sym.simulate.replicate import recursion_of
from signsgd_sym.simulate.runner import Float64Runner
from signsgd_sym.simulate.stream import Array, Stream


def delta_at(
    rule: UpdateRule,
    stream: Stream,
    schedule: Schedule,
    delta0: ArrayLike,
    time: float,
    *,
    seed: int,
    replicate: int = 0,
) -> Array:
    r"""Delta at `time`, in float64, of the replicate that `simulate` runs with the same seed; shape (d,).

    Args:
        rule, stream, schedule, delta0, seed: as for `simulate`.
        time: the replicate takes round(time d) steps.
        replicate: which one.

    Raises:
        As `simulate`.

    Example:
        >>> from signsgd_sym.model import SIGN
        >>> from signsgd_sym.simulate import PoolStream
        >>> always_one = PoolStream([[1.0]], noise=[0.0])
        >>> delta_at(SIGN, always_one, Schedule.of("1/4"), [1.0], 3, seed=0)
        array([0.25])
    """
    recursion = recursion_of(rule, stream, schedule, delta0, [time])
    runner = runner_factory(recursion)()
    recursion.path(seed, replicate, runner)
    assert isinstance(runner, LatticeRunner | Float64Runner)  # digits were not asked for
    return np.array(runner.delta)
