"""Where something stands in a file, so that every complaint names file, line and column."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from signsgd_sym.errors import InputError, ParseError


@dataclass(frozen=True)
class Span:
    """Columns `start` to `stop` of one line of a file.

    >>> span = Span("a.steps", 7, "given: E1 = x", 6, 13)
    >>> span.text
    ' E1 = x'
    >>> span.error("E1 is taken", 7)
    ParseError('a.steps:7: E1 is taken')
    """

    file: str
    number: int
    line: str
    start: int
    stop: int

    @property
    def text(self) -> str:
        """The characters of the span."""
        return self.line[self.start : self.stop]

    @property
    def masked(self) -> str:
        """The line up to the end of the span, blank before it: columns count as in the file."""
        return " " * self.start + self.text

    def error(self, message: str, column: int | None = None) -> ParseError:
        """A complaint about this line, pointing at `column` or at the first character of the span."""
        blank = len(self.text) - len(self.text.lstrip())
        column = min(self.start + blank, len(self.line)) if column is None else column
        return ParseError(f"{self.file}:{self.number}: {message}", self.line, min(column, len(self.line)))

    @contextmanager
    def complaints(self) -> Iterator[None]:
        """Turns any complaint about text into one that names file and line."""
        try:
            yield
        except InputError as problem:
            if str(problem).startswith(f"{self.file}:{self.number}: "):
                raise
            column = problem.position if isinstance(problem, ParseError) and problem.text else None
            raise self.error(str(problem), column) from None

    def part(self, start: int, stop: int) -> Span:
        """The span from column `start` to column `stop` of the same line, without blanks at its ends."""
        text = self.line[start:stop]
        start, stop = start + len(text) - len(text.lstrip()), stop - len(text) + len(text.rstrip())
        return replace(self, start=min(start, stop), stop=stop)

    def split(self, separator: str) -> Iterator[Span]:
        """The parts between separators that are not empty."""
        start = self.start
        for piece in self.text.split(separator):
            if piece.strip():
                yield self.part(start, start + len(piece))
            start += len(piece) + len(separator)

    def rewritten(self, text: str) -> Span:
        """The same place with other text; columns point at its beginning."""
        line = self.line[: self.start] + text
        return replace(self, line=line, stop=len(line))
