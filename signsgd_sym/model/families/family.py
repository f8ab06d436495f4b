"""What is known of a family of densities: a record in placeholder symbols, specialised by substitution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from signsgd_sym import notation
from signsgd_sym.errors import ParameterError

x = notation.x

Draw = Callable[..., NDArray[np.float64]]
"""`draw(rng, n, *parameters as floats)` -> n float64 samples."""


@dataclass(frozen=True)
class Piece:
    """A density on an interval inside which it is analytic."""

    density: sp.Expr
    lo: sp.Expr
    hi: sp.Expr


def location(name: str) -> sp.Symbol:
    """A parameter that may be any real number; a name in its place is a real symbol."""
    return sp.Symbol(name, real=True)


def positive(name: str) -> sp.Symbol:
    """A scale, shape or rate."""
    return sp.Symbol(name, positive=True)


def count(name: str) -> sp.Symbol:
    """A positive integer."""
    return sp.Symbol(name, integer=True, positive=True)


def finite_if(condition: sp.Basic, value: sp.Expr) -> sp.Expr:
    """A moment that is infinite unless the condition holds."""
    return sp.Piecewise((value, condition), (sp.oo, True))


@dataclass(frozen=True)
class Family:
    """A family of densities in x.

    Attributes:
        name: the constructor's name, as in `sympy.stats`.
        parameters: placeholders in the constructor's order.
        pieces: the density between consecutive points of non-analyticity.
        second_moment: E X^2, `oo` where it diverges, `None` where no closed form is known.
        mean: E X wherever E X^2 is finite, `None` where no closed form is known.
        centre: the point of symmetry, `None` for a skew family.
        draw: direct sampler, `None` where samples come from the numerical inverse of the CDF.
        ends: parameters that bound the support; a name in their place is a positive symbol.
        requires: relations between parameters beyond their own signs.
        make_pieces: replaces `pieces` where their number depends on a parameter.
    """

    name: str
    parameters: tuple[sp.Symbol, ...]
    pieces: tuple[Piece, ...]
    second_moment: sp.Expr | None
    mean: sp.Expr | None = None
    centre: sp.Expr | None = None
    draw: Draw | None = None
    ends: tuple[sp.Symbol, ...] = ()
    requires: tuple[sp.Basic, ...] = ()
    make_pieces: Callable[..., tuple[Piece, ...]] | None = None

    def at(self, expression: sp.Expr, arguments: Sequence[sp.Expr]) -> sp.Expr:
        """A placeholder expression with the arguments in place of the parameters."""
        return expression.xreplace(dict(zip(self.parameters, arguments, strict=True)))

    def pieces_at(self, arguments: Sequence[sp.Expr]) -> tuple[Piece, ...]:
        """The non-empty pieces for these arguments."""
        if self.make_pieces is not None:
            return self.make_pieces(*arguments)
        pieces = []
        for piece in self.pieces:
            lo, hi = self.at(piece.lo, arguments), self.at(piece.hi, arguments)
            if lo != hi:
                pieces.append(Piece(self.at(piece.density, arguments), lo, hi))
        return tuple(pieces)

    def kind(self, parameter: sp.Symbol) -> str:
        """`location`, `positive` or `integer`: the symbol that a name in this place becomes."""
        if parameter.is_integer:
            return "integer"
        return "positive" if parameter.is_positive or parameter in self.ends else "location"

    def signature(self) -> str:
        """The constructor as the user types it, `Normal(mean, std)`."""
        return f"{self.name}({', '.join(p.name for p in self.parameters)})"

    def validate(self, arguments: Sequence[sp.Expr]) -> None:
        """Refuse arguments outside the family.

        Raises:
            ParameterError: wrong number of arguments, a value that is not finite and real, or a constraint
                that fails; symbolic arguments pass unless the constraint is certainly false.
        """
        if len(arguments) != len(self.parameters):
            raise ParameterError(
                f"{self.name} takes {len(self.parameters)} parameters, not {len(arguments)}; "
                f"write {self.signature()}"
            )
        for parameter, value in zip(self.parameters, arguments, strict=True):
            if value.is_finite is False or value.is_real is False:
                raise ParameterError(
                    f"{parameter} of {self.name} is {value}, but it must be real and finite; change it"
                )
            if parameter.is_positive and (value.is_positive is False or (value <= 0) == sp.true):
                raise ParameterError(
                    f"{parameter} of {self.name} is {value}, but it must be positive; change it"
                )
            if parameter.is_integer and value.is_integer is False:
                raise ParameterError(
                    f"{parameter} of {self.name} is {value}, but it must be an integer; change it"
                )
        if self.make_pieces is not None:
            self.make_pieces(*arguments)
        for relation in self.requires:
            if self.at(relation, arguments) == sp.false:
                shown = ", ".join(map(str, arguments))
                raise ParameterError(
                    f"{self.name}({shown}) is not a law: {self.signature()} needs {relation}"
                )
