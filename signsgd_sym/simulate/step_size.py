r"""Enclosures of the step of a coordinate, h_k = eta(k/d, R)/d, in fixed point: an integer and a radius.

A constant is the floating-point number h = fl(eta/d), exactly, as in every other way of running the
recursion. A step size that varies is a formula, evaluated in ball arithmetic at the rational number t = k/d
and at an interval that contains R. A ball of eta/d is centred at a floating-point number of any length; moved
to the nearest integer in units of 2^unit, by at most half a unit, it stays an enclosure when its radius grows
by as much.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import sympy as sp
from flint import acb, arb, fmpq

from signsgd_sym import notation
from signsgd_sym.balls import Undecided, Unsupported, compile_expr
from signsgd_sym.balls.ball import precision
from signsgd_sym.errors import StepError
from signsgd_sym.model import Schedule
from signsgd_sym.simulate.fixed_point import FLINT, Interval, shifted, shifted_up


class Inadmissible(Exception):
    """The step size is negative, complex or not finite."""


class StepSize:
    """h_k = eta(k/d, R)/d.

    Args:
        schedule: eta(t, R).
        d: dimension.

    Raises:
        StepError: a function that ball arithmetic does not have.

    Example:
        >>> step = StepSize(Schedule.of("1/(1 + t)"), d=2)
        >>> step.enclosure(1, None, unit=-20, bits=60)  # 1/3 in units of 2^-20
        (349525, 2)
        >>> step.exactly(1)
        Fraction(1, 3)
    """

    def __init__(self, schedule: Schedule, d: int) -> None:
        self._expr, self._d = schedule.expr, d
        self.needs_risk = bool(schedule.expr.has(notation.R))
        """Whether eta depends on R."""
        self._constant: Fraction | None = None
        self._exact: dict[int, Fraction | None] = {}
        self._evaluate: Callable[..., Any] | None = None
        if schedule.is_constant:
            self._constant = Fraction(float(schedule.value) / d)
            return
        try:
            self._evaluate = compile_expr(schedule.expr, (notation.t, notation.R))
        except Unsupported as missing:
            raise StepError(
                f"the step size {schedule.expr} cannot be enclosed: {missing}; "
                "write it with elementary functions, or run with certified=False"
            ) from missing

    def enclosure(self, k: int, risk: Interval | None, unit: int, bits: int) -> tuple[int, int]:
        """h_k within middle +- radius, in units of 2^unit.

        Args:
            k: step number.
            risk: encloses R; only where `needs_risk`.
            unit: exponent of the unit.
            bits: working precision, the more the smaller the radius.

        Raises:
            Inadmissible: the step size is proved to be negative or complex, or is infinite or not defined.
            Undecided: none of these is proved, nor that it is a number from 0 on.
        """
        if self._constant is not None:
            return fixed(self._constant, unit)
        assert self._evaluate is not None
        with FLINT, precision(bits):
            t = acb(arb(fmpq(k, self._d)))
            R = acb(0) if risk is None else acb(risk.ball())
            eta = self._evaluate([t, R], False)
            if not eta.imag.contains(0) or eta.real < 0:
                raise Inadmissible
            if eta.is_finite() and eta.imag.is_zero() and eta.real >= 0:
                h = eta.real / self._d
                return _rounded(h.mid(), h.rad(), unit)
        # A ball around an eta of 0 is negative in part, and around a pole it is not finite, in any precision.
        exact = self.exactly(k)
        if exact is None:
            raise Undecided(f"eta is within {eta.str(5)}")
        return fixed(exact, unit)

    def exactly(self, k: int) -> Fraction | None:
        """h_k as a fraction; None unless eta is found to be rational at t = k/d and does not depend on R.

        Raises:
            Inadmissible: eta is negative, complex, infinite or not defined at k/d.
        """
        if self._constant is not None or self.needs_risk:
            return self._constant
        if k not in self._exact:
            self._exact[k] = self._fraction(k)
        return self._exact[k]

    def _fraction(self, k: int) -> Fraction | None:
        eta = self._expr.subs(notation.t, sp.Rational(k, self._d))
        if eta.has(sp.zoo, sp.oo, sp.nan) or eta.is_real is False or eta.is_negative:
            raise Inadmissible
        return Fraction(int(eta.p), int(eta.q) * self._d) if eta.is_Rational else None


def fixed(value: Fraction, unit: int) -> tuple[int, int]:
    """A number within middle +- radius, in units of 2^unit; the radius is 0 where that is exact, else 1.

    Example:
        >>> fixed(Fraction(3, 4), -2), fixed(Fraction(3, 4), 0)
        ((3, 0), (1, 1))
    """
    numerator, denominator = value.numerator << max(0, -unit), value.denominator << max(0, unit)
    middle = (2 * numerator + denominator) // (2 * denominator)
    return middle, int(middle * denominator != numerator)


def _rounded(middle: arb, radius: arb, unit: int) -> tuple[int, int]:
    """The ball middle +- radius in units of 2^unit."""
    mantissa, exponent = (int(part) for part in middle.man_exp())
    size, exponent_of_size = (int(part) for part in radius.man_exp())
    whole, lost = shifted(mantissa, exponent - unit)
    return whole, shifted_up(size, exponent_of_size - unit) + lost
