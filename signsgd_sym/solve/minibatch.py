r"""The mean sign of a minibatch gradient in numbers: exact, as if it were Gaussian, and linear in rho."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

from signsgd_sym.derive.weak.minibatch import minibatch_mean, minibatch_noise
from signsgd_sym.notation import batch, rho, s

Array = NDArray[np.float64]
POINTS = 64
"""Gauss points of the integral over the correlation."""


@dataclass(frozen=True)
class MinibatchMeans:
    """Functions of (rho, b) that broadcast: `exact` m_b, `normal` an error function, `linear` a tangent.

    rho is the correlation of x_i with the residual, |rho| < 1; label noise is Gaussian.
    """

    exact: Callable[[ArrayLike, ArrayLike], Array]
    normal: Callable[[ArrayLike, ArrayLike], Array]
    linear: Callable[[ArrayLike, ArrayLike], Array]


def minibatch_means() -> MinibatchMeans:
    """The three means as the derivations have them.

    >>> means = minibatch_means()
    >>> float(means.exact(0.3, 2).round(14)), float(means.exact(0.5, 1).round(12))  # rho, (2/pi) asin(rho)
    (0.3, 0.333333333333)
    """
    [integral] = minibatch_mean().result.atoms(sp.Integral)
    scipy = ["scipy", "numpy"]
    slope = sp.lambdify((s, batch), integral.function, scipy)
    normal = sp.lambdify((rho, batch), minibatch_noise().result, scipy)
    points, weights = np.polynomial.legendre.leggauss(POINTS)

    def exact(correlation: ArrayLike, samples: ArrayLike) -> Array:
        # s = sin(u) takes the root of 1 - s^2 for b = 1 away.
        r, b = np.broadcast_arrays(
            np.asarray(correlation, float)[..., None], np.asarray(samples, float)[..., None]
        )
        angle = np.arcsin(r)
        u = angle * (1 + points) / 2
        return np.asarray((slope(np.sin(u), b) * np.cos(u) * angle * weights).sum(axis=-1) / 2)

    def linear(correlation: ArrayLike, samples: ArrayLike) -> Array:
        return np.asarray(np.asarray(correlation) * slope(0.0, np.asarray(samples, float)))

    return MinibatchMeans(
        exact, lambda r, b: np.asarray(normal(np.asarray(r, float), np.asarray(b, float))), linear
    )
