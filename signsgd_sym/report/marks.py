"""A shape for each verdict: filled where something was checked and held, hollow or crossed where not."""

from __future__ import annotations

from html import escape

from signsgd_sym.proof.verdict import Verdict
from signsgd_sym.report.words import DEFINITION

MARKS = {
    "PROVED": "\N{BLACK SQUARE}",
    "CERTIFIED": "\N{BLACK CIRCLE}",
    "ASYMPTOTIC": "\N{BLACK DIAMOND}",
    "STATISTICAL": "\N{BLACK UP-POINTING TRIANGLE}",
    "CITED": "\N{WHITE CIRCLE}",
    "UNKNOWN": "?",
    "REFUTED": "\N{MULTIPLICATION X}",
    DEFINITION: "\N{COLON EQUALS}",
}
MEANING = {
    "PROVED": "exact symbolic equality, and certified as well",
    "CERTIFIED": "both sides enclosed by balls that overlap at random admissible points: evidence, not proof",
    "ASYMPTOTIC": "a limit or an O(.) term whose claimed order was measured at high precision",
    "STATISTICAL": "agreement with a simulation",
    "CITED": "taken from the literature; nothing was checked here",
    "UNKNOWN": "could not be decided; this is not a pass",
    "REFUTED": "false: the two sides differ at a point, or the order is wrong",
    DEFINITION: "gives a name its meaning and claims nothing",
}


def mark(name: str) -> str:
    """The shape of a verdict or of a definition.

    >>> mark("CITED")
    '\u25cb'
    """
    return MARKS[name]


def is_pass(name: str) -> bool:
    """Whether this name may look like one; a definition looks like neither."""
    return name != DEFINITION and Verdict(name).passed


def badge(name: str, note: str = "") -> str:
    """HTML of a verdict: shape, name, and behind it what it rests on or what is missing."""
    behind = f' <span class="note">{escape(note)}</span>' if note else ""
    return (
        f'<span class="verdict v-{name.lower()}"><span class="badge"><span class="shape" aria-hidden="true">'
        f"{MARKS[name]}</span>{name}</span>{behind}</span>"
    )


def legend(names: list[str]) -> str:
    """What these verdicts mean, strongest first, as an HTML list."""
    rows = "".join(
        f"<dt>{badge(name)}</dt><dd>{escape(MEANING[name])}</dd>" for name in MARKS if name in names
    )
    return f'<dl class="legend">{rows}</dl>'
