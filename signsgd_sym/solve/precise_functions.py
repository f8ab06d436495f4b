"""a(R), s(R) and eta(t, R) of a problem at N digits, from the exact expressions."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import sympy as sp
from flint import arb

from signsgd_sym.balls import PointRejected, Undecided, Unsupported, enclose, program
from signsgd_sym.derive.phi import phi_integral
from signsgd_sym.errors import NotConverged, StepError
from signsgd_sym.model.schedule import Schedule
from signsgd_sym.notation import P, R, phi, t
from signsgd_sym.solve.functions import Problem

MOST_BITS = 1500
"""Bits beyond twice those asked for at which a value is given up."""
Function = Callable[[Any], Any]


def drift_rate_expressions(problem: Problem) -> list[Any]:
    """a(R) in R alone: with phi in closed form where one is known, then with the integral that phi is."""
    sde = problem.ode.sde
    if problem.closed_form is None:
        return [sde.rate]
    closed = [] if problem.phi is None else [problem.phi]
    integral = phi_integral(problem.closed_form, dict(sde.definitions)[phi])
    return [sde.rate.xreplace({phi: formula}) for formula in (*closed, integral)]


def noise_scale_expression(problem: Problem) -> Any:
    """s(R) in R alone, with the exact E[eps^2]."""
    scale = problem.ode.sde.scale
    return scale.xreplace({P: R + problem.law.second_moment() / 2}) if scale.has(P) else scale


def of_risk(expr: Any, digits: int, name: str) -> Function:
    """The function R -> `expr` to `digits` relative digits; `name` is what a failure calls it.

    The function raises `NotConverged` where ball arithmetic does not enclose the value so closely.
    """
    expr = sp.sympify(expr, strict=True)
    if not expr.free_symbols:
        constant = _value(expr, {}, digits, name)
        return lambda _risk: constant
    compiled = program(expr, {R: 1})
    return lambda risk: _value(compiled, {R: risk}, digits, name)


def of_time_and_risk(schedule: Schedule, digits: int) -> Callable[[Fraction, Any], Any]:
    """eta(t, R) to `digits` digits, for rational t.

    The function raises `StepError` where eta is negative and `NotConverged` where it is not enclosed.
    """
    if schedule.is_constant:
        constant = _value(schedule.expr, {}, digits, "the step size")
        return lambda _time, _risk: constant
    compiled = program(schedule.expr, {t: 1, R: 1})

    def eta(time: Fraction, risk: Any) -> Any:
        point = {t: sp.Rational(time.numerator, time.denominator), R: risk}
        step = _value(compiled, point, digits, "the step size")
        if not step >= 0:
            raise StepError(
                f"the step size {schedule.expr} is {float(step):.6g} at t = {float(time):.6g}, "
                f"R = {float(risk):.6g}; it must stay positive and finite"
            )
        return step

    return eta


def _value(expr: Any, point: dict[Any, Any], digits: int, name: str) -> arb:
    """The midpoint of an enclosure to `digits` digits."""
    try:
        return enclose(expr, point, digits, MOST_BITS + 7 * digits).ball.real.mid()
    except (Unsupported, Undecided, PointRejected) as failure:
        where = ", ".join(f"{symbol} = {float(value):.6g}" for symbol, value in point.items()) or "all R"
        remedy = "ask for fewer digits" if isinstance(failure, Undecided) else "float64 may know it"
        raise NotConverged(
            f"{name} is not known to {digits} digits at {where} ({failure}); {remedy}."
        ) from None
