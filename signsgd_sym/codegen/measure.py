r"""A law of the label noise as exact terms whose Gaussian means make up phi.

phi(R) = (2/pi) sum over terms of prefactor(R) E_term(S(R)),
E_term(S) = sum_k weight_k int density_k(x) exp(-x^2/(4 S)) dx + sum_a weight_a exp(-x_a^2/(4 S)).

For a law given by its density, S = R and the prefactor is 1. Two other forms are in use:

* a law plus an independent N(0, v): S = R + v/2, prefactor sqrt(R/(R + v/2));
* a symmetric law given by its characteristic function chi (Parseval): E exp(-X^2/(4 R)) =
  2 sqrt(R/pi) int_0^oo chi(t) exp(-R t^2) dt, that is, S = 1/(4 R), prefactor 2 sqrt(R/pi), and chi, which
  must not be negative, in the place of a density. Its mass is not 1, so `mass` has to be given.

Either way phi is that of a probability law: what is proved about phi as a function of R needs only this.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from signsgd_sym.notation import R, x


@dataclass(frozen=True)
class Term:
    """`atoms` are (weight, location), `pieces` are (weight, density in x, lo, hi); all numbers are exact.

    `spread` is S(R), `mass` an upper bound of the integral of every density.
    """

    atoms: tuple[tuple[Any, Any], ...]
    pieces: tuple[tuple[Any, Any, Any, Any], ...]
    spread: Any = R
    prefactor: Any = sp.S.One
    mass: Any = sp.S.One


@dataclass(frozen=True)
class Measure:
    """phi as a sum of terms.

    >>> law = Measure.of(atoms=((1, 0),))
    >>> law.mass_at_zero
    1
    """

    terms: tuple[Term, ...]

    @staticmethod
    def of(
        atoms: tuple[tuple[Any, Any], ...] = (), pieces: tuple[tuple[Any, Any, Any, Any], ...] = ()
    ) -> Measure:
        """The law with these atoms and densities."""
        return Measure((Term(atoms, pieces),))

    @property
    def mass_at_zero(self) -> Any:
        """P(eps = 0), the limit of (pi/2) phi for R -> 0."""
        return sum(
            (weight for term in self.terms if term.spread == R for weight, at in term.atoms if at == 0),
            sp.S.Zero,
        )


def with_gaussian(measure: Measure, variance: Any) -> Measure:
    """The law of eps + N(0, variance), independent, for a measure whose terms have S = R.

    >>> with_gaussian(Measure.of(atoms=((1, 0),)), 2).terms[0].spread
    R + 1
    """
    spread = R + sp.sympify(variance, strict=True) / 2
    return Measure(
        tuple(
            Term(term.atoms, term.pieces, spread, term.prefactor * sp.sqrt(R / spread), term.mass)
            for term in measure.terms
        )
    )


def symmetric_stable(alpha: Any, scale: Any) -> Measure:
    """The symmetric law with characteristic function exp(-|scale t|^alpha), 0 < alpha <= 2, by Parseval.

    >>> symmetric_stable(1, 2).terms[0].pieces
    ((1, exp(-2*x), 0, oo),)
    """
    alpha, scale = sp.sympify(alpha, strict=True), sp.sympify(scale, strict=True)
    chi = sp.exp(-(scale**alpha) * x**alpha)
    return Measure(
        (
            Term(
                (),
                ((sp.S.One, chi, sp.S.Zero, sp.oo),),
                spread=1 / (4 * R),
                prefactor=2 * sp.sqrt(R / sp.pi),
                mass=sp.gamma(1 + 1 / alpha) / scale,
            ),
        )
    )
