"""A `.steps` file to its lines, each under the heading it belongs to; sizes are bounded here."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signsgd_sym.errors import InputError
from signsgd_sym.model.syntax import did_you_mean
from signsgd_sym.steps.place import Span

HEADINGS = ("title", "symbols", "given", "assume", "steps")
MAX_CHARACTERS = 1_000_000
MAX_LINES = 2_000
MAX_LINE = 4_000
_HEADING = re.compile(r"\s*([A-Za-z]\w*)\s*:(?!=)")


def sections(text: str, file: str) -> Iterator[tuple[str, Span, str]]:
    """(heading, what stands on one line under it, the reason behind #), in order of lines.

    A heading without anything behind it gives an empty span: a second `steps:` begins a new chain.

    >>> text = "title: T  # not a comment\\nsteps:\\n  x\\n= x  # why\\n"
    >>> [(heading, span.text, reason) for heading, span, reason in sections(text, "a.steps")]
    [('title', 'T  # not a comment', ''), ('steps', '', ''), ('steps', 'x', ''), ('steps', '= x', 'why')]
    """
    _check_sizes(text, file)
    heading = ""
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.rstrip("\r").expandtabs(4)
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        span = Span(file, number, line, 0, len(line))
        if len(line) > MAX_LINE:
            raise span.error(f"the line has {len(line)} characters; at most {MAX_LINE} are read", 0)
        start = 0
        found = _HEADING.match(line)
        if found:
            if found[1].lower() not in HEADINGS:
                known = did_you_mean(found[1], HEADINGS) or f"; there are {', '.join(HEADINGS)}"
                raise span.error(f"{found[1]}: is not a heading{known}")
            heading, start = found[1].lower(), found.end()
        if not heading:
            raise span.error("this stands under no heading; begin with `title:`, `symbols:` or `steps:`")
        stop = len(line) if heading == "title" else _comment(line, start)
        part = span.part(start, stop)
        if part.text or found:
            yield heading, part, line[stop + 1 :].strip()


def _comment(line: str, start: int) -> int:
    """Where the reason begins, or the end of the line."""
    place = line.find("#", start)
    return len(line) if place < 0 else place


def _check_sizes(text: str, file: str) -> None:
    if not text.strip():
        raise InputError(f"{file} is empty; write `symbols:`, then `steps:` and a chain of lines.")
    if "\x00" in text:
        raise InputError(f"{file} is not a text file; a .steps file is plain text in UTF-8.")
    if len(text) > MAX_CHARACTERS:
        raise InputError(f"{file} has {len(text)} characters; at most {MAX_CHARACTERS} are read.")
    lines = text.count("\n") + 1
    if lines > MAX_LINES + 1:
        raise InputError(f"{file} has {lines} lines; at most {MAX_LINES} are read; split it.")
