"""Text to a Python syntax tree that has not been judged yet, with columns that count from what was typed."""

from __future__ import annotations

import ast
import difflib
import re
import warnings
from collections.abc import Iterable

from signsgd_sym.errors import ParseError
from signsgd_sym.model.grammar import CONSTANTS, FUNCTIONS, MAX_LENGTH


def syntax_tree(text: str, start: int = 0, stop: int | None = None) -> ast.expr:
    """The tree of text[start:stop]; parsing only, nothing is evaluated.

    Raises:
        ParseError: text too long, not ASCII, not one expression, or nested beyond what Python reads.
    """
    if len(text) > MAX_LENGTH:
        raise ParseError(f"the text has {len(text)} characters; at most {MAX_LENGTH} are read", text)
    for column, character in enumerate(text):
        if not (character.isascii() and (character.isprintable() or character in "\n\r\t")):
            raise ParseError(
                f"the character {character!r} is not ASCII; spell names in letters", text, column
            )
        if character in "#\\":
            raise ParseError(f"the character {character} has no meaning here; remove it", text, column)
    window = re.sub(r"[\n\r\t]", " ", " " * start + text[start:stop])
    body = window.lstrip()  # Python would read leading blanks as indentation
    if not body:
        raise ParseError("an expression is missing; write for example exp(-x**2/2)", text, start)
    shift = len(window) - len(body)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(body, mode="eval").body
    except SyntaxError as problem:
        if "nested" in (problem.msg or ""):
            raise _too_deep(text, start) from None
        column = shift + (problem.offset - 1 if problem.offset else len(body))  # 0: at the end
        raise ParseError(
            "this is not a complete expression; check operators and brackets", text, column
        ) from None
    except (RecursionError, MemoryError, ValueError):
        raise _too_deep(text, start) from None
    for node in ast.walk(tree):
        if isinstance(node, ast.expr):
            node.col_offset += shift
            node.end_col_offset = (node.end_col_offset or 0) + shift
    return tree


def _too_deep(text: str, column: int) -> ParseError:
    return ParseError("the expression is nested too deeply; write it in a flatter form", text, column)


def names_in(node: ast.AST) -> frozenset[str]:
    """Every name in the tree that is not a function or a constant of the grammar."""
    found = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return frozenset(found - FUNCTIONS - set(CONSTANTS))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean X?` for the known names close to `name`, or nothing."""
    by_case = {candidate.lower(): candidate for candidate in known}
    close = difflib.get_close_matches(name.lower(), by_case, n=2, cutoff=0.6)
    return f"; did you mean {' or '.join(by_case[c] for c in close)}?" if close else ""


def describe(node: ast.expr) -> str:
    """What a node that is not read is called in a message."""
    return {
        ast.Attribute: "an attribute (a dot after a name)",
        ast.Subscript: "an index in brackets",
        ast.Lambda: "lambda",
        ast.JoinedStr: "an f-string",
        ast.NamedExpr: "an assignment",
        ast.Tuple: "a tuple",
        ast.List: "a list",
        ast.Dict: "a table in braces",
        ast.Set: "a set in braces",
    }.get(type(node), "this construction")
