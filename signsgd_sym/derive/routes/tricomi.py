r"""Tricomi's U with (half-)integer parameters in terms of erfc, Bessel K and the exponential integral.

Contiguous relations (DLMF 13.3.9, 13.3.10 and 13.3.8)

    a U(a+1, b) = U(a, b) - U(a, b-1),
    U(a-1, b) = z U(a, b+1) - (b - a) U(a, b),
    (b - a - 1) U(a, b-1) = (b - 1 + z) U(a, b) - z U(a, b+1)

lead every such U to two of them: U(1/2, 1/2) = sqrt(pi) e^z erfc(sqrt z) and U(1/2, 3/2) = z^(-1/2); U(1/2,
1) = e^(z/2) K_0(z/2)/sqrt(pi) and U(1/2, 2) = e^(z/2) (K_0 + K_1)(z/2)/(2 sqrt(pi)); U(1, 1) = e^z E_1(z)
and U(1, 2) = 1/z. Kummer's U(a, b) = z^(1-b) U(a-b+1, 2-b) brings an integer a with a half-integer b there
too.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from signsgd_sym.special import TricomiU

HALF = sp.Rational(1, 2)
REACH = 8
"""Parameters farther than this from the basis are left: the polynomials would be longer than U."""


def reduce_tricomi(expr: Any) -> Any:
    """Every U in `expr` that has an elementary, erfc, Bessel K or E_1 form, in that form.

    >>> z = sp.Symbol("z", positive=True)
    >>> reduce_tricomi(TricomiU(sp.Rational(1, 2), -sp.Rational(1, 2), z))
    sqrt(z) + sqrt(pi)*(1/2 - z)*exp(z)*erfc(sqrt(z))
    """
    return expr.replace(TricomiU, _reduced)


def _reduced(a: Any, b: Any, z: Any) -> Any:
    node = TricomiU(a, b, z)
    if not ((2 * a).is_Integer and (2 * b).is_Integer) or max(abs(a), abs(b)) > REACH:
        return node
    if a.is_Integer and not b.is_Integer:
        return sp.powsimp(z ** (1 - b)) * _walk(a - b + 1, 2 - b, z)
    return _walk(a, b, z)


def _walk(a: Any, b: Any, z: Any) -> Any:
    """U(a, b, z) by the recurrences, collected in the two basis functions."""
    home = HALF if not a.is_Integer else sp.S.One
    first = HALF if not b.is_Integer else sp.S.One  # the basis is U(home, first) and U(home, first + 1)
    unit = sp.symbols("u0 u1", cls=sp.Dummy)

    def value(a: Any, b: Any) -> Any:
        if a.is_zero:
            return sp.S.One
        if a > home:
            return (value(a - 1, b) - value(a - 1, b - 1)) / (a - 1)
        if a < home:
            return z * value(a + 1, b + 1) - (b - a - 1) * value(a + 1, b)
        if b in (first, first + 1):
            return unit[int(b - first)]
        if b < first:
            return ((b + z) * value(a, b + 1) - z * value(a, b + 2)) / (b - a)
        return ((b - 2 + z) * value(a, b - 1) - (b - a - 2) * value(a, b - 2)) / z

    if (home == 1 and a > 1) or (home == 1 and a < 0):
        return TricomiU(a, b, z)
    basis = _basis(home, first, z)
    found = sp.collect(sp.expand(value(a, b)), unit)
    return found.xreplace(dict(zip(unit, basis, strict=True)))


def _basis(home: Any, first: Any, z: Any) -> tuple[Any, Any]:
    if home == 1:
        return sp.exp(z) * sp.expint(1, z), 1 / z
    if first == HALF:
        return sp.sqrt(sp.pi) * sp.exp(z) * sp.erfc(sp.sqrt(z)), 1 / sp.sqrt(z)
    k0, k1 = (sp.exp(z / 2) * sp.besselk(n, z / 2) for n in (0, 1))
    return k0 / sp.sqrt(sp.pi), (k0 + k1) / (2 * sp.sqrt(sp.pi))
