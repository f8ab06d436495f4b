r"""Facts about families of laws: characteristic functions, Gaussian scale mixtures, decompositions.

Facts, never answers: the routes turn them into integrals, and what comes out is certified against the
integral of the density.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp

CHARACTERISTIC: dict[str, Callable[..., tuple[Any, Any]]] = {
    "Cauchy": lambda t, x0, scale: (-scale * t, x0 * t),
}
"""name -> (log of the modulus, argument) of E exp(i t X) for t > 0."""


@dataclass(frozen=True)
class MixingLaw:
    """Density of S > 0 as an expression in s, where X = sqrt(S) Z with Z ~ N(0, 1) independent of S."""

    density: Callable[..., Any]
    centre: Callable[..., Any]


def _inverse_gamma(s: Any, shape: Any, scale: Any) -> Any:
    return scale**shape * s ** (-shape - 1) * sp.exp(-scale / s) / sp.gamma(shape)


SCALE_MIXTURE: dict[str, MixingLaw] = {
    "Laplace": MixingLaw(lambda s, mu, b: sp.exp(-s / (2 * b**2)) / (2 * b**2), lambda mu, b: mu),
    "StudentT": MixingLaw(lambda s, nu: _inverse_gamma(s, nu / 2, nu / 2), lambda nu: sp.S.Zero),
    "Cauchy": MixingLaw(lambda s, x0, c: _inverse_gamma(s, sp.Rational(1, 2), c**2 / 2), lambda x0, c: x0),
}
"""Andrews and Mallows, Scale mixtures of normal distributions, JRSS B 36 (1974) 99."""

PLUS_NORMAL: dict[str, Callable[..., tuple[str, tuple[Any, ...], Any, Any]]] = {
    "ExGaussian": lambda mean, std, rate: ("Exponential", (rate,), mean, std),
}
"""X = Y + N(m, s^2): (family of Y, its arguments, m, s)."""
