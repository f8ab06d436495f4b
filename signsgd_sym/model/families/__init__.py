"""Facts about the continuous families of label noise: densities, moments, samplers.

Facts only, never answers: every derived formula comes out of the engine. A family is written in
placeholder symbols, whose assumptions say what each parameter may be. Names, order and meaning of the
parameters are those of `sympy.stats`; the densities are written out here, piece by piece between the
points where they are not analytic, and the tests hold them against `sympy.stats`.
"""

from __future__ import annotations

from collections.abc import Mapping

from signsgd_sym.model.families.family import Family, Piece
from signsgd_sym.model.families.half_line import HALF_LINE
from signsgd_sym.model.families.interval import INTERVAL
from signsgd_sym.model.families.line import LINE
from signsgd_sym.model.families.transforms import TRANSFORMS

__all__ = ["FAMILIES", "Family", "Piece"]

FAMILIES: Mapping[str, Family] = {
    family.name: family for family in (*LINE, *HALF_LINE, *TRANSFORMS, *INTERVAL)
}
"""Every family by its name."""
