r"""Kummer's function 1F1(a; b; -y) for y >= 0 in float64, far out by its expansion in 1/y.

    1F1(a; b; -y) = Gamma(b)/Gamma(b - a) y^(-a) sum_s (a)_s (a - b + 1)_s/(s! y^s) + O(e^-y),      b > a.

SciPy's `hyp1f1` sums the series in y, whose terms are of the size of e^y, and is inf or nan at large y. The
expansion diverges, but its terms fall until s is about y: from `FAR` on they pass below the rounding of
float64 before.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import hyp1f1

Array = NDArray[np.float64]

FAR = 60.0
"""y from which on the expansion is used."""
TERMS = 60


def kummer(a: float, b: float, y: Array) -> Array:
    """1F1(a; b; -y), elementwise, for b > max(a, 0) and y >= 0.

    Example:
        >>> bool(abs(kummer(1.0, 2.0, np.array([1.0]))[0] - (1 - np.exp(-1))) < 1e-15)  # (1 - e^-y)/y
        True
        >>> float(kummer(-1.0, 0.5, np.array([1e6]))[0].round())  # 1 + 2 y
        2000001.0
    """
    near = np.asarray(hyp1f1(a, b, -np.minimum(y, FAR)), dtype=np.float64)
    far = np.maximum(y, FAR)
    term, total = np.ones_like(far), np.zeros_like(far)
    for s in range(TERMS):
        total += term
        term = term * ((a + s) * (a - b + 1 + s) / ((s + 1) * far))
        if not np.any(np.abs(term) > 1e-18 * np.abs(total)):
            break
    front = math.gamma(b) / math.gamma(b - a)
    return np.where(y > FAR, front * far**-a * total, near)


__all__ = ["kummer"]
