"""A verdict in words, the same in every format; what was not checked never reads like a pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from signsgd_sym.proof.derivation import Derivation
from signsgd_sym.proof.verdict import Evidence, Judgement, Report, Verdict

DEFINITION = "definition"
"""Shown for a `:=` step that is well formed: it gives a name and claims nothing."""

WEAK = {
    Verdict.CITED: "not checked",
    Verdict.UNKNOWN: "not decided",
    Verdict.REFUTED: "wrong",
}
"""What is said beside a verdict that is not a pass."""

SIDES = ("left", "right")
"""The keys of a witness that hold the values of the two sides; the others are the point."""


def is_definition(judgement: Judgement) -> bool:
    """Whether the step only gives a name, and does so properly."""
    return judgement.relation == ":=" and judgement.verdict.passed


def verdict_words(judgement: Judgement) -> tuple[str, str]:
    """The verdict, and what it rests on.

    >>> from signsgd_sym.proof.verdict import Evidence
    >>> verdict_words(Judgement("2", "=", Verdict.CERTIFIED, Evidence(points=20, digits=40)))
    ('CERTIFIED', '40 digits at 20 points')
    >>> verdict_words(Judgement("3", "=", Verdict.CITED, Evidence(reason="a book")))
    ('CITED', 'not checked')
    >>> verdict_words(Judgement("1", ":=", Verdict.PROVED))
    ('definition', '')
    """
    if is_definition(judgement):
        return DEFINITION, ""
    if judgement.verdict in WEAK:
        return judgement.verdict.value, WEAK[judgement.verdict]
    return judgement.verdict.value, judgement.evidence.summary()


def point_words(evidence: Evidence) -> str:
    """The point of a witness: `rho = 1/2, x = 3`; empty without one."""
    return ", ".join(f"{name} = {value}" for name, value in evidence.witness.items() if name not in SIDES)


def complaint(judgement: Judgement) -> list[tuple[str, str]]:
    """What is wrong with a refuted or undecided step, as (word, text): where, both values, why.

    >>> seen = Evidence(witness={"x": "2", "left": "4", "right": "8"})
    >>> complaint(Judgement("1", "=", Verdict.REFUTED, seen))
    [('at', 'x = 2'), ('left', '4'), ('right', '8')]
    """
    evidence = judgement.evidence
    lines = [("at", point_words(evidence))]
    lines += [(side, evidence.witness.get(side, "")) for side in SIDES]
    lines.append(("why", evidence.reason))
    return [(word, text) for word, text in lines if text]


def ranges(steps: Iterable[str]) -> str:
    """Step ids, runs of three and more shortened.

    >>> ranges(["1", "3", "4", "5", "7"])
    '1, 3-5, 7'
    """
    runs: list[list[str]] = []
    for step in steps:
        last = runs[-1][-1] if runs else ""
        if last.isdigit() and step.isdigit() and int(step) == int(last) + 1:
            runs[-1].append(step)
        else:
            runs.append([step])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ", ".join(run) for run in runs)


def needed_words(derivation: Derivation, report: Report) -> list[tuple[str, str]]:
    """(label, "needed by 2, 3" or "needed by no step") for everything that is given."""
    words = []
    for assumption in derivation.given:
        steps = [j.step for j in report.judgements if assumption.label in j.needs]
        words.append((assumption.label, f"needed by {ranges(steps)}" if steps else "needed by no step"))
    return words


def regions(report: Report) -> list[tuple[str, str]]:
    """(region, steps) for the regions from which points were drawn, in the order of first use."""
    found: dict[str, list[str]] = {}
    for judgement in report.judgements:
        if judgement.evidence.region:
            found.setdefault(judgement.evidence.region, []).append(judgement.step)
    return [(region, ranges(steps)) for region, steps in found.items()]


def tally(judgements: Sequence[Judgement]) -> str:
    """How many steps have which verdict; those that are not passes stand apart, with their numbers.

    >>> tally([Judgement("1", ":=", Verdict.PROVED), Judgement("2", "=", Verdict.PROVED),
    ...        Judgement("3", "=", Verdict.CITED)])
    '1 proved, 1 definition; CITED, not checked: 3'
    """
    parts = []
    for verdict in Verdict:
        count = sum(j.verdict is verdict and not is_definition(j) for j in judgements)
        if verdict.passed and count:
            parts.append(f"{count} {verdict.value.lower()}")
    definitions = sum(map(is_definition, judgements))
    if definitions:
        parts.append(f"{definitions} definition{'s' if definitions > 1 else ''}")
    apart = []
    for verdict, words in WEAK.items():
        steps = [j.step for j in judgements if j.verdict is verdict]
        if steps:
            apart.append(f"{verdict.value}, {words}: {ranges(steps)}")
    return "; ".join([", ".join(parts), *apart] if parts else apart)


COLOURS = {
    "PROVED": "1;34",
    "CERTIFIED": "34",
    "ASYMPTOTIC": "36",
    "STATISTICAL": "36",
    "CITED": "33",
    "UNKNOWN": "1;35",
    "REFUTED": "1;7;31",
    DEFINITION: "2",
}
"""Terminal codes; blue against yellow and red, and the words differ too."""


def paint(word: str, colour: bool) -> str:
    """A verdict's word in its colour."""
    return f"\x1b[{COLOURS[word]}m{word}\x1b[0m" if colour and word in COLOURS else word
