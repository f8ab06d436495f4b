r"""What follows from phi, as data for the cache: expressions that took SymPy long, and their certificates.

`law_formulas` asks a `Memo` for each such expression. One that is being made calls SymPy and remembers; one
that was read answers from the file, and every statement made of it is judged again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from signsgd_sym.derive.certificate import Certificate, NotBelieved, rows, seconds_of, text
from signsgd_sym.derive.consequences import DriftLimit, Expansion
from signsgd_sym.derive.monotone import NOT_ASKED, Monotonicity
from signsgd_sym.derive.stored_text import read_back, scope_of, written
from signsgd_sym.errors import InputError
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.proof.verdict import Verdict


@dataclass
class Memo:
    """Expressions by name, expansions, solutions, certificates by statement.

    A `limit` with cases is kept as NaN: no statement is made of it, so it is derived again.
    `made` is the day on which they were written, empty while they are being found.

    >>> memo = Memo()
    >>> memo.value("two", lambda: 1 + 1), memo.value("two", lambda: 3)
    (2, 2)
    """

    made: str = ""
    seconds: float = 0.0
    stopped: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    expansions: tuple[Expansion, ...] = ()
    limit: DriftLimit | None = None
    monotone: Monotonicity = NOT_ASKED
    solutions: tuple[Any, ...] = ()
    certificates: dict[str, Certificate] = field(default_factory=dict)

    @property
    def was_read(self) -> bool:
        """Whether it comes from a file."""
        return bool(self.made)

    def value(self, name: str, find: Callable[[], Any]) -> Any:
        """The expression of this name; raises `NotBelieved` where a file lacks it."""
        if name not in self.values:
            if self.was_read:
                raise NotBelieved(f"its {name} is missing")
            self.values[name] = find()
        return self.values[name]

    def answers(self, seconds: float, points: int, digits: int) -> bool:
        """Whether as much was checked, and so many seconds would find and decide no more."""
        found = self.certificates.values()
        covered = all(one.covers(points, digits) for one in found if one.digits)
        undecided = bool(self.stopped) or any(one.verdict is Verdict.UNKNOWN for one in found)
        return covered and (seconds <= self.seconds or not undecided)

    def data(self, law: NoiseLaw) -> dict[str, Any]:
        """As JSON data; raises `NotStorable` for an expression that its text does not give back."""
        scope = scope_of(law)
        return {
            "formulas": {name: written(value, scope) for name, value in self.values.items()},
            "expansions": [
                {
                    "point": written(e.point, scope),
                    "terms": [written(term, scope) for term in e.terms],
                    "powers": [written(power, scope) for power in e.powers],
                    "order": written(e.order, scope),
                    "reason": e.reason,
                }
                for e in self.expansions
            ],
            "drift rate at 0": None if self.limit is None else _limit_data(self.limit, scope),
            "monotone": {"verdict": self.monotone.verdict.value, "reason": self.monotone.reason},
            "solutions": [written(solution, scope) for solution in self.solutions],
            "verdicts": {name: found.data() for name, found in self.certificates.items()},
            "seconds": self.seconds,
            "stopped": self.stopped,
        }


def read_memo(data: Mapping[str, Any], law: NoiseLaw, made: str) -> Memo:
    """From JSON data; raises `NotBelieved` for what is malformed or outside the language of expressions."""
    scope = scope_of(law)
    formulas, verdicts = data.get("formulas"), data.get("verdicts")
    if not isinstance(formulas, dict) or not isinstance(verdicts, dict):
        raise NotBelieved("its formulas or its verdicts are missing")
    limit: DriftLimit | None = None
    try:
        expansions = tuple(_expansion(row, scope) for row in rows(data, "expansions"))
        solutions = tuple(read_back(_text(each), scope) for each in rows(data, "solutions"))
        values = {name: read_back(_text(formula), scope) for name, formula in formulas.items()}
        rate = data.get("drift rate at 0")
        if rate is not None:
            limit = _limit(rate, scope)
    except InputError as problem:
        raise NotBelieved(f"an expression in it is not read ({problem})") from None
    certificates = {name: Certificate.read(found) for name, found in verdicts.items()}
    return Memo(
        made, seconds_of(data), text(data, "stopped"), values, expansions, limit,
        _monotone(data.get("monotone")), solutions, certificates,
    )  # fmt: skip


def _limit_data(limit: DriftLimit, scope: Mapping[str, Any]) -> dict[str, Any]:
    has_cases = limit.value.has(sp.Piecewise)
    return {"value": None if has_cases else written(limit.value, scope), "follows": limit.follows}


def _limit(row: Any, scope: Mapping[str, Any]) -> DriftLimit:
    if not isinstance(row, dict):
        raise NotBelieved("its drift rate at 0 is not a table")
    value = sp.nan if row.get("value") is None else read_back(text(row, "value"), scope)
    return DriftLimit(value, row.get("follows") is True)


def _expansion(row: Any, scope: Mapping[str, Any]) -> Expansion:
    terms, powers = (
        tuple(read_back(_text(each), scope) for each in rows(row, name)) for name in ("terms", "powers")
    )
    if len(terms) != len(powers):
        raise NotBelieved("an expansion in it has a term without a power")
    point, order = (read_back(text(row, name), scope) for name in ("point", "order"))
    return Expansion(point, terms, powers, order, text(row, "reason"))


def _monotone(row: Any) -> Monotonicity:
    """Undecided as it was found; what was decided is only a sign that it can be, and decided again."""
    if text(row, "verdict") == Verdict.UNKNOWN.value:
        return Monotonicity(None, Verdict.UNKNOWN, text(row, "reason"))
    return Monotonicity(False, Verdict.UNKNOWN, "to be decided again")


def _text(found: Any) -> str:
    if not isinstance(found, str):
        raise NotBelieved("an expression in it is not a text")
    return found


__all__ = ["Memo", "read_memo"]
