r"""Operators of LaTeX that bind a name: \int, \sum, \prod, \lim, \frac{d}{dx}; and plain fractions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp

from signsgd_sym.steps.binding import bound_symbol, check_capture, check_sum_ends
from signsgd_sym.steps.forms import MAX_DERIVATIVES
from signsgd_sym.steps.latex import OPENING, LatexReader
from signsgd_sym.steps.latex_names import ACCENTS, GREEK
from signsgd_sym.steps.latex_tokens import Token

Operator = Callable[[LatexReader], Any]


def fraction(reader: LatexReader) -> Any:
    r"""\frac{a}{b}, or the derivative \frac{d^2}{dx^2} of what follows."""
    token = reader.take()
    place = reader.at
    variables = _derivative(reader)
    if variables is not None:
        return sp.Derivative(reader.term(), *variables)
    reader.at = place
    above, below = reader.argument("the numerator"), reader.argument("the denominator")
    reader.checked(token, "division by zero; change the denominator" if below.is_zero else None)
    return above / below


def _is_d(token: Token) -> bool:
    return (token.kind == "letter" and token.text == "d") or (
        token.kind == "command" and token.text == "partial"
    )


def _derivative(reader: LatexReader) -> list[tuple[Any, int]] | None:
    r"""The variables of \frac{d^n}{dx^n}, the innermost first; None if this is another fraction."""
    if not reader.sees("{") or not _is_d(reader.tokens[reader.at + 1]):
        return None
    first = reader.tokens[reader.at + 1]
    reader.at += 2
    total = _order(reader)
    if not reader.sees("}") or reader.tokens[reader.at + 1].text != "{":
        return None
    reader.at += 2
    variables: list[tuple[Any, int]] = []
    while not reader.sees("}"):
        d = reader.take()
        if not _is_d(d) or not _names_follow(reader):
            return None
        token, names = reader.next, reader.read_names()
        symbol = next((reader.scope[name] for name in names if name in reader.scope), None)
        if symbol is None or not symbol.is_Symbol:
            raise reader.error(f"a derivative is taken by a declared symbol; declare {names[0]}", token)
        variables.insert(0, (symbol, _order(reader)))
    end = reader.take()
    if _is_ambiguous(reader, first):
        raise reader.error("d is declared here; write \\mathrm{d} for a derivative", first)
    if sum(count for _, count in variables) != total:
        raise reader.error("the orders above and below do not agree", end)
    return variables


def _order(reader: LatexReader) -> int:
    if not reader.sees("^"):
        return 1
    token = reader.take()
    order = reader.argument("the order")
    if not (order.is_Integer and 1 <= order <= MAX_DERIVATIVES):
        raise reader.error(f"the order of a derivative is a number from 1 to {MAX_DERIVATIVES}", token)
    return int(order)


def _names_follow(reader: LatexReader) -> bool:
    token = reader.next
    return token.kind == "letter" or token.text in GREEK or token.text in ACCENTS


def _bounds(reader: LatexReader, what: str) -> tuple[int, int]:
    """Where the lower and upper limits of an operator begin; both are passed over."""
    found: dict[str, int] = {}
    while reader.sees("_", "^") and reader.next.text not in found:
        mark = reader.take().text
        found[mark] = reader.at
        _skip(reader)
    if len(found) < 2:
        raise reader.error(f"{what} needs both limits, _{{...}} and ^{{...}}")
    return found["_"], found["^"]


def _skip(reader: LatexReader) -> None:
    """Pass over a group in braces, or over one token."""
    level = 0
    while True:
        token = reader.take()
        if token.kind == "end":
            raise reader.error("a brace is missing", token)
        if token.kind == "mark":
            level += {"{": 1, "}": -1}.get(token.text, 0)
        if level <= 0:
            return


def _at(reader: LatexReader, place: int, what: str) -> Any:
    """The value of the argument that begins at `place`."""
    here, reader.at = reader.at, place
    value = reader.argument(what)
    reader.at = here
    return value


def integral(reader: LatexReader) -> Any:
    r"""\int_a^b f dx, nested too: the differential that closes this integral is found first."""
    token = reader.take()
    lower, upper = _bounds(reader, "an integral")
    lo, hi = _at(reader, lower, "the lower limit"), _at(reader, upper, "the upper limit")
    place = _differential(reader, token)
    ahead = LatexReader(reader.text, reader.tokens, reader.scope, reader.depth)
    ahead.at = place + 1
    names = ahead.read_names()
    name = next((name for name in names if name in reader.scope), names[0])
    symbol = bound_symbol(name, reader.scope, lo, hi)
    inside = [*reader.tokens[reader.at : place], Token("end", "", reader.tokens[place].column)]
    if len(inside) == 1:
        body = sp.S.One
    else:
        body = LatexReader(reader.text, inside, {**reader.scope, name: symbol}, reader.depth + 1).whole()
    check_capture(name, reader.scope, symbol, body)
    reader.at = ahead.at
    if len(inside) == 1 and (reader.sees("*", "/") or reader.begins_factor() or reader.next.kind == "number"):
        # \int dx f is an integral of f to physicists; read literally, f would be left outside it.
        raise reader.error("the differential stands before the integrand; write \\, dx behind it", token)
    return sp.Integral(body, (symbol, lo, hi))


def _differential(reader: LatexReader, token: Token) -> int:
    """The index of the d that belongs to this integral; those of integrals inside come first."""
    level = inside = 0
    for place in range(reader.at, len(reader.tokens) - 1):
        one, after = reader.tokens[place], reader.tokens[place + 1]
        if one.kind == "mark":
            level += (one.text in (*OPENING, "{")) - (one.text in (*OPENING.values(), "}"))
            if level < 0:
                break
        elif level == 0 and one.kind == "command" and one.text == "int":
            inside += 1
        elif level == 0 and one.kind == "letter" and one.text == "d":
            before = reader.tokens[place - 1]
            named = after.kind == "letter" or after.text in GREEK or after.text in ACCENTS
            if named and before.text not in ("_", "^") and not _is_ambiguous(reader, one):
                if inside == 0:
                    return place
                inside -= 1
    form = "\\mathrm{d}x (d is declared here)" if "d" in reader.scope else "\\, dx"
    raise reader.error(
        f"the differential of this integral is missing; write {form} at its end, behind any fraction", token
    )


def _is_ambiguous(reader: LatexReader, d: Token) -> bool:
    """Whether an italic d may be the symbol that the file declares."""
    return "d" in reader.scope and d.kind == "letter" and d.side != "upright"


def _indexed(make: Callable[..., Any], what: str) -> Operator:
    def operator(reader: LatexReader) -> Any:
        token = reader.take()
        lower, upper = _bounds(reader, what)
        hi = _at(reader, upper, "the upper limit")
        here, reader.at = reader.at, lower
        reader.expect("{")
        names = reader.read_names()
        reader.expect("=")
        lo = reader.expression()
        reader.expect("}")
        reader.at = here
        name = next((name for name in names if name in reader.scope), names[0])
        check_sum_ends(lo, hi)
        symbol = bound_symbol(name, reader.scope, lo, hi, integer=True)
        body = _under(reader, name, symbol, token)
        return make(body, (symbol, lo, hi))

    return operator


def _under(reader: LatexReader, name: str, symbol: Any, token: Token) -> Any:
    """The term that follows, with `name` bound."""
    outer = reader.scope
    reader.scope = {**outer, name: symbol}
    body = reader.term()
    reader.scope = outer
    check_capture(name, outer, symbol, body)
    return body


def limit(reader: LatexReader) -> Any:
    r"""\lim_{x \to a} f, with a^+ or a^- for one side."""
    token = reader.take()
    reader.expect("_")
    reader.expect("{")
    names = reader.read_names()
    reader.expect("->")
    place = reader.at
    while not reader.sees("}"):
        if reader.take().kind == "end":
            raise reader.error("a brace is missing")
    point, side = split_side(reader, place, reader.at)
    reader.expect("}")
    name = next((name for name in names if name in reader.scope), names[0])
    symbol = bound_symbol(name, reader.scope, point, point)
    return sp.Limit(_under(reader, name, symbol, token), symbol, point, side)


def split_side(reader: LatexReader, start: int, stop: int) -> tuple[Any, str]:
    """The point that the tokens from `start` to `stop` are, and the side that a + or - behind it says."""
    part = reader.tokens[start:stop]
    ends = [token.text for token in part]
    side = "+-"
    if ends[-2:] in (["^", "+"], ["^", "-"]):
        part, side = part[:-2], ends[-1]
    elif len(ends) > 4 and ends[-4:-2] == ["^", "{"] and ends[-2] in "+-" and ends[-1] == "}":
        part, side = part[:-4], ends[-2]
    end = Token("end", "", part[-1].column + 1 if part else reader.tokens[start].column)
    return LatexReader(reader.text, [*part, end], reader.scope, reader.depth + 1).whole(), side


OPERATORS: Mapping[str, Operator] = {
    "int": integral,
    "sum": _indexed(sp.Sum, "a sum"),
    "prod": _indexed(sp.Product, "a product"),
    "lim": limit,
}
