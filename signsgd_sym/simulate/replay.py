r"""A trajectory of signSGD computed again from its signs, with any number of bits, to decide one sign more.

The signs of all steps so far are proved, so Delta_k = Delta_0 - sum h_j g_j with known vectors g_j of -1, 0
and 1 (`history`). With an enclosure h_j = h~_j +- e_j in units of 2^unit (`step_size`), in which Delta_0, x
and eps are integers as well or are made so, Delta~_k = Delta_0 - sum h~_j g_j is exact, and so is r~ = <x,
Delta~> - eps:

    r - r~  =  - sum over j of (h_j - h~_j) <x, g_j>.

Hence the sign of r is that of r~ when

    |r~|  >  sum e_j sum |x_i|,         or, which is sharper and takes a pass over the history,
    |r~|  >  sum e_j |<x, g_j>|;        and r = r~, the sign 0 of a tie included, when that sum is 0.

The sharper bound knows what the first does not, that all coordinates move by one and the same h_j: two of
them that have always moved together have a difference that no step size touches. A tie that rests on the
values of the h_j is invisible to balls of any precision; where the h_j are rational numbers, r is computed as
a fraction.

When eta depends on R, the h_j are computed one after the other, each from an enclosure of R of the Delta~_j
before it (`quadratic`); their errors feed back through R, and more bits have to make up for that.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.simulate.fixed_point import Interval, power_of_two
from signsgd_sym.simulate.history import History
from signsgd_sym.simulate.lattice import integers_of, unit_of
from signsgd_sym.simulate.quadratic import QuadraticForm
from signsgd_sym.simulate.step_size import StepSize
from signsgd_sym.simulate.stream import Array

GUARD_BITS = 64
"""By which step sizes are evaluated more precisely than they are stored."""


class Replay:
    """Delta after the steps of a history, within a radius.

    Args:
        step: the step sizes. form: R of Delta; read where the step size depends on it. delta0: (d,), finite.
        bits: Delta is held to the 2^-bits of the largest |Delta0_i| (of 1, if all are 0), or more finely
        where
            Delta0 needs it.

    Raises:
        Inadmissible, Undecided: from `catch_up`, a step size; see `StepSize.enclosure`.

    Example:
        >>> from signsgd_sym.model import Schedule
        >>> step, form = StepSize(Schedule.of("1/(3 + t)"), 1), QuadraticForm.of(np.ones(1), 1)
        >>> replay, history = Replay(step, form, np.ones(1), bits=100), History(1)
        >>> history.append(0, np.ones((1, 1)), np.array([1], np.int8))
        >>> replay.catch_up(history)
        >>> float(replay.delta[0] * 2**replay.unit), replay.rho  # 1 - 1/3, and 1/3 ended in binary
        (0.6666666666666666, 2)
        >>> replay.sign(np.array([3.0]), 2.0, history)  # a tie
        >>> replay.exact_sign(np.array([3.0]), 2.0, history)
        0
    """

    def __init__(self, step: StepSize, form: QuadraticForm, delta0: Array, bits: int) -> None:
        self._step, self._form, self._start = step, form, delta0
        self.bits = bits
        size = int(np.frexp(np.abs(delta0).max())[1])
        self.unit = min(unit_of(delta0), size - bits)
        """Exponent of the unit of everything here."""
        self.delta: NDArray[np.object_] = np.array(integers_of(delta0, self.unit)[0], dtype=object)
        """Delta~, shape (d,)."""
        self.rho = 0
        """sum e_j."""
        self._radii: list[int] = []

    def catch_up(self, history: History) -> None:
        """Take the steps of the history that have not been taken."""
        for first, moves in history.since(len(self._radii)):
            for k, g in enumerate(moves, start=first):
                middle, radius = self.next_step(k) if g.any() else (0, 0)
                self.delta[g > 0] -= middle
                self.delta[g < 0] += middle
                self.rho += radius
                self._radii.append(radius)

    def next_step(self, k: int) -> tuple[int, int]:
        """The step size before step k, if that is the next one."""
        risk = self.risk() if self._step.needs_risk else None
        return self._step.enclosure(k, risk, self.unit, self.bits + GUARD_BITS)

    def risk(self) -> Interval:
        """R = Delta^T K Delta/2."""
        return self._form.of_integers(self.delta.tolist(), self.unit, self.rho)

    def sign(self, x: Array, eps: float, history: History) -> int | None:
        """sign(<x, Delta> - eps); None when it is in doubt."""
        row, unit_of_x = integers_of(x)
        r = self._residual(row, unit_of_x, eps)
        # In units of 2^(unit_of_x + unit), as r.
        if self.rho == 0 or abs(r) > self.rho * sum(map(abs, row)):
            return _sign(r)
        spread = sum(
            radius * abs(moved)
            for radius, moved in zip(self._radii, _moved(x, row, history), strict=True)
            if radius
        )
        return _sign(r) if spread == 0 or abs(r) > spread else None

    def exact_sign(self, x: Array, eps: float, history: History) -> int | None:
        """sign(<x, Delta> - eps) in fractions; None unless every step size is known to be rational.

        Raises:
            Inadmissible: a step size.
        """
        if self._step.needs_risk:
            return None
        row, unit_of_x = integers_of(x)
        steps: list[Fraction] = []
        for first, moves in history.since(0):
            for k in range(first, first + len(moves)):
                h = self._step.exactly(k)
                if h is None:
                    return None
                steps.append(h)
        start, unit_of_start = integers_of(self._start)
        r = power_of_two(unit_of_x + unit_of_start) * sum(a * b for a, b in zip(row, start, strict=True))
        moved = power_of_two(unit_of_x) * _sum(
            [h * c for h, c in zip(steps, _moved(x, row, history), strict=True)]
        )
        return _sign(r - Fraction(eps) - moved)

    def _residual(self, row: list[int], unit_of_x: int, eps: float) -> Fraction:
        """<x, Delta~> - eps in units of 2^(unit_of_x + unit)."""
        product = sum(a * b for a, b in zip(row, self.delta.tolist(), strict=True))
        return product - Fraction(eps) * power_of_two(-unit_of_x - self.unit)


def _moved(x: Array, row: list[int], history: History) -> list[int]:
    """<x, g_j> for every step of the history, in the unit of x."""
    support = np.flatnonzero(x)
    values = np.array(row, dtype=object)[support]
    return [int(c) for _, moves in history.since(0) for c in moves[:, support].astype(object) @ values]


def _sum(terms: list[Fraction]) -> Fraction:
    """By halves: denominators grow, and a sum one by one would multiply the largest with every term."""
    if len(terms) <= 1:
        return terms[0] if terms else Fraction(0)
    middle = len(terms) // 2
    return _sum(terms[:middle]) + _sum(terms[middle:])


def _sign(value: Fraction) -> int:
    return (value > 0) - (value < 0)
