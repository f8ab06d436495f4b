r"""The common subset of LaTeX to SymPy, by recursive descent.

Fractions, roots, powers, Greek letters, subscripts in names, functions with and without brackets, absolute
values, juxtaposition as product, \int with its differential, \sum, \prod, \lim and \frac{d}{dx}. What is
ambiguous on paper (1/2x, \sin x (y + 1), \sin^{-1} x) is refused, with what to write instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from signsgd_sym.errors import InputError, ParseError
from signsgd_sym.model.bounds import apply, check_power, check_value
from signsgd_sym.model.grammar import MAX_NESTING
from signsgd_sym.steps.forms import undeclared_message
from signsgd_sym.steps.latex_names import FUNCTIONS, GREEK, SEVERAL
from signsgd_sym.steps.latex_stream import Stream, shown
from signsgd_sym.steps.latex_tokens import Token, tokens
from signsgd_sym.steps.words import WORDS

OPENING = {"(": ")", "[": "]", "\\{": "\\}"}
FRACTIONS = ("frac", "tfrac", "dfrac", "cfrac")
BINOMIALS = ("binom", "tbinom", "dbinom")


def latex_expression(text: str, scope: Mapping[str, sp.Expr], start: int = 0, stop: int | None = None) -> Any:
    r"""The SymPy expression that the LaTeX text[start:stop] denotes; names are those of `scope`.

    >>> R, b = sp.symbols("R b", positive=True)
    >>> latex_expression(r"\sqrt{\pi R}\, e^{R/b^2} \operatorname{erfc}\frac{\sqrt R}{b}", {"R": R, "b": b})
    sqrt(pi)*sqrt(R)*exp(R/b**2)*erfc(sqrt(R)/b)

    Raises:
        ParseError: for what is not in the subset, with the column.
    """
    stop = len(text) if stop is None else stop
    return LatexReader(text, tokens(text, start, stop), scope).whole()


class LatexReader(Stream):
    """Reads sums, products, powers and atoms from left to right; `depth` bounds the nesting."""

    # --- sums, products, powers ----------------------------------------------------------------------
    def whole(self) -> Any:
        """The expression that all tokens together are."""
        first = self.next
        try:
            value = self.expression()
            if self.next.kind != "end":
                raise self.error(self._leftover())
            self.checked(first, check_value(value))
        except ParseError as problem:
            raise problem if problem.text else ParseError(str(problem), self.text, first.column) from None
        except InputError as problem:
            raise ParseError(str(problem), self.text, first.column) from None
        except (RecursionError, MemoryError, OverflowError):
            raise self.error("the formula is too large; write it in a simpler form", first) from None
        except (ValueError, TypeError, ArithmeticError, NotImplementedError, AttributeError):
            raise self.error("the formula has no real value; check the arguments", first) from None
        return value

    def _leftover(self) -> str:
        token = self.next
        if token.kind == "number":
            return "a number stands behind something else; write \\cdot between them, or braces around it"
        if token.text in ("=", "<", ">"):
            return "a relation is not part of a formula here; one relation a line, outside the $"
        return f"{shown(token)} has no meaning here"

    def expression(self) -> Any:
        """A sum of terms."""
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise self.error(f"the formula is nested more than {MAX_NESTING} deep; flatten it")
        terms, sign = [], 1
        while self.sees("+", "-"):
            sign = -sign if self.take().text == "-" else sign
        terms.append(sign * self.term())
        while self.sees("+", "-"):
            sign = -1 if self.take().text == "-" else 1
            terms.append(sign * self.term())
        self.depth -= 1
        return sp.Add(*terms)

    def term(self) -> Any:
        """A product, by signs or by juxtaposition."""
        factors = [self.power()]
        slash = False
        while True:
            if self.sees("*"):
                self.take()
                factors.append(self.power())
                slash = False
            elif self.sees("/"):
                token = self.take()
                denominator = self.power()
                self.checked(token, "division by zero" if denominator.is_zero else None)
                factors.append(1 / denominator)
                slash = True
            elif self.begins_factor():
                if slash:
                    raise self.error(
                        "unclear whether this still stands below the /; write \\frac or brackets"
                    )
                factors.append(self.power())
            else:
                return sp.Mul(*factors)

    def begins_factor(self) -> bool:
        """Whether a factor can begin here without a sign of multiplication."""
        token = self.next
        if token.kind == "mark":
            if token.text == "|":
                return token.side == "l" or (token.side != "r" and not self.in_bars)
            return token.text in ("(", "[", "\\{", "{")
        return token.kind in ("letter", "word", "command")

    in_bars = False

    def power(self) -> Any:
        """An atom with its factorials and powers."""
        first = self.next
        value = self.atom()
        raised = False
        while self.sees("^", "!"):
            token = self.take()
            if token.text == "!":
                value = self.call("factorial", [value], token)
                continue
            if raised:
                raise self.error("two powers in a row; put braces around the first", token)
            value, raised = self.raise_to(value, self.argument("a power"), first), True
        return value

    def raise_to(self, base: Any, exponent: Any, token: Token) -> Any:
        """base**exponent, its cost bounded first."""
        self.checked(token, check_power(base, exponent))
        value = sp.Pow(base, exponent)
        self.checked(token, check_value(value))
        return value

    def call(self, name: str, values: list[Any], token: Token) -> Any:
        """The function `name` at `values`."""
        try:
            return apply(name, WORDS[name], values)
        except ParseError as problem:
            raise self.error(str(problem), token) from None

    def argument(self, what: str) -> Any:
        r"""The argument of ^, _, \frac or \sqrt: a group in braces, or one token."""
        token = self.next
        if self.sees("{"):
            return self.group()
        if token.kind == "number" and len(token.text) > 1 and token.text[0] != ".":
            if what == "a power":
                raise self.error("TeX would raise to the first digit only; put braces around the power")
            self.tokens[self.at] = Token("number", token.text[1:], token.column + 1)
            return sp.Integer(token.text[0])
        if token.kind == "end" or (token.kind == "mark" and not self.sees("(", "|")) or self.sees("(", "|"):
            raise self.error(f"{what} is missing or needs braces around it")
        return self.atom()

    def group(self) -> Any:
        """An expression in braces."""
        self.expect("{")
        bars, self.in_bars = self.in_bars, False
        value = self.expression()
        self.in_bars = bars
        self.expect("}")
        return value

    # --- atoms -----------------------------------------------------------------------------------------
    def atom(self) -> Any:
        """A number, a name, a bracket, or a command with its arguments."""
        from signsgd_sym.steps import latex_operators as operators

        token = self.next
        if token.kind == "number":
            return sp.Rational(self.take().text)
        if token.kind == "mark":
            if token.text == "{":
                return self.group()
            if token.text in OPENING:
                return self.bracket()
            if token.text == "|" and token.side != "r":
                return self.bars()
        if token.kind == "command":
            command = token.text
            if command in FRACTIONS:
                return operators.fraction(self)
            if command in BINOMIALS:
                self.take()
                return self.call("binomial", [self.argument("the upper"), self.argument("the lower")], token)
            if command == "sqrt":
                return self.root()
            if command in operators.OPERATORS:
                return operators.OPERATORS[command](self)
            if command == "infty":
                self.take()
                return sp.oo
        return self.named()

    def bracket(self) -> Any:
        """An expression in round, square or curly brackets."""
        closing = OPENING[self.take().text]
        bars, self.in_bars = self.in_bars, False
        value = self.expression()
        self.in_bars = bars
        self.expect(closing)
        return value

    def bars(self) -> Any:
        """An absolute value."""
        token = self.take()
        outer, self.in_bars = self.in_bars, True
        value = self.expression()
        self.in_bars = outer
        self.expect("|")
        return self.call("Abs", [value], token)

    def root(self) -> Any:
        r"""\sqrt{x} or \sqrt[n]{x}."""
        token, degree = self.take(), sp.Integer(2)
        if self.sees("["):
            self.take()
            degree = self.expression()
            self.expect("]")
        self.checked(token, "the root of degree 0 is not defined" if degree.is_zero else None)
        return self.raise_to(self.argument("what stands under the root"), 1 / degree, token)

    # --- names and functions ----------------------------------------------------------------------------
    def named(self) -> Any:
        """A function with its argument, or a symbol."""
        from signsgd_sym.steps.latex_functions import bessel, function

        token = self.next
        if token.kind in ("command", "word"):
            known = FUNCTIONS.get(token.text)
            if token.kind == "word" and known is None and token.text in WORDS:
                known = token.text
            if known and not (token.text in GREEK and self.names_ahead()):
                return function(self, known)
        if token.kind == "letter" or token.text in GREEK or token.text in SEVERAL:
            special = bessel(self)
            if special is not None:
                return special
        names = self.read_names()
        for name in names:
            if name in self.scope:
                return self.scope[name]
        if names[0] == "pi":
            return sp.pi
        if names[0] == "e":
            return sp.E
        if self.sees("(") and names[0] in SEVERAL:
            return function(self, SEVERAL[names[0]][0], taken=token)
        raise self.error(
            undeclared_message(names[-1] if names[0] == "lambda" else names[0], self.scope), token
        )
