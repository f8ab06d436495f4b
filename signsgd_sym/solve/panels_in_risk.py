r"""Array-valued functions of R, tabulated as they are needed: Chebyshev polynomials in log R on panels.

The coefficients of the theory are analytic in R for Re R > 0, whatever the law of the noise: on a panel where
R grows by the factor 4, n points leave an error of about 4.7^-n.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

Array = NDArray[np.float64]

WIDTH = np.log(4.0)


class PanelsInRisk:
    """`function(R)`, an array of a fixed shape, by interpolation; panels are filled when first met.

    Example:
        >>> root = PanelsInRisk(lambda R: np.array([R**0.5, 1.0]), points=14)
        >>> bool(np.allclose(root(0.37), [0.37**0.5, 1.0], rtol=1e-10, atol=0)), root.evaluations
        (True, 14)
    """

    def __init__(self, function: Callable[[float], Array], points: int) -> None:
        self._function = function
        self._points = points
        self._nodes = chebyshev.chebpts1(points)
        self._lagrange = np.linalg.inv(chebyshev.chebvander(self._nodes, points - 1))
        self._panels: dict[int, Array] = {}
        self.evaluations = 0

    def __call__(self, risk: float) -> Array:
        """The value at `risk` > 0."""
        place = np.log(risk) / WIDTH
        number = int(np.floor(place))
        if number not in self._panels:
            self._panels[number] = self._panel(number)
        [powers] = chebyshev.chebvander(np.array([2 * (place - number) - 1]), self._points - 1)
        weights = powers @ self._lagrange
        return np.asarray(np.tensordot(weights, self._panels[number], axes=1))

    def _panel(self, number: int) -> Array:
        risks = np.exp(WIDTH * (number + (self._nodes + 1) / 2))
        self.evaluations += len(risks)
        return np.stack([np.asarray(self._function(float(R))) for R in risks])
