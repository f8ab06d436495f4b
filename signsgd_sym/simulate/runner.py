"""One replicate in one arithmetic: what every way of running the recursion offers, and the float64 way."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.errors import NotFinite, ShapeMismatch, StepError
from signsgd_sym.simulate.formula import Formula
from signsgd_sym.simulate.recursion import advance, advance_batches
from signsgd_sym.simulate.stream import Array, Stream

Signs = NDArray[np.int8]
"""sign(r) of every step, r = <x, Delta> - eps: -1, 0 or 1."""


@dataclass(frozen=True)
class SignCounts:
    """How many signs of residuals were decided how.

    Attributes:
        float64: proved by a bound on the rounding error of float64.
        double_double: proved in two floats, where float64 could not decide.
        exact: proved in exact or higher-precision arithmetic, where two floats could not; ties included.
        ties: exact zeros among them; sign(0) = 0, so such a step moves nothing.
        uncertified: taken as they came out, without a proof.

    Example:
        >>> (SignCounts(float64=3) + SignCounts(exact=1, ties=1)).certified
        4
    """

    float64: int = 0
    double_double: int = 0
    exact: int = 0
    ties: int = 0
    uncertified: int = 0

    @property
    def certified(self) -> int:
        """Signs that are proved."""
        return self.float64 + self.double_double + self.exact

    def __add__(self, other: SignCounts) -> SignCounts:
        return SignCounts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


class Runner(Protocol):
    """A replicate under way; it holds Delta in its own arithmetic."""

    def advance(self, x: Array, eps: Array, first: int) -> Signs:
        """Take len(x) steps, the first of them step number `first`, and return sign(r) of each.

        Raises:
            StepError: the step size is negative, infinite or NaN at one of them.
            ShapeMismatch, NotFinite: the samples are not finite numbers in dimension d.
        """

    def risk(self) -> float:
        """R = Delta^T K Delta/2 as a float64; infinite after an overflow, for the caller to report."""

    def counts(self) -> SignCounts:
        """How the signs so far were decided; all zero for a rule without signs."""


@runtime_checkable
class KnowsItsError(Protocol):
    """A runner that proves how far its risk is from that of infinite precision."""

    def risk_radius(self) -> float:
        """A proved bound of the error of `risk()`, its rounding to float64 included."""


class Float64Runner:
    """The compiled recursion in float64, rounding as it comes."""

    def __init__(
        self, rule: Formula, schedule: float | Formula, stream: Stream, K: Array, delta0: Array
    ) -> None:
        self._rule, self._schedule, self._stream, self._K = rule, schedule, stream, K
        self.delta = delta0.copy()
        self._steps = 0

    def advance(self, x: Array, eps: Array, first: int) -> Signs:
        """Take len(x) steps and return sign(r) of each."""
        x, eps = checked_samples(x, eps, len(self.delta))
        if not (np.isfinite(x).all() and np.isfinite(eps).all()):
            for k in range(len(x)):
                check_finite(x[k], float(eps[k]), first + k)
        signs = np.empty(len(x), dtype=np.int8)
        taken = self._take(x, eps, first, signs)
        self._steps += taken
        if taken < len(x):
            raise StepError(bad_step(first + taken, len(self.delta), self.risk()))
        return signs

    def _take(self, x: Array, eps: Array, first: int, signs: Signs) -> int:
        """Change Delta and `signs`; returns how many steps had an admissible step size."""
        return int(advance(self._rule, self._schedule, self._K, x, eps, first, self.delta, signs))

    def risk(self) -> float:
        """R = Delta^T K Delta/2 as it rounds."""
        with np.errstate(over="ignore", invalid="ignore"):
            risk = self._stream.risk(self.delta)
        return risk if not math.isnan(risk) else math.inf

    def counts(self) -> SignCounts:
        """All signs are uncertified."""
        return SignCounts(uncertified=self._steps if "sign" in self._rule.body else 0)


class BatchRunner(Float64Runner):
    """Steps by the rule applied to the mean gradient of `batch` samples, in float64 as it rounds."""

    def __init__(
        self, rule: Formula, schedule: float | Formula, stream: Stream, K: Array, delta0: Array, batch: int
    ) -> None:
        super().__init__(rule, schedule, stream, K, delta0)
        self._batch = batch

    def advance(self, x: Array, eps: Array, first: int) -> Signs:
        """Take len(x)/batch steps; no sign of a residual decides one, so none is returned."""
        x, eps = checked_samples(x, eps, len(self.delta))
        if not (np.isfinite(x).all() and np.isfinite(eps).all()):
            for k in range(len(x)):
                check_finite(x[k], float(eps[k]), first + k // self._batch)
        taken = advance_batches(self._rule, self._schedule, self._K, x, eps, first, self._batch, self.delta)
        if taken < len(x) // self._batch:
            raise StepError(bad_step(first + taken, len(self.delta), self.risk()))
        return np.zeros(0, dtype=np.int8)

    def counts(self) -> SignCounts:
        """No signs of residuals are taken."""
        return SignCounts()


def checked_samples(x: Array, eps: Array, d: int) -> tuple[Array, Array]:
    """Samples of a stream, which may be the user's own, as C-contiguous float64 arrays (rows, d) and (rows,).

    Raises:
        ShapeMismatch: other shapes.
    """
    x, eps = np.ascontiguousarray(x, dtype=np.float64), np.ascontiguousarray(eps, dtype=np.float64)
    if x.ndim != 2 or eps.ndim != 1 or x.shape != (len(eps), d):
        raise ShapeMismatch(
            f"the stream yields x of shape {x.shape} and eps of shape {eps.shape}; "
            f"they must be (n, {d}) and (n,)"
        )
    return x, eps


def check_finite(x: Array, eps: float, step: int) -> None:
    """Refuse the sample of a step, x (d,) and eps, unless it is finite: a sign would hide that it is not.

    Raises:
        NotFinite: an infinity or NaN.
    """
    for name, values in (("x", x), ("eps", np.array([eps]))):
        if not np.isfinite(values).all():
            value = values[~np.isfinite(values)][0]
            raise NotFinite(f"the stream yields {name} with {value} at step {step}; samples must be finite")


def bad_step(k: int, d: int, risk: float) -> str:
    """What is said of a step size outside [0, oo)."""
    return (
        f"the step size at t = {k / d:.6g}, where R = {risk:.6g}, is "
        "negative or not finite; the schedule must stay in [0, oo)"
    )
