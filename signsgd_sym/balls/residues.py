r"""Meijer's G far out and near 0: residues to one side of the line, and a bound of what is beyond.

Moving the line of `mellin_barnes` from s to s' > s past the poles of G(a - w),

    G = - sum_{s < Re w < s'} Res F + (1/(2 pi i)) int_{Re w = s'} F dw,

and the last integral is at most z^(-s') (1/pi) int_0^oo |F(s' + i t)| z^(s') dt: a number times z^(-s'),
small when z is large. (For z near 0 the same after w -> -w, z -> 1/z.) No quadrature is needed, only a
bound of the gamma functions on balls that cover the line up to T, and the tail of `mellin_barnes` beyond.

At a simple pole w = a + k the residue is -(-1)^k/k! times the other factors, since G(-k - e) = -(-1)^k/(k!
e) + O(1). Where m poles coincide exactly it is a Taylor coefficient of e^m F (`circle`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flint import acb, arb, ctx

from signsgd_sym.balls.ball import nan, precision, upper
from signsgd_sym.balls.circle import sup_on_circle, taylor_coefficient
from signsgd_sym.balls.mellin_barnes import Line, tail

FARTHEST = 60
"""How far the line is moved at most."""
BOUND_BITS = 64
WIDEST, NARROWEST = arb(2) ** -2, arb(2) ** -12
"""Lengths of the parts of the line on which |F| is bounded by one ball."""


def by_residues(line: Line, separating: arb) -> acb:
    """G for z > 1 from the poles to the right; NaN where the bound of the rest is not small enough."""
    goal = arb(2) ** -ctx.prec
    total, poles = acb(0), _poles(line)
    if poles is None:
        return nan()
    for k, pole in enumerate(poles[:-1]):
        total -= _residue(line, pole, _gap(line, poles, k))
        rest = _rest(line, arb(((pole.at + poles[k + 1].at).real / 2).mid()))
        if not total.is_finite():
            return nan()
        if rest is not None and rest < goal * upper(total):
            return acb(total.real + arb(0, rest.upper()))
    start = max((-_place(x) for x in line.b), default=0.0)
    rest = _rest(line, arb(start + FARTHEST)) if not poles else None
    return acb(total.real + arb(0, rest.upper())) if rest is not None else nan()


@dataclass(frozen=True)
class Pole:
    """The point a_j + k, where `order` poles coincide."""

    at: acb
    j: int
    k: int
    order: int = 1


def _poles(line: Line) -> list[Pole] | None:
    """The poles up to `FARTHEST`, in order; None where two are neither equal nor apart."""
    found: list[Pole] = []
    for j, x in enumerate(line.a):
        for k in range(FARTHEST):
            pole = Pole(x + k, j, k)
            near = next((i for i, other in enumerate(found) if (pole.at - other.at).contains(0)), None)
            if near is None:
                found.append(pole)
            elif (pole.at - found[near].at).is_zero():
                found[near] = replace(found[near], order=found[near].order + 1)
            else:
                return None
    # beyond the last pole of the lowest sequence the list is not complete
    complete = min((_place(x) for x in line.a), default=0.0) + FARTHEST - 1
    return sorted((p for p in found if _place(p.at) < complete), key=lambda p: _place(p.at))


def _place(z: acb) -> float:
    return float(z.real.mid())


def _gap(line: Line, poles: Sequence[Pole], k: int) -> arb:
    """Half the distance from pole k to the nearest other pole of F, those of G(b + w) included."""
    distances = [abs((poles[j].at - poles[k].at).real) for j in (k - 1, k + 1) if 0 <= j < len(poles)]
    distances += [(poles[k].at + b).real for b in line.b]
    nearest = arb(1)
    for distance in distances:
        nearest = nearest.min(distance)
    return arb((nearest / 2).lower())


def _residue(line: Line, pole: Pole, radius: arb) -> acb:
    """The residue of F at a pole."""
    if pole.order == 1:
        others = [x for j, x in enumerate(line.a) if j != pole.j]
        sign = -1 if pole.k % 2 == 0 else 1
        return sign * replace(line, a=others)(pole.at) / arb(pole.k + 1).gamma()

    def lifted(e: acb) -> acb:
        return line(pole.at + e) * e**pole.order

    with precision(min(ctx.prec, BOUND_BITS)):
        bound = sup_on_circle(lifted, radius)
    return taylor_coefficient(lifted, pole.order - 1, radius, bound)


def _rest(line: Line, s: arb) -> arb | None:
    """An upper bound of |int over Re w = s|/(2 pi)."""
    with precision(BOUND_BITS):
        T, far = arb(8), None
        while far is None and T < 10_000:  # the bound of the tail needs T above a multiple of s
            T *= 2
            far = tail(line, s, T)
        if far is None:
            return None
        modulus = replace(line, log_z=acb(0))
        height, todo = arb(0), [(arb(0), T)]
        while todo:
            low, high = todo.pop()
            size = upper(modulus(s + acb(0, 1) * acb(low.union(high))))
            # a wide ball overestimates, most of all near the poles: halve until it does little harm
            if high - low > WIDEST or (not size.is_finite() and high - low > NARROWEST):
                middle = arb(((low + high) / 2).mid())
                todo += [(low, middle), (middle, high)]
            else:
                height += size * (high - low)
        size = (-s * line.log_z.real).exp()
        return arb(((height * size + far) / arb.pi()).upper()) if height.is_finite() else None
