r"""signSGD with a step size that varies, every sign proved: the trajectory of infinite precision.

    Delta_i <- Delta_i - h_k sign(r) sign(x_i),    r = <x, Delta> - eps,    h_k = eta(k/d, R)/d

The numbers Delta(0), x, eps and K are floating-point numbers, taken exactly; eta is a formula, and h_k a real
number that no floating-point number is. So Delta is known to within a radius; but as all coordinates move by
the same h_k, one radius serves all of them, the sum of the errors of the step sizes, and Delta itself is held
in fixed point and without rounding (`two_scales`, 95 bits). A sign is decided in one float, where that leaves
a doubt in two (both in `two_scale_kernel`), and then by computing the whole trajectory again from its signs
with more and more bits (`replay`), which also sees such ties as are no matter of the values of the h_k, and
all ties where these are rational numbers. A tie that is neither is refused.

Costs: a few microseconds a step for the enclosure of eta, and tens of them where it depends on R; one bit a
coordinate and step of memory, and of time the square of the number of steps where ties are frequent.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from signsgd_sym.balls import Undecided
from signsgd_sym.balls.decimals import CertifiedDecimal
from signsgd_sym.errors import NotConverged, ParameterError, StepError
from signsgd_sym.model import Schedule
from signsgd_sym.simulate.certified_kernel import LARGEST_DIMENSION, is_ieee
from signsgd_sym.simulate.fixed_point import Interval, bits_of, shifted, shifted_up
from signsgd_sym.simulate.history import History
from signsgd_sym.simulate.quadratic import QuadraticForm
from signsgd_sym.simulate.replay import Replay
from signsgd_sym.simulate.runner import SignCounts, Signs, bad_step, check_finite, checked_samples
from signsgd_sym.simulate.step_size import Inadmissible, StepSize
from signsgd_sym.simulate.stream import Array, Stream
from signsgd_sym.simulate.two_scale_kernel import MOST_ROWS, advance_while_sure, move
from signsgd_sym.simulate.two_scales import TwoScales

STEP_BITS = 128
"""Working precision of step sizes in two floats: the 95 bits of Delta and a margin."""

FIRST_BITS, TIE_BITS, MOST_BITS = 256, 1024, 8192
"""Working precision of a replay: at first, where fractions are tried, and where it is given up."""

RENEWED = 2**30
"""Units of the fixed point that the radius may reach before Delta is computed again: 2^-65 of its range."""

RISK_BITS = 60
"""R is known to 2^-RISK_BITS of itself, or Delta is computed again."""


class ScheduleRunner:
    """A replicate of signSGD with a schedule eta(t, R), every sign proved.

    Args:
        schedule: the step size.
        stream: where the samples come from; it defines the risk.
        delta0: (d,), finite, Delta at time 0.

    Raises:
        StepError: ball arithmetic does not have a function of the schedule.
        ParameterError: d is beyond `LARGEST_DIMENSION`.
        ShapeMismatch: the second moment of the stream is not that of Delta.

    Example:
        >>> from signsgd_sym.simulate import PoolStream
        >>> runner = ScheduleRunner(Schedule.of("1/(3 + t)"), PoolStream([[1.0]], noise=[0.0]), np.ones(1))
        >>> runner.advance(np.array([[1.0], [3.0], [1.0]]), np.array([0.0, 2.0, 0.0]), 0)
        array([1, 0, 1], dtype=int8)
        >>> runner.counts()  # 3 (1 - 1/3) = 2 is a tie
        SignCounts(float64=2, double_double=0, exact=1, ties=1, uncertified=0)
        >>> runner.risk(), runner.risk_radius() < 1e-16  # (1 - 1/3 - 1/5)^2/2
        (0.10888888888888888, True)
    """

    def __init__(self, schedule: Schedule, stream: Stream, delta0: Array) -> None:
        d = len(delta0)
        if d > LARGEST_DIMENSION:
            raise ParameterError(
                f"d is {d}; signs are certified up to d = {LARGEST_DIMENSION}, run with certified=False"
            )
        self._schedule, self._stream = schedule, stream
        self._step = StepSize(schedule, d)
        self._delta0 = np.array(delta0, dtype=np.float64)
        self._delta = TwoScales.at(self._delta0)
        self._history = History(d)
        self._replay: Replay | None = None
        self._known: dict[int, tuple[int, int]] = {}  # enclosures of steps to come
        self._float64_and_two = np.zeros(2, dtype=np.int64)
        self._exact = self._ties = 0

    def advance(self, x: Array, eps: Array, first: int) -> Signs:
        """Take len(x) steps, the first of them step number `first`, and return sign(r) of each.

        Raises:
            ShapeMismatch, NotFinite: the samples are not finite numbers in dimension d. StepError: the step
            size is negative, complex, infinite or NaN at one of them. NotConverged: a sign, or whether a step
            size is negative, is not decided in `MOST_BITS` bits; Delta
                grew beyond the range of float64.
            ParameterError: floating-point arithmetic is not IEEE's in this thread.
        """
        x, eps = checked_samples(x, eps, len(self._delta0))
        if not is_ieee(1.0, 2.0**-1074):
            raise ParameterError(
                "floating-point arithmetic is not IEEE's in this thread (a library has set the processor to "
                "flush subnormal numbers to zero, or another rounding); run with certified=False"
            )
        signs = np.empty(len(x), dtype=np.int8)
        k = 0
        while k < len(x):
            k += self._advance_some(x[k:], eps[k:], first + k, signs[k:])
        return signs

    def _advance_some(self, x: Array, eps: Array, first: int, signs: Signs) -> int:
        """Take the steps whose sizes can be told now, up to a sign in doubt and including that one."""
        steps, (H, L) = self._next_steps(first, len(x))
        rows, radii = len(steps), [radius for _, radius in steps]
        delta = self._delta
        taken = advance_while_sure(
            x[:rows],
            eps[:rows],
            H,
            L,
            delta.rho_after(radii),
            delta.high,
            delta.low,
            signs[:rows],
            self._float64_and_two,
        )
        self._history.append(first, x[:taken], signs[:taken])
        if taken < rows:
            signs[taken] = self._decide(x[taken], float(eps[taken]), first + taken)
            move(delta.high, delta.low, H[taken], L[taken], float(signs[taken]), x[taken])
            self._history.append(first + taken, x[taken : taken + 1], signs[taken : taken + 1])
            taken += 1
        delta.fold()
        delta.widen(radii[:taken])
        if delta.rho > RENEWED:
            self._renew()
        return taken

    def _next_steps(self, k: int, rows: int) -> tuple[list[tuple[int, int]], tuple[Array, Array]]:
        """The next steps, as many as can be told now: enclosures in the unit of Delta, and their H and L."""
        wanted = 1 if self._step.needs_risk else min(rows, MOST_ROWS)
        self._known = {j: step for j, step in self._known.items() if k <= j}
        steps: list[tuple[int, int]] = []
        for j in range(k, k + wanted):
            try:
                step = self._known.get(j) or self._enclosure(j)
            except StepError:
                if not steps:
                    raise
                break  # it is met again when the steps before it have been taken
            self._known[j] = step
            steps.append(step)
        parts = self._delta.steps([middle for middle, _ in steps])
        if parts is not None:
            return steps, parts
        path = sum(abs(middle) for middle, _ in steps)
        self._set_delta(TwoScales(self._delta.integers(), self._delta.unit, self._delta.rho, least=path))
        return self._next_steps(k, rows)

    def _enclosure(self, k: int) -> tuple[int, int]:
        """h_k in the unit of Delta."""
        try:
            try:
                risk = self._fast_risk() if self._step.needs_risk else None
                if risk is not None or not self._step.needs_risk:
                    return self._step.enclosure(k, risk, self._delta.unit, STEP_BITS)
            except Undecided:
                pass
            for replay in self._replays(
                f"whether the step size is negative at t = {k / len(self._delta0):.6g}"
            ):
                try:
                    middle, radius = replay.next_step(k)
                except Undecided:
                    continue
                break
            shift = replay.unit - self._delta.unit
            whole, lost = shifted(middle, shift)
            return whole, shifted_up(radius, shift) + lost
        except Inadmissible:
            raise StepError(bad_step(k, len(self._delta0), self.risk())) from None

    def _decide(self, x: Array, eps: float, step: int) -> int:
        """The sign that floats left in doubt. A sample that is not finite always ends up here."""
        check_finite(x, eps, step)
        are_fractions_tried = False
        for replay in self._replays(f"the sign of the residual at step {step}"):
            sign = replay.sign(x, eps, self._history)
            if sign is None and replay.bits >= TIE_BITS and not are_fractions_tried:
                sign, are_fractions_tried = replay.exact_sign(x, eps, self._history), True
            if sign is not None:
                break
        assert sign is not None
        self._exact += 1
        self._ties += sign == 0
        return sign

    def _replays(self, question: str) -> Iterator[Replay]:
        """Delta after the steps so far with more and more bits; the last one is kept.

        Raises:
            NotConverged: after `MOST_BITS`, with the question that is still open.
        """
        bits = FIRST_BITS if self._replay is None else self._replay.bits
        while bits <= MOST_BITS:
            if self._replay is None or self._replay.bits < bits:
                self._replay = Replay(self._step, self._quadratic, self._delta0, bits)
            try:
                self._replay.catch_up(self._history)
                yield self._replay
            except Undecided:
                pass
            bits *= 2
        raise NotConverged(
            f"{MOST_BITS} bits do not decide {question} for the step size {self._schedule}; "
            "it is an exact tie, or next to one: change eta slightly, or run with certified=False"
        )

    def _renew(self) -> None:
        """Replace Delta by one with a radius of a few units."""
        for replay in self._replays("Delta"):
            if shifted_up(replay.rho, replay.unit - self._delta.unit) <= 1:
                break
        self._set_delta(TwoScales(replay.delta.tolist(), replay.unit, replay.rho))

    def _set_delta(self, delta: TwoScales) -> None:
        self._delta = delta
        self._known = {}

    @cached_property
    def _quadratic(self) -> QuadraticForm:
        return QuadraticForm.of(self._stream.second_moment, len(self._delta0))

    def _fast_risk(self) -> Interval | None:
        return self._quadratic.of_floats(self._delta.high, self._delta.low, self._delta.rho_after([]))

    def risk_interval(self, bits: int = RISK_BITS) -> Interval:
        """R = Delta^T K Delta/2 with a proved radius, of at most 2^-bits R where `MOST_BITS` reach that."""
        fast = self._fast_risk()
        if fast is not None and fast.is_within(bits):
            return fast
        for replay in self._replays("the risk"):
            risk = replay.risk()
            if risk.is_within(bits) or replay.bits == MOST_BITS:
                break
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
            NotConverged: more digits than `MOST_BITS` give.
        """
        risk = self.risk_interval(bits_of(digits))
        if not risk.is_within(bits_of(digits)):
            raise NotConverged(f"{MOST_BITS} bits do not give {digits} digits of the risk; ask for fewer")
        return risk.decimal(digits)

    def counts(self) -> SignCounts:
        """How the signs so far were decided; none is uncertified."""
        one, two = self._float64_and_two.tolist()
        return SignCounts(float64=one, double_double=two, exact=self._exact, ties=self._ties)
