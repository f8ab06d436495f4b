r"""Functions in LaTeX: \sin x, \sin^2(x), \log\frac{a}{b}, \Gamma(s, x), K_{\nu}(x)."""

from __future__ import annotations

from typing import Any

from signsgd_sym.errors import ParseError
from signsgd_sym.steps.latex import FRACTIONS, OPENING, LatexReader
from signsgd_sym.steps.latex_names import BESSEL, FUNCTIONS, GREEK
from signsgd_sym.steps.latex_tokens import Token

_INVERTIBLE = "sin cos tan cot sec csc sinh cosh tanh coth sech csch"


def function(reader: LatexReader, name: str, taken: Token | None = None) -> Any:
    """A function, the power behind its name, and its argument."""
    token = taken or reader.take()
    power = None
    if reader.sees("^"):
        reader.take()
        place = reader.next
        power = reader.argument("a power")
        if power == -1 and name in _INVERTIBLE.split():
            raise reader.error(
                f"{name}^-1 has two meanings; write \\arc{name} or \\frac{{1}}{{\\{name} ...}}", place
            )
    if reader.sees("_"):
        raise reader.error("a base or an index of a function is not read; write log(x)/log(b)")
    values = arguments(reader, token)
    value = reader.call(_incomplete(reader, token, name, len(values)), values, token)
    return value if power is None else reader.raise_to(value, power, token)


def _incomplete(reader: LatexReader, token: Token, name: str, count: int) -> str:
    r"""The function meant by `name` with `count` arguments: \Gamma(s, x), \gamma(s, x) are incomplete gammas.

    A small \gamma of one argument is no function but a name that nobody declared.
    """
    small = token.text == "gamma" and token.kind == "command"
    if small and count == 1:
        raise reader.error("gamma is not declared; write `gamma > 0` under symbols:, or \\Gamma", token)
    if name != "gamma" or count == 1:
        return name
    return "lowergamma" if small else "uppergamma"


def arguments(reader: LatexReader, token: Token) -> list[Any]:
    r"""The arguments: in brackets, in braces around brackets, or the factors that follow."""
    if reader.sees("{"):
        reader.take()
        opens = reader.next.text in OPENING and reader.next.kind == "mark"
        values = _listed(reader) if opens and _closes_group(reader) else [reader.expression()]
        reader.expect("}")
        return values
    if reader.sees(*OPENING):
        return _listed(reader)
    if reader.sees("|"):
        return [reader.bars()]
    return [_bare(reader, token)]


def _closes_group(reader: LatexReader) -> bool:
    """Whether the bracket that opens here is closed right before the brace is."""
    level = 0
    for place in range(reader.at, len(reader.tokens)):
        token = reader.tokens[place]
        if token.kind == "mark" and token.text in (*OPENING, "{"):
            level += 1
        elif token.kind == "mark" and token.text in (*OPENING.values(), "}"):
            level -= 1
            if level == 0:
                after = reader.tokens[place + 1]
                return after.kind == "mark" and after.text == "}"
    return False


def _listed(reader: LatexReader) -> list[Any]:
    closing = OPENING[reader.take().text]
    bars, reader.in_bars = reader.in_bars, False
    values = [reader.expression()]
    while reader.sees(","):
        reader.take()
        values.append(reader.expression())
    reader.in_bars = bars
    reader.expect(closing)
    return values


def _bare(reader: LatexReader, token: Token) -> Any:
    """Factors without brackets: numbers, names, fractions and roots up to the next sign or function."""
    value: Any = None
    while _is_plain(reader):
        factor = reader.power()
        value = factor if value is None else value * factor
    if value is None:
        raise reader.error(f"the argument of {token.text} is missing; put it in brackets")
    if reader.sees(*OPENING, "/"):
        raise reader.error(
            f"unclear whether this belongs to the argument of {token.text}; put that in brackets"
        )
    return value


def _is_plain(reader: LatexReader) -> bool:
    token = reader.next
    if token.kind in ("number", "letter"):
        return True
    is_name = token.text in GREEK and (token.text not in FUNCTIONS or reader.names_ahead())
    return token.kind == "command" and (is_name or token.text in (*FRACTIONS, "sqrt", "infty"))


def bessel(reader: LatexReader) -> Any | None:
    """A Bessel function such as K_0(x), unless that name is declared; None where there is none."""
    kind = BESSEL.get(reader.next.text)
    if kind is None or reader.names_ahead():
        return None
    place, token = reader.at, reader.take()
    scripts: dict[str, Any] = {}
    try:  # K_1^2(x), or K^2_1(x) as SymPy prints it
        while reader.sees("_", "^") and reader.next.text not in scripts:
            mark = reader.take().text
            scripts[mark] = reader.argument("the order" if mark == "_" else "a power")
    except ParseError:
        scripts.clear()
    if "_" not in scripts or not reader.sees(*OPENING):
        reader.at = place
        return None
    order, power = scripts["_"], scripts.get("^")
    value = reader.call(kind, [order, *_listed(reader)], token)
    return value if power is None else reader.raise_to(value, power, token)
