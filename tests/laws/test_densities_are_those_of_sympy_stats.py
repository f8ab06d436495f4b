"""The densities written out in `families` are those of sympy.stats, at 30 digits and exact points."""

from __future__ import annotations

import pytest
import sympy as sp
import sympy.stats
from law_table import TEXTS, numeric

from signsgd_sym import notation
from signsgd_sym.model.families import FAMILIES, Piece
from signsgd_sym.model.parts import FamilyPart

x = notation.x

# Supports that sympy.stats reports wider than the density is meant.
NARROWER = {"Kumaraswamy": (0, 1), "Davis": (sp.Rational(1, 4), sp.oo)}


def points(piece: Piece) -> list[sp.Expr]:
    if piece.lo == -sp.oo and piece.hi == sp.oo:
        return [sp.Rational(-7, 3), sp.Rational(1, 5), sp.Rational(9, 4)]
    if piece.hi == sp.oo:
        return [piece.lo + sp.Rational(1, 7), piece.lo + sp.Rational(5, 2)]
    if piece.lo == -sp.oo:
        return [piece.hi - sp.Rational(1, 7), piece.hi - sp.Rational(5, 2)]
    return [piece.lo + (piece.hi - piece.lo) * part for part in (sp.Rational(1, 7), sp.Rational(5, 6))]


def sympy_density(part: FamilyPart) -> sympy.stats.crv.SingleContinuousDistribution:
    variable = getattr(sympy.stats, part.name)("X", *part.arguments)
    return variable.pspace


def relative_gap(part: FamilyPart, factor: sp.Expr = sp.S.One) -> float:
    theirs = sympy_density(part).distribution
    gaps = []
    for piece in part.pieces:
        for point in points(piece):
            ours = (factor * piece.density).subs(x, point).evalf(30)
            reference = theirs.pdf(point).doit().evalf(30)
            gaps.append(abs(float((ours - reference) / reference)))
    return max(gaps)


@pytest.mark.parametrize("text", TEXTS)
def test_density(text):
    ((_, part),) = numeric(text).parts
    assert relative_gap(part) < 1e-15


@pytest.mark.parametrize("text", TEXTS)
def test_support(text):
    ((_, part),) = numeric(text).parts
    theirs = sympy_density(part).domain.set
    assert (part.lo, part.hi) == NARROWER.get(part.name, (theirs.inf, theirs.sup))


def test_a_wrong_constant_is_seen():
    ((_, part),) = numeric("StudentT(a)").parts
    assert relative_gap(part, 1 + sp.Rational(1, 10**12)) > 1e-13


def test_every_family_is_in_the_table():
    assert {numeric(text).parts[0][1].name for text in TEXTS} == set(FAMILIES)
