"""E X^2 of a given density: finite or not, and in closed form where one is found and confirmed."""

from __future__ import annotations

import math

import mpmath as mp
import sympy as sp

from signsgd_sym import notation
from signsgd_sym.model.families.family import Piece
from signsgd_sym.model.given_density import GivenDensity
from signsgd_sym.model.quadrature import arms, cells

x = notation.x

NEAR, FAR = 20, 40
"""The tail exponent is measured between 10^20 and 10^40."""


def second_moment_of(part: GivenDensity) -> sp.Expr:
    """E X^2.

    A tail f ~ x^-p (log x)^-q has finite second moment iff p > 3, or p = 3 and q > 1. The exponent is
    measured as -log(f(10^40)/f(10^20))/log(10^20), in arbitrary precision; q = 1 at p = 3 measures as
    3 + log 2/log 10^20 = 3.0151, and any tail that falls no faster counts as infinite. Otherwise SymPy's
    integrators for rational functions and Meijer G functions are asked, and the answer kept only if it
    agrees with quadrature to 1e-9; else the integral is returned unevaluated, as it is for a density with
    symbolic parameters.
    """
    integral = part.integral(x**2)
    if part.free_symbols:
        return integral
    for piece in part.pieces:
        if tail_is_heavy(piece):
            return sp.oo
    closed = _closed_form(part.pieces)
    return integral if closed is None else closed


def tail_is_heavy(piece: Piece, power: int = 2) -> bool:
    """Whether |x|^power times a density without parameters is not integrable at an infinite end."""
    edge = power + 1.01506
    return any(
        end in (sp.oo, -sp.oo) and _tail_exponent(piece.density, 1 if end == sp.oo else -1) <= edge
        for end in (piece.lo, piece.hi)
    )


def _tail_exponent(density: sp.Expr, side: int) -> float:
    with mp.workdps(30):
        values = []
        for power in (NEAR, FAR):
            value = density.subs(x, side * sp.Integer(10) ** power).evalf(20)
            values.append(mp.mpf(value._mpf_) if value.is_Float else mp.mpf(0))
        near, far = values
        if far <= 0 or near <= 0:
            return math.inf
        return float(-(mp.log(far) - mp.log(near)) / ((FAR - NEAR) * mp.log(10)))


def _closed_form(pieces: tuple[Piece, ...]) -> sp.Expr | None:
    from sympy.integrals.meijerint import meijerint_definite
    from sympy.integrals.rationaltools import ratint

    total = sp.Integer(0)
    for piece in _at_origin(pieces):
        integrand = piece.density * x**2
        if integrand.is_rational_function(x):
            primitive = ratint(integrand, x)
            total += sp.limit(primitive, x, piece.hi, "-") - sp.limit(primitive, x, piece.lo, "+")
            continue
        try:
            found = meijerint_definite(sp.expand(integrand), x, piece.lo, piece.hi)
        except (NotImplementedError, ValueError, TypeError, ArithmeticError):
            return None
        if found is None or found[1] != sp.true:
            return None
        total += found[0]
    total = sp.simplify(total)
    numeric = sum(
        float(cells(arm, invertible=False).mass.sum())
        for arm in arms(Piece(piece.density * x**2, piece.lo, piece.hi) for piece in pieces)
    )
    value = complex(total.evalf(20)) if total.is_number else complex(math.nan)
    return total if abs(value - numeric) <= 1e-9 * max(1.0, abs(numeric)) else None


def _at_origin(pieces: tuple[Piece, ...]) -> list[Piece]:
    """The pieces with the whole line cut at 0: the integrator is at home on half-lines."""
    found = []
    for piece in pieces:
        if piece.lo == -sp.oo and piece.hi == sp.oo:
            found += [
                Piece(piece.density, piece.lo, sp.Integer(0)),
                Piece(piece.density, sp.Integer(0), piece.hi),
            ]
        else:
            found.append(piece)
    return found
