"""The `.steps` format: a derivation as anyone can write it in a minute.

    title: Laplace noise, the drift factor
    symbols: R > 0; b > 0; x real
    given: E1 = Integral(exp(-x**2/(4*R))*exp(-Abs(x)/b)/(2*b), (x, -oo, oo))
    steps:
        E1
      = 2*Integral(exp(-x**2/(4*R))*exp(-x/b)/(2*b), (x, 0, oo))    # the integrand is even
      = sqrt(pi*R)/b*exp(R/b**2)*erfc(sqrt(R)/b)                    # complete the square
      ~ sqrt(pi*R)/b as R -> 0, order R                             # = that + O(R)
      -> 1 as R -> oo

A file is one derivation; its chains are the `steps:` blocks. Abbreviations are inserted where they are
used, so that every printed step says what it means.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from signsgd_sym.errors import InputError
from signsgd_sym.model.bounds import check_size
from signsgd_sym.proof.derivation import Assumption, Derivation, Step
from signsgd_sym.steps.declare import Declarations, assumptions, check_name
from signsgd_sym.steps.place import Span
from signsgd_sym.steps.sections import sections
from signsgd_sym.steps.statement import expression, relation_of, statement

NO_REASON = "no reason given"


def read_steps(text: str, name: str = "text.steps") -> Derivation:
    """The derivation that the text of a `.steps` file states.

    Step ids are "1", "2", ... in order of the lines that begin with a relation, over the whole file; the id
    of the derivation is `name` without folder and extension, and its title too where none is given.

    >>> square = read_steps("symbols: x > 0\\nsteps:\\n sqrt(x**2*y)\\n = x*sqrt(y)\\n", "square.steps")
    Traceback (most recent call last):
    ...
    signsgd_sym.errors.ParseError: square.steps:3: y is not declared; write `y real` or `y > 0` under symbols:
    >>> square = read_steps("symbols: x, y > 0\\nsteps:\\n sqrt(x**2*y)\\n = x*sqrt(y)  # x > 0\\n", "square")
    >>> square["1"].relation, square["1"].rhs, square["1"].reason
    ('=', x*sqrt(y), 'x > 0')

    Raises:
        ParseError: with file, line, column and remedy; nothing in the text is executed.
        InputError: for a text that is empty, too large, or without steps.
    """
    lines = list(sections(text, name))
    file = _File(name)
    file.declare(span for heading, span, _ in lines if heading == "symbols")
    for heading, span, reason in lines:
        file.line(heading, span, reason)
    return file.finish()


@dataclass
class _File:
    """What has been read so far."""

    name: str
    title: str = ""
    scope: dict[str, Any] = field(default_factory=dict)
    given: list[Assumption] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    chain: Span | None = None
    current: Any = None

    def declare(self, lines: Iterable[Span]) -> None:
        """All symbols at first, since a bound on one line may speak of a symbol of another."""
        declarations = Declarations()
        for line in lines:
            for item in line.split(";"):
                with item.complaints():
                    declarations.add(item)
        symbols, bounds = declarations.finish()
        self.scope.update(symbols)
        self._assume(bounds)

    def line(self, heading: str, span: Span, reason: str) -> None:
        """One line under its heading."""
        if heading == "title":
            self.title = " ".join((self.title, span.text)).strip()
        elif heading == "given":
            for item in span.split(";"):
                self._abbreviation(item)
        elif heading == "assume":
            for item in span.split(";"):
                with item.complaints():
                    self._assume(assumptions(item, self.scope))
        elif heading == "steps":
            self._of_chain(span, reason)

    def _assume(self, found: list[Assumption]) -> None:
        texts = {known.text for known in self.given}
        self.given += [one for one in found if one.text not in texts]

    def _abbreviation(self, span: Span) -> None:
        equals = span.line.find("=", span.start, span.stop)
        if equals < 0:
            raise span.error("an abbreviation is a name, = and an expression, such as E1 = exp(-x)")
        left, right = span.part(span.start, equals), span.part(equals + 1, span.stop)
        if "(" in left.text:
            raise left.error("an abbreviation has no arguments; write a name, = and an expression")
        check_name(left, left.text, left.start)
        if left.text in self.scope:
            raise left.error(f"{left.text} has a meaning already; choose another name")
        value = expression(right, self.scope)
        complaint = check_size(value)
        if complaint:
            raise right.error(complaint)
        self.scope[left.text] = value

    # --- chains ------------------------------------------------------------------------------------
    def _of_chain(self, span: Span, reason: str) -> None:
        if not span.text:  # the heading itself
            self._close()
            self.chain, self.current = span, None
        elif _begins(span):
            self._close()
            self.chain, self.current = span, self._beginning(span)
        elif self.current is None:
            self.current = self._beginning(span)
            self.chain = span
        else:
            self._step(span, reason)

    def _beginning(self, span: Span) -> Any:
        if relation_of(span):
            raise span.error("a chain begins with an expression alone; put the relation on the next line")
        return expression(span, self.scope)

    def _step(self, span: Span, reason: str) -> None:
        said = statement(span, self.scope, self.given)
        self.steps.append(
            Step(
                str(len(self.steps) + 1), self.current, said.relation, said.value, reason or NO_REASON,
                order=said.order, variable=said.variable, point=said.point, direction=said.direction,
            )
        )  # fmt: skip
        self.chain = None
        if said.relation == "=":
            self.current = said.value

    def _close(self) -> None:
        """A chain in which nothing was claimed is an oversight."""
        if self.chain is not None:
            what = "this chain has no second line" if self.chain.text else "no chain follows"
            raise self.chain.error(f"{what}; go on with a line that begins with =, <=, ~ or ->")

    def finish(self) -> Derivation:
        """The derivation."""
        self._close()
        if not self.steps:
            raise InputError(
                f"{self.name} has no steps; write `steps:`, an expression, and lines that begin with =."
            )
        stem = PurePath(self.name).stem
        return Derivation(stem, self.title or stem, tuple(self.given), tuple(self.steps))


def _begins(span: Span) -> bool:
    """Whether the line is the one of the heading `steps:` itself, with an expression behind it."""
    return span.line[: span.start].strip() != ""
