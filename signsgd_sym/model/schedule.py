"""The step-size schedule eta(t, R); the recursion steps by eta/d."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from signsgd_sym import notation
from signsgd_sym.errors import StepError
from signsgd_sym.model.parse import parse_expression

t, R = notation.t, notation.R


@dataclass(frozen=True)
class Schedule:
    """eta as an expression in `notation.t` and `notation.R`.

    Raises:
        StepError: other symbols than t and R, or a constant that is not positive and representable in
            float64. A schedule that varies is checked each time it is evaluated.

    Example:
        >>> Schedule.of("1/2").value
        1/2
        >>> Schedule.of("1/(1 + t)").function()(1.0, 2.0)
        0.5
    """

    expr: sp.Expr

    def __post_init__(self) -> None:
        if not isinstance(self.expr, sp.Expr):
            raise StepError(f"the step size {self.expr!r} is no SymPy expression; use Schedule.of for it")
        strangers = sorted(map(str, self.expr.free_symbols - {t, R}))
        if strangers:
            raise StepError(f"the step size {self.expr} contains {', '.join(strangers)}; write it in t and R")
        if self.is_constant:
            value = _as_float(self.expr)
            if not (value > 0 and math.isfinite(value)):
                raise StepError(
                    f"the step size {_short(self.expr)} is not positive and representable in float64; "
                    "give a number between 1e-300 and 1e300"
                )

    @classmethod
    def of(cls, step: Any) -> Schedule:
        """The schedule that a number, text, an expression in t and R, or a schedule denotes.

        Floats become the shortest decimal that rounds to them, so 0.1 is 1/10.

        Raises:
            StepError, ParseError.
        """
        if isinstance(step, Schedule):
            return step
        if isinstance(step, str):
            return cls(parse_expression(step, {"t": t, "R": R}))
        if isinstance(step, sp.Expr):
            return cls(step)
        if isinstance(step, float | np.floating):
            if not math.isfinite(step):
                raise StepError(f"the step size {step} is not finite; give a positive number")
            return cls(sp.Rational(repr(float(step))))
        try:
            return cls(sp.Rational(step))
        except (TypeError, ValueError):
            raise StepError(f"the step size {step!r} is not a number or an expression in t and R") from None

    @property
    def is_constant(self) -> bool:
        """Whether eta depends on neither t nor R."""
        return not self.expr.free_symbols

    @property
    def value(self) -> sp.Expr:
        """The constant, exactly.

        Raises:
            StepError: when the schedule varies.
        """
        if not self.is_constant:
            raise StepError(f"the step size {self.expr} varies; this needs a constant one")
        return self.expr

    def function(self) -> Callable[[float, float], float]:
        """eta(t, R) in float64.

        The function raises `StepError` where eta is negative or not finite; 0 is admitted, because a step
        proportional to sqrt(2 R) vanishes with the risk.
        """
        if self.is_constant:
            constant = _as_float(self.expr)
            return lambda _t, _R: constant
        compiled = sp.lambdify((t, R), self.expr, modules=["scipy", "numpy"])

        def eta(time: float, risk: float) -> float:
            with np.errstate(all="ignore"):
                step = float(compiled(np.float64(time), np.float64(risk)))
            if not (step >= 0 and math.isfinite(step)):
                raise StepError(
                    f"the step size {self.expr} is {step:.6g} at t = {time:.6g}, R = {risk:.6g}; "
                    "it must stay positive and finite"
                )
            return step

        return eta

    @property
    def latex(self) -> str:
        """eta as LaTeX."""
        return str(sp.latex(self.expr))

    def __str__(self) -> str:
        return str(self.expr)


def _as_float(value: sp.Expr) -> float:
    try:
        return float(value)
    except (TypeError, OverflowError):
        return math.nan


def _short(value: sp.Expr) -> str:
    shown = str(value)
    return shown if len(shown) <= 40 else f"{shown[:37]}..."
