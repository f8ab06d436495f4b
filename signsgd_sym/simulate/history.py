"""What a run of signSGD has to remember: the signs of its steps and of their samples, one bit a coordinate.

Delta_k = Delta_0 - sum over j < k of h_j g_j with g_j = sign(r_j) sign(x_j): with the step sizes h_j, the
vectors g_j are all there is to a trajectory. They are kept as bits, d/8 bytes a step (twice that for samples
with exact zeros), so that the trajectory can be computed again with any number of digits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.simulate.runner import Signs
from signsgd_sym.simulate.stream import Array

Bits = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class _Block:
    first: int
    signs: Signs
    is_negative: Bits
    is_zero: Bits | None


class History:
    """The vectors g_k = sign(r_k) sign(x_k) of the steps taken, in order.

    Example:
        >>> history = History(3)
        >>> history.append(0, np.array([[2.0, 0.0, -1.0], [1.0, 1.0, 1.0]]), np.array([-1, 0], np.int8))
        >>> [(first, moves.tolist()) for first, moves in history.since(0)]
        [(0, [[-1, 0, 1], [0, 0, 0]])]
        >>> len(history)
        2
    """

    def __init__(self, d: int) -> None:
        self._d = d
        self._blocks: list[_Block] = []
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, first: int, x: Array, signs: Signs) -> None:
        """Add steps number first, first + 1, ... with samples x, shape (n, d), and signs, shape (n,)."""
        if len(x) == 0:
            return
        is_zero = x == 0
        zeros = np.packbits(is_zero, axis=1) if is_zero.any() else None
        self._blocks.append(_Block(first, signs.copy(), np.packbits(x < 0, axis=1), zeros))
        self._length += len(x)

    def since(self, taken: int) -> Iterator[tuple[int, NDArray[np.int8]]]:
        """First step number and g, shape (n, d), of each block of steps, leaving out the first `taken`."""
        ends = np.cumsum([len(block.signs) for block in self._blocks])
        for index in range(int(np.searchsorted(ends, taken, side="right")), len(self._blocks)):
            block = self._blocks[index]
            skipped = max(0, taken - int(ends[index]) + len(block.signs))
            moves = 1 - 2 * np.unpackbits(block.is_negative[skipped:], axis=1, count=self._d).astype(np.int8)
            if block.is_zero is not None:
                moves[np.unpackbits(block.is_zero[skipped:], axis=1, count=self._d).astype(bool)] = 0
            yield block.first + skipped, moves * block.signs[skipped:, np.newaxis]
