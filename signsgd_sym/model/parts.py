"""The simplest parts of a noise law: an atom, or a member of a known family up to an affine map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from signsgd_sym import notation
from signsgd_sym.errors import ParameterError
from signsgd_sym.model.density_part import DensityPart
from signsgd_sym.model.families import FAMILIES, Family, Piece

Array = NDArray[np.float64]
x = notation.x

__all__ = ["Atom", "DensityPart", "FamilyPart", "affine_pieces", "check_affine", "shifted_text"]


@dataclass(frozen=True)
class Atom:
    """All of the part's mass at one point."""

    location: sp.Expr

    def affine(self, scale: sp.Expr, shift: sp.Expr) -> Atom:
        """The law of scale*X + shift."""
        return Atom(scale * self.location + shift)

    def substitute(self, values: Mapping[sp.Symbol, sp.Expr]) -> Atom:
        """The atom with parameters replaced by values."""
        return Atom(self.location.subs(values, simultaneous=True))

    @property
    def free_symbols(self) -> frozenset[sp.Symbol]:
        """Symbolic parameters."""
        return frozenset(self.location.free_symbols)

    @property
    def text(self) -> str:
        """`Dirac(location)`."""
        return f"Dirac({self.location})"

    def sample(self, rng: np.random.Generator, n: int) -> Array:
        """n copies of the location."""
        return np.full(n, float(self.location))


@dataclass(frozen=True)
class FamilyPart(DensityPart):
    """The law of scale*X + shift with X from a known family.

    Raises:
        ParameterError: arguments outside the family, or a scale that is zero, infinite or not real.
    """

    name: str
    arguments: tuple[sp.Expr, ...]
    scale: sp.Expr = field(default=sp.Integer(1))
    shift: sp.Expr = field(default=sp.Integer(0))

    def __post_init__(self) -> None:
        self.family.validate(self.arguments)
        check_affine(self.scale, self.shift)

    @property
    def family(self) -> Family:
        """The facts about the family."""
        return FAMILIES[self.name]

    @property
    def relations(self) -> tuple[sp.Basic, ...]:
        """The family's constraints on these arguments, as far as they are not plainly true."""
        found = (self.family.at(relation, self.arguments) for relation in self.family.requires)
        return tuple(relation for relation in found if relation != sp.true)

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The family's pieces under the affine map."""
        return affine_pieces(self.family.pieces_at(self.arguments), self.scale, self.shift)

    @property
    def text(self) -> str:
        """`shift + scale*Name(arguments)`."""
        law = f"{self.name}({', '.join(map(str, self.arguments))})"
        if self.scale == -1:
            law = f"-{law}"
        elif self.scale != 1:
            law = f"{_factor(self.scale)}*{law}"
        return shifted_text(law, self.shift)

    @property
    def free_symbols(self) -> frozenset[sp.Symbol]:
        """Symbolic parameters."""
        return frozenset().union(*(e.free_symbols for e in (*self.arguments, self.scale, self.shift)))

    def affine(self, scale: sp.Expr, shift: sp.Expr) -> FamilyPart:
        """The law of scale*X + shift."""
        return replace(self, scale=self.scale * scale, shift=self.shift * scale + shift)

    def substitute(self, values: Mapping[sp.Symbol, sp.Expr]) -> FamilyPart:
        """The part with parameters replaced by values."""
        return FamilyPart(
            self.name,
            tuple(argument.subs(values, simultaneous=True) for argument in self.arguments),
            self.scale.subs(values, simultaneous=True),
            self.shift.subs(values, simultaneous=True),
        )

    def second_moment(self) -> sp.Expr:
        """scale^2 E X^2 + 2 scale shift E X + shift^2, from the family's table.

        The unevaluated integral where the family has no closed moment.
        """
        second = self.family.second_moment
        if second is not None:
            square = self.family.at(second, self.arguments)
            if self.shift == 0 or square == sp.oo:
                return sp.oo if square == sp.oo else self.scale**2 * square
            if self.family.mean is not None:
                mean = self.family.at(self.family.mean, self.arguments)
                rest = 2 * self.scale * self.shift * mean + self.shift**2
                if isinstance(square, sp.Piecewise):
                    return sp.Piecewise(
                        *(
                            (value if value == sp.oo else self.scale**2 * value + rest, condition)
                            for value, condition in square.args
                        )
                    )
                return self.scale**2 * square + rest
        return self.integral(x**2)

    @cached_property
    def is_symmetric(self) -> bool:
        """Whether the centre of symmetry lies at 0; without one, whether the pieces mirror each other."""
        if self.family.centre is None:
            return self._is_even()
        centre = self.scale * self.family.at(self.family.centre, self.arguments) + self.shift
        return bool(sp.simplify(centre) == 0)

    def sample(self, rng: np.random.Generator, n: int) -> Array:
        """n samples."""
        draw = self.family.draw
        if draw is None:
            return super().sample(rng, n)
        samples = draw(rng, n, *map(float, self.arguments))
        if self.scale == 1 and self.shift == 0:
            return samples
        return float(self.shift) + float(self.scale) * samples


def affine_pieces(pieces: tuple[Piece, ...], scale: sp.Expr, shift: sp.Expr) -> tuple[Piece, ...]:
    """The pieces of scale*X + shift: density f((x - shift)/scale)/|scale|."""
    if scale == 1 and shift == 0:
        return pieces
    mapped = [
        Piece(
            piece.density.subs(x, (x - shift) / scale) / sp.Abs(scale),
            scale * piece.lo + shift,
            scale * piece.hi + shift,
        )
        for piece in pieces
    ]
    if scale.is_negative:
        return tuple(Piece(piece.density, piece.hi, piece.lo) for piece in reversed(mapped))
    return tuple(mapped)


def check_affine(scale: sp.Expr, shift: sp.Expr) -> None:
    """Refuse a scale that is zero or of unknown sign, and a shift that is not a real number."""
    if scale.is_finite is False or scale.is_zero or not (scale.is_positive or scale.is_negative):
        raise ParameterError(
            f"the factor {scale} of a law must be a non-zero real number of known sign; change it"
        )
    if shift.is_finite is False or shift.is_real is False:
        raise ParameterError(f"the shift {shift} of a law must be a finite real number; change it")


def shifted_text(law: str, shift: sp.Expr) -> str:
    """LAW text of a law plus a constant."""
    if shift == 0:
        return law
    return f"{shift} - {law[1:]}" if law.startswith("-") else f"{shift} + {law}"


def _factor(scale: sp.Expr) -> str:
    return f"({scale})" if scale.is_Add else str(scale)
