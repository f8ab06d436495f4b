"""Checking many derivations in processes of their own; what comes back is plain data."""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import io
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Literal

from signsgd_sym.errors import InputError, ParameterError, SignSGDError
from signsgd_sym.proof.derivation import Derivation
from signsgd_sym.proof.graph import Node, node_of
from signsgd_sym.proof.verdict import Evidence, Judgement, Report, Verdict
from signsgd_sym.report.text import statement
from signsgd_sym.report.workers import Pool, WorkerEnded

POINTS = 20
DIGITS = 40


@dataclass(frozen=True)
class Target:
    """What is to be checked: a built-in derivation by id, a chapter by its path, or a user's file."""

    kind: Literal["id", "chapter", "file"]
    name: str

    @property
    def label(self) -> str:
        """How messages call it."""
        return Path(self.name).stem if self.kind == "chapter" else self.name


@dataclass(frozen=True)
class Task:
    """A target, and how hard to check it."""

    target: Target
    seed: int
    points: int = POINTS
    digits: int = DIGITS
    skip_known: bool = False
    """Leave the derivations of a chapter that bear the id of a built-in one to the check of that one."""


@dataclass(frozen=True)
class Outcome:
    """One checked derivation: its place in the graph, its report, and its statements in one line each."""

    node: Node
    report: Report
    statements: dict[str, str]
    source: str = ""
    digest: str = ""
    seconds: float = 0.0
    repeats: bool = False
    """Not checked here: a chapter shows it, and the check of everything has it under its id."""


def chapters() -> list[Path]:
    """The chapters that ship with the package, in order; in a source tree, those beside the package."""
    package = Path(str(files("signsgd_sym")))
    folders = (package / "_derivations", package.parent / "derivations")
    folder = next((folder for folder in folders if folder.is_dir()), None)
    return sorted(folder.glob("[0-9]*.py")) if folder is not None else []


def targets_of(names: Sequence[str]) -> list[Target]:
    """What the words of the command line mean; without any, everything built in.

    Raises `ParameterError` for a word that is neither a derivation nor a file.
    """
    from signsgd_sym.derive.catalogue import CATALOGUE

    shipped = chapters()
    if not names:
        return [Target("id", name) for name in CATALOGUE] + [Target("chapter", str(p)) for p in shipped]
    by_stem = {path.stem: path for path in shipped}
    found: list[Target] = []
    for name in dict.fromkeys(names):
        if name in CATALOGUE:
            found.append(Target("id", name))
        elif name in by_stem:
            found.append(Target("chapter", str(by_stem[name])))
        elif Path(name).suffix or Path(name).exists():
            found.append(Target("file", _existing(name)))
        else:
            near = difflib.get_close_matches(name, [*CATALOGUE, *by_stem], n=3)
            hint = f"did you mean {' or '.join(near)}?" if near else "`signsgd-sym derive` lists them."
            raise ParameterError(f"there is neither a derivation nor a file {name!r}; {hint}")
    return found


def _existing(name: str) -> str:
    if not Path(name).is_file():
        problem = "is a folder" if Path(name).is_dir() else "does not exist"
        raise InputError(f"{name} {problem}; name a .steps or .py file, or the id of a derivation.")
    return name


def made(target: Target) -> list[Derivation]:
    """The derivations of a target, made here; a .py file is executed, a .steps file parsed."""
    if target.kind == "id":
        from signsgd_sym.derive.catalogue import derive

        return [derive(target.name)]
    if target.kind == "file":
        from signsgd_sym.steps.files import load

        return load(target.name)
    from signsgd_sym.steps.files import python_derivations

    with contextlib.redirect_stderr(io.StringIO()):  # what a chapter prints is for those who run it
        return python_derivations(Path(target.name))


def digest(derivation: Derivation) -> str:
    """Equal for derivations that state the same."""
    lines = [derivation.id, *(a.text for a in derivation.given), *map(statement, derivation.steps)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def check_task(task: Task) -> list[Outcome]:
    """Make and check the derivations of one target: what a worker does."""
    from signsgd_sym.derive.catalogue import CATALOGUE

    outcomes = []
    for derivation in made(task.target):
        started = time.perf_counter()
        repeats = task.skip_known and task.target.kind == "chapter" and derivation.id in CATALOGUE
        if repeats:
            report = Report(derivation.id, ())
        else:
            report = safe_check(derivation, seed=task.seed, points=task.points, digits=task.digits)
        outcomes.append(
            Outcome(
                node_of(derivation, None if repeats else report),
                report,
                {step.id: statement(step) for step in derivation.steps},
                "" if task.target.kind == "id" else task.target.label,
                digest(derivation),
                time.perf_counter() - started,
                repeats,
            )
        )
    return outcomes


def safe_check(derivation: Derivation, *, seed: int, points: int = POINTS, digits: int = DIGITS) -> Report:
    """`check_derivation`, with a fault of the checker turned into UNKNOWN at the step where it was seen."""
    from signsgd_sym.proof.check import check_derivation, check_step

    try:
        return check_derivation(derivation, seed=seed, points=points, digits=digits)
    except SignSGDError:
        raise
    except Exception:
        pass
    judgements = []
    for step in derivation.steps:
        try:
            judged = check_step(derivation, step, seed=seed, points=points, digits=digits)
            judgements.append(replace(judged, needs=step.needs))
        except Exception as fault:
            reason = f"the checker failed: {type(fault).__name__}: {fault}"
            judgements.append(Judgement(step.id, step.relation, Verdict.UNKNOWN, Evidence(reason=reason)))
    return Report(derivation.id, tuple(judgements))


def check_targets(tasks: Sequence[Task], workers: int | None = None) -> Iterator[tuple[int, list[Outcome]]]:
    """(number of the task, its outcomes) as they come; a single task is done in this process.

    Raises what a file raised when it was loaded. A process that dies is an UNKNOWN, not an error.
    """
    if len(tasks) == 1:
        yield 0, check_task(tasks[0])
        return
    pool = Pool(check_task) if workers is None else Pool(check_task, workers)
    for answer in pool.run(tasks):
        if answer.error is None:
            yield answer.index, answer.value
        elif isinstance(answer.error, SignSGDError):
            raise answer.error
        else:
            yield answer.index, [_lost(tasks[answer.index].target, answer.error)]


def _lost(target: Target, error: BaseException) -> Outcome:
    words = str(error) if isinstance(error, WorkerEnded) else f"{type(error).__name__}: {error}"
    judgement = Judgement("-", "=", Verdict.UNKNOWN, Evidence(reason=f"it could not be checked: {words}"))
    node = Node(target.label, "", verdict=Verdict.UNKNOWN)
    return Outcome(node, Report(target.label, (judgement,)), {"-": "(the whole derivation)"})


__all__ = ["Outcome", "Target", "Task", "chapters", "check_targets", "targets_of"]
