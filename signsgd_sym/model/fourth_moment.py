"""Whether E eps^4 is finite: a sample's second moments have standard errors only where it is."""

from __future__ import annotations

from signsgd_sym.model.density_part import DensityPart
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.parts import Atom
from signsgd_sym.model.second_moment import tail_is_heavy
from signsgd_sym.model.smoothed_part import SmoothedPart


def has_fourth_moment(law: NoiseLaw) -> bool:
    """Whether E eps^4 is seen to be finite, for a law without symbolic parameters.

    The exponents of the tails are measured (`second_moment`); a Gaussian added changes none. False as well
    for a density that is only known as an integral on an unbounded interval.

    >>> [has_fourth_moment(NoiseLaw.from_text(law)) for law in ("StudentT(4)", "StudentT(5)", "Pareto(1, 4)")]
    [False, True, False]
    """
    return all(isinstance(part, Atom) or _fourth_is_finite(part) for _, part in law.parts)


def _fourth_is_finite(part: DensityPart) -> bool:
    while isinstance(part, SmoothedPart):
        part = part.inner
    if not any(end.is_infinite for piece in part.pieces for end in (piece.lo, piece.hi)):
        return True
    return part.has_elementary_density and not any(tail_is_heavy(piece, 4) for piece in part.pieces)
