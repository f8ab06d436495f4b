r"""Functions tabulated as Chebyshev series on equal pieces of a variable u, and how code evaluates them.

Piece k is [lo + k width, lo + (k + 1) width], x = 2 ((u - lo)/width - k) - 1 in [-1, 1], and the value is
sum_j c_kj T_j(x) by Clenshaw's recurrence. Nothing is proved here, unlike for the pieces of phi
(`surrogate`): who makes a table measures it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from signsgd_sym.errors import NotConverged

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Pieces:
    """`coefficients` (pieces, degree + 1) of the table `name`; `doc` says in words what it is.

    >>> square = Pieces("square", "u^2", 0.0, 1.0, np.array([[0.375, 0.5, 0.125]]))
    >>> float(square(np.array(0.5)))
    0.25
    """

    name: str
    doc: str
    lo: float
    width: float
    coefficients: Array

    @property
    def hi(self) -> float:
        """The end of the last piece."""
        return self.lo + self.width * len(self.coefficients)

    def __call__(self, u: Any) -> Array:
        """The value at `u`, by the operations of the generated code."""
        place = (np.asarray(u, dtype=np.float64) - self.lo) / self.width
        piece = np.searchsorted(np.arange(1, len(self.coefficients)), place, side="right")
        x, rows = 2 * (place - piece) - 1, self.coefficients.T[:, piece]
        after = now = np.zeros_like(x)
        for row in rows[:0:-1]:
            now, after = (2 * x * now - after) + row, now
        return np.asarray((x * now - after) + rows[0])


@dataclass(frozen=True)
class Growth:
    """How a table is made: its pieces of u are `width` wide, and its degree is doubled from `start` on while
    the last coefficients exceed `tolerance` times the largest, if that is above 1, up to `most`."""

    width: float
    tolerance: float
    start: int = 8
    most: int = 64


def nested_series(function: Callable[[float], Array], lo: float, hi: float, growth: Growth) -> Array:
    """Chebyshev coefficients (degree + 1, m) of an array-valued function on [lo, hi].

    The nodes cos(pi j/n) of one degree are among those of the next, so that no value is computed twice.
    Raises `NotConverged` where `growth.most` is not enough.

    >>> found = nested_series(lambda u: np.array([np.exp(u), u]), 0.0, 1.0, Growth(1.0, 1e-9, 4))
    >>> found.shape
    (17, 2)
    """
    n, known = growth.start, dict[float, Array]()
    while True:
        nodes = np.cos(np.pi * np.arange(n + 1) / n)
        for k, node in enumerate(nodes):
            if (key := k / n) not in known:
                known[key] = np.asarray(function(float(lo + (hi - lo) * (node + 1) / 2)), dtype=np.float64)
        values = np.stack([known[k / n] for k in range(n + 1)])
        found = np.linalg.solve(chebyshev.chebvander(nodes, n), values)
        size = np.abs(found)
        if np.all(size[-2:] <= growth.tolerance * np.maximum(size.max(axis=0), 1.0)):
            return np.asarray(found)
        if 2 * n > growth.most:
            raise NotConverged(
                f"a table on [{lo:.6g}, {hi:.6g}] has not settled with {n + 1} points; its last coefficients "
                f"are up to {float(np.max(size[-2:])):.1e}."
            )
        n *= 2


def stacked(name: str, doc: str, lo: float, width: float, series: list[Array]) -> Pieces:
    """The table of a scalar function from the series of its pieces, shorter ones filled up with zeros."""
    longest = max(map(len, series))
    rows = [np.pad(one, (0, longest - len(one))) for one in series]
    return Pieces(name, doc, lo, width, np.array(rows))


def shortened(series: Array, below: float = 1e-15) -> Array:
    """The series without its last coefficients, as long as these add up to less than `below`.

    >>> shortened(np.array([1.0, 0.1, 3e-16, -4e-16])).tolist()
    [1.0, 0.1]
    """
    left_out = np.cumsum(np.abs(series[::-1]))[::-1]
    return np.asarray(series[: max(1, int(np.count_nonzero(left_out >= below)))])


__all__ = ["Growth", "Pieces", "nested_series", "shortened", "stacked"]
