r"""Many differences at once, in standard errors, and how large the largest may be by chance.

Of n differences that are N(0, 1) when the theory holds, the largest exceeds c in size with probability at
most

    1 - P(|Z| <= c)^n,

whatever their correlations are (Sidak 1967, for Gaussian vectors). `threshold` is the c at which this is the
level; it is the only place that corrects for the number of comparisons.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.proof.verdict import Evidence, Verdict

Array = NDArray[np.float64]

LEVEL = 1e-3
"""Probability that a theory that holds is refuted, over all comparisons of one validation."""
ROUNDING = 1e-9
"""A difference below this share of the largest value is rounding, or quadrature, on either side."""


def threshold(comparisons: int, level: float = LEVEL) -> float:
    """The largest |z| among so many that chance allows at this level.

    >>> round(threshold(1, 0.05), 2), round(threshold(1000), 2)
    (1.96, 4.89)
    """
    each = -math.expm1(math.log1p(-level) / comparisons)
    return -NormalDist().inv_cdf(each / 2)


def standardised(difference: Array, stderr: Array, least: float | Array) -> Array:
    """difference/stderr, with no standard error below `least`, the size of what is rounding.

    >>> standardised(np.array([2.0, 1e-17]), np.array([1.0, 0.0]), 1e-12).round(3)
    array([2., 0.])
    """
    return np.asarray(difference / np.maximum(stderr, np.maximum(least, np.finfo(float).tiny)))


@dataclass(frozen=True, eq=False)
class Contrast:
    """Sample means held against the values they have if the theory holds.

    `expected`, `seen` and `stderr` have length m, and `where` holds the coordinates of each, none for the
    mean along its own direction. `comparisons` is the number of all that are judged together with these.
    `undefined` says why `stderr` is none; `unsafe` why z is not Gaussian in its far tails, so that a large
    one refutes nothing.
    """

    expected: Array
    seen: Array
    stderr: Array
    where: tuple[tuple[int, ...], ...]
    samples: int
    comparisons: int
    undefined: str = ""
    unsafe: str = ""

    @cached_property
    def z(self) -> Array:
        """(seen - expected)/stderr."""
        least = ROUNDING * float(max(np.abs(self.expected).max(), np.abs(self.seen).max()))
        return standardised(self.seen - self.expected, self.stderr, least)

    @property
    def worst(self) -> int:
        """Which of the m has the largest |z|."""
        return int(np.argmax(np.abs(self.z)))

    @property
    def largest_z(self) -> float:
        """The largest |z|."""
        return float(np.abs(self.z[self.worst]))

    @property
    def threshold(self) -> float:
        """How large it may be."""
        return threshold(self.comparisons)

    @property
    def exceeds(self) -> bool:
        """Whether it is larger."""
        return self.largest_z > self.threshold

    @property
    def verdict(self) -> Verdict:
        """STATISTICAL below the threshold, REFUTED above it, UNKNOWN where z is no evidence."""
        if self.undefined or (self.exceeds and self.unsafe):
            return Verdict.UNKNOWN
        return Verdict.REFUTED if self.exceeds else Verdict.STATISTICAL

    @property
    def evidence(self) -> Evidence:
        """n and z, and for what is not confirmed the coordinate, both values and the reason."""
        if self.undefined:
            return Evidence("simulation", runs=self.samples, reason=self.undefined)
        k = self.worst
        z = float(self.z[k])
        if not self.exceeds:
            return Evidence("simulation", runs=self.samples, z=z)
        place = ", ".join(map(str, self.where[k]))
        reason = f"coordinate {place}" if place else "along E[F]"
        reason += f": {self.seen[k]:.6g} +- {self.stderr[k]:.1g} is seen, {self.expected[k]:.6g} derived"
        return Evidence(
            "simulation",
            runs=self.samples,
            z=z,
            witness={
                "coordinate": place or "along E[F]",
                "expected": f"{self.expected[k]:.10g}",
                "seen": f"{self.seen[k]:.10g}",
            },
            reason=f"{reason}; {self.unsafe}" if self.unsafe else reason,
        )
