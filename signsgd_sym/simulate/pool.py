r"""Real data as a stream: rows of a fixed array, drawn uniformly with replacement."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.random import Generator, SeedSequence
from numpy.typing import ArrayLike, NDArray

from signsgd_sym.errors import ShapeMismatch
from signsgd_sym.model import NoiseLaw
from signsgd_sym.simulate.stream import (
    Array,
    Dealer,
    check_block_rows,
    child_generators,
    finite_array,
    noise_dealer,
    rows_of_a_block,
)


@dataclass(frozen=True, eq=False, init=False)
class PoolStream:
    """Rows drawn uniformly, with replacement, from a fixed array: real data in place of Gaussian.

    The population is the pool itself, so K = X^T X/N exactly, not centred. The noise is drawn from a law, or
    belongs to the row: eps_k = y_k - <x_k, theta*> makes r = <x, Delta> - eps the residual of real labels.

    Attributes:
        X: (N, d), samples in rows.
        noise: law of eps, or eps of each row, shape (N,).
        block_rows: rows drawn at a time; by default as many as fill `stream.BLOCK_BYTES`.

    Raises:
        ShapeMismatch: X is not a matrix with rows, or eps has not one value a row.
        NotFinite: a value is infinite or NaN.
        ParameterError: block_rows < 1.

    Example:
        >>> pool = PoolStream.from_labels([[1.0, 0.0], [0.0, 2.0]], y=[1.5, 2.0], theta_star=[1.0, 1.0])
        >>> pool.noise
        array([0.5, 0. ])
        >>> pool.second_moment
        array([[0.5, 0. ],
               [0. , 2. ]])
    """

    X: Array
    noise: NoiseLaw | Array
    block_rows: int | None

    def __init__(self, X: ArrayLike, noise: NoiseLaw | ArrayLike, block_rows: int | None = None) -> None:
        check_block_rows(block_rows)
        samples = finite_array(X, "X")
        if samples.ndim != 2 or samples.size == 0:
            raise ShapeMismatch(f"X has shape {samples.shape}; give a matrix with one sample a row")
        if not isinstance(noise, NoiseLaw):
            noise = finite_array(noise, "noise")
            if noise.shape != (len(samples),):
                raise ShapeMismatch(
                    f"noise has shape {noise.shape} for {len(samples)} samples; give one a row, or a law"
                )
        for name, value in (("X", samples), ("noise", noise), ("block_rows", block_rows)):
            object.__setattr__(self, name, value)

    @classmethod
    def from_labels(
        cls, X: ArrayLike, y: ArrayLike, theta_star: ArrayLike, block_rows: int | None = None
    ) -> PoolStream:
        """The pool with real labels y, shape (N,): eps = y - X theta*, theta* of shape (d,).

        Raises:
            ShapeMismatch, NotFinite: as for the class, and when y or theta* do not fit X.
        """
        samples, labels = finite_array(X, "X"), finite_array(y, "y")
        target = finite_array(theta_star, "theta_star")
        if samples.ndim != 2 or target.shape != samples.shape[1:] or labels.shape != samples.shape[:1]:
            raise ShapeMismatch(
                f"X {samples.shape}, y {labels.shape} and theta_star {target.shape} do not fit; "
                "they must be (N, d), (N,) and (d,)"
            )
        return cls(samples, labels - samples @ target, block_rows)

    @property
    def d(self) -> int:
        """Dimension of x."""
        return int(self.X.shape[1])

    @cached_property
    def second_moment(self) -> Array:
        """K = X^T X/N, shape (d, d)."""
        return np.asarray(self.X.T @ self.X / len(self.X))

    def risk(self, delta: Array) -> float:
        """R = Delta^T K Delta/2, through the smaller of K and X."""
        if len(self.X) < self.d:
            projections = self.X @ delta
            return float(projections @ projections) / (2 * len(self.X))
        return float(delta @ (self.second_moment @ delta)) / 2

    def blocks(self, seed: SeedSequence) -> Iterator[tuple[Array, Array]]:
        """Yield x, shape (n, d), and eps, shape (n,), for ever; the next pair overwrites both."""
        rng_x, rng_eps = child_generators(seed)
        n = self.block_rows or rows_of_a_block(self.d)
        x = np.empty((n, self.d))
        rows = Dealer(lambda size: rng_x.integers(len(self.X), size=size))
        noise_of = self._noise_source(rng_eps)
        while True:
            chosen = rows.deal(n)
            # mode="clip" writes straight into `out`, where "raise" would make a copy first.
            np.take(self.X, chosen, axis=0, out=x, mode="clip")
            yield x, noise_of(chosen)

    def _noise_source(self, rng: Generator) -> Callable[[NDArray[np.int64]], Array]:
        noise = self.noise
        if isinstance(noise, NoiseLaw):
            dealer = noise_dealer(noise, rng)
            return lambda chosen: dealer.deal(len(chosen))
        return lambda chosen: noise[chosen]
