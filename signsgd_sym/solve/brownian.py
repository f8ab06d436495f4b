"""The grid and the Brownian increments of a path: one seed, one path, whatever arithmetic follows it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.errors import ParameterError

Array = NDArray[np.float64]


def increments(seed: int, runs: int, d: int) -> Iterator[Array]:
    """xi of one step after another, (runs, d) independent N(0, 1); W moves by sqrt(dt) xi.

    The float64 numbers are exact dyadic rationals, so that a computation to more digits can take the very
    same path.

    >>> one, other = next(increments(1, 2, 3)), next(increments(1, 2, 3))
    >>> one.shape, bool((one == other).all())
    ((2, 3), True)
    """
    rng = np.random.default_rng(seed)
    while True:
        yield rng.standard_normal((runs, d))


def grid(times: Array, d: int, substeps: int) -> list[int]:
    """The step, of length 1/(d substeps), nearest to each of `times`.

    Raises:
        ParameterError: `times` are not ascending, finite and from 0 on, or `substeps` is not positive.

    >>> grid(np.array([0.0, 0.5]), 10, 2)
    [0, 10]
    """
    if substeps != int(substeps) or substeps < 1:
        raise ParameterError(f"substeps is {substeps}, but it must be an integer of at least 1; use 1")
    times = np.asarray(times, dtype=float)
    if not (np.all(np.isfinite(times)) and np.all(np.diff(times, prepend=0.0) >= 0)):
        raise ParameterError(f"the times {times} must be finite and ascend from 0 on; sort them")
    return [int(k) for k in np.rint(times / (1 / (d * substeps)))]
