"""Whether a truncated law keeps a tail too heavy for a second moment."""

from __future__ import annotations

import sympy as sp

from signsgd_sym.model.families import Piece
from signsgd_sym.model.given_density import GivenDensity
from signsgd_sym.model.parts import DensityPart
from signsgd_sym.model.second_moment import tail_is_heavy
from signsgd_sym.model.smoothed_part import SmoothedPart


def truncated_moment(inner: DensityPart, kept: tuple[Piece, ...], integral: sp.Expr) -> sp.Expr:
    """`integral`, which is E X^2 over the kept pieces, or `oo` where it diverges.

    On a bounded interval it is finite. Otherwise it diverges only if E X^2 of the whole law does, and then,
    for a family, always: families without a second moment are symmetric around a point or live on a
    half-line, so that a tail that is kept is a heavy one. The tails of a given density without parameters are
    measured (`second_moment`); with parameters the integral stays. A Gaussian added changes no heavy tail.
    """
    if not any(end.is_infinite for piece in kept for end in (piece.lo, piece.hi)):
        return integral
    whole = inner.second_moment()
    if not whole.has(sp.oo):
        return integral
    core = inner
    while isinstance(core, SmoothedPart):
        core = core.inner
    if isinstance(core, GivenDensity):
        directions = {end for piece in kept for end in (piece.lo, piece.hi) if end.is_infinite}
        if core.free_symbols:
            return integral
        tails = (
            Piece(piece.density, *(end if end in directions else sp.S.Zero for end in (piece.lo, piece.hi)))
            for piece in core.pieces
        )
        return sp.oo if any(map(tail_is_heavy, tails)) else integral
    if whole == sp.oo:
        return sp.oo
    branches = sp.piecewise_fold(whole)
    if not isinstance(branches, sp.Piecewise):
        return integral
    return sp.Piecewise(
        *((sp.oo if value == sp.oo else integral, condition) for value, condition in branches.args)
    )
