"""One line of a chain: its relation, its expression, and for limits where they are taken.

= EXPR          <= EXPR          ~ EXPR as x -> POINT, order EXPR          -> EXPR as x -> POINT
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp

from signsgd_sym.proof.derivation import Assumption, Relation
from signsgd_sym.steps.forms import language, undeclared_message
from signsgd_sym.steps.latex import LatexReader, latex_expression
from signsgd_sym.steps.latex_operators import split_side
from signsgd_sym.steps.latex_tokens import tokens
from signsgd_sym.steps.place import Span

Scope = Mapping[str, Any]
RELATIONS: tuple[Relation, ...] = ("<=", "->", "=", "~")
INSTEAD = {
    ">=": "write the bound as <= of the larger side", "==": "write =", "<": "write <=",
    ">": "write the bound as <= of the larger side", "=>": "write =", ":=": "write it under given:",
    "≤": "write <=", "≈": "write ~ with its order", "→": "write ->", "≥": "write <=",
}  # fmt: skip
LIMIT_FORM = "`as x -> 0`"
ORDER_FORM = "`~ EXPR as x -> 0, order x**2`"
_AS = re.compile(r"(?<=[\s$)])as(?=[\s$])")
_ORDER = re.compile(r",\s*order(?=[\s$(])")

_BARE = re.compile(r"(?<![<>=!:])=(?!=)|~|->|<=")


@dataclass(frozen=True)
class Statement:
    """What a line says of the line before it; the last four belong to ~ and ->."""

    relation: Relation
    value: Any
    variable: Any = None
    point: Any = None
    direction: str = "+-"
    order: Any = None


def expression(span: Span, scope: Scope) -> Any:
    """The value of a span: SymPy syntax, or LaTeX between dollars."""
    with span.complaints():
        if not span.text:
            raise span.error("an expression is missing")
        if "$" in span.text:
            if not (
                len(span.text) > 2 and span.text[0] == span.text[-1] == "$" and span.text.count("$") == 2
            ):
                raise span.error("LaTeX and SymPy syntax do not mix; put the whole expression between two $")
            return latex_expression(span.line, scope, span.start + 1, span.stop - 1)
        bare = next(
            (found for found in _BARE.finditer(span.text) if _outside(span.text, found.start())), None
        )
        if bare:
            raise span.error("one relation a line: begin the next line with it", span.start + bare.start())
        reader = language(span.masked, scope, span.start, span.stop)
        return reader.expression(reader.tree())


def _outside(text: str, place: int) -> bool:
    """Whether no bracket is open at `place`; conditions in Piecewise are relations too."""
    return sum(text.count(mark, 0, place) for mark in "([{") <= sum(
        text.count(mark, 0, place) for mark in ")]}"
    )


def relation_of(span: Span) -> Relation | None:
    """The relation with which a line of a chain begins, or None.

    Raises:
        ParseError: for other signs of relation, with what to write.
    """
    for sign, remedy in INSTEAD.items():
        longer = any(r.startswith(sign) and span.text.startswith(r) for r in RELATIONS)
        if span.text.startswith(sign) and not longer:
            raise span.error(f"{sign} is not one of the relations =, <=, ~, ->; {remedy}")
    return next((r for r in RELATIONS if span.text.startswith(r)), None)


def statement(span: Span, scope: Scope, given: list[Assumption]) -> Statement:
    """What a line that begins with a relation says."""
    relation = relation_of(span)
    if relation is None:
        raise span.error(
            "a line of a chain begins with =, <=, ~ or ->; a new chain begins with another `steps:`"
        )
    start = span.start + len(relation)
    if relation in ("=", "<="):
        return Statement(relation, expression(span.part(start, span.stop), scope))
    places = [found.start() for found in _AS.finditer(span.line, start, span.stop)]
    if not places:
        form = ORDER_FORM if relation == "~" else f"`-> EXPR` {LIMIT_FORM}"
        raise span.error(f"where this limit is taken is missing; write {form}", span.stop)
    value = expression(span.part(start, places[-1]), scope)
    behind = places[-1] + 2
    order = None
    comma = _ORDER.search(span.line, behind, span.stop)
    if relation == "~":
        if comma is None:
            raise span.error(f"the order of what is neglected is missing; write {ORDER_FORM}", span.stop)
        order = expression(span.part(comma.end(), span.stop), scope)
    elif comma is not None:
        raise span.error("a limit has no order; write ~ for an expansion", comma.start())
    where = span.part(behind, span.stop if comma is None else comma.start())
    variable, point, side = _where(where, scope)
    return Statement(relation, value, variable, point, side or direction(variable, point, given), order)


def _where(span: Span, scope: Scope) -> tuple[Any, Any, str]:
    """Variable, point and side ("" if none is said) of `x -> POINT`, or of `$x \\to POINT$`."""
    text = span.text
    if text.count("$") == 2 and text[0] == text[-1] == "$":
        with span.complaints():
            reader = LatexReader(span.line, tokens(span.line, span.start + 1, span.stop - 1), scope)
            names = reader.read_names()
            reader.expect("->")
            point, side = split_side(reader, reader.at, len(reader.tokens) - 1)
        return _variable(span, names, scope), point, "" if side == "+-" else side
    arrow = span.line.find("->", span.start, span.stop)
    if arrow < 0:
        raise span.error(f"where this limit is taken is not clear; write {LIMIT_FORM}")
    left, right = span.part(span.start, arrow), span.part(arrow + 2, span.stop)
    side = right.text[-1:] if right.text[-1:] in ("+", "-") and len(right.text) > 1 else ""
    point = expression(right.part(right.start, right.stop - len(side)), scope)
    if left.text.startswith("$") and left.text.endswith("$") and len(left.text) > 2:
        with left.complaints():
            names = LatexReader(
                left.line, tokens(left.line, left.start + 1, left.stop - 1), scope
            ).read_names()
        return _variable(left, names, scope), point, side
    return _variable(left, (left.text,), scope), point, side


def _variable(span: Span, names: tuple[str, ...], scope: Scope) -> Any:
    found = next((scope[name] for name in names if name in scope), None)
    if found is None:
        raise span.error(undeclared_message(names[0], scope) if names[0].isidentifier() else LIMIT_FORM)
    if not found.is_Symbol:
        raise span.error(f"{names[0]} is an abbreviation; a limit is taken in a declared symbol")
    return found


def direction(variable: Any, point: Any, given: list[Assumption]) -> str:
    """The side from which `variable` can tend to `point`, where what is assumed of it leaves only one."""
    if point.is_infinite:
        return "+-"
    near = sp.Dummy("near", positive=True)
    admitted = "".join(sign for sign in "+-" if _admits(variable, point, sign, near, given))
    return admitted or "+-"


def _admits(variable: Any, point: Any, sign: str, near: Any, given: list[Assumption]) -> bool:
    """Whether points just above or below are admissible, as far as SymPy can tell."""
    if point.is_zero:
        outside = variable.is_nonnegative if sign == "-" else variable.is_nonpositive
        if outside:
            return False
    tiny = sp.Rational(1, 10**9)
    close = point + tiny if sign == "+" else point - tiny
    for assumption in given:
        relation = assumption.relation
        if variable not in relation.free_symbols:
            continue
        if relation.free_symbols == {variable}:
            if point.is_number and relation.subs(variable, close) == sp.false:
                return False
        elif relation.subs(variable, point + near if sign == "+" else point - near) == sp.false:
            return False
    return True
