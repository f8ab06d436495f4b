r"""LaTeX to tokens: what only spaces or sizes things disappears, delimiters lose their \left and \right."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from signsgd_sym.errors import ParseError
from signsgd_sym.model.grammar import MAX_DIGITS, MAX_LENGTH

Kind = Literal["number", "letter", "command", "word", "mark", "end"]


@dataclass(frozen=True)
class Token:
    r"""A piece of LaTeX; `text` of a command is without its backslash, of a word the letters in braces.

    `side` is "l" or "r" for a bar that says which it is, such as \left| or \rvert.
    """

    kind: Kind
    text: str
    column: int
    side: str = ""


_SPACING = (
    ", ; ! : quad qquad enspace thinspace displaystyle textstyle limits nolimits left right middle "
    "big bigl bigr bigm Big Bigl Bigr bigg biggl biggr Bigg Biggl Biggr"
)
SPACING = frozenset(_SPACING.split())
"""Commands that only space or size things."""
SIDES = {
    "left": "l", "bigl": "l", "Bigl": "l", "biggl": "l", "Biggl": "l",
    "right": "r", "bigr": "r", "Bigr": "r", "biggr": "r", "Biggr": "r",
}  # fmt: skip
"""Commands that say of the delimiter behind them on which side it stands."""
SAME: dict[str, tuple[str, str]] = {
    "cdot": ("*", ""), "times": ("*", ""), "div": ("/", ""), "ast": ("*", ""), "star": ("*", ""),
    "lvert": ("|", "l"), "rvert": ("|", "r"), "vert": ("|", ""), "{": ("\\{", ""), "}": ("\\}", ""),
    "lbrace": ("\\{", ""), "rbrace": ("\\}", ""), "to": ("->", ""), "rightarrow": ("->", ""),
    "lbrack": ("[", ""), "rbrack": ("]", ""),
}  # fmt: skip
"""Commands that mean a mark."""
NAMING = ("operatorname", "mathrm", "text", "textrm", "mathop", "mathit")
FONTS = ("mathbf", "boldsymbol", "bm", "mathsf", "mathcal")
_PIECE = re.compile(
    r"(?P<space>[\s~]+)"
    r"|\\(?P<naming>" + "|".join(NAMING) + r")\*?\s*\{\s*(?P<name>[A-Za-z]+)\s*\}"
    r"|\\(?P<command>[A-Za-z]+|[,;!: {}|])"
    r"|(?P<number>\d+(?:\.\d*)?|\.\d+)"
    r"|(?P<letter>[A-Za-z])"
    r"|(?P<mark>->|[-+*/^_{}()\[\]|,!=<>])"
)


def tokens(text: str, start: int, stop: int) -> list[Token]:
    r"""The tokens of text[start:stop], with an "end" behind them.

    >>> [token.text for token in tokens(r"\left| x \right|^2 \, \operatorname{erf}", 0, 40)]
    ['|', 'x', '|', '^', '2', 'erf', '']
    """
    if stop - start > MAX_LENGTH:
        raise ParseError(f"the formula has {stop - start} characters; at most {MAX_LENGTH} are read", text)
    found: list[Token] = []
    side = ""
    column = start
    while column < stop:
        piece = _PIECE.match(text, column, stop)
        if piece is None:
            raise ParseError(
                f"the character {text[column]!r} is not part of the LaTeX that is read", text, column
            )
        token, side = _token(piece, column, side, text)
        if token is not None:
            found.append(token)
        column = piece.end()
    return [*found, Token("end", "", stop)]


def _token(piece: re.Match[str], column: int, side: str, text: str) -> tuple[Token | None, str]:
    r"""The token of a piece, and the side that a \left or \right says of the delimiter behind it."""
    if piece["space"]:
        return None, side
    if piece["name"]:
        name = piece["name"]
        return Token("letter" if len(name) == 1 else "word", name, column, "upright"), ""
    command = piece["command"]
    if command:
        if command in SPACING or command == " ":
            return None, SIDES.get(command, side)
        if command == "|":
            raise ParseError("a norm is not read; write an absolute value with |", text, column)
        if command in SAME:
            mark, own = SAME[command]
            return Token("mark", mark, column, own or side), ""
        return Token("command", command, column), ""
    if piece["number"]:
        if len(piece["number"]) > MAX_DIGITS:
            raise ParseError(f"the number has too many digits; at most {MAX_DIGITS} are read", text, column)
        return Token("number", piece["number"], column), ""
    if piece["letter"]:
        return Token("letter", piece["letter"], column), ""
    return Token("mark", piece["mark"], column, side if piece["mark"] == "|" else ""), ""
