r"""SGD with a proved radius: Delta <- Delta - h r x, r = <x, Delta> - eps, in fixed point of any length.

The numbers Delta(0), x, eps, K and a constant h = fl(eta/d) are floating-point numbers, taken exactly; a step
size that varies is a real number h = h~ +- e (`step_size`). Delta~ is held in integers, in units of 2^unit,
and

    |Delta - Delta~|  <=  rho        in the Euclidean norm.

A step computes r~ = <x, Delta~> - eps and h~ r~ x exactly and rounds once, Delta~' = round(Delta~ - h~ r~ x).
With delta = Delta - Delta~, r = r~ + <x, delta>, and v the rounding,

    Delta' - Delta~'  =  (I - h x x^T) delta - (h - h~) r~ x + v.

The matrix has the eigenvalues 1 and 1 - h |x|^2, and h >= 0, so its norm is at most max(1, h |x|^2 - 1): a
step that is not longer than 2/|x|^2 does not enlarge an error, whatever its direction. Hence

    rho'  =  max(1, (h~ + e) |x|^2 - 1) rho + e |r~| |x| + sqrt(d)/2,

where the last term, in units of 2^unit, is left out when nothing had to be rounded. Everything is an integer
and rounded up. With |Delta_i - Delta~_i| <= rho the radius of R is that of `quadratic`; and |r - r~| <= |x|
rho.

When rho has become too large for the accuracy of R that is promised, or for a sign, the run is computed again
from its samples with twice the bits; they are kept as long as they take no more than `KEPT_BYTES`.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np

from signsgd_sym.balls import Undecided
from signsgd_sym.balls.decimals import CertifiedDecimal
from signsgd_sym.errors import NotConverged, ParameterError, StepError
from signsgd_sym.model import Schedule
from signsgd_sym.simulate.fixed_point import Interval, bits_of, shifted_up
from signsgd_sym.simulate.lattice import integers_of, unit_of
from signsgd_sym.simulate.quadratic import QuadraticForm
from signsgd_sym.simulate.runner import SignCounts, Signs, bad_step, check_finite, checked_samples
from signsgd_sym.simulate.step_size import Inadmissible, StepSize
from signsgd_sym.simulate.stream import Array, Stream
from signsgd_sym.simulate.two_scales import DIVERGED

FIRST_BITS, MOST_BITS = 256, 2**15
"""Bits of Delta at first, below the largest |Delta0_i|, and where more of them are not tried."""

GUARD_BITS = 64
"""By which step sizes are evaluated more precisely than they are stored."""

KEPT_BYTES = 2**28
"""Memory for the samples of a run, which are needed to compute it again."""

LARGEST_EXPONENT = 1024
"""Of Delta: fixed point has no upper end, and a run that diverges would fill the memory with digits."""

RISK_BITS = 60
"""R is known to 2^-RISK_BITS of itself."""


class Iterate:
    """Delta of SGD as integers in units of 2^unit, within `rho` units in the Euclidean norm.

    Args:
        step: the step sizes.
        form: R of Delta; read where the step size depends on it.
        delta0: (d,), finite.
        bits: Delta is held to the 2^-bits of the largest |Delta0_i| (of 1, if all are 0).

    Example:
        >>> step, form = StepSize(Schedule.of("1/(3 + t)"), 1), QuadraticForm.of(np.ones(1), 1)
        >>> iterate = Iterate(step, form, np.ones(1), bits=100)
        >>> iterate.take(np.array([2.0]), 0.5, 0)  # r = 3/2, Delta = 1 - (1/3) (3/2) 2 = 0
        (1, True)
        >>> abs(iterate.delta[0]) <= iterate.rho < 10
        True
    """

    def __init__(self, step: StepSize, form: QuadraticForm, delta0: Array, bits: int) -> None:
        self._step, self._form, self.bits = step, form, bits
        self.unit = min(unit_of(delta0), int(np.frexp(np.abs(delta0).max())[1]) - bits)
        self.delta = np.array(integers_of(delta0, self.unit)[0], dtype=object)
        self.rho = 0
        self._rounding = math.isqrt(len(delta0)) // 2 + 1  # at least sqrt(d)/2

    def take(self, x: Array, eps: float, k: int) -> tuple[int, bool]:
        """Take step number k; return the sign of r~, and whether it is proved to be that of r.

        Raises:
                NotConverged: Delta grew beyond the range of float64.
            Inadmissible, Undecided: the step size; see `StepSize.enclosure`.
        """
        values, unit_of_x = integers_of(x)
        row = np.array(values, dtype=object)
        (noise,), unit_of_eps = integers_of(np.array([eps]))
        unit_of_r = min(unit_of_x + self.unit, unit_of_eps)
        r = (int(row @ self.delta) << unit_of_x + self.unit - unit_of_r) - (noise << unit_of_eps - unit_of_r)
        square = int(row @ row)
        length = math.isqrt(square - 1) + 1 if square else 0  # at least |x|
        is_sure = abs(r) > shifted_up(length * self.rho, unit_of_x + self.unit - unit_of_r) or not (
            length and self.rho
        )

        unit_of_h = -self.bits - GUARD_BITS
        risk = self.risk() if self._step.needs_risk else None
        h, error = self._step.enclosure(k, risk, unit_of_h, self.bits + 2 * GUARD_BITS)

        unit_of_move = unit_of_h + unit_of_r + unit_of_x
        move, is_exact = _rounded((h * r) * row, unit_of_move - self.unit)
        self.delta = self.delta - move
        # h |x|^2 - 1 in units that are no larger than 1
        unit_of_growth = min(unit_of_h + 2 * unit_of_x, 0)
        growth = ((h + error) * square << unit_of_h + 2 * unit_of_x - unit_of_growth) - (1 << -unit_of_growth)
        if growth > 1 << -unit_of_growth:
            self.rho = shifted_up(growth * self.rho, unit_of_growth)
        self.rho += shifted_up(error * abs(r) * length, unit_of_move - self.unit)
        self.rho += 0 if is_exact else self._rounding
        if int(abs(self.delta).max()).bit_length() + self.unit > LARGEST_EXPONENT:
            raise NotConverged(DIVERGED)
        return (r > 0) - (r < 0), bool(is_sure)

    def risk(self) -> Interval:
        """R = Delta^T K Delta/2."""
        return self._form.of_integers(self.delta.tolist(), self.unit, self.rho)


class SgdRunner:
    """A replicate of SGD that knows the error of its risk.

    Args:
        schedule: the step size.
        stream: where the samples come from; it defines the risk.
        delta0: (d,), finite, Delta at time 0.
        prove_signs: whether the signs of r have to be proved, which SGD itself does not need.
        bits: of Delta at first.

    Raises:
        StepError: ball arithmetic does not have a function of the schedule.
        ShapeMismatch: the second moment of the stream is not that of Delta.
        ParameterError: bits outside 64 to `MOST_BITS`.

    Example:
        >>> from signsgd_sym.simulate import PoolStream
        >>> runner = SgdRunner(Schedule.of("1/(3 + t)"), PoolStream([[1.0]], noise=[0.0]), np.ones(1))
        >>> runner.advance(np.ones((2, 1)), np.zeros(2), 0)
        array([1, 1], dtype=int8)
        >>> runner.risk(), 0 < runner.risk_radius() < 2e-17  # ((1 - 1/3) (1 - 1/4))^2/2 = 1/8
        (0.125, True)
    """

    def __init__(
        self,
        schedule: Schedule,
        stream: Stream,
        delta0: Array,
        *,
        prove_signs: bool = False,
        bits: int = FIRST_BITS,
    ) -> None:
        if not 64 <= bits <= MOST_BITS:
            raise ParameterError(f"bits is {bits}; it must be from 64 to {MOST_BITS}")
        self._schedule, self._stream = schedule, stream
        self._step = StepSize(schedule, len(delta0))
        self._delta0 = np.array(delta0, dtype=np.float64)
        self._must_prove = prove_signs
        self._iterate = Iterate(self._step, self._form, self._delta0, bits)
        self._kept: list[tuple[int, Array, Array]] | None = []
        self._proved = self._ties = 0

    def advance(self, x: Array, eps: Array, first: int) -> Signs:
        """Take len(x) steps and return sign(r) of each; unless they are to be proved, as they come out.

        Raises:
            ShapeMismatch, NotFinite: the samples are not finite numbers in dimension d.
            StepError: the step size is negative, complex, infinite or NaN at one of them.
            NotConverged: more bits are needed than `MOST_BITS`, or than the samples kept allow.
        """
        x, eps = checked_samples(x, eps, len(self._delta0))
        signs = np.empty(len(x), dtype=np.int8)
        for k in range(len(x)):
            check_finite(x[k], float(eps[k]), first + k)
            signs[k] = self._take(x[k], float(eps[k]), first + k)
            if self._kept is not None:
                self._kept.append((first + k, x[k].copy(), eps[k : k + 1].copy()))
                if len(self._kept) * self._delta0.nbytes > KEPT_BYTES:
                    self._kept = None
        return signs

    def _take(self, x: Array, eps: float, k: int) -> int:
        while True:
            before = self._iterate.delta, self._iterate.rho
            try:
                sign, is_sure = self._iterate.take(x, eps, k)
            except Inadmissible:
                raise StepError(bad_step(k, len(self._delta0), self.risk())) from None
            except Undecided:
                self._refine(f"whether the step size is negative at t = {k / len(self._delta0):.6g}")
                continue
            if is_sure or not self._must_prove:
                self._proved += self._must_prove
                self._ties += self._must_prove and sign == 0
                return sign
            self._iterate.delta, self._iterate.rho = before
            self._refine(f"the sign of the residual at step {k}")

    def _refine(self, question: str) -> None:
        """Compute the run again with twice the bits, or with twice as many as that.

        Raises:
            NotConverged: with the question that is still open.
        """
        bits = self._iterate.bits
        while self._kept is not None and (bits := 2 * bits) <= MOST_BITS:
            iterate = Iterate(self._step, self._form, self._delta0, bits)
            try:
                for k, x, eps in self._kept:
                    iterate.take(x, float(eps[0]), k)
            except Undecided:
                continue
            self._iterate = iterate
            return
        limit = f"{MOST_BITS} bits" if self._kept is not None else f"{self._iterate.bits} bits"
        why = "" if self._kept is not None else ", and the samples are too many to be kept for more bits"
        raise NotConverged(
            f"{limit} do not decide {question} for the step size {self._schedule}{why}; "
            "shorten the run, or run with certified=False"
        )

    @cached_property
    def _form(self) -> QuadraticForm:
        return QuadraticForm.of(self._stream.second_moment, len(self._delta0))

    def risk_interval(self, bits: int = RISK_BITS) -> Interval:
        """R = Delta^T K Delta/2 with a proved radius, of at most 2^-bits R.

        Raises:
            NotConverged: more bits are needed than `MOST_BITS`, or than the samples kept allow.
        """
        while not (risk := self._iterate.risk()).is_within(bits):
            self._refine("the digits of the risk")
        return risk

    def risk(self) -> float:
        """R = Delta^T K Delta/2; infinite beyond the range of float64."""
        return self.risk_interval().float64()

    def risk_radius(self) -> float:
        """A proved bound of the error of `risk()`, rounding included."""
        return self.risk_interval().float64_radius()

    def exact_risk(self, digits: int) -> CertifiedDecimal:
        """R = Delta^T K Delta/2 to so many digits, with the float64 K of the stream.

        Raises:
            ParameterError: fewer than one digit.
            NotConverged: more bits are needed than `MOST_BITS`, or than the samples kept allow.
        """
        return self.risk_interval(bits_of(digits)).decimal(digits)

    def counts(self) -> SignCounts:
        """The signs proved; none unless that was asked for."""
        return SignCounts(exact=self._proved, ties=self._ties)


def _rounded(values: np.ndarray, shift: int) -> tuple[np.ndarray, bool]:
    """values 2^shift rounded to integers, and whether they were integers; (d,) of integers."""
    if shift >= 0:
        return values << shift, True
    whole = (values + (1 << (-shift - 1))) >> -shift
    return whole, not (values - (whole << -shift)).any()
