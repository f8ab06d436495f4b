"""Mutants of the steps that were checked, judged in processes of their own.

Every mutant has its own random numbers, made from the seed and its number: a run is the same whichever
process does what.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from signsgd_sym.proof.derivation import Derivation
from signsgd_sym.proof.verdict import Verdict
from signsgd_sym.report.check_run import Outcome, Target, made
from signsgd_sym.report.text import statement
from signsgd_sym.report.words import complaint
from signsgd_sym.report.workers import Pool

OUTCOMES = ("rejected", "implied", "undecided", "survived")
ATTEMPTS = 50
"""Slips tried in a derivation before a mutant is given up for want of a place."""


@dataclass(frozen=True)
class MutantTask:
    """Mutant number `number` of the run with this seed, in one derivation of a target."""

    target: Target
    derivation: str
    seed: int
    number: int
    points: int
    digits: int


@dataclass(frozen=True)
class Mutated:
    """What became of a mutant, and what it said."""

    outcome: str
    derivation: str
    step: str = ""
    slip: str = ""
    original: str = ""
    mutant: str = ""
    reason: str = ""


@dataclass
class Mutator:
    """Lives in one process and keeps the derivations it has made."""

    derivations: dict[Target, list[Derivation]] = field(default_factory=dict)

    def __call__(self, task: MutantTask) -> Mutated | None:
        """Mutate and judge; None when the derivation has no place for a slip."""
        from signsgd_sym.proof.mutate import judge_mutant, mutant

        if task.target not in self.derivations:
            self.derivations[task.target] = made(task.target)
        [derivation] = [d for d in self.derivations[task.target] if d.id == task.derivation]
        rng = Random(f"{task.seed}:{task.number}")
        found = next((m for m in (mutant(derivation, rng) for _ in range(ATTEMPTS)) if m is not None), None)
        if found is None:
            return None
        said = (task.derivation, found.step.id, found.slip, statement(found.original), statement(found.step))
        try:
            outcome, judgement = judge_mutant(found, rng.randrange(2**31), task.points, task.digits)
        except Exception as fault:
            return Mutated("undecided", *said, f"the checker failed: {type(fault).__name__}: {fault}")
        reason = "; ".join(f"{word} {text}" for word, text in complaint(judgement))
        return Mutated(outcome, *said, reason)


def mutate_checked(
    checked: Sequence[tuple[Target, Outcome]],
    count: int,
    seed: int,
    *,
    points: int,
    digits: int,
    progress: Callable[[str, float], object] = lambda stage, share: None,
    found: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Try `count` mutants, each of a step drawn from all that claim something; counts by outcome.

    Those that survive or cannot be decided are listed. `found` is filled as answers come, so that an
    interrupt leaves what is known.
    """
    places = [(target, outcome.node.id) for target, outcome in checked for _ in range(_claims(outcome))]
    answer = {} if found is None else found
    answer.update({"tried": 0, **dict.fromkeys(OUTCOMES, 0), "listed": []})
    rng = Random(seed)
    tasks = [MutantTask(*rng.choice(places), seed, k, points, digits) for k in range(count)] if places else []
    counts: Counter[str] = Counter()
    for done, reply in enumerate(Pool(Mutator()).run(tasks), start=1):
        one: Mutated | None = reply.value
        if reply.error is not None:
            task = tasks[reply.index]
            one = Mutated("undecided", task.derivation, reason=f"{type(reply.error).__name__}: {reply.error}")
        if one is not None:
            counts[one.outcome] += 1
            answer.update({"tried": counts.total(), **{name: counts[name] for name in OUTCOMES}})
            if one.outcome in ("undecided", "survived"):
                answer["listed"].append(vars(one))
        progress(f"mutants: {counts['rejected']} of {done} rejected", done / len(tasks))
    return answer


def _claims(outcome: Outcome) -> int:
    """Steps that can be mutated: no definitions, nothing cited or simulated, nothing wrong already."""
    unmutated = (Verdict.CITED, Verdict.STATISTICAL, Verdict.UNKNOWN, Verdict.REFUTED)
    return sum(j.relation != ":=" and j.verdict not in unmutated for j in outcome.report.judgements)


__all__ = ["Mutated", "mutate_checked"]
