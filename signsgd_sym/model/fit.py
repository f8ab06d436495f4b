"""A noise law for given residuals: the likeliest of centred Normal, Laplace and scaled Student t."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

from signsgd_sym.errors import ParameterError, ShapeMismatch
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.positive_definite import check_finite

Array = NDArray[np.float64]

DIGITS = 4
"""Significant decimals kept of each fitted parameter; the law is then exact in them."""


@dataclass(frozen=True)
class Candidate:
    """A family with symbolic parameters, their fitted (rounded) values, the log-likelihood per sample."""

    family: NoiseLaw
    values: tuple[tuple[sp.Symbol, sp.Rational], ...]
    log_likelihood: float

    @classmethod
    def of(cls, family: str, log_likelihood: float, **values: sp.Rational) -> Candidate:
        """The candidate with the family given as LAW text and its parameters by name."""
        law = NoiseLaw.from_text(family)
        return cls(law, tuple((symbol, values[symbol.name]) for symbol in law.parameters), log_likelihood)

    @property
    def law(self) -> NoiseLaw:
        """The family at the fitted values."""
        return self.family.substitute(dict(self.values))

    @property
    def has_variance(self) -> bool:
        """Whether E eps^2 is finite."""
        return bool(self.law.second_moment() != sp.oo)


@dataclass(frozen=True)
class LawFit:
    """The candidates in order of decreasing likelihood."""

    candidates: tuple[Candidate, ...]

    @property
    def law(self) -> NoiseLaw:
        """The likeliest law."""
        return self.candidates[0].law

    @property
    def best_with_variance(self) -> Candidate:
        """The likeliest law with a finite variance, which SGD needs."""
        return next(candidate for candidate in self.candidates if candidate.has_variance)


def fit_noise(residuals: ArrayLike) -> LawFit:
    """Maximum likelihood among Normal(0, v), Laplace(0, b) and b*StudentT(nu), all centred at 0.

    v = sqrt(mean r^2) and b = mean |r| in closed form; (nu, b) by a quasi-Newton search in
    (log nu, log b) with the exact gradient. Location is fixed: the model's label noise is centred by the
    regression that left the residuals.

    Raises:
        ShapeMismatch: not a vector of at least 2 residuals.
        NotFinite: NaN or infinity among them.
        ParameterError: all residuals are zero.

    Example:
        >>> import numpy as np
        >>> fit_noise(np.random.default_rng(0).laplace(0, 2, 10_000)).law.text
        'Laplace(0, 1003/500)'
    """
    r = np.array(residuals, dtype=np.float64)
    if r.ndim != 1 or r.size < 2:
        raise ShapeMismatch(f"the residuals have shape {r.shape}; give a vector of at least 2")
    check_finite(r, "the residuals")
    if not r.any():
        raise ParameterError("all residuals are zero, so no law with a density fits; use Dirac(0)")
    square = np.square(r)
    size = np.abs(r)
    v = _rounded(np.sqrt(square.mean()))
    b = _rounded(size.mean())
    nu, s = map(_rounded, _student(size, square))
    candidates = [
        Candidate.of("Normal(0, v)", _normal(float(v), float(square.mean())), v=v),
        Candidate.of("Laplace(0, b)", -float(np.log(2 * float(b))) - float(size.mean()) / float(b), b=b),
        Candidate.of("b*StudentT(nu)", _student_likelihood(float(nu), float(s), square), b=s, nu=nu),
    ]
    return LawFit(tuple(sorted(candidates, key=lambda candidate: -candidate.log_likelihood)))


def _rounded(value: float) -> sp.Rational:
    return sp.Rational(f"{value:.{DIGITS - 1}e}")


def _normal(v: float, mean_square: float) -> float:
    return float(-0.5 * np.log(2 * np.pi) - np.log(v) - mean_square / (2 * v**2))


def _student_likelihood(nu: float, s: float, square: Array) -> float:
    """log gamma((nu+1)/2) - log gamma(nu/2) - log(pi nu)/2 - log s - (nu+1)/2 mean log(1 + r^2/(nu s^2))."""
    from scipy.special import gammaln

    constant = gammaln((nu + 1) / 2) - gammaln(nu / 2) - 0.5 * np.log(np.pi * nu) - np.log(s)
    return float(constant - (nu + 1) / 2 * np.log1p(square / (nu * s**2)).mean())


def _student(size: Array, square: Array) -> tuple[float, float]:
    """The likeliest (nu, s); nu is kept in [0.05, 1000], beyond which the law is Gaussian to the eye."""
    from scipy.optimize import minimize
    from scipy.special import digamma

    def objective(point: Array) -> tuple[float, Array]:
        nu, s = np.exp(point)
        ratio = square / (nu * s**2)
        share = (ratio / (1 + ratio)).mean()
        by_nu = 0.5 * (
            digamma((nu + 1) / 2) - digamma(nu / 2) - 1 / nu - np.log1p(ratio).mean() + (nu + 1) / nu * share
        )
        by_log_s = -1 + (nu + 1) * share
        return -_student_likelihood(nu, s, square), -np.array([nu * by_nu, by_log_s])

    middle = float(np.median(size)) or float(size.mean())
    start = np.log([2.0, middle])
    bounds = [(np.log(0.05), np.log(1000.0)), (start[1] - 20, start[1] + 20)]
    found = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-13})
    nu, s = np.exp(found.x)
    return float(nu), float(s)
