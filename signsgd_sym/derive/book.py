r"""Statements about one law with their verdicts, collected while its formulas are derived.

What is derived now is judged in full; what was read from the cache is judged again at fewer points.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from signsgd_sym.derive.certificate import (
    RECHECK_DIGITS,
    RECHECK_POINTS,
    RECHECK_SAMPLES,
    NotBelieved,
    new_seed,
)
from signsgd_sym.derive.closed_form import judge_equality
from signsgd_sym.derive.memo import Memo
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.proof.asymptotic import Effort
from signsgd_sym.proof.check import Checker
from signsgd_sym.proof.derivation import Derivation, Recorder
from signsgd_sym.proof.verdict import Judgement


@dataclass(frozen=True)
class Statement:
    """One line of the answer: `name` says of what, `step` is in `derivation`, `judgement` is the verdict."""

    name: str
    derivation: Derivation
    step: str
    judgement: Judgement

    @property
    def value(self) -> Any:
        """The right-hand side."""
        return self.derivation[self.step].rhs


@dataclass
class Book:
    """Collects the derivations and the judgements on their steps; `memo` holds what the cache gave."""

    law: NoiseLaw
    seed: int
    points: int
    digits: int
    seconds: float
    effort: Effort
    memo: Memo
    derivations: list[Derivation] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)

    def close(self, record: Recorder, names: dict[str, str], known: dict[str, Judgement]) -> None:
        """Finish a derivation and judge the steps that have a name, unless their judgement is known."""
        derivation = record.finish()
        full = Checker(derivation, self.seed, self.points, self.digits, False, self.effort)
        points, digits = min(self.points, RECHECK_POINTS), min(self.digits, RECHECK_DIGITS)
        effort = replace(self.effort, samples=RECHECK_SAMPLES)
        quick = replace(full, seed=new_seed(), points=points, digits=digits, effort=effort)
        self.derivations.append(derivation)
        open_steps = {step: name for step, name in names.items() if step not in known}
        judged = {**known, **self.memo.judged(open_steps, full, quick, self.seconds)}
        for step, name in names.items():
            self.statements.append(Statement(name, derivation, step, judged[step]))

    def check_again(self, name: str, derived: Any, value: Any) -> None:
        """Hold an expression that was read against what it was made of; raises `NotBelieved`."""
        if self.memo.was_read and value != derived:
            again = judge_equality(self.law, derived, value, new_seed(), RECHECK_POINTS, RECHECK_DIGITS)
            if not again.verdict.passed:
                raise NotBelieved(f"its {name} is {again.verdict.value}")


__all__ = ["Book", "Statement"]
