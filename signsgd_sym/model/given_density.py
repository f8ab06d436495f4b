"""A density that the user wrote down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import sympy as sp

from signsgd_sym import notation
from signsgd_sym.model.families import Piece
from signsgd_sym.model.kinks import split
from signsgd_sym.model.parts import DensityPart, affine_pieces, check_affine

x = notation.x


@dataclass(frozen=True)
class GivenDensity(DensityPart):
    """A density given by the user, already cut at its kinks; `density_check` has seen that it is one."""

    given: sp.Expr
    ends: tuple[sp.Expr, sp.Expr]

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The density between its kinks."""
        return split(self.given, *self.ends)

    @property
    def text(self) -> str:
        """`Density(EXPR, (A, B))`."""
        return f"Density({self.given}, ({self.ends[0]}, {self.ends[1]}))"

    @property
    def free_symbols(self) -> frozenset[sp.Symbol]:
        """Symbolic parameters."""
        return frozenset().union(*(e.free_symbols for e in (self.given, *self.ends))) - {x}

    def affine(self, scale: sp.Expr, shift: sp.Expr) -> GivenDensity:
        """The density of scale*X + shift."""
        check_affine(scale, shift)
        (piece,) = affine_pieces((Piece(self.given, *self.ends),), scale, shift)
        return GivenDensity(piece.density, (piece.lo, piece.hi))

    def substitute(self, values: Mapping[sp.Symbol, sp.Expr]) -> GivenDensity:
        """The density with parameters replaced by values, checked again."""
        from signsgd_sym.model.density_check import check_density

        part = GivenDensity(
            self.given.subs(values, simultaneous=True),
            (self.ends[0].subs(values, simultaneous=True), self.ends[1].subs(values, simultaneous=True)),
        )
        check_density(part)
        return part

    def second_moment(self) -> sp.Expr:
        """`oo` when a tail says so, else a closed form that agrees with quadrature, else the integral."""
        from signsgd_sym.model.second_moment import second_moment_of

        return second_moment_of(self)
