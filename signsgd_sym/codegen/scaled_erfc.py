r"""erfcx(x) = exp(x^2) erfc(x), x >= 0, in float64 with a proved relative error, for targets that lack it.

Below a limit, pieces between the breaks a i/(n - i), found by one division, each a polynomial in t = x - c.

* Series: f_(k+1) = (2 c f_k + 2 f_(k-1))/(k+1) from f' = 2 x f - 2/sqrt(pi). f is completely monotone,
  erfcx(x) = (2/sqrt(pi)) int_0^oo exp(-s^2 - 2 x s) ds, so (-1)^k f_k > 0 at every real x. For |t| <= h all
  that comes after k terms is at most sum_(j >= k) |f_j| h^j = erfcx(c - h) - sum_(j < k) |f_j| h^j: a ball,
  not a guess.
* The centre is chosen among a few neighbours of the middle, such that f(c) is almost a float64 number
  (Gal's accurate tables, ACM TOMS 17, 1991): then the sum c_0 + (small) makes the one rounding that counts.

From the limit on, with r = kappa/x, kappa = 1/sqrt(pi) rounded, and w = r^2 (which cannot overflow)

    erfcx(x) = r + r p(w),   1 + p = (sum_k (-1)^k (2k-1)!!/(2 x^2)^k)/(kappa sqrt(pi)),   1/x^2 = w/kappa^2,

where the series envelops the function (DLMF 7.12.1: its error is at most the first term left out) and p's
constant makes up for the rounding of kappa. Series become short polynomials by `economise`; the rounding of
the evaluation is found by `Rounded`, which runs the evaluation itself.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from signsgd_sym.balls.ball import precision
from signsgd_sym.codegen.economise import Economised, economise
from signsgd_sym.codegen.halves import above
from signsgd_sym.codegen.quadrature import U
from signsgd_sym.codegen.rounded import OUTWARD, Rounded, polynomial, relative
from signsgd_sym.errors import ParameterError

Array = NDArray[np.float64]

BITS = 320
"""The recurrence for f_k is run in its unstable direction and loses up to 150 of these."""
TERMS = 32
CENTRES = 12
"""Candidates for a centre, on either side of the middle."""
PARTS = 64
"""Subintervals of a piece on which rounding errors are bounded."""
OVERLAP = 2.0**-40
"""Relative widening of a piece: n x/(a + x) is computed within 3 u of its value, so the piece found may be
the neighbour's for x within 3 u (1 + x/a) of a break."""


@dataclass(frozen=True, eq=False)
class ScaledErfc:
    """For 0 <= x < limit the piece i = int(n x/(a + x)), with coefficients[i][j] of (x - centres[i])^j, in
    the order of `polynomial`. Else r + r p(r r), r = kappa/x, and p has the coefficients `tail`.

    `error` is the proved relative error in units of 2^-53 (`piece_error`, `tail_error` its two parts), for
    0 <= x <= 1e300; beyond, where subnormal numbers begin, it is 2^-1074 absolute more. erfcx(oo) = 0.
    """

    a: float
    n: int
    limit: float
    centres: tuple[float, ...]
    coefficients: tuple[tuple[float, ...], ...]
    kappa: float
    tail: tuple[float, ...]
    piece_error: float
    tail_error: float

    @property
    def error(self) -> float:
        """The larger of the two errors."""
        return max(self.piece_error, self.tail_error)

    def __call__(self, x: Any) -> Array:
        """erfcx, operation by operation what generated code does. NaN gives NaN.

        Raises `ParameterError` for negative numbers.

        >>> scaled_erfc()(np.array([0.0, 1.0, 1e300, np.inf]))
        array([1.00000000e+000, 4.27583576e-001, 5.64189584e-301, 0.00000000e+000])
        """
        x = np.asarray(x, dtype=np.float64)
        if np.any(x < 0):
            raise ParameterError(
                f"erfcx at {float(np.min(x))}: this form is for x >= 0, use 2 exp(x^2) - it."
            )
        near = x < self.limit  # false for NaN, which the other branch hands on
        inside = np.where(near, x, 0.0)
        i = (self.n * inside / (self.a + inside)).astype(np.intp)
        table = np.moveaxis(np.array(self.coefficients)[i], -1, 0)
        series = polynomial(table, inside - np.array(self.centres)[i])
        r = self.kappa / np.where(near, self.limit, x)
        return np.asarray(np.where(near, series, _tail(self.tail, r, r * r)))


def _tail(c: Any, r: Any, w: Any) -> Any:
    return r + r * polynomial(c, w)


def erfcx(x: arb) -> arb:
    """exp(x^2) erfc(x) as a ball."""
    return (x * x).exp() * x.erfc()


def _series(c: float) -> list[arb]:
    """The first Taylor coefficients of erfcx at c."""
    x = arb(c)
    f = [erfcx(x)]
    f.append(2 * x * f[0] - 2 / arb.pi().sqrt())
    for k in range(1, TERMS - 1):
        f.append((2 * x * f[k] + 2 * f[k - 1]) / (k + 1))
    return f


def _piece(centre: float, lo: float, hi: float, degree: int) -> Economised:
    """erfcx(centre + t) for lo <= centre + t <= hi; its error is meant for exact arithmetic."""
    series = _series(centre)
    reach = max(centre - lo, hi - centre) * OUTWARD
    rest = erfcx(arb(centre) - reach) - sum((abs(f) * arb(reach) ** k for k, f in enumerate(series)), arb(0))
    found = economise(series, (lo - centre) * OUTWARD, (hi - centre) * OUTWARD, degree)
    return Economised(found.coefficients, found.error + above(rest))


def _centre(lo: float, hi: float) -> float:
    """A number of few bits near the middle with erfcx next to a float64 number."""
    step = 2.0 ** (math.floor(math.log2(hi - lo)) - 10)
    middle = round((lo + hi) / 2 / step)
    with precision(96):

        def missed(k: int) -> float:
            value = erfcx(arb(k * step))
            return above(value - float(value.mid()))

        return min(range(middle - CENTRES, middle + CENTRES + 1), key=missed) * step


def build(a: float, n: int, limit: float, degree: int, tail_degree: int) -> ScaledErfc:
    """The data for these sizes, with what error they have.

    Raises `ParameterError` where the limit is so close to a break that the piece n limit/(a + limit) of the
    numbers below it is not certain, and `NotConverged` where the error has no bound.
    """
    last = n * limit / (a + limit)
    pieces = math.ceil(last)
    if not (n > pieces and last * (1 + 4 * U) < pieces and 4 * U * (1 + limit / a) < OVERLAP):
        raise ParameterError(f"limit = {limit} is not between two breaks {a} i/({n} - i), i < {n}.")
    breaks = [a * i / (n - i) for i in range(pieces)] + [limit]
    lo = np.array(breaks[:-1]) * (1 - OVERLAP)
    hi = np.array(breaks[1:]) * (1 + OVERLAP)
    centres = [_centre(*ends) for ends in itertools.pairwise(breaks)]
    with precision(BITS):
        found = [_piece(*piece, degree) for piece in zip(centres, lo.tolist(), hi.tolist(), strict=True)]
        kappa, tail = _tail_of(limit, tail_degree)
    coefficients = tuple(p.coefficients for p in found)
    part = np.linspace(0, 1, PARTS + 1)
    edges = lo[:, None] + (hi - lo)[:, None] * part
    x = Rounded(edges[:, :-1] * (1 - OVERLAP), edges[:, 1:] * (1 + OVERLAP), np.zeros((pieces, PARTS)))
    value = polynomial(np.array(coefficients).T[:, :, None], x - np.array(centres)[:, None])
    piece_error = relative(value, np.array([[p.error] for p in found]))
    most = (kappa / limit) ** 2 * (1 + OVERLAP)
    w = Rounded(most * part[:-1], most * part[1:] * (1 + OVERLAP), 3.01 * U * most * part[1:])
    # r is known up to one rounding, and all is in proportion to it.
    value = _tail(tail.coefficients, Rounded(np.ones(()), np.ones(()), np.array(U)), w)
    tail_error = relative(value, np.array(tail.error))
    return ScaledErfc(
        a, n, limit, tuple(centres), coefficients, kappa, tail.coefficients, piece_error, tail_error
    )


def _tail_of(limit: float, degree: int) -> tuple[float, Economised]:
    """kappa and p; its error is meant for exact arithmetic."""
    root = arb.pi().sqrt()
    kappa = float((1 / root).mid())
    most = (arb(kappa) / limit) ** 2  # of w
    series = [1 / (root * kappa)]
    while True:
        term = -series[-1] * (2 * len(series) - 1) / (2 * arb(kappa) ** 2)
        left_out = abs(term) * most ** len(series)
        if left_out < 2.0**-60 or not abs(term) * most < abs(series[-1]):
            break
        series.append(term)
    series[0] -= 1
    found = economise(series, 0.0, float(most.upper()) * (1 + OVERLAP), degree)
    return kappa, Economised(found.coefficients, found.error + above(left_out))


@cache
def scaled_erfc() -> ScaledErfc:
    """The data used in generated code: 25 pieces of degree 10."""
    return build(a=5.0, n=40, limit=8.0, degree=10, tail_degree=9)
