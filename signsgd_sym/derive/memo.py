r"""What follows from phi, as data for the cache: expressions that took SymPy long, and their certificates.

`law_formulas` asks a `Memo` for each such expression. One that is being made calls SymPy and remembers; one
that was read answers from the file, and every statement made of it is judged again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from signsgd_sym.derive.certificate import Certificate, NotBelieved, rows, seconds_of, text
from signsgd_sym.derive.consequences import DriftLimit, Expansion
from signsgd_sym.derive.in_time import judged_in_time
from signsgd_sym.derive.monotone import Monotonicity
from signsgd_sym.derive.stored_text import read_back, scope_of, written
from signsgd_sym.errors import InputError
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.proof.check import Checker
from signsgd_sym.proof.derivation import Step
from signsgd_sym.proof.verdict import Judgement, Verdict


@dataclass
class Memo:
    """Expressions by name, expansions, solutions, certificates by statement.

    `monotone` is not kept in a file: it is decided again, which is quick.
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
    monotone: Monotonicity | None = None
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

    def judged(
        self, names: Mapping[str, str], full: Checker, quick: Checker, seconds: float
    ) -> dict[str, Judgement]:
        """The judgements on the steps in `names` (step -> name), in full, or at fewer points where stored.

        Raises `NotBelieved` where the kernel does not say again what the file says.
        """
        if not self.was_read:
            found = judged_in_time(full, list(names), seconds)
            self.certificates |= {names[step]: Certificate.of(one) for step, one in found.items()}
            return found
        derivation = full.derivation
        return {step: self._again(name, derivation[step], full, quick) for step, name in names.items()}

    def _again(self, name: str, step: Step, full: Checker, quick: Checker) -> Judgement:
        stored = self.certificates.get(name)
        if stored is None:
            raise NotBelieved(f"its verdict on {name} is missing")
        if stored.verdict is Verdict.UNKNOWN:
            # With an integral for phi the check is what takes long; with a formula a false statement is seen.
            if "phi" in self.values and quick.judge(step).verdict is Verdict.REFUTED:
                raise NotBelieved(f"its {name} is REFUTED")
            return stored.unknown(step, self.made)
        # A refutation needs its witness: nothing of the kind is repeated from a file.
        return stored.renewed(quick.judge(step), self.made) if stored.verdict.passed else full.judge(step)

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
            "drift rate at 0": None
            if self.limit is None
            else {"value": written(self.limit.value, scope), "follows": self.limit.follows},
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
    try:
        expansions = tuple(
            Expansion(
                read_back(text(row, "point"), scope),
                tuple(read_back(_text(term), scope) for term in rows(row, "terms")),
                tuple(read_back(_text(power), scope) for power in rows(row, "powers")),
                read_back(text(row, "order"), scope),
                text(row, "reason"),
            )
            for row in rows(data, "expansions")
        )
        limit = _limit(data.get("drift rate at 0"), scope)
        solutions = tuple(read_back(_text(each), scope) for each in rows(data, "solutions"))
        values = {name: read_back(_text(formula), scope) for name, formula in formulas.items()}
    except InputError as problem:
        raise NotBelieved(f"an expression in it is not read ({problem})") from None
    certificates = {name: Certificate.read(found) for name, found in verdicts.items()}
    return Memo(
        made,
        seconds_of(data),
        text(data, "stopped"),
        values,
        expansions,
        limit,
        None,
        solutions,
        certificates,
    )


def _limit(found: Any, scope: Any) -> DriftLimit | None:
    """The limit of the drift rate; raises `NotBelieved`."""
    if found is None:
        return None
    follows = found.get("follows") if isinstance(found, Mapping) else None
    if not isinstance(follows, bool):
        raise NotBelieved("its limit of the drift rate is malformed")
    return DriftLimit(read_back(text(found, "value"), scope), follows)


def _text(found: Any) -> str:
    if not isinstance(found, str):
        raise NotBelieved("an expression in it is not a text")
    return found


__all__ = ["Memo", "read_memo"]
