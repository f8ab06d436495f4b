"""Bounds of |exp(g) - 1| where g -> 0, so that neither summand dominates; a Bose factor 1/(exp(b/y) - 1)
is of this kind up to infinity.

Lemma. For complex z with x = Re z: (a) |e^z - 1| >= x if x >= 0; (b) |e^z - 1| >= |x| e^x if x <= 0;
(c) |e^z - 1| <= |z| e^(max(x, 0)).

Proof. (a) |e^z - 1| >= e^x - 1 >= x. (b) |e^z - 1| >= 1 - e^x = e^x (e^(-x) - 1) >= e^x |x|, by (a) for -x.
(c) e^z - 1 = z int_0^1 e^(tz) dt, and |e^(tz)| = e^(tx) <= e^(max(x, 0)) for t in [0, 1].
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp
from flint import arb

from signsgd_sym.balls.terms import NoMajorant, Term, sup

if TYPE_CHECKING:
    from signsgd_sym.balls.majorant import Majorant


def exponent_beside_one(f: sp.Expr) -> sp.Expr | None:
    """The g of a sum exp(g) - 1 or 1 - exp(g), else None."""
    if not (f.is_Add and len(f.args) == 2 and f.args[0] in (1, -1)):
        return None
    other = -f.args[0] * f.args[1]
    return other.args[0] if isinstance(other, sp.exp) else None


def lower_exp_minus_one(m: Majorant, g: sp.Expr) -> Term:
    """A term below |exp(g) - 1| on [N, oo): (a) and (b) of the lemma, for g = a S with S >= 0 free of
    continued symbols and Re a of one strict sign, where |Re g| = |Re a| S.

    Raises `NoMajorant` for any other g.
    """
    a, rest = g.as_independent(m.y, as_Add=False)
    slope = m.value(a).real
    if not (m.is_nonnegative(rest) and (slope > 0 or slope < 0)):
        raise NoMajorant(f"the sign of {g} is not clear")
    size = Term(abs(slope)) * m.lower(rest)
    return size if slope > 0 else size * m.exponential(g, up=False)


def upper_exp_minus_one(m: Majorant, g: sp.Expr) -> list[Term]:
    """Terms above |exp(g) - 1| on [N, oo): (c) of the lemma, where |g| is at most a sum of terms that do not
    increase, so that e^(max(Re g, 0)) is at most e to the sum of their suprema.

    Raises `NoMajorant` for any other g.
    """
    terms = m.upper(g)
    factor = Term(sum((sup(t, m.N) for t in terms), arb(0)).exp())
    return [factor * t for t in terms]
