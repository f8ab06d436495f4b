"""phi, the drift rate and psi of a law as certified numbers at given R and parameters.

The closed form is enclosed in ball arithmetic, and the integral that it stands for as well: a closed form was
compared with its integral at random points, and here it is compared at this one. Without a closed form, or
where it cannot be enclosed, the integral alone gives the number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp
from flint import arb

from signsgd_sym.balls import PointRejected, Undecided, Unsupported, enclose
from signsgd_sym.balls.decimals import CertifiedDecimal, certified_decimal
from signsgd_sym.errors import NotConverged, ParameterError
from signsgd_sym.model.exact import exact_number
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.notation import P, R

DIGITS = 20
MAX_DIGITS = 1000
GUARD = 3
"""Digits of a ball beyond those that are printed."""
COMPARED = 12
"""Digits to which closed form and integral are compared at a point."""
Point = Mapping[Any, Any]


@dataclass(frozen=True)
class Value:
    """Numbers at one point; `psi` is None where E[eps^2] is infinite or not known, `psi_reason` says so.

    `source` says in words what was enclosed and what it was compared with.
    """

    at: tuple[tuple[str, Any], ...]
    phi: CertifiedDecimal
    drift_rate: CertifiedDecimal
    psi: CertifiedDecimal | None
    psi_reason: str
    source: str

    def __str__(self) -> str:
        where = ", ".join(f"{name} = {value}" for name, value in self.at)
        return f"phi = {self.phi} at {where}"


def checked_point(law: NoiseLaw, at: Mapping[Any, Any]) -> dict[Any, Any]:
    """`at` as exact numbers for R and every parameter of the law, keyed by their symbols.

    Raises:
        ParameterError: R or a parameter is missing, unknown, or outside its range.

    >>> from signsgd_sym.model.noise import noise_law
    >>> checked_point(noise_law("Laplace(0, b)"), {"R": "1/10", "b": 2})
    {R: 1/10, b: 2}
    """
    given = {str(name): value for name, value in at.items()}
    names = [str(symbol) for symbol in law.parameters]
    missing = [name for name in ("R", *names) if name not in given]
    if missing:
        example = ", ".join(f"{name}=1" for name in missing)
        raise ParameterError(f"the point has no value for {', '.join(missing)}; add {example}")
    risk = exact_number(given.pop("R"))
    if not (risk.is_number and risk.is_positive and risk.is_finite):
        raise ParameterError(f"R is {risk} at a point, but the risk must be a positive number; change it")
    law.substitute(given)  # raises for unknown names and values outside the law's range
    return {R: risk, **{symbol: exact_number(given[str(symbol)]) for symbol in law.parameters}}


def value_at(
    law: NoiseLaw, phi: Any | None, integral: Any, at: Mapping[Any, Any], digits: int = DIGITS
) -> Value:
    """The numbers at one point; `phi` is the closed form or None, `integral` what it stands for.

    Raises:
        ParameterError: see `checked_point`; digits outside 1..1000.
        NotConverged: neither can be enclosed at this point, or they disagree.
    """
    if not 1 <= digits <= MAX_DIGITS:
        raise ParameterError(f"{digits} digits were asked for; take a whole number from 1 to {MAX_DIGITS}")
    point = checked_point(law, at)
    shown = tuple((str(symbol), value) for symbol, value in point.items())
    chosen, source = _evaluable(phi, integral, point, digits)
    number = _number(chosen, point, digits)
    rate = _number(chosen / sp.sqrt(2 * R), point, digits)
    power, reason = _finite_power(law, point)
    if power is None:
        return Value(shown, number, rate, None, reason, source)
    psi = sp.pi / 2 * chosen * sp.sqrt(P / R)
    try:
        ratio = _number(psi.subs(P, R + power / 2), point, digits)
    except (PointRejected, Undecided, Unsupported, ArithmeticError) as limit:
        return Value(shown, number, rate, None, f"psi cannot be enclosed here: {limit}", source)
    return Value(shown, number, rate, ratio, "", source)


def values_at(
    law: NoiseLaw, phi: Any | None, integral: Any, points: Sequence[Point], digits: int
) -> Iterator[Value | str]:
    """`value_at` for several points, a sentence in place of a value that cannot be found; for `stream`."""
    for at in points:
        try:
            yield value_at(law, phi, integral, at, digits)
        except NotConverged as problem:
            yield str(problem)


def _evaluable(phi: Any | None, integral: Any, point: Point, digits: int) -> tuple[Any, str]:
    """The expression to enclose at this point, and what speaks for it, in words."""
    where = ", ".join(f"{symbol} = {value}" for symbol, value in point.items())
    closed, why_not = (None, "") if phi is None else _enclosed(phi, point, digits)
    if closed is None:
        direct, reason = _enclosed(integral, point, digits)
        if direct is None:
            formula = f"neither the closed form ({why_not}) nor its integral" if phi is not None else "phi"
            raise NotConverged(f"{formula} can be enclosed to {digits} digits at {where}: {reason}")
        fallback = f", the closed form cannot be enclosed here ({why_not})" if phi is not None else ""
        return integral, f"integral{fallback}"
    if phi == integral:
        return phi, "sum over atoms"
    direct, reason = _enclosed(integral, point, min(digits, COMPARED))
    if direct is None:
        return phi, f"closed form, not compared with the integral here ({reason})"
    if not closed.overlaps(direct):
        raise NotConverged(
            f"closed form and integral disagree at {where}: {closed.str(15)} and {direct.str(15)}; "
            "the closed form does not hold there"
        )
    return phi, f"closed form, the integral agrees to {min(digits, COMPARED)} digits here"


def _enclosed(expr: Any, point: Point, digits: int) -> tuple[arb | None, str]:
    """A ball around a real expression, or None and why there is none."""
    try:
        return _ball(expr, point, digits)[0], ""
    except (PointRejected, Undecided, Unsupported, ArithmeticError, ValueError) as limit:
        return None, str(limit)


def _ball(expr: Any, point: Point, digits: int) -> tuple[arb, int]:
    wanted = digits + GUARD
    found = enclose(expr, point, digits=wanted, max_bits=1_500 + 8 * wanted)
    if not found.ball.imag.contains(0):
        raise ArithmeticError("its value is not real")
    return found.ball.real, found.bits


def _number(expr: Any, point: Point, digits: int) -> CertifiedDecimal:
    ball, bits = _ball(expr, point, digits)
    return certified_decimal(ball, digits, bits)


def _finite_power(law: NoiseLaw, point: Point) -> tuple[Any | None, str]:
    """E[eps^2] of the law at these parameters, or None and why psi has no value."""
    numeric = law.substitute({symbol: value for symbol, value in point.items() if symbol != R})
    power = numeric.second_moment()
    if power.is_infinite or power.has(sp.oo):
        return None, f"E[eps^2] is infinite for {numeric.text}"
    return power, ""


__all__ = ["Value", "checked_point", "value_at", "values_at"]
