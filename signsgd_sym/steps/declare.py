"""`symbols:` and `assume:`, from text to symbols with assumptions and to relations.

    symbols: R > 0; x, y real; n positive integer; -1 < rho < 1; a < b
    assume: R < b**2

A type, or a bound by 0, becomes an assumption of the SymPy symbol. Any other bound is kept as a relation
as well, from which sample points are drawn.
"""

from __future__ import annotations

import ast
import keyword
import re
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from signsgd_sym.model.grammar import CONSTANTS, RELATIONS
from signsgd_sym.proof.derivation import Assumption
from signsgd_sym.steps.forms import language
from signsgd_sym.steps.place import Span

TYPES = ("real", "positive", "negative", "nonnegative", "nonpositive", "integer")
EXAMPLE = "R > 0; x real; n integer; -1 < rho < 1"
_TYPED = re.compile(r"\s*(\w+(?:\s*,\s*\w+)*)\s+([a-z]+(?:\s+[a-z]+)*)\s*")
_MANY = re.compile(r"\s*((?:\w+\s*,\s*)+\w+)\s*(<=|>=|<|>)\s*(\S.*)")
SIGNS = {ast.Lt: "<", ast.Gt: ">", ast.LtE: "<=", ast.GtE: ">=", ast.NotEq: "!="}
_FLIP = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE}


def check_name(span: Span, name: str, column: int) -> None:
    """Refuse what cannot be the name of a symbol or of an abbreviation."""
    if not name.isascii() or not name.isidentifier() or "__" in name:
        raise span.error(f"{name} is not a name; use letters, digits and _", column)
    if name in CONSTANTS or name in ("I", "order", "as"):
        raise span.error(f"{name} has a meaning of its own; choose another name", column)
    if keyword.iskeyword(name):
        raise span.error(f"{name} is a word of Python, which SymPy syntax cannot use as a name", column)


@dataclass
class Declarations:
    """The items of every `symbols:` line; `finish` makes the symbols, when all of them are known."""

    types: dict[str, dict[str, bool]] = field(default_factory=dict)
    spans: dict[str, tuple[Span, int]] = field(default_factory=dict)
    bounds: list[Span] = field(default_factory=list)

    def add(self, item: Span) -> None:
        """One item, a type or a bound."""
        for word in re.finditer(r"[A-Za-z_]\w*", item.text):
            if keyword.iskeyword(word[0]):
                check_name(item, word[0], item.start + word.start())
        typed = _TYPED.fullmatch(item.text)
        if typed:
            words = typed[2].split()
            unknown = next((word for word in words if word not in TYPES), None)
            if unknown:
                column = item.start + item.text.find(unknown, typed.start(2))
                raise item.error(f"{unknown} is not a type; there are {', '.join(TYPES)}", column)
            for name in re.split(r"\s*,\s*", typed[1]):
                self._declare(item, name, dict.fromkeys(words, True))
            return
        many = _MANY.fullmatch(item.text)
        if many:  # a, b > 0 is a > 0 and b > 0
            for name in re.split(r"\s*,\s*", many[1]):
                self._bound(item, f"{name} {many[2]} {many[3]}")
            return
        self._bound(item)

    def _declare(self, item: Span, name: str, types: dict[str, bool]) -> None:
        column = item.text.find(name)
        check_name(item, name, item.start + max(column, 0))
        self.types.setdefault(name, {"real": True}).update(types)
        self.spans.setdefault(name, (item, item.start + max(column, 0)))

    def _bound(self, item: Span, text: str | None = None) -> None:
        span = item if text is None else item.rewritten(text)
        node = _comparison(span)
        sides = [node.left, *node.comparators]
        names = [side.id for side in sides if isinstance(side, ast.Name) and side.id not in CONSTANTS]
        for side in sides:
            if not names and isinstance(side, ast.Name):
                check_name(item, side.id, side.col_offset)
        if not names:
            raise item.error(f"no symbol stands alone in this bound; write for example {EXAMPLE}")
        for name in names:
            self._declare(item, name, {})
        for operator, left, right in zip(node.ops, sides, sides[1:], strict=False):
            self._sign(span, left, type(operator), right)
            self._sign(span, right, _FLIP.get(type(operator), ast.NotEq), left)
        self.bounds.append(span)

    def _sign(self, span: Span, name: ast.expr, operator: type[ast.cmpop], bound: ast.expr) -> None:
        """What a bound by a number says of the sign of a symbol."""
        if not isinstance(name, ast.Name) or name.id in CONSTANTS:
            return
        if any(isinstance(part, ast.Name) and part.id not in CONSTANTS for part in ast.walk(bound)):
            return  # a bound by other symbols says nothing of the sign, as far as this goes
        number = language(span.masked, {}, span.start, span.stop).expression(bound)
        strict = operator in (ast.Gt, ast.Lt)
        if operator in (ast.Gt, ast.GtE) and number.is_extended_nonnegative and number.is_finite:
            self.types[name.id]["positive" if strict or number.is_positive else "nonnegative"] = True
        if operator in (ast.Lt, ast.LtE) and number.is_extended_nonpositive and number.is_finite:
            self.types[name.id]["negative" if strict or number.is_negative else "nonpositive"] = True

    def finish(self) -> tuple[dict[str, sp.Symbol], list[Assumption]]:
        """The symbols, and what of the bounds their assumptions do not say."""
        symbols = {}
        for name, types in self.types.items():
            try:
                symbols[name] = sp.Symbol(name, **types)
            except Exception as problem:  # InconsistentAssumptions is an exception of its own in SymPy
                if type(problem).__name__ != "InconsistentAssumptions":
                    raise
                span, column = self.spans[name]
                words = ", ".join(sorted(types))
                raise span.error(f"{name} cannot be {words} at once; change it", column) from None
        found = []
        for span in self.bounds:
            with span.complaints():
                found += assumptions(span, symbols)
        return symbols, found


def _comparison(span: Span) -> ast.Compare:
    node = language(span.masked, {}, span.start, span.stop).tree()
    if isinstance(node, ast.Tuple):
        raise span.error("one bound at a time; put ; between them", span.start + span.text.find(","))
    if not isinstance(node, ast.Compare) or not all(type(op) in SIGNS for op in node.ops):
        raise span.error(f"expected a type or a bound by <, <=, >, >=, such as {EXAMPLE}")
    return node


def assumptions(span: Span, symbols: dict[str, Any]) -> list[Assumption]:
    """What a comparison states, one assumption for each of its signs, without what the symbols say already.

    One each, because the check asks of every assumption which steps fail without it.

    Raises:
        ParseError: for anything else, and for what can never hold.
    """
    node = _comparison(span)
    reader = language(span.masked, symbols, span.start, span.stop)
    nodes = (node.left, *node.comparators)
    sides = [reader.expression(side) for side in nodes]
    found = []
    for k, operator in enumerate(node.ops):
        relate = sp.Ne if isinstance(operator, ast.NotEq) else RELATIONS[type(operator)]
        relation = relate(sides[k], sides[k + 1])
        if relation == sp.false:
            raise span.error("this can never hold; change it")
        if relation != sp.true:
            sign = SIGNS[type(operator)]
            found.append(
                Assumption(f"{reader.source(nodes[k])} {sign} {reader.source(nodes[k + 1])}", relation)
            )
    return found
