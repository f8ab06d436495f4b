"""For every law at its instance, E exp(-eps^2/(4R)) is enclosed to 50 digits from R = 1e-8 to 1e8.

The values must increase with R, lie in (0, 1), and agree with a quadrature in float64.
"""

from __future__ import annotations

from itertools import pairwise

import pytest
import sympy as sp
from flint import arb
from law_table import TEXTS, numeric

from signsgd_sym.balls import enclose, program
from signsgd_sym.model.families import Piece
from signsgd_sym.model.quadrature import total_mass
from signsgd_sym.notation import R, eps, x

POINTS = [sp.Rational(10) ** k for k in (-8, -3, -1, 0)] + [sp.Integer(20), sp.Integer(10) ** 4, 10**8]


@pytest.mark.parametrize("text", TEXTS)
def test_fifty_digits_from_small_to_large_risk(text: str) -> None:
    law = numeric(text)
    mean = program(law.mean_of(sp.exp(-(eps**2) / (4 * R))), {R: 1})
    balls = [enclose(mean, {R: at}, digits=50).ball for at in POINTS]
    for ball in balls:
        assert ball.rel_accuracy_bits() >= 166 and ball.imag.contains(0)
        assert ball.real > 0 and ball.real < 1
    assert all(left.real < right.real for left, right in pairwise(balls))
    ((_, part),) = law.parts
    pieces = [Piece(piece.density * sp.exp(-(x**2) / 4), piece.lo, piece.hi) for piece in part.pieces]
    # A thousandth of LogCauchy(0, 1) lies beyond the range of float64.
    tolerance = 1e-3 if "LogCauchy" in text else 1e-11
    assert abs(total_mass(pieces).value - float(balls[POINTS.index(1)].real.mid())) < tolerance


def test_a_wrong_digit_is_seen() -> None:
    mean = program(numeric("Davis(a, b, c)").mean_of(sp.exp(-(eps**2) / (4 * R))), {R: 1})
    ball = enclose(mean, {R: 1}, digits=50).ball.real
    assert not ball.contains(arb(ball.mid()) * (1 + arb(10) ** -49))
