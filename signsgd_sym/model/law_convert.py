"""Laws of `sympy.stats` and `scipy.stats` as LAW text, the one way in."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from signsgd_sym.errors import ParameterError
from signsgd_sym.model.families import FAMILIES

_SCIPY = {
    "norm": "Normal(0, 1)",
    "laplace": "Laplace(0, 1)",
    "t": "StudentT({df})",
    "cauchy": "Cauchy(0, 1)",
    "uniform": "Uniform(0, 1)",
    "logistic": "Logistic(0, 1)",
    "expon": "Exponential(1)",
    "levy_stable": "SymmetricStable({alpha}, 1)",
    "truncnorm": "Truncated(Normal(0, 1), ({a}, {b}))",
}
"""Standard forms by `scipy.stats` name; loc and scale come on top."""


def text_of_stats(variable: Any) -> str:
    """LAW text of a `sympy.stats` random variable or an affine function of one.

    Continuous families of `families`, `ContinuousRV` with any density, and finite laws of numbers. Symbols
    keep their names and get the assumptions of their place, as in text.

    Raises:
        ParameterError: for several random variables, a function that is not affine, or another kind of law.

    Example:
        >>> from sympy.stats import Laplace
        >>> text_of_stats(3*Laplace("X", 0, 1) + 2)
        '2 + 3*(Laplace(0, 1))'
    """
    from sympy.stats.rv import RandomSymbol, random_symbols

    symbols = random_symbols(variable)
    if len(symbols) != 1:
        raise ParameterError(
            f"{variable} holds {len(symbols)} random variables; a law is that of exactly one"
        )
    (symbol,) = symbols
    if isinstance(variable, RandomSymbol):
        return _text_of_symbol(symbol)
    plain = sp.Dummy()
    function = sp.expand(variable.xreplace({symbol: plain}))
    if not function.is_polynomial(plain) or sp.degree(function, plain) != 1:
        raise ParameterError(f"{variable} is not of the form a*X + b; give its density instead")
    scale, shift = function.coeff(plain, 1), function.coeff(plain, 0)
    return f"{_atom(shift)} + {_atom(scale)}*({_text_of_symbol(symbol)})"


def _atom(value: sp.Expr) -> str:
    return str(value) if value.is_Atom else f"({value})"


def _text_of_symbol(symbol: Any) -> str:
    from sympy.stats.crv_types import ContinuousDistributionHandmade
    from sympy.stats.frv_types import FiniteDistributionHandmade, RademacherDistribution

    distribution = symbol.pspace.distribution
    if isinstance(distribution, RademacherDistribution):
        return "Rademacher()"
    if isinstance(distribution, FiniteDistributionHandmade):
        masses = ", ".join(f"{where}: {weight}" for where, weight in distribution.dict.items())
        return f"Finite({{{masses}}})"
    if isinstance(distribution, ContinuousDistributionHandmade):
        from signsgd_sym.notation import x

        domain = symbol.pspace.domain.set
        density = distribution.pdf(x)
        return f"Density({density}, ({domain.inf}, {domain.sup}))"
    name = type(distribution).__name__.removesuffix("Distribution")
    if name not in FAMILIES:
        raise ParameterError(
            f"{name} is not a supported law of sympy.stats; supported: {', '.join(sorted(FAMILIES))}"
        )
    arguments = distribution.args
    if name == "Gumbel":
        if arguments[2] == sp.true:
            raise ParameterError("the Gumbel law of minima is -Gumbel(beta, -mu); write that")
        arguments = arguments[:2]
    return f"{name}({', '.join(map(str, arguments))})"


def text_of_scipy(frozen: Any) -> str:
    """LAW text of a frozen `scipy.stats` law; each float becomes the shortest decimal that rounds to it.

    Raises:
        ParameterError: for other laws than norm, laplace, t, cauchy, uniform, logistic, expon, truncnorm and
            levy_stable with beta = 0, or parameters that are not single finite numbers (but for the ends of
            truncnorm, which may be infinite).

    Example:
        >>> from scipy.stats import norm
        >>> text_of_scipy(norm(0, 0.1))
        '0.0 + 0.1*(Normal(0, 1))'
    """
    name = getattr(frozen.dist, "name", type(frozen.dist).__name__)
    if name not in _SCIPY:
        raise ParameterError(
            f"scipy.stats.{name} is not supported; use one of {', '.join(_SCIPY)}, or give the law as text"
        )
    shapes = frozen.dist.shapes.split(", ") if frozen.dist.shapes else []
    values: dict[str, Any] = {
        "loc": 0.0,
        "scale": 1.0,
        **dict(zip([*shapes, "loc", "scale"], frozen.args, strict=False)),
    }
    values.update(frozen.kwds)
    exact = {}
    for key, value in values.items():
        endless = name == "truncnorm" and key in ("a", "b") and np.ndim(value) == 0 and np.isinf(value)
        if not endless and (np.ndim(value) != 0 or not np.isfinite(value)):
            raise ParameterError(f"{key} of scipy.stats.{name} is {value}; give one finite number")
        exact[key] = ("oo" if value > 0 else "-oo") if endless else repr(float(value))
    if float(exact["scale"]) <= 0:
        raise ParameterError(
            f"scale of scipy.stats.{name} is {exact['scale']}, but it must be positive; change it"
        )
    if name == "levy_stable" and float(exact["beta"]) != 0:
        raise ParameterError(
            f"beta of scipy.stats.levy_stable is {exact['beta']}, but only symmetric stable laws are "
            "supported; set it to 0"
        )
    return f"{exact['loc']} + {exact['scale']}*({_SCIPY[name].format_map(exact)})"
