"""Generalised hypergeometric functions and Meijer's G.

G is evaluated, after the cases that have a stable name (U, K), on the line of its definition where all is
real (`mellin_barnes`), else by Slater's theorem. When two of the b_j differ by an integer Slater's terms
have poles that cancel: G is then the constant coefficient of a function holomorphic in a perturbation of
the b_j, see `circle`.
"""

from __future__ import annotations

from collections.abc import Sequence

from flint import acb, arb, ctx

from signsgd_sym.balls.ball import as_integer, disc, meets_left_ray, nan, precision
from signsgd_sym.balls.circle import sup_on_circle, taylor_coefficient
from signsgd_sym.balls.mellin_barnes import line_integral

SERIES_LIMIT = 3_000
"""Largest |z| for the power series of pFq with p, q >= 2 (or p = 0, q >= 2), which costs about |z| terms."""


LINE_FROM = 300
"""|z| from which a pFq at z < 0 is integrated on a line instead of summed."""
BOUND_BITS = 64
"""Precision for bounds: they need no digits."""


def pfq(a: Sequence[acb], b: Sequence[acb], z: acb) -> acb:
    """The pFq with upper parameters `a` and lower `b`, p <= q + 1; cut [1, oo) for p = q + 1."""
    a, b = _cancel(a, b)
    p, q = len(a), len(b)
    terminates = any((n := as_integer(x)) is not None and n <= 0 for x in a)
    if p > q + 1 and not terminates:
        return nan()
    if p == q + 1 and not terminates and meets_left_ray(1 - z):
        return nan()
    if (p, q) == (0, 0):
        return z.exp()
    if (p, q) == (1, 0):
        return (1 - z) ** -a[0] if as_integer(a[0]) is not None else (1 - z).pow(-a[0], analytic=True)
    if (p, q) == (0, 1):
        return z.hypgeom_0f1(b[0])
    if (p, q) == (1, 1):
        return z.hypgeom_1f1(a[0], b[0])
    if (p, q) == (2, 1):
        return z.hypgeom_2f1(a[0], a[1], b[0])
    if p == q and not z.abs_upper() < LINE_FROM:
        on_line = _on_line(a, b, z)
        if on_line.is_finite():
            return on_line
    if p <= q and not z.abs_upper() < SERIES_LIMIT:
        return nan()
    return z.hypgeom(list(a), list(b))


def _on_line(a: Sequence[acb], b: Sequence[acb], z: acb) -> acb:
    """pFp(a; b; z) for z < 0 as prod G(b)/prod G(a) G^{1,p}_{p,p+1}(-z | 1 - a; 0, 1 - b) (DLMF 16.18.1)."""
    found = line_integral([1 - x for x in a], [], [acb(0)], [1 - x for x in b], -z)
    for x in a:
        found *= x.rgamma()
    for x in b:
        found *= x.gamma()
    return found


def _cancel(a: Sequence[acb], b: Sequence[acb]) -> tuple[list[acb], list[acb]]:
    """Drop parameters that stand, exactly equal and not integers <= 0, above and below."""
    above, below = list(a), list(b)
    for x in a:
        n = as_integer(x)
        if x.is_exact() and not (n is not None and n <= 0):
            match = next((k for k, y in enumerate(below) if y.is_exact() and (x - y).is_zero()), None)
            if match is not None:
                above.remove(x)
                del below[match]
    return above, below


def meijer_g(an: Sequence[acb], ap: Sequence[acb], bm: Sequence[acb], bq: Sequence[acb], z: acb) -> acb:
    """G^{m,n}_{p,q}(z) with a = an + ap (n first) and b = bm + bq (m first), DLMF 16.17.1; |arg z| < pi.

    For p > q, or p = q and |z| > 1, G(z | a; b) = G(1/z | 1 - b; 1 - a) (DLMF 16.19.1). For p = q >= m + n
    the values for |z| < 1 and |z| > 1 are not continuations of each other, and conventions differ on the
    second: NaN.
    """
    p, q = len(an) + len(ap), len(bm) + len(bq)
    if meets_left_ray(z):
        return nan()
    if p == q and p >= len(an) + len(bm) and not z.abs_upper() < 1:
        return nan()
    if p > q or (p == q and z.abs_lower() > 1):
        flip = [[1 - x for x in xs] for xs in (bm, bq, an, ap)]
        return meijer_g(flip[0], flip[1], flip[2], flip[3], 1 / z)
    if p == q and not z.abs_upper() < 1:
        return nan()
    if (len(bm), p, q) == (2, 1, 2):
        b1, b2 = bm
        if an:  # Barnes' integral for U, DLMF 13.4.17 and 13.4.18
            s = 1 + b1 - an[0]
            return s.gamma() * (1 + b2 - an[0]).gamma() * z.pow(b1) * z.hypgeom_u(s, 1 + b1 - b2)
        return (-z).exp() * z.pow(b1) * z.hypgeom_u(ap[0] - b2, 1 + b1 - b2)
    if (len(bm), p, q) == (2, 0, 2):
        root = z.sqrt()
        return 2 * z.pow((bm[0] + bm[1]) / 2) * (2 * root).bessel_k(bm[0] - bm[1])
    on_line = line_integral(an, ap, bm, bq, z)
    if on_line.is_finite():
        return on_line
    if not _integer_spaced(bm):
        return _slater(an, ap, bm, bq, z)
    rho = arb(1) / (4 * len(bm))  # keeps every perturbation j e below 1/4

    def perturbed(e: acb) -> acb:
        return _slater(an, ap, [b + j * e for j, b in enumerate(bm)], bq, z)

    if not _separated(an, bm, arb(0.25)):
        return nan()
    with precision(min(ctx.prec, BOUND_BITS)):
        bound = sup_on_circle(perturbed, rho)
    return taylor_coefficient(perturbed, 0, rho, bound)


def _integer_spaced(b: Sequence[acb]) -> bool:
    return any((x - y).contains_integer() for i, x in enumerate(b) for y in b[:i])


def _separated(an: Sequence[acb], bm: Sequence[acb], gap: arb) -> bool:
    """Whether a_k - b_j keeps away from 1, 2, 3, ... by `gap`.

    Then a contour that separates the poles of Gamma(b_j - s) from those of Gamma(1 - a_k + s) exists for all
    perturbations below `gap`, the defining integral converges locally uniformly (p < q, or p = q and
    |z| < 1, as a loop around the poles of Gamma(b_j - s)), and G is holomorphic in the perturbation.
    """
    for a in an:
        for b in bm:
            near = a - b + disc(gap)
            if near.contains_integer() and not near.real < 1:
                return False
    return True


def _rgamma(z: acb) -> acb:
    """1/Gamma; by reflection on the left, where FLINT's own loses wide balls."""
    return z.rgamma() if not z.real < -0.5 else z.sin_pi() * (1 - z).gamma() / acb.pi()


def _gamma(z: acb) -> acb:
    return z.gamma() if not z.real < -0.5 else 1 / _rgamma(z)


def _slater(an: Sequence[acb], ap: Sequence[acb], bm: Sequence[acb], bq: Sequence[acb], z: acb) -> acb:
    """Slater's theorem (DLMF 16.17.2): the residues at the poles of Gamma(b_h - s), h = 1..m."""
    sign = -1 if (len(ap) - len(bm)) % 2 else 1  # (-1)^(p - m - n)
    total = acb(0)
    for h, bh in enumerate(bm):
        others = [b for j, b in enumerate(bm) if j != h]
        term = z.pow(bh)
        for b in others:
            term *= _gamma(b - bh)
        for a in an:
            term *= _gamma(1 + bh - a)
        for b in bq:
            term *= _rgamma(1 + bh - b)
        for a in ap:
            term *= _rgamma(a - bh)
        above = [1 + bh - a for a in (*an, *ap)]
        below = [1 + bh - b for b in (*others, *bq)]
        total += term * pfq(above, below, sign * z)
    return total
