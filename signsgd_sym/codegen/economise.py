r"""A polynomial of lower degree in place of a long power series: Lanczos's economisation, with its error.

On [lo, hi], with y in [-1, 1] linear in t, the leading term of sum_k b_k y^k is removed by subtracting
b_k 2^(1-k) T_k(y), which costs at most |b_k| 2^(1-k) since |T_k| <= 1; and so on down to the degree wanted
(Lanczos, Applied Analysis, 1956, chapter VII). All in balls: the sum of what it cost is a proved bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from flint import arb, arb_poly, fmpz_poly

from signsgd_sym.codegen.halves import above

SLACK = 1 + 1e-12


@dataclass(frozen=True, eq=False)
class Economised:
    """sum_j coefficients[j] t^j in float64, within `error` of the series on the interval it was made for."""

    coefficients: tuple[float, ...]
    error: float


@cache
def _chebyshev(k: int) -> fmpz_poly:
    return fmpz_poly.chebyshev_t(k)


def economise(series: Sequence[arb], lo: float, hi: float, degree: int) -> Economised:
    """sum_k series[k] t^k on [lo, hi] as a polynomial of the given degree with float64 coefficients.

    The rounding of the coefficients is part of the error. Call it at ample precision.

    >>> found = economise([1 / arb(k).gamma() for k in range(1, 20)], -0.5, 0.5, 4)
    >>> abs(found.coefficients[1] - 1) < 1e-3, 1e-6 < found.error < 2e-5
    (True, True)
    """
    centre, half = (arb(lo) + arb(hi)) / 2, (arb(hi) - arb(lo)) / 2
    p = arb_poly(list(series))(arb_poly([centre, half]))
    dropped = arb(0)
    for k in range(len(series) - 1, degree, -1):
        top = p[k] * arb(2) ** (1 - k)
        dropped += abs(top)
        p = arb_poly((p - top * arb_poly(_chebyshev(k))).coeffs()[:k])  # the leading terms are equal
    exact = p(arb_poly([-centre / half, 1 / half]))
    coefficients = tuple(float(exact[j].mid()) for j in range(degree + 1))
    reach = max(abs(lo), abs(hi))
    error = above(dropped) + sum(above(exact[j] - c) * reach**j * SLACK for j, c in enumerate(coefficients))
    return Economised(coefficients, error * SLACK)
