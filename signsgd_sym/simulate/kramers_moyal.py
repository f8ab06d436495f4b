r"""One-step moments by Monte Carlo: what the drift and the diffusion of an SDE have to match.

At a fixed Delta a step changes Delta by -(eta/d) F with F_i = f(r x_i), r = <x, Delta> - eps. In unit time
there are d steps, so that

    drift     -eta m,          m = E[F],
    diffusion (eta^2/d) M,     M = E[F F^T]      (M - m m^T is the covariance of a step).

Estimated in plain vectorised NumPy, independent of the compiled recursion, which is thereby checked as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import sympy as sp
from numpy.random import SeedSequence
from numpy.typing import ArrayLike

from signsgd_sym import notation
from signsgd_sym.errors import ParameterError, ShapeMismatch
from signsgd_sym.model import UpdateRule
from signsgd_sym.simulate.stream import Array, Stream, finite_array


@dataclass(frozen=True, eq=False)
class OneStepMoments:
    """Estimates of E[F] and of E[(V F)(V F)^T], with standard errors.

    Attributes:
        mean, mean_stderr: (d,), E[f(r x_i)].
        second, second_stderr: (p, p), E[<v_a, F> <v_b, F>]; E[F F^T] itself when V is the identity.
        directions: (p, d), the rows v_a of V.
        samples: number of independent samples.
    """

    mean: Array
    mean_stderr: Array
    second: Array
    second_stderr: Array
    directions: Array
    samples: int


def one_step_moments(
    rule: UpdateRule,
    stream: Stream,
    delta: ArrayLike,
    samples: int,
    seed: int,
    directions: ArrayLike | None = None,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> OneStepMoments:
    r"""Monte-Carlo estimates of m = E[f(r x)] and of second moments of f(r x) at a fixed Delta.

    Args:
        rule: update rule f(z).
        stream: source of samples.
        delta: (d,), theta - theta*.
        samples: number of samples, at least 2.
        seed: non-negative.
        directions: (p, d), rows on which F is projected for the second moments; by default the identity,
            which takes p = d and costs O(d^2) a sample.
        progress: called after each block with the samples done and the samples in all.

    Raises:
        ShapeMismatch, NotFinite: delta or directions do not fit the dimension, or are not finite.
        ParameterError: samples < 2 or seed < 0.

    Example:
        >>> from signsgd_sym.model import SIGN
        >>> from signsgd_sym.simulate import PoolStream
        >>> one_sample = PoolStream([[2.0, -1.0]], noise=[0.0])
        >>> moments = one_step_moments(SIGN, one_sample, [1.0, 0.0], samples=10, seed=0)
        >>> moments.mean, float(moments.second[0, 1])
        (array([ 1., -1.]), -1.0)
    """
    at = finite_array(delta, "delta")
    d = stream.d
    if at.shape != (d,):
        raise ShapeMismatch(f"delta has shape {at.shape}; the samples need ({d},)")
    V = np.eye(d) if directions is None else finite_array(directions, "directions")
    if V.ndim != 2 or V.shape[1] != d:
        raise ShapeMismatch(f"directions have shape {V.shape}; give rows of dimension {d}")
    if samples < 2 or seed < 0:
        raise ParameterError(f"samples is {samples} and seed {seed}; they must be at least 2 and 0")

    f = sp.lambdify(notation.z, rule.expr, modules=["scipy", "numpy"])
    sum_F, sum_FF = np.zeros(d), np.zeros(d)
    sum_YY, sum_YYYY = np.zeros((len(V), len(V))), np.zeros((len(V), len(V)))
    left = samples
    for x, eps in stream.blocks(SeedSequence(seed)):
        x, eps = x[:left], eps[:left]
        r = x @ at - eps
        z = r[:, np.newaxis] * x
        # Odd rules vanish at 0, also where their expression has no value there.
        with np.errstate(divide="ignore", invalid="ignore"):
            F = np.where(z == 0, 0.0, f(z))
        Y = F if directions is None else F @ V.T
        sum_F += F.sum(axis=0)
        sum_FF += (F * F).sum(axis=0)
        sum_YY += Y.T @ Y
        sum_YYYY += (Y * Y).T @ (Y * Y)
        left -= len(x)
        progress(samples - left, samples)
        if left == 0:
            break
    mean, second = sum_F / samples, sum_YY / samples
    return OneStepMoments(
        mean=mean,
        mean_stderr=_standard_error(mean, sum_FF / samples, samples),
        second=second,
        second_stderr=_standard_error(second, sum_YYYY / samples, samples),
        directions=V,
        samples=samples,
    )


def _standard_error(mean: Array, mean_square: Array, samples: int) -> Array:
    # Rounding can leave a constant with a variance of -1e-17.
    variance = np.maximum(mean_square - mean * mean, 0.0)
    return np.asarray(np.sqrt(variance / (samples - 1)))
