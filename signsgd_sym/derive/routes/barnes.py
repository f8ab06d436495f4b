r"""Mellin-Barnes integrals of gamma functions, and the special functions that they are.

    B(Z) = (1/(2 pi i)) int prod G(b + w) prod G(a - w) / (prod G(c + w) prod G(e - w)) Z^(-w) dw,

G the gamma function, the contour between the poles of G(b + w) and those of G(a - w): Meijer's G with
parameters an = 1 - a, ap = c, bm = b, bq = 1 - e (DLMF 16.17.1). `Barnes` keeps the four lists as data;
`value` names the function, the simplest that applies.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from signsgd_sym.special import TricomiU

Parameters = tuple[Any, ...]


@dataclass(frozen=True)
class Barnes:
    """constant * B(argument): `b` and `a` above, `c` and `e` below the line, as in the module's formula."""

    constant: Any
    argument: Any
    b: Parameters = ()
    a: Parameters = ()
    c: Parameters = ()
    e: Parameters = ()

    def mirrored(self) -> Barnes:
        """w -> -w: the roles of b and a, of c and e are exchanged, and Z becomes 1/Z."""
        return Barnes(self.constant, 1 / self.argument, self.a, self.b, self.e, self.c)

    def reduced(self) -> Barnes:
        """Without gamma functions that occur above and below."""
        b, c = _cancel(self.b, self.c)
        a, e = _cancel(self.a, self.e)
        return replace(self, b=b, c=c, a=a, e=e)


@dataclass(frozen=True)
class GammaFactor:
    """G(shift + slope z), slope a non-zero rational."""

    shift: Any
    slope: Any


def barnes(constant: Any, argument: Any, above: list[GammaFactor], below: list[GammaFactor]) -> Barnes:
    r"""The integral of prod G / prod G * argument^(-z) dz/(2 pi i) with z = n w, all slopes times n integers.

    Gauss's multiplication G(m u) = (2 pi)^((1-m)/2) m^(m u - 1/2) prod_k G(u + k/m) (DLMF 5.5.6) brings every
    slope to 1 or -1; its powers of m go into constant and argument.
    """
    n = sp.ilcm(*(factor.slope.q for factor in (*above, *below)))
    constant, argument = n * constant, argument**n  # dz = n dw, argument^(-z) = (argument^n)^(-w)
    lists: dict[tuple[bool, bool], list[Any]] = {}
    for is_above, factors in ((True, above), (False, below)):
        for factor in factors:
            slope = factor.slope * n
            m, rising = abs(slope), slope > 0
            scale = (2 * sp.pi) ** sp.Rational(1 - m, 2) * m ** (factor.shift - sp.Rational(1, 2))
            sign = 1 if is_above else -1
            constant *= scale**sign
            argument *= m ** (-slope * sign)
            group = lists.setdefault((is_above, rising), [])
            group += [(factor.shift + k) / m for k in range(int(m))]
    return Barnes(
        constant,
        argument,
        tuple(lists.get((True, True), ())),
        tuple(lists.get((True, False), ())),
        tuple(lists.get((False, True), ())),
        tuple(lists.get((False, False), ())),
    ).reduced()


def value(integral: Barnes) -> Any:
    """The function that the integral is: elementary, Bessel K, Tricomi U, a pFq, or else Meijer's G.

    >>> z, s = sp.symbols("z s", positive=True)
    >>> value(Barnes(sp.S.One, z, b=(s,)))
    z**s*exp(-z)
    >>> value(Barnes(sp.S.One, z, b=(s,), a=(sp.Rational(1, 2), )))
    z**s*(z + 1)**(-s - 1/2)*gamma(s + 1/2)
    """
    for one in (integral, integral.mirrored()):
        for rule in (_power, _tricomi, _tricomi_exp, _bessel_k, _residues):
            found = rule(one)
            if found is not None:
                return one.constant * found
    return integral.constant * _meijer_g(integral)


def _power(i: Barnes) -> Any | None:
    """G(b + w) G(a - w): G(a + b) Z^b (1 + Z)^(-a - b); G(b + w) alone: Z^b e^(-Z)."""
    if len(i.b) != 1 or i.c or i.e or len(i.a) > 1:
        return None
    (b,) = i.b
    if not i.a:
        return i.argument**b * sp.exp(-i.argument)
    total = i.a[0] + b
    return sp.gamma(total) * i.argument**b * (1 + i.argument) ** -total


def _tricomi(i: Barnes) -> Any | None:
    """G(b1 + w) G(b2 + w) G(a - w): G(a + b1) G(a + b2) Z^b1 U(a + b1, 1 + b1 - b2, Z) (DLMF 13.4.17)."""
    if len(i.b) != 2 or len(i.a) != 1 or i.c or i.e:
        return None
    (b1, b2), (a,) = i.b, i.a
    z = i.argument
    gammas = sp.gamma(a + b1) * sp.gamma(a + b2)
    return gammas * _shorter(z**u * TricomiU(a + u, 1 + u - v, z) for u, v in ((b1, b2), (b2, b1)))


def _tricomi_exp(i: Barnes) -> Any | None:
    """G(b1 + w) G(b2 + w)/G(c + w): Z^b1 e^(-Z) U(c - b2, 1 + b1 - b2, Z) (DLMF 13.4.18)."""
    if len(i.b) != 2 or len(i.c) != 1 or i.a or i.e:
        return None
    (b1, b2), (c,) = i.b, i.c
    z = i.argument
    forms = (z**u * TricomiU(c - v, 1 + u - v, z) for u, v in ((b1, b2), (b2, b1)))
    return sp.exp(-z) * _shorter(forms)


def _bessel_k(i: Barnes) -> Any | None:
    """G(b1 + w) G(b2 + w): 2 Z^((b1 + b2)/2) K_(b1 - b2)(2 sqrt Z) (DLMF 10.32.13)."""
    if len(i.b) != 2 or i.a or i.c or i.e:
        return None
    b1, b2 = _by_size(i.b)
    return 2 * i.argument ** ((b1 + b2) / 2) * sp.besselk(b1 - b2, 2 * sp.sqrt(i.argument))


def _residues(i: Barnes) -> Any | None:
    r"""One G(b + w): the sum over its poles w = -b - k, a single pFq.

    With G(c - b - k) = (-1)^k G(c - b)/(1 - c + b)_k the terms are those of
    Z^b prod G(a + b)/(prod G(c - b) prod G(e + b)) pFq(a + b, 1 - c + b; e + b; (-1)^(1 + #c) Z),
    which converges, or continues to Z > 0, if p <= q, or p = q + 1 and the argument is negative.
    """
    if len(i.b) != 1:
        return None
    (b,) = i.b
    p, q = len(i.a) + len(i.c), len(i.e)
    sign = (-1) ** (1 + len(i.c))
    if p > q + 1 or (p == q + 1 and sign > 0):
        return None
    factor = i.argument**b
    for above in i.a:
        factor *= sp.gamma(above + b)
    for below in i.c:
        factor /= sp.gamma(below - b)
    for below in i.e:
        factor /= sp.gamma(below + b)
    if factor == 0:
        return None
    upper, lower = [x + b for x in i.a] + [1 - x + b for x in i.c], [x + b for x in i.e]
    return factor * sp.hyper(list(map(sp.expand, upper)), list(map(sp.expand, lower)), sign * i.argument)


def _meijer_g(i: Barnes) -> Any:
    return sp.meijerg([1 - x for x in i.a], list(i.c), list(i.b), [1 - x for x in i.e], i.argument)


def _shorter(forms: Iterable[Any]) -> Any:
    """Kummer's transformation z^b U(a, b, z) = z U(1 + a - b, 2 - b, z) gives two forms: the shorter one."""
    return min(forms, key=lambda form: (sp.count_ops(form), sp.default_sort_key(form)))


def _by_size(pair: Parameters) -> Parameters:
    """The larger first where that is known: it gives K of positive order."""
    first, second = pair
    return (second, first) if (first - second).is_negative else (first, second)


def _cancel(above: Parameters, below: Parameters) -> tuple[Parameters, Parameters]:
    remaining, left = list(below), []
    for x in above:
        same = next((y for y in remaining if sp.expand(x - y) == 0), None)
        if same is None:
            left.append(x)
        else:
            remaining.remove(same)
    return tuple(left), tuple(remaining)
