r"""One step at a fixed Delta: simulated Kramers-Moyal coefficients against the derived ones.

Exact in every dimension, and therefore held to the standard error alone: the mean E[F_i] on all coordinates
and along its own direction, where an error common to all of them adds up; the second moments E[F_i F_j] on up
to `MOST` coordinates, F = f(r x). What the SDE makes of the mean, its part
linear in the correlations, is held against the same samples; that it differs is no fault of the derivation
but the error of the theory in this dimension, which has a size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.model.covariance import Covariance
from signsgd_sym.model.fourth_moment import has_fourth_moment
from signsgd_sym.model.update_rule import SIGN
from signsgd_sym.report.significance import Contrast
from signsgd_sym.simulate.kramers_moyal import one_step_moments
from signsgd_sym.simulate.stream import Stream
from signsgd_sym.solve.functions import Problem
from signsgd_sym.solve.mean_step import State, exact_mean_step, linear_mean_step
from signsgd_sym.solve.square_step import exact_second_moments, exact_squares, linear_second_moments

Array = NDArray[np.float64]

MOST = 32
"""Coordinates among which second moments are compared: all pairs of them."""


@dataclass(frozen=True, eq=False)
class OneStep:
    """The comparison at one Delta.

    `drift` holds E[F] against its exact value, `linear` against a(R) D^(-q) K Delta of the SDE, `diffusion`
    the second moments. `linearisation_error` is |linear - exact|/|exact| of the mean step;
    `factorisation_error` the same, in the Frobenius norm, of the second moments s(R) M of the SDE.
    """

    time: float
    risk: float
    drift: Contrast
    linear: Contrast
    diffusion: Contrast
    linearisation_error: float
    factorisation_error: float


def heavy_tails(problem: Problem) -> str:
    """In words, why a quantity quadratic in the label noise has no variance; empty where it has one.

    >>> from signsgd_sym.model import SGD, noise_law
    >>> from signsgd_sym.solve.functions import make_problem
    >>> heavy_tails(make_problem(SGD, noise_law("StudentT(3)")))
    'E[eps^4] is infinite'
    """
    bounded = problem.ode.sde.rule == SIGN
    return "" if bounded or has_fourth_moment(problem.law) else "E[eps^4] is infinite"


def compared_coordinates(covariance: Covariance, most: int = MOST) -> NDArray[np.int64]:
    """At most so many coordinates: all, or equally spaced ones, each with the one most correlated with it.

    >>> compared_coordinates(Covariance.ar1(100, 0.5), 6)
    array([ 0,  1, 49, 50, 98, 99])
    """
    d = covariance.d
    if d <= most:
        return np.arange(d)
    chosen = np.linspace(0, d - 2, most // 2).astype(np.int64)
    if covariance.is_diagonal:
        partners = chosen + 1
    else:
        size = np.abs(covariance.C[chosen])
        size[np.arange(len(chosen)), chosen] = -1.0
        # Of equally correlated ones the last: for equally spaced coordinates that is the next one.
        partners = d - 1 - np.argmax(size[:, ::-1], axis=1)
    return np.unique(np.concatenate([chosen, partners]))


def comparisons_of(covariance: Covariance, times: int) -> int:
    """How many differences are looked at, means and second moments at so many times."""
    p = len(compared_coordinates(covariance))
    return times * (covariance.d + 1 + p * (p + 1) // 2)


def one_step(
    problem: Problem,
    covariance: Covariance,
    stream: Stream,
    delta: Array,
    time: float,
    *,
    samples: int,
    seed: int,
    comparisons: int,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> OneStep:
    """Sample the step at `delta` and hold it against `problem` under `covariance`.

    Raises `RuleError` for a rule whose moments are not derived, and what `one_step_moments` raises.
    """
    state, at = State.of(covariance, delta), compared_coordinates(covariance)
    mean, linear = exact_mean_step(problem, state), linear_mean_step(problem, state)
    second = exact_second_moments(problem, state, at)
    factored = linear_second_moments(problem, state, at)
    rule, p = problem.ode.sde.rule, len(at)
    along = mean / np.linalg.norm(mean)
    directions = np.zeros((p + 1, covariance.d))
    directions[np.arange(p), at] = 1.0
    directions[p] = along
    seen = one_step_moments(rule, stream, delta, samples, seed, directions, progress)

    # Standard errors are the theory's where it has them: a sample without its rare values understates them.
    stderr = np.sqrt(np.maximum(exact_squares(problem, state) - mean**2, 0.0) / samples)
    variance_along = seen.second[p, p] - (along @ seen.mean) ** 2
    mean_stderr = np.append(stderr, np.sqrt(max(variance_along, 0.0) / samples))
    signs = rule == SIGN  # F_i^2 = 1
    pair_stderr = np.sqrt(np.maximum(1 - second**2, 0.0) / samples) if signs else seen.second_stderr[:p, :p]
    heavy = heavy_tails(problem)

    coordinates = (*((i,) for i in range(covariance.d)), ())
    rows, columns = np.triu_indices(p)
    pairs = tuple((int(at[i]), int(at[j])) for i, j in zip(rows, columns, strict=True))
    unsafe = heavy and f"{heavy}, so that large values of z are not rare"
    undefined = heavy and f"{heavy}, so that a sample's second moment has no standard error"

    def against(expected: Array) -> Contrast:
        held, found = (np.append(m, along @ m) for m in (expected, seen.mean))
        return Contrast(held, found, mean_stderr, coordinates, samples, comparisons, unsafe=unsafe)

    return OneStep(
        time=time,
        risk=state.risk,
        drift=against(mean),
        linear=against(linear),
        diffusion=Contrast(
            second[rows, columns],
            seen.second[rows, columns],
            pair_stderr[rows, columns],
            pairs,
            samples,
            comparisons,
            undefined=undefined,
        ),
        linearisation_error=float(np.linalg.norm(linear - mean) / np.linalg.norm(mean)),
        factorisation_error=float(np.linalg.norm(factored - second) / np.linalg.norm(second)),
    )
