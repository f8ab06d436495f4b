r"""The arcsine law, by differentiating the orthant probability in the correlation.

Reference: W. F. Sheppard, On the application of the theory of error to cases of normal distribution
and normal correlation, Phil. Trans. R. Soc. A 192 (1899) 101-167; R. L. Plackett, A reduction formula
for normal multivariate integrals, Biometrika 41 (1954) 351-360.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from signsgd_sym import notation as nt
from signsgd_sym.derive import gaussian_integral
from signsgd_sym.derive.assumptions import CORRELATION
from signsgd_sym.errors import RuleError
from signsgd_sym.notation import orthant_probability, pair_moment, rho, s, x, y
from signsgd_sym.proof.derivation import Assumption, Derivation, Recorder

PAIR = Assumption("(X, Y) centred Gaussian, unit variances, correlation rho", name="gaussian-pair")
ARCSINE_LAW = "arcsine-law"
_q = sp.Dummy("q", positive=True)  # sqrt(1 - rho^2)


def bivariate_density() -> Any:
    """Density at (x, y) of two standard Gaussians of correlation rho."""
    exponent = (x**2 - 2 * rho * x * y + y**2) / (2 * (1 - rho**2))
    return sp.exp(-exponent) / (2 * sp.pi * sp.sqrt(1 - rho**2))


def _vanishes_at_infinity(expr: Any, variable: Any) -> bool:
    inside = sp.simplify(expr.subs(rho**2, 1 - _q**2))
    return bool(sp.limit(inside, variable, sp.oo) == 0)


def arcsine_law() -> Derivation:
    """E[sign X sign Y] = (2/pi) asin(rho) for standard Gaussians X, Y of correlation rho.

    >>> arcsine_law().result
    2*asin(rho)/pi
    """
    record = Recorder(
        ARCSINE_LAW,
        "E[sign X sign Y] for correlated Gaussians",
        (
            PAIR,
            CORRELATION,
        ),
    )
    density = bivariate_density()
    slope, mixed = sp.diff(density, rho), sp.diff(density, x, y)
    if sp.simplify(slope - mixed) != 0:
        raise RuleError("the density of two correlated Gaussians does not satisfy d/drho = d^2/dx dy.")
    quadrant = ((x, 0, sp.oo), (y, 0, sp.oo))
    record.define(nt.marginal, sp.Integral(density, quadrant[1]), "density of X, on Y > 0", needs=(PAIR,))
    marginal = nt.gaussian_density(x) * (1 + sp.erf(rho * x / sp.sqrt(2 * (1 - rho**2)))) / 2
    record.equal(nt.marginal, marginal, "integrate over y: Y given X = x is N(rho x, 1 - rho^2)")
    over_x = sp.Integral(nt.marginal, quadrant[0])
    record.define(orthant_probability, over_x, "P(X > 0, Y > 0)", needs=(PAIR,))
    record.equal(orthant_probability, sp.Integral(marginal, quadrant[0]), "insert the density")
    record.equal(
        sp.Derivative(density, rho),
        sp.Derivative(sp.simplify(sp.diff(density, y)), x),
        "Plackett's identity: the derivative in rho is that in x of that in y",
    )
    # int_0^oo d/dx (dp/dy) dx leaves the face x = 0, int_0^oo d/dy p(0, y) dy the corner (0, 0).
    face = sp.diff(density, y)
    if not (_vanishes_at_infinity(face, x) and _vanishes_at_infinity(density.subs(x, 0), y)):
        raise RuleError("boundary terms at infinity do not vanish.")
    corner = density.subs({x: 0, y: 0})
    record.equal(
        sp.Derivative(orthant_probability, rho),
        corner,
        "differentiate under the integral, then integrate in x and in y: only the corner (0, 0) is left",
    )
    independent = density.subs(rho, 0)
    half_lines = gaussian_integral.integrate(independent.subs(y, 0), x, 0, sp.oo)
    at_zero = sp.simplify(
        half_lines * gaussian_integral.integrate(independent, y, 0, sp.oo) / independent.subs(y, 0)
    )
    record.equal(sp.Subs(orthant_probability, rho, 0), at_zero, "for rho = 0 the integral is a product")
    back = at_zero + sp.Integral(corner.subs(rho, s), (s, 0, rho))
    record.equal(orthant_probability, back, "integrate in the correlation from 0")
    probability = record.equal(back, at_zero + sp.integrate(corner.subs(rho, s), (s, 0, rho)), "evaluate")
    record.define(
        pair_moment,
        2 * orthant_probability - 2 * (sp.Rational(1, 2) - orthant_probability),
        "the signs agree on two quadrants of probability p, and differ on two of probability 1/2 - p",
        needs=(PAIR,),
    )
    record.equal(pair_moment, sp.expand(4 * probability - 1), "insert the probability")
    return record.finish()
