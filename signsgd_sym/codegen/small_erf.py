r"""erf(x), |x| <= 1, in float64 with a proved relative error, for targets that lack it.

erf(x) = x + x q(z), z = x^2, q(z) = (2/sqrt(pi)) sum_k (-1)^k z^k/(k! (2k+1)) - 1 (DLMF 7.6.1). For z <= 1
the terms decrease and alternate, so the rest is at most the first one left out. x is exact and |q| < 0.16:
the last sum makes the one rounding that counts. q is a polynomial in z - 3/4, whose terms are smaller than
those in z, and their roundings too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from flint import arb, arb_poly
from numpy.typing import NDArray

from signsgd_sym.balls.ball import precision
from signsgd_sym.codegen.economise import economise
from signsgd_sym.codegen.halves import BITS, above
from signsgd_sym.codegen.quadrature import U
from signsgd_sym.codegen.rounded import Rounded, polynomial, relative

Array = NDArray[np.float64]

TERMS = 22
"""22! is 2^69."""
MIDDLE = 0.75
PARTS = 512


@dataclass(frozen=True, eq=False)
class SmallErf:
    """x + x q(x x - middle), where q has these coefficients, in the order of `polynomial`.

    `error` is the proved relative error in units of 2^-53, for 1e-300 <= |x| <= 1; below, where subnormal
    numbers begin, it is 2^-1074 absolute more.
    """

    middle: float
    coefficients: tuple[float, ...]
    error: float

    def __call__(self, x: Any) -> Array:
        """erf for |x| <= 1, operation by operation what generated code does; meaningless beyond.

        >>> small_erf()(np.array([0.0, 0.5, -1.0]))
        array([ 0.        ,  0.52049988, -0.84270079])
        """
        x = np.asarray(x, dtype=np.float64)
        return np.asarray(_erf(self.coefficients, x, x * x - self.middle))


def _erf(c: Any, x: Any, t: Any) -> Any:
    return x + x * polynomial(c, t)


def build(degree: int) -> SmallErf:
    """The data for this degree of q, with what error it has."""
    with precision(BITS):
        scale = 2 / arb.pi().sqrt()
        series = [scale * (-1) ** k / (arb(k + 1).gamma() * (2 * k + 1)) for k in range(TERMS + 1)]
        left_out = abs(series.pop())
        series[0] -= 1
        q = economise(list(arb_poly(series)(arb_poly([MIDDLE, 1]))), -MIDDLE, 1 - MIDDLE, degree)
        approximation = q.error + above(left_out)
    ends = np.linspace(0, 1, PARTS + 1)
    z = Rounded(ends[:-1], ends[1:], U * ends[1:])
    one = Rounded(np.ones(()), np.ones(()), np.zeros(()))  # for x, to which all is in proportion
    value = _erf(q.coefficients, one, z - MIDDLE)
    return SmallErf(MIDDLE, q.coefficients, relative(value, np.array(approximation)))


@cache
def small_erf() -> SmallErf:
    """The data used in generated code."""
    return build(degree=11)
