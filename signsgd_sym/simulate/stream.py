r"""Where samples come from: x ~ N(0, K) with label noise eps. (`pool` has real data.)

A stream is a recipe, not a state: `blocks(seed)` starts the same infinite sequence (x_0, eps_0),
(x_1, eps_1), ... each time it is called with the same seed. So a replicate is a function of its seed alone,
whichever worker runs it and however its sequence is cut into blocks. Two things make that true:

- x and eps come from two child generators, so neither advances the other;
- scalars (eps, row numbers) are drawn by whole chunks of `CHUNK`, because a sampler may use its generator
  in another order for another size (a mixture first draws how many values each component gets).

The samples x themselves are drawn block by block. Normals come in the same order for every block size; the
product with a square root of K may round differently, as BLAS chooses its kernels by shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.random import Generator, SeedSequence, default_rng
from numpy.typing import ArrayLike, NDArray

from signsgd_sym.errors import InputError, NotFinite, ParameterError
from signsgd_sym.model import Covariance, NoiseLaw

Array = NDArray[np.float64]

BLOCK_BYTES = 2**20
"""Size of a block of samples: small enough to be still in cache when the recursion reads it."""

CHUNK = 4096
"""Scalars drawn at a time, and the most rows that a block has."""


class Stream(Protocol):
    """A reproducible source of samples (x, eps) in dimension d."""

    @property
    def d(self) -> int:
        """Dimension of x."""

    @property
    def second_moment(self) -> Array:
        """K = E[x x^T], shape (d, d), or its diagonal, shape (d,), when K is diagonal."""

    def risk(self, delta: Array) -> float:
        """R = Delta^T K Delta/2."""

    def blocks(self, seed: SeedSequence) -> Iterator[tuple[Array, Array]]:
        """Yield x, shape (n, d), and eps, shape (n,), for ever; the next pair overwrites both."""


@dataclass(frozen=True, eq=False)
class GaussianStream:
    """Independent x ~ N(0, K) and eps ~ law: the model of the theory, r = <x, Delta> - eps.

    Attributes:
        covariance: law of x.
        law: law of eps, without free parameters.
        block_rows: rows drawn at a time; by default as many as fill `BLOCK_BYTES`.

    Raises:
        ParameterError: block_rows < 1; from `blocks`, a law whose parameters have no values.
        NotFinite: from `blocks`, when the law is so wide that a value overflows.

    Example:
        >>> from signsgd_sym.model import noise_law
        >>> stream = GaussianStream(Covariance.identity(3), noise_law("Laplace(0, 1)"), block_rows=5)
        >>> x, eps = next(stream.blocks(SeedSequence(1)))
        >>> x.shape, eps.shape
        ((5, 3), (5,))
    """

    covariance: Covariance
    law: NoiseLaw
    block_rows: int | None = None

    def __post_init__(self) -> None:
        check_block_rows(self.block_rows)

    @property
    def d(self) -> int:
        """Dimension of x."""
        return self.covariance.d

    @property
    def second_moment(self) -> Array:
        """K, or its diagonal when K is diagonal."""
        return self.covariance.diagonal if self.covariance.is_diagonal else self.covariance.K

    def risk(self, delta: Array) -> float:
        """R = Delta^T K Delta/2, by the structure of K: no dense matrix is made for it."""
        return float(delta @ self.covariance.matvec(delta)) / 2

    def blocks(self, seed: SeedSequence) -> Iterator[tuple[Array, Array]]:
        """Yield x, shape (n, d), and eps, shape (n,), for ever; the next pair overwrites both."""
        rng_x, rng_eps = child_generators(seed)
        n = self.block_rows or rows_of_a_block(self.d)
        x = np.empty((n, self.d))
        noise = noise_dealer(self.law, rng_eps)
        while True:
            self.covariance.sample(rng_x, n, out=x)
            yield x, noise.deal(n)


class Dealer:
    """Deals from whole chunks of `CHUNK`, so that the values dealt do not depend on the sizes asked for."""

    def __init__(self, draw: Callable[[int], Any]) -> None:
        self._draw = draw
        self._left: list[Any] = []

    def deal(self, n: int) -> Any:
        """The next n >= 1 values, as an array of the type that `draw` returns."""
        while sum(map(len, self._left)) < n:
            self._left.append(self._draw(CHUNK))
        values = np.concatenate(self._left)
        self._left = [values[n:]]
        return values[:n]


def noise_dealer(law: NoiseLaw, rng: Generator) -> Dealer:
    """Label noise, finite or refused: sign(r) would hide an infinity."""

    def draw(size: int) -> Array:
        eps = law.sample(rng, size)
        if not np.isfinite(eps).all():
            raise NotFinite(
                f"the label noise {law} drew {eps[~np.isfinite(eps)][0]} in float64; reduce its scale"
            )
        return eps

    return Dealer(draw)


def child_generators(seed: SeedSequence) -> list[Generator]:
    """Generators of x and of eps, the same ones at every call with the same seed."""
    # Spawning counts on its parent, so that a second call would give other children: start from a fresh copy.
    fresh = SeedSequence(seed.entropy, spawn_key=seed.spawn_key, pool_size=seed.pool_size)
    return [default_rng(child) for child in fresh.spawn(2)]


def rows_of_a_block(d: int) -> int:
    """Rows of dimension d that fill `BLOCK_BYTES`, but no more than a chunk of noise has."""
    return min(CHUNK, max(1, BLOCK_BYTES // (8 * d)))


def finite_array(values: ArrayLike, name: str) -> Array:
    """A read-only float64 copy of `values`; `name` is what the error message calls them."""
    try:
        array = np.array(values, dtype=np.float64, order="C")
    except (TypeError, ValueError) as not_numbers:
        raise InputError(f"{name} is not an array of numbers: {not_numbers}") from None
    if not np.isfinite(array).all():
        raise NotFinite(f"{name} contains {array[~np.isfinite(array)][0]}; every value must be finite")
    array.flags.writeable = False
    return array


def check_block_rows(block_rows: int | None) -> None:
    """Refuse a block without rows."""
    if block_rows is not None and block_rows < 1:
        raise ParameterError(f"block_rows is {block_rows}; it must be at least 1")
