r"""Tokens of LaTeX as they are read, and the names they form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from signsgd_sym.errors import ParseError
from signsgd_sym.steps.latex_names import ACCENTS, GREEK, OTHER_NAMES
from signsgd_sym.steps.latex_tokens import FONTS, Token


class Stream:
    """A list of tokens, read from left to right, and what names mean."""

    def __init__(self, text: str, found: list[Token], scope: Mapping[str, Any], depth: int = 0) -> None:
        self.text, self.tokens, self.scope, self.depth = text, found, scope, depth
        self.at = 0

    # --- the stream --------------------------------------------------------------------------------
    @property
    def next(self) -> Token:
        """The token that comes next."""
        return self.tokens[self.at]

    def take(self) -> Token:
        """The next token, which is consumed unless it is the end."""
        token = self.next
        if token.kind != "end":
            self.at += 1
        return token

    def sees(self, *marks: str) -> bool:
        """Whether the next token is one of these marks."""
        return self.next.kind == "mark" and self.next.text in marks

    def error(self, message: str, token: Token | None = None) -> ParseError:
        """A complaint that points at a token, the next one if none is given."""
        column = (token or self.next).column
        return ParseError(message, self.text, min(column, len(self.text)))

    def expect(self, mark: str) -> Token:
        """Consume a mark that must be there."""
        if not self.sees(mark):
            raise self.error(f"expected {mark.strip(chr(92))} here")
        return self.take()

    def checked(self, token: Token, complaint: str | None) -> None:
        """Refuse with a complaint, if there is one."""
        if complaint:
            raise self.error(complaint, token)

    # --- names ----------------------------------------------------------------------------------------
    def names_ahead(self) -> bool:
        """Whether the name that comes next is declared; nothing is consumed."""
        place = self.at
        try:
            return any(name in self.scope for name in self.read_names())
        except ParseError:
            return False
        finally:
            self.at = place

    def read_names(self) -> tuple[str, ...]:
        r"""Consume a name with its subscript and star; the names under which a file may declare it.

        x_i and x_{i} are x_i, \rho_{12} is rho_12 or rho12, \bar K is Kbar, \theta^* is theta_star.
        """
        names = self._base_names()
        if self.sees("_"):
            self.take()
            below = self._subscript()
            names = (*(f"{name}_{below}" for name in names), *(f"{name}{below}" for name in names))
        if self.sees("^"):
            ahead = [token.text for token in self.tokens[self.at + 1 : self.at + 4]]
            length = 1 if ahead[:1] == ["*"] else 3 if ahead == ["{", "*", "}"] else 0
            if length:
                self.at += 1 + length
                names = tuple(f"{name}_star" for name in names)
        return names

    def _base_names(self) -> tuple[str, ...]:
        token = self.take()
        if token.kind == "letter":
            return (self._longest_declared(token),)
        if token.kind == "word":
            return (token.text,)
        if token.kind == "command":
            if token.text in GREEK:
                return OTHER_NAMES.get(token.text, (token.text,))
            if token.text in ACCENTS or token.text in FONTS:
                braced = self.sees("{")
                if braced:
                    self.take()
                inner = self._base_names()
                if braced:
                    self.expect("}")
                return tuple(name + ACCENTS.get(token.text, "") for name in inner)
            raise self.error(f"\\{token.text} is not part of the LaTeX that is read", token)
        raise self.error(
            "a formula breaks off here" if token.kind == "end" else f"{shown(token)} has no meaning here",
            token,
        )

    def _longest_declared(self, first: Token) -> str:
        """A declared name of several letters without spaces between them, or the one letter."""
        letters, place = first.text, self.at
        while self.tokens[place].kind == "letter" and self.tokens[place].column == first.column + len(
            letters
        ):
            letters += self.tokens[place].text
            place += 1
        for length in range(len(letters), 1, -1):
            if letters[:length] in self.scope:
                self.at += length - 1
                return letters[:length]
        return first.text

    def _subscript(self) -> str:
        """The characters of a subscript, commands by their names."""
        if not self.sees("{"):
            token = self.take()
            if token.kind not in ("letter", "number", "command", "word", "mark") or token.text in "{}":
                raise self.error("a subscript is missing", token)
            return "star" if token.text == "*" else token.text
        self.take()
        parts = []
        while not self.sees("}"):
            token = self.take()
            if token.kind in ("end", "mark") and token.text not in ("*", ","):
                raise self.error("a subscript is letters and digits; declare it as one name", token)
            parts.append("star" if token.text == "*" else token.text.replace(",", "_"))
        self.take()
        return "".join(parts)


def shown(token: Token) -> str:
    """A token as it was typed."""
    return f"\\{token.text}" if token.kind == "command" else token.text or "the end"
