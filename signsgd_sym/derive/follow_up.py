r"""What follows from phi, found by SymPy within a deadline, or taken up again from the cache.

Expansions, the limit of the drift rate, whether that rate falls, psi in a readable form, and solutions of the
stationary equation. Claims, all of them: `law_formulas` has them judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from signsgd_sym.derive.book import hold
from signsgd_sym.derive.closed_form import ClosedForm
from signsgd_sym.derive.consequences import (
    DriftLimit,
    Expansion,
    drift_limit,
    expansions,
    solve_stationary,
)
from signsgd_sym.derive.memo import Memo
from signsgd_sym.derive.monotone import NOT_ASKED, Monotonicity, drift_monotonicity
from signsgd_sym.derive.phi import phi_of
from signsgd_sym.derive.readable import readable
from signsgd_sym.derive.worker import Stopped, stream
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.notation import D, R, d, eta
from signsgd_sym.special import NoiseMean, over

LEVEL = eta * sp.Trace(D) / (4 * d)
"""The level eta tr(D)/(4 d) of the stationary equation."""


@dataclass(frozen=True)
class Compression:
    """psi in a readable form."""

    value: Any


def find(form: ClosedForm, response: Any, seconds: float) -> Memo:
    """phi, and what is found of it in time."""
    value = phi_of(form, response)
    found: list[Any] = []
    stopped = ""
    try:
        for item in stream(consequences, (form.law, value, response), seconds):
            found.append(item)
    except Stopped as problem:
        stopped = str(problem)
    values = {} if value is None else {"phi": value}
    short = next((item for item in found if isinstance(item, Compression)), None)
    if short is not None:
        values["psi"] = short.value
    return Memo(
        seconds=seconds,
        stopped=stopped,
        values=values,
        expansions=tuple(item for item in found if isinstance(item, Expansion)),
        limit=next((item for item in found if isinstance(item, DriftLimit)), None),
        monotone=next((item for item in found if isinstance(item, Monotonicity)), NOT_ASKED),
        solutions=tuple(item for item in found if isinstance(item, sp.Expr)),
    )


def consequences(law: NoiseLaw, value: Any | None, response: Any) -> Iterator[Any]:
    """Expansions, the limit of the drift rate, solutions of the stationary equation.

    Runs in a process of its own.
    """
    found = list(expansions(law, 2 / sp.pi))
    yield from found
    limit = drift_limit(law, response, next((e for e in found if e.point == 0), None))
    if limit is not None:
        yield limit
    yield drift_monotonicity(law, over(response, law) if value is None else value)
    if value is not None:
        yield Compression(readable(compression_of(law, value)))
        yield from solve_stationary(R * value / sp.sqrt(2 * R), LEVEL)


def compression_of(law: NoiseLaw, value: Any) -> Any:
    """psi = (pi/2) value sqrt(P/R), the finite branch of E eps^2 where that is conditional."""
    moment = law.second_moment()
    power = moment.args[0][0] if isinstance(moment, sp.Piecewise) else moment
    return sp.pi / 2 * value * sp.sqrt((R + power / 2) / R)


def again(memo: Memo, form: ClosedForm, response: Any, seconds: float | None) -> Memo:
    """A memo that was read, without what no statement of it would be judged: that is found anew.

    phi is held against the mean, the powers of the expansions against their terms; whether the drift rate
    falls is decided again, within `seconds` if given, and a limit with cases is derived again.
    Raises `NotBelieved`.
    """
    law, value = form.law, memo.values.get("phi")
    if value is not None:
        inserted = response.xreplace(dict.fromkeys(response.atoms(NoiseMean), form.value))
        hold(law, "phi", inserted, value)
    for expansion in memo.expansions:
        for term, power in zip(expansion.terms, expansion.powers, strict=True):
            if (term / R**power).has(R):
                hold(law, "expansion", R * sp.diff(term, R), power * term)
    limit, monotone = memo.limit, memo.monotone
    if limit is not None and limit.value is sp.nan:
        small = next((e for e in memo.expansions if e.point == 0), None)
        limit = drift_limit(law, response, small)
    if monotone.holds is not None:
        monotone = _decided(law, over(response, law) if value is None else value, seconds)
    return replace(memo, limit=limit, monotone=monotone)


def _decided(law: NoiseLaw, value: Any, seconds: float | None) -> Monotonicity:
    if seconds is None:
        return drift_monotonicity(law, value)
    try:
        for found in stream(monotonicity, (law, value), seconds):
            return found
    except Stopped:
        pass
    return NOT_ASKED


def monotonicity(law: NoiseLaw, value: Any) -> Iterator[Monotonicity]:
    """`drift_monotonicity`, in a process of its own."""
    yield drift_monotonicity(law, value)


__all__ = ["LEVEL", "again", "compression_of", "find"]
