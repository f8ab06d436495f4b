r"""The density of a Gaussian pair in powers of its correlation (Mehler's formula), and Stein's identity.

With He_m the Hermite polynomials and p_rho the density of two standard Gaussians of correlation rho,

    p_rho(g, x) = p_0(g, x) sum_m He_m(g) He_m(x) rho^m/m!.

So E[f(r x_i)] is rho E[f(r sqrt(K_ii) X) G X] to first order for *any* f, with G and X independent; for odd f
the term of order rho^2 vanishes, since He_2 is even.

Reference: F. G. Mehler, J. reine angew. Math. 66 (1866) 161-176.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from signsgd_sym.derive.assumptions import CORRELATION
from signsgd_sym.derive.orthant import bivariate_density
from signsgd_sym.notation import gaussian_density, rho, x, y
from signsgd_sym.proof.derivation import Derivation, Recorder

TERMS = 3
"""Terms of Mehler's series that are held against the density: 1, rho and rho^2."""


def hermite(m: int, variable: Any) -> Any:
    """He_m, the polynomial with He_m phi = (-1)^m phi^(m) for the Gaussian density phi.

    >>> hermite(3, x)
    x**3 - 3*x
    """
    phi = gaussian_density(variable)
    return sp.expand(sp.simplify((-1) ** m * sp.diff(phi, variable, m) / phi))


def correlated_density() -> Derivation:
    """The density of (G, X) in powers of rho, and Stein's identity for each factor.

    >>> sp.simplify(correlated_density().result / gaussian_density(x))
    -x
    """
    record = Recorder("correlated-density", "A Gaussian pair of small correlation", (CORRELATION,))
    density = bivariate_density()
    apart = gaussian_density(x) * gaussian_density(y)
    series = apart * sum(hermite(m, x) * hermite(m, y) * rho**m / sp.factorial(m) for m in range(TERMS))
    record.equal(sp.Subs(density, rho, 0), apart, "uncorrelated, hence independent")
    record.equal(
        sp.Derivative(density, rho),
        sp.Derivative(sp.diff(density, y), x),
        "Plackett's identity: the derivative in rho is that in x of that in y",
    )
    record.expand(
        density,
        series,
        "Taylor's theorem in rho, every derivative by Plackett's identity: Mehler's series",
        variable=rho,
        order=rho**TERMS,
    )
    record.equal(
        sp.Derivative(gaussian_density(x), x), -x * gaussian_density(x), "Stein's identity, for parts in x"
    )
    return record.finish()
