"""The command `check`: which derivations hold, and where the first wrong step of those is that do not."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from signsgd_sym.errors import ParameterError
from signsgd_sym.proof.verdict import Evidence, Judgement, Report, Verdict
from signsgd_sym.report import words
from signsgd_sym.report.check_run import DIGITS, POINTS, Outcome, Target, Task, check_targets, targets_of
from signsgd_sym.report.judgement_data import judgement_data

Progress = Callable[[str, float], object]
MAX_DIGITS = 1000
MAX_POINTS = 10_000


@dataclass(frozen=True)
class CheckRequest:
    """What `check` was asked for."""

    targets: tuple[Target, ...]
    seed: int
    points: int = POINTS
    digits: int = DIGITS
    mutants: int = 0
    everything: bool = False

    @staticmethod
    def parse(
        names: Sequence[str],
        mutants: int = 0,
        seed: int | None = None,
        points: int = POINTS,
        digits: int = DIGITS,
    ) -> CheckRequest:
        """Read the command line; the seed is drawn here if none is given. Raises `InputError`."""
        bounds = (("--points", points, 1, MAX_POINTS), ("--digits", digits, 1, MAX_DIGITS))
        for option, value, least, most in bounds:
            if not least <= value <= most:
                raise ParameterError(f"{option} is {value}; take a whole number from {least} to {most}.")
        for option, value in (("--mutate", mutants), ("--seed", seed or 0)):
            if value < 0:
                raise ParameterError(f"{option} is {value}; take 0 or a positive whole number.")
        chosen = secrets.randbelow(2**31) if seed is None else seed
        return CheckRequest(tuple(targets_of(names)), chosen, points, digits, mutants, not names)

    def tasks(self) -> list[Task]:
        """One a target."""
        return [Task(t, self.seed, self.points, self.digits, self.everything) for t in self.targets]


@dataclass
class CheckAnswer:
    """What is known so far; complete unless `interrupted`."""

    request: CheckRequest
    outcomes: list[Outcome] = field(default_factory=list)
    mutants: dict[str, Any] | None = None
    seconds: float = 0.0
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """0 iff nothing is refuted and nothing undecided."""
        return int(any(outcome.report.verdict.failed for outcome in self.outcomes))

    def judgements(self) -> list[tuple[str, Judgement]]:
        """(derivation, judgement) of every step."""
        return [(o.node.id, j) for o in self.outcomes for j in o.report.judgements]


def run_check(
    request: CheckRequest, progress: Progress, emit: Callable[[Outcome], object] = lambda outcome: None
) -> CheckAnswer:
    """Check everything asked for; `emit` is called for each derivation, in the order of the request.

    An interrupt ends the work and leaves an answer that says so.
    """
    started = time.perf_counter()
    answer = CheckAnswer(request)
    tasks = request.tasks()
    done: dict[int, list[Outcome]] = {}
    shown = 0

    def show(outcomes: Sequence[Outcome]) -> None:
        for outcome in _merged(outcomes, answer.outcomes):
            answer.outcomes.append(outcome)
            emit(outcome)

    try:
        progress(f"checking {tasks[0].target.label}" if len(tasks) == 1 else "checking", 0.0)
        for index, outcomes in check_targets(tasks):
            done[index] = outcomes
            progress(f"checked {len(done)} of {len(tasks)}", len(done) / len(tasks))
            while shown in done:
                show(done[shown])
                shown += 1
        if request.mutants:
            from signsgd_sym.report.mutate_run import mutate_checked

            answer.mutants = {}
            checked = [(request.targets[k], outcome) for k in sorted(done) for outcome in done[k]]
            mutate_checked(
                [(target, outcome) for target, outcome in checked if not outcome.repeats],
                request.mutants,
                request.seed,
                points=request.points,
                digits=request.digits,
                progress=progress,
                found=answer.mutants,
            )
    except KeyboardInterrupt:
        answer.interrupted = True
        for index in sorted(done):
            if index >= shown:
                show(done[index])
    answer.seconds = time.perf_counter() - started
    return answer


def _merged(new: Sequence[Outcome], known: Sequence[Outcome]) -> list[Outcome]:
    """Without what a chapter only shows again; under a known id with other statements it is UNKNOWN."""
    kept = []
    digests = {outcome.node.id: outcome.digest for outcome in known}
    for outcome in new:
        if not outcome.repeats:
            kept.append(outcome)
        elif digests.get(outcome.node.id) != outcome.digest:
            reason = "a built-in derivation of this id states something else; give this one an id of its own"
            judgement = Judgement("-", "=", Verdict.UNKNOWN, Evidence(reason=reason))
            kept.append(replace(outcome, report=Report(outcome.node.id, (judgement,)), repeats=False))
    return kept


# --- text ----------------------------------------------------------------------------------------
ID_WIDTH = 22


def outcome_text(outcome: Outcome, *, colour: bool = False, width: int = 100) -> str:
    """One line with verdict and counts; below it the first wrong step, and what no step needs."""
    from signsgd_sym.report.layout import wrap

    verdict = outcome.report.verdict.value
    head = f"{outcome.node.id:<{ID_WIDTH}} {words.paint(verdict, colour)}{' ' * (12 - len(verdict))}"
    start = ID_WIDTH + 13
    count, *more = wrap(words.tally(outcome.report.judgements), width - start)
    lines = [head + count, *(" " * start + line for line in more)]
    wrong = outcome.report.first_wrong
    if wrong is not None:
        place = f"{outcome.source}, step {wrong.step}" if outcome.source else f"step {wrong.step}"
        lines += wrap(f"{place}:  {outcome.statements.get(wrong.step, '')}", width, "    ", "    ")
        lines += _complaint(wrong, colour, width)
    if outcome.report.unused:
        lines.append(f"    needed by no step: {', '.join(outcome.report.unused)}")
    return "\n".join(lines)


def _complaint(wrong: Judgement, colour: bool, width: int) -> list[str]:
    """The verdict, then where, the two values and why, one below the other."""
    from signsgd_sym.report.layout import wrap

    word = wrong.verdict.value
    lead = f"{' ' * 8}{words.paint(word, colour)}, {words.WEAK[wrong.verdict]}"
    lines, indent = [], " " * 30
    for name, text in words.complaint(wrong):
        first, *more = wrap(text, width - 36)
        lines += [f"{indent}{name:<6}{first}", *(f"{indent}{' ' * 6}{line}" for line in more)]
    gap = " " * (len(indent) - 10 - len(word) - len(words.WEAK[wrong.verdict]))
    return [lead + gap + lines[0].lstrip(), *lines[1:]] if lines else [lead]


def summary_text(answer: CheckAnswer) -> str:
    """The whole in a few lines: what holds, and apart from it what was not checked or did not hold."""
    request, judged = answer.request, answer.judgements()
    names = {outcome.node.id for outcome in answer.outcomes}
    lines = [""]
    if answer.interrupted:
        asked = _count(request.targets, "target")
        lines.append(f"interrupted: {_count(names, 'derivation')} finished, of {asked}")
    holding = words.tally([j for _, j in judged if j.verdict.passed]) or "none holds"
    if judged or not answer.interrupted:
        lines.append(f"{_count(names, 'derivation')}, {_count(judged, 'step')}: {holding}")
    for verdict, meaning in words.WEAK.items():
        found = [f"{name} {j.step}" for name, j in judged if j.verdict is verdict]
        if found:
            lines.append(f"{verdict.value}, {meaning}: {_count(found, 'step')}, {', '.join(found)}")
    unused = [f"{label} of {o.node.id}" for o in answer.outcomes for label in o.report.unused]
    if unused:
        lines.append(f"given, needed by no step: {', '.join(unused)}")
    if answer.mutants:
        lines += _mutants_text(answer.mutants)
    lines.append(
        f"{request.digits} digits at {request.points} points, {answer.seconds:.0f} s; "
        f"the points were drawn with --seed {request.seed}"
    )
    return "\n".join(lines)


def _mutants_text(found: dict[str, Any]) -> list[str]:
    """The counts, then each mutant that the checker did not see through."""
    lines = [
        f"{found['tried']} mutants: {found['rejected']} rejected, {found['implied']} implied (still true), "
        f"{found['undecided']} undecided, {found['survived']} survived"
    ]
    for one in found["listed"]:
        lines.append(
            f"  {one['outcome']}: {one['derivation']} step {one['step']} ({one['slip']}): {one['mutant']}"
        )
    return lines


def _count(things: Any, noun: str) -> str:
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"


# --- data ----------------------------------------------------------------------------------------
def check_data(answer: CheckAnswer) -> dict[str, Any]:
    """The answer as JSON data."""
    derivations = []
    for outcome in answer.outcomes:
        steps = [
            {
                "id": judgement.step,
                "relation": judgement.relation,
                **judgement_data(judgement),
                "statement": outcome.statements.get(judgement.step),
            }
            for judgement in outcome.report.judgements
        ]
        derivations.append(
            {
                "id": outcome.node.id,
                "verdict": outcome.report.verdict.value,
                "steps": steps,
                "title": outcome.node.title,
                "source": outcome.source or None,
                "uses": list(outcome.node.uses),
                "unused": list(outcome.report.unused),
                "seconds": round(outcome.seconds, 3),
            }
        )
    counts = {v.value: sum(j.verdict is v for _, j in answer.judgements()) for v in Verdict}
    return {
        "derivations": derivations,
        "mutants": answer.mutants,
        "verdicts": counts,
        "seed": answer.request.seed,
        "points": answer.request.points,
        "digits": answer.request.digits,
        "interrupted": answer.interrupted,
    }
