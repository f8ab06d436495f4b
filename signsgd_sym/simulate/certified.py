r"""signSGD with a constant step whose every sign is proved: the trajectory of infinite precision.

    Delta_i <- Delta_i - h sign(r) sign(x_i),    r = <x, Delta> - eps,    h = fl(eta/d)

The floating-point numbers h, Delta(0), x and eps *are* the problem. Its solution Delta = Delta(0) - h n has
integers n and needs nothing of the data but signs; so a run in which every sign(r) is right is exact, and
all that is left to arithmetic is to decide signs: in one float with a bound on the error, where that leaves
a doubt in two (both in `certified_kernel`), and then in integers (`lattice`), which also see ties.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cached_property

import numpy as np

from signsgd_sym.balls.decimals import CertifiedDecimal
from signsgd_sym.errors import ParameterError, ShapeMismatch, StepError
from signsgd_sym.simulate.certified_kernel import LARGEST_DIMENSION, advance_while_sure, is_ieee, move
from signsgd_sym.simulate.lattice import Lattice
from signsgd_sym.simulate.runner import SignCounts, Signs, check_finite, checked_samples
from signsgd_sym.simulate.stream import Array, Stream

MOST_STEPS = 2**53
"""Counts n are held as float64, which is exact up to here."""


class LatticeRunner:
    """A replicate of signSGD with constant step, every sign proved.

    Args:
        eta: the step size; a coordinate moves by h = fl(eta/d), the quotient in float64.
        stream: where the samples come from; it defines the risk.
        delta0: (d,), finite, Delta at time 0.

    Raises:
        StepError: eta is negative or not finite.
        ParameterError: d is beyond `LARGEST_DIMENSION`.

    Example:
        >>> from signsgd_sym.simulate import PoolStream
        >>> runner = LatticeRunner(1.0, PoolStream([[1.0, 2.0]], noise=[0.5]), np.array([0.5, 0.75]))
        >>> runner.advance(np.array([[1.0, 2.0], [1e16, 1.0]]), np.array([0.5, 0.25]), 0)
        array([1, 0], dtype=int8)
        >>> runner.exact_delta()
        [Fraction(0, 1), Fraction(1, 4)]
        >>> print(runner.exact_risk(10))
        0.12500000000 +/- 0
        >>> runner.counts()
        SignCounts(float64=1, double_double=0, exact=1, ties=1, uncertified=0)
    """

    def __init__(self, eta: float, stream: Stream, delta0: Array) -> None:
        d = len(delta0)
        if not 0 <= eta < math.inf:
            raise StepError(f"the step size is {eta}; it must be finite and not negative")
        if d > LARGEST_DIMENSION:
            raise ParameterError(
                f"d is {d}; signs are certified up to d = {LARGEST_DIMENSION}, run with certified=False"
            )
        self._h = float(eta) / d
        self._stream = stream
        self._delta0 = np.array(delta0, dtype=np.float64)
        self._n = np.zeros(d)
        self._steps = 0
        self._float64_and_two = np.zeros(2, dtype=np.int64)
        self._exact = self._ties = 0

    def advance(self, x: Array, eps: Array, first: int) -> Signs:
        """Take len(x) steps and return sign(r) of each; `first` does not matter to a constant step.

        Raises:
            ShapeMismatch, NotFinite: the samples are not finite numbers in dimension d.
            StepError: more steps than `MOST_STEPS`.
            ParameterError: floating-point arithmetic is not IEEE's in this thread.
        """
        x, eps = checked_samples(x, eps, len(self._n))
        if self._steps + len(x) > MOST_STEPS:
            raise StepError(f"step {self._steps + len(x)} is beyond 2^53; no run is that long")
        if not is_ieee(1.0, 2.0**-1074):
            raise ParameterError(
                "floating-point arithmetic is not IEEE's in this thread (a library has set the processor to "
                "flush subnormal numbers to zero, or another rounding); run with certified=False"
            )
        signs = np.empty(len(x), dtype=np.int8)
        k = 0
        while k < len(x):
            k = advance_while_sure(x, eps, self._h, self._delta0, self._n, k, signs, self._float64_and_two)
            if k < len(x):
                signs[k] = self._decide(x[k], float(eps[k]), first + k)
                move(self._n, float(signs[k]), x[k])
                k += 1
        self._steps += len(x)
        return signs

    def _decide(self, x: Array, eps: float, step: int) -> int:
        """The sign that floats left in doubt. A sample that is not finite always ends up here."""
        check_finite(x, eps, step)
        sign = self._lattice.residual_sign(x, eps, self._n)
        self._exact += 1
        self._ties += sign == 0
        return sign

    @cached_property
    def _lattice(self) -> Lattice:
        return Lattice.through(self._delta0, self._h)

    @property
    def n(self) -> Array:
        """Integers n, shape (d,), with Delta = Delta(0) - h n."""
        return self._n.copy()

    @property
    def delta(self) -> Array:
        """Delta rounded to float64, with an error of at most u (|h n| + |Delta|), u = 2^-53; shape (d,)."""
        return self._delta0 - self._h * self._n

    def exact_delta(self) -> list[Fraction]:
        """Delta, exactly."""
        return self._lattice.delta(self._n)

    def risk(self) -> float:
        """R = Delta^T K Delta/2 of the rounded Delta; infinite after an overflow."""
        with np.errstate(over="ignore", invalid="ignore"):
            risk = self._stream.risk(self.delta)
        return risk if not math.isnan(risk) else math.inf

    def exact_risk(self, digits: int) -> CertifiedDecimal:
        """R = Delta^T K Delta/2 to so many digits, of the exact Delta and the float64 K of the stream.

        Raises:
            ParameterError: fewer than one digit.
            ShapeMismatch: K is not that of Delta.
        """
        if digits < 1:
            raise ParameterError(f"digits is {digits}; ask for at least 1")
        K, d = self._stream.second_moment, len(self._n)
        if K.shape not in ((d,), (d, d)):
            raise ShapeMismatch(f"the second moment has shape {K.shape}; it must be ({d},) or ({d}, {d})")
        return self._lattice.risk_decimal(K, self._n, digits)

    def counts(self) -> SignCounts:
        """How the signs so far were decided; none is uncertified."""
        one, two = self._float64_and_two.tolist()
        return SignCounts(float64=one, double_double=two, exact=self._exact, ties=self._ties)
