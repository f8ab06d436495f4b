"""What follows from phi under one law is found here, within a deadline; nothing is believed yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sympy as sp

from signsgd_sym.derive.closed_form import ClosedForm
from signsgd_sym.derive.consequences import (
    DriftLimit,
    Expansion,
    drift_limit,
    expansions,
    solve_stationary,
)
from signsgd_sym.derive.memo import Memo
from signsgd_sym.derive.monotone import Monotonicity, drift_monotonicity
from signsgd_sym.derive.phi import phi_of
from signsgd_sym.derive.readable import readable
from signsgd_sym.derive.worker import Stopped, stream
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.notation import D, R, d, eta
from signsgd_sym.proof.verdict import Verdict
from signsgd_sym.special import over

LEVEL = eta * sp.Trace(D) / (4 * d)
"""The level eta tr(D)/(4 d) of the stationary equation."""


def monotone_in_time(law: NoiseLaw, value: Any, seconds: float) -> Monotonicity:
    """`drift_monotonicity`, or that it was not decided within `seconds`."""
    try:
        for found in stream(monotonicity, (law, value), seconds):
            return found
    except Stopped as stopped:
        return Monotonicity(None, Verdict.UNKNOWN, str(stopped))
    return Monotonicity(None, Verdict.UNKNOWN, "no answer")


def monotonicity(law: NoiseLaw, value: Any) -> Iterator[Monotonicity]:
    """`drift_monotonicity`, in a process of its own."""
    yield drift_monotonicity(law, value)


@dataclass(frozen=True)
class Compression:
    """psi in a readable form."""

    value: Any


def consequences(law: NoiseLaw, value: Any | None, response: Any) -> Iterator[Any]:
    """Expansions, the limit of the drift rate, its monotonicity, psi, solutions of the stationary equation.

    Runs in a process of its own.
    """
    found = list(expansions(law, 2 / sp.pi))
    yield from found
    limit = drift_limit(law, response, next((e for e in found if e.point == 0), None))
    if limit is not None:
        yield limit
    yield drift_monotonicity(law, over(response, law) if value is None else value)
    if value is not None:
        yield Compression(readable(plain_psi(law, value)))
        yield from solve_stationary(R * value / sp.sqrt(2 * R), LEVEL)


def plain_psi(law: NoiseLaw, value: Any) -> Any:
    """(pi/2) value sqrt(P/R), the finite branch of E eps^2 where that is conditional."""
    power = law.second_moment()
    finite = power.args[0][0] if isinstance(power, sp.Piecewise) else power
    return sp.pi / 2 * value * sp.sqrt((R + finite / 2) / R)


def follow_up(form: ClosedForm, response: Any, seconds: float) -> Memo:
    """phi, and what follows from it as far as it is found in time."""
    value = phi_of(form, response)
    found: list[Any] = []
    stopped = ""
    try:
        for item in stream(consequences, (form.law, value, response), seconds):
            found.append(item)
    except Stopped as problem:
        stopped = str(problem)
    values = {} if value is None else {"phi": value}
    for item in found:
        if isinstance(item, Compression):
            values["psi"] = item.value
    return Memo(
        seconds=seconds,
        stopped=stopped,
        values=values,
        expansions=tuple(item for item in found if isinstance(item, Expansion)),
        limit=next((item for item in found if isinstance(item, DriftLimit)), None),
        monotone=next((item for item in found if isinstance(item, Monotonicity)), None),
        solutions=tuple(item for item in found if isinstance(item, sp.Expr)),
    )
