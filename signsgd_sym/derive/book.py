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
    Certificate,
    NotBelieved,
    new_seed,
)
from signsgd_sym.derive.closed_form import judge_equality
from signsgd_sym.derive.in_time import judged_in_time
from signsgd_sym.derive.memo import Memo
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.proof.asymptotic import Effort
from signsgd_sym.proof.check import Checker
from signsgd_sym.proof.derivation import Derivation, Recorder
from signsgd_sym.proof.verdict import Judgement, Verdict


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
    """Collects the derivations and the judgements on their steps; `memo` holds what the cache gave.

    `is_quick` says that the kernel needs no deadline for phi.
    """

    law: NoiseLaw
    seed: int
    points: int
    digits: int
    seconds: float
    effort: Effort
    is_quick: bool
    memo: Memo
    derivations: list[Derivation] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)

    def close(self, record: Recorder, names: dict[str, str], known: dict[str, Judgement]) -> None:
        """Finish a derivation and judge the steps that have a name, unless their judgement is known."""
        derivation = record.finish()
        self.derivations.append(derivation)
        waiting = {step: name for step, name in names.items() if step not in known}
        checker = Checker(derivation, self.seed, self.points, self.digits, False, self.effort)
        if self.memo.was_read:
            judged = self._judged_again(checker, waiting)
        else:
            judged = judged_in_time(checker, list(waiting), self.seconds)
            found = {name: Certificate.of(judged[step]) for step, name in waiting.items()}
            self.memo.certificates.update(found)
        judged |= known
        for step, name in names.items():
            self.statements.append(Statement(name, derivation, step, judged[step]))

    def _judged_again(self, checker: Checker, waiting: dict[str, str]) -> dict[str, Judgement]:
        """The judgements at fewer, new points; raises `NotBelieved` where a file says something else."""
        certificates = self.memo.certificates
        missing = next((name for name in waiting.values() if name not in certificates), None)
        if missing:
            raise NotBelieved(f"its verdict on {missing} is missing")
        stored = {step: certificates[name] for step, name in waiting.items()}
        quick = replace(
            checker,
            seed=new_seed(),
            points=min(self.points, RECHECK_POINTS),
            digits=min(self.digits, RECHECK_DIGITS),
            effort=replace(self.effort, samples=RECHECK_SAMPLES),
        )
        # UNKNOWN claims nothing; where the kernel is quick a false statement is seen even so.
        left = [step for step in waiting if self.is_quick or stored[step].verdict is not Verdict.UNKNOWN]
        judged = self._now(quick, left)
        for step, name in waiting.items():
            if stored[step].verdict is Verdict.UNKNOWN:
                if step in judged and judged[step].verdict is Verdict.REFUTED:
                    raise NotBelieved(f"its {name} is REFUTED")
                judged[step] = stored[step].unknown(checker.derivation[step], self.memo.made)
            elif stored[step].verdict.passed:
                judged[step] = stored[step].renewed(judged[step], self.memo.made)
            else:  # a refutation needs its witness
                judged |= judged_in_time(checker, [step], self.seconds)
        return judged

    def _now(self, checker: Checker, steps: list[str]) -> dict[str, Judgement]:
        if not self.is_quick:
            return judged_in_time(checker, steps, self.seconds)
        return {step: checker.judge(checker.derivation[step]) for step in steps}

    def check_again(self, name: str, derived: Any, value: Any) -> None:
        """Hold an expression that was read against what it was made of; raises `NotBelieved`."""
        if self.memo.was_read:
            hold(self.law, name, derived, value)


def hold(law: NoiseLaw, name: str, derived: Any, value: Any) -> None:
    """Hold an expression that was read against what it stands for; raises `NotBelieved`."""
    if value != derived:
        found = judge_equality(law, derived, value, new_seed(), RECHECK_POINTS, RECHECK_DIGITS)
        if not found.verdict.passed:
            raise NotBelieved(f"its {name} is {found.verdict.value}")


__all__ = ["Book", "Statement", "hold"]
