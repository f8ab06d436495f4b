r"""The weight that eps > 0 puts into Laplace's representation of Adam's denominator.

    1/(sqrt(v) + a) = pi^(-1/2) int_0^oo t^(-1/2) h(a sqrt(t)) e^(-t v) dt,    h(y) = 1 - sqrt(pi) y erfcx(y),

a = eps in units of the gradient of the coordinate. h falls from h(0) = 1, the case eps = 0, to 0 like
1/(2 y^2): t beyond a^-2 counts less. See `derive.adam_damped`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfcx

Array = NDArray[np.float64]

FAR = 12.0
"""From here on 1 - sqrt(pi) y erfcx(y) has lost more than two digits, and the series at oo has them all."""
TERMS = 12


def damped_weight(y: Array) -> Array:
    """h(y) for y >= 0, to 1e-13 relatively.

    >>> damped_weight(np.array([0.0, 1.0, 20.0])).round(12).tolist()
    [1.0, 0.242127843859, 0.001245341543]
    """
    near = np.minimum(y, FAR)
    found = 1 - np.sqrt(np.pi) * near * erfcx(near)
    is_far = y > FAR
    found[is_far] = _far(y[is_far])
    return np.asarray(found)


def _far(y: Array) -> Array:
    """sum_{k >= 1} (-1)^(k + 1) (2 k - 1)!!/(2 y^2)^k, an enveloping series."""
    inverse = 1 / (2 * y * y)
    total = np.zeros_like(inverse)
    for k in range(TERMS, 0, -1):
        total = (2 * k - 1) * inverse * (1 - total)
    return total
