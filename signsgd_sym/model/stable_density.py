r"""The density of the symmetric stable law with E exp(itX) = exp(-|t|^alpha), in float64.

Two series, each convergent on one side of alpha = 1 and asymptotic on the other (H. Bergstrom, On some
expansions of stable distribution functions, Arkiv for Matematik 2 (1952) 375-378), for x > 0:

    f(x) = 1/(pi alpha) sum_{k >= 0} (-1)^k gamma((2k + 1)/alpha)/(2k)! x^(2k),
    f(x) = 1/pi sum_{k >= 1} (-1)^(k+1) gamma(alpha k + 1)/k! sin(pi alpha k/2) x^(-alpha k - 1).

A sum is used up to its smallest term if that term, and the rounding of its largest one, are below 1e-11 of
it. In between the Fourier integral is done by quadrature, with an absolute error of about 1e-12. Against a
rotated contour in 25 digits, at 13 points in [0, 1000] for ten alpha in [0.1, 1.99], the relative error was
at most 6e-11. (SciPy's `levy_stable` takes alpha within 0.005 of 1 for 1, an error of up to 3e-3.)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.errors import NotConverged

Array = NDArray[np.float64]

TERMS = 160
SERIES_TOLERANCE = 1e-11
_SMALLEST = 745.0
"""exp(-745) is near the smallest float64."""


def stable_pdf(alpha: float, points: Array) -> Array:
    """The density at an array of points, for 0 < alpha < 2.

    Example:
        >>> print(stable_pdf(1.0, np.array([0.0, 2.0])) * np.pi)
        [1.  0.2]
    """
    size = np.abs(points).ravel()
    values = np.full(size.shape, np.nan)
    for series in (_near, _far):
        rows = np.flatnonzero(np.isnan(values))
        values[rows] = series(alpha, size[rows])
    for k in np.flatnonzero(np.isnan(values)):
        values[k] = cosine_integral(alpha, 1.0, 0.0, float(size[k]))
    return values.reshape(points.shape)


def cosine_integral(alpha: float, c: float, std: float, point: float) -> float:
    """(1/pi) int_0^oo cos(point t) exp(-(c t)^alpha - std^2 t^2/2) dt by Fourier quadrature.

    Raises:
        NotConverged: when the estimated error exceeds 1e-9.
    """
    from scipy.integrate import quad

    top = _SMALLEST ** (1 / alpha) / c
    if std > 0:
        top = min(top, np.sqrt(2 * _SMALLEST) / std)  # beyond, the integrand is below the smallest float64

    def damping(t: float) -> float:
        return float(np.exp(-((c * t) ** alpha) - (std * t) ** 2 / 2))

    options = {"weight": "cos", "wvar": point, "limit": 1000, "epsabs": 1e-13, "epsrel": 1e-13}
    value, error = quad(damping, 0, top, full_output=1, **options)[:2]
    if not error <= 1e-9:
        raise NotConverged(f"the density of a stable law of alpha = {alpha:g} was found to {error:.1e} only")
    return max(float(value) / np.pi, 0.0)


def _near(alpha: float, x: Array) -> Array:
    from scipy.special import gammaln

    k = np.arange(TERMS)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = (
            gammaln((2 * k + 1) / alpha)
            - gammaln(2 * k + 1)
            + np.where(k > 0, 2 * k * np.log(x)[:, None], 0.0)
        )
    return _summed(logs, np.where(k % 2 == 0, 1.0, -1.0)) / (np.pi * alpha)


def _far(alpha: float, x: Array) -> Array:
    from scipy.special import gammaln

    k = np.arange(1, TERMS + 1)
    with np.errstate(divide="ignore"):
        logs = gammaln(alpha * k + 1) - gammaln(k + 1) - (alpha * k + 1) * np.log(x)[:, None]
    return _summed(logs, np.where(k % 2 == 1, 1.0, -1.0) * np.sin(np.pi * np.mod(alpha * k / 2, 2))) / np.pi


def _summed(logs: Array, signs: Array) -> Array:
    """sum_k signs_k exp(logs_k) up to the smallest term, a row a point; NaN where that is not accurate."""
    smallest = np.argmin(logs, axis=1)
    with np.errstate(over="ignore", invalid="ignore"):
        sizes = np.exp(logs)
        kept = np.arange(logs.shape[1]) < smallest[:, None]
        terms = np.where(kept, signs * sizes, 0.0)
        total = terms.sum(axis=1)
        error = np.take_along_axis(sizes, smallest[:, None], axis=1)[:, 0] + 4e-16 * np.max(
            np.where(kept, sizes, 0.0), axis=1
        )
        good = np.isfinite(total) & (error <= SERIES_TOLERANCE * np.abs(total))
    return np.where(good, total, np.nan)
