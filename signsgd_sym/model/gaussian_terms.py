r"""Gaussian expectations E exp(-q X^2), the one kind of expectation that the drift needs, as data.

phi(R) = (2/pi) E exp(-eps^2/(4 R)), so q = 1/(4 R). A law without an elementary density may still have an
elementary integral for it; `GaussianTerm` says which.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from signsgd_sym import notation
from signsgd_sym.model.families import Piece

eps, R = notation.eps, notation.R


@dataclass(frozen=True)
class GaussianTerm:
    """E exp(-X^2/(4 R)) = prefactor sum_k int piece_k.density(x) exp(-x^2/(4 at)) dx.

    Attributes:
        prefactor: an expression in `notation.R` and the parameters of the law.
        pieces: functions of `notation.x` and their intervals; not negative unless a stable law is shifted.
        at: an expression in `notation.R`, positive.
    """

    prefactor: sp.Expr
    pieces: tuple[Piece, ...]
    at: sp.Expr

    @property
    def is_plain(self) -> bool:
        """Whether the pieces are the density itself up to a constant: at = R, prefactor free of R."""
        return self.at == R and not self.prefactor.has(R)


def gaussian_kernels(expression: sp.Expr) -> tuple[tuple[sp.Expr, sp.Expr], ...] | None:
    """The pairs (k, q) with expression = sum k exp(-q eps^2), k and q free of eps, q positive or 0.

    None when the expression has another form, or a sign is unknown.

    Example:
        >>> from signsgd_sym.notation import R, eps
        >>> gaussian_kernels(2*sp.exp(-eps**2/(4*R)) + 1)
        ((1, 0), (2, 1/(4*R)))
        >>> gaussian_kernels(eps*sp.exp(-eps**2)) is None
        True
    """
    pairs = [_kernel(term) for term in sp.Add.make_args(expression)]
    found = [pair for pair in pairs if pair is not None]
    return tuple(found) if len(found) == len(pairs) else None


def _kernel(term: sp.Expr) -> tuple[sp.Expr, sp.Expr] | None:
    factor, kernel = sp.powsimp(term, combine="exp").as_independent(eps, as_Add=False)
    if kernel == 1:
        return factor, sp.S.Zero
    if not isinstance(kernel, sp.exp):
        return None
    exponent = sp.expand(kernel.args[0])
    q, constant = -exponent.coeff(eps, 2), exponent.coeff(eps, 0)
    if sp.expand(exponent + q * eps**2 - constant) != 0 or q.has(eps) or not q.is_positive:
        return None
    return factor * sp.exp(constant), q
