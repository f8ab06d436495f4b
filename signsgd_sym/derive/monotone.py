r"""Is the drift rate phi(R)/sqrt(2 R) non-increasing in R?

phi/sqrt(2 R) = (2/pi) int_0^oo g(u sqrt R) exp(-u^2/4) du / sqrt 2 with g(x) = f(x) + f(-x), x > 0, the
density of |eps| (substitute x = u sqrt R). So it is non-increasing if g is, in particular for a symmetric
law with a single peak at 0; an atom at 0 adds a decreasing term. That is what makes the mode ODE
quasi-monotone. Where g is not seen to be monotone, two values of R between which the rate certainly rises
settle the question the other way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp

from signsgd_sym.balls import PointRejected, Undecided, Unsupported, enclose
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.parts import Atom
from signsgd_sym.notation import R, x
from signsgd_sym.proof.verdict import Verdict

_y = sp.Dummy("y", positive=True)
GRID = tuple(sp.Rational(2) ** k for k in range(-12, 13, 2))
"""Values of R at which a rise is sought."""
DIGITS = 15


@dataclass(frozen=True)
class Monotonicity:
    """`holds`: True for non-increasing, False where a rise was certified at `witness`, None undecided."""

    holds: bool | None
    verdict: Verdict
    reason: str
    witness: tuple[Any, ...] = ()


NOT_ASKED = Monotonicity(None, Verdict.UNKNOWN, "not decided in time")


def drift_monotonicity(law: NoiseLaw, phi: Any) -> Monotonicity:
    """The answer for one law; `phi` is a formula or integral of it that the kernel can evaluate.

    >>> from signsgd_sym.model.noise import noise_law
    >>> v = sp.Symbol("v", positive=True)
    >>> drift_monotonicity(noise_law("Normal(0, v)"), sp.sqrt(R / (2 * R + v**2))).holds
    True
    """
    if _density_of_modulus_falls(law):
        return Monotonicity(True, Verdict.PROVED, "the density of |eps| is non-increasing, by its derivative")
    rise = _rise(law, phi)
    if rise is not None:
        r, s, point = rise
        where = ", ".join(f"{name} = {value}" for name, value in point.items())
        words = f"phi/sqrt(2 R) is larger at R = {s} than at R = {r}" + (f", {where}" if where else "")
        return Monotonicity(False, Verdict.CERTIFIED, words, (r, s))
    return Monotonicity(None, Verdict.UNKNOWN, f"no rise found between {len(GRID)} values of R, nor a proof")


def _density_of_modulus_falls(law: NoiseLaw) -> bool:
    """Whether f(x) + f(-x) is seen to be non-increasing for x > 0, with no jump upwards."""
    for _, part in law.parts:
        if isinstance(part, Atom):
            if part.location != 0:
                return False
            continue
        if not part.has_elementary_density or not _part_falls(part):
            return False
    return True


def _part_falls(part: Any) -> bool:
    """For a symmetric part its right half, else both halves: each starts at 0, falls, and is one piece."""
    right = [p for p in part.pieces if p.hi.is_extended_positive and not p.lo.is_extended_negative]
    left = [p for p in part.pieces if p.lo.is_extended_negative and not p.hi.is_extended_positive]
    both = [p for p in part.pieces if p.lo.is_extended_negative and p.hi.is_extended_positive]
    if len(right) + len(left) + len(both) != len(part.pieces):
        return False
    if both:
        return len(part.pieces) == 1 and part.is_symmetric and _falls(both[0].density, 1)
    for pieces, sign in ((right, 1), (left, -1)):
        if not pieces:
            continue
        ends = [(p.lo, p.hi) if sign > 0 else (-p.hi, -p.lo) for p in pieces]
        if len(pieces) != 1 or ends[0][0] != 0 or not _falls(pieces[0].density, sign):
            return False
    return True


def _falls(density: Any, sign: int) -> bool:
    """d/dy log f(sign y) <= 0 for y > 0, by SymPy's assumptions on its simplified form."""
    f = density.subs(x, sign * _y)
    slope = sp.diff(f, _y)
    if slope == 0:
        return True
    # `simplify` loads SymPy's physical units, a third of a second: first without.
    forms: tuple[Callable[[Any], Any], ...] = (sp.factor, lambda quotient: sp.factor(sp.simplify(quotient)))
    return any(form(slope / f).is_nonpositive for form in forms)


def _rise(law: NoiseLaw, phi: Any) -> tuple[Any, Any, dict[Any, Any]] | None:
    """Two values of R, neighbours in the grid, between which the rate rises for certain."""
    point = {p: sp.Integer(2) if p.is_integer else sp.Rational(3, 2) for p in law.parameters}
    if any(relation.subs(point) == sp.false for relation in law.relations):
        return None
    rate = phi / sp.sqrt(2 * R)
    before = None
    for r in GRID:
        try:
            ball = enclose(rate, {**point, R: r}, digits=DIGITS).ball.real
        except (PointRejected, Undecided, Unsupported):
            return None
        if before is not None and ball > before[1]:
            return before[0], r, point
        before = (r, ball)
    return None
