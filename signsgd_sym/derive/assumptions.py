"""What the derivations take as given, as data: names for graphs, relations and laws for sampling."""

from __future__ import annotations

import sympy as sp

from signsgd_sym.model.noise import noise_law
from signsgd_sym.notation import D, K, Lambda, U, d, rho
from signsgd_sym.proof.derivation import Assumption

GAUSSIAN_DATA = Assumption("x ~ N(0, K), eps independent of x", name="gaussian-data")
CORRELATION = Assumption("-1 < rho < 1", rho**2 < 1, name="correlation")
ONE_PASS = Assumption("one pass, batch 1, step eta/d, time t = k/d", name="one-pass")
SMALL_CORRELATIONS = Assumption("rho_i -> 0 as d -> oo", name="small-correlations")
SYMMETRIC = Assumption("K symmetric, D diagonal", name="symmetric-K")
IDENTITY = Assumption("K = I", sp.Eq(K, sp.Identity(d), evaluate=False), name="identity-covariance")
STATIONARY = Assumption("eta constant", name="constant-step")

_ATOMS = "Mixture((1/3, Dirac(1/2)), (2/3, Dirac(-7/5)))"


def any_law() -> Assumption:
    """The noise may have any law: samples with a density, without a variance, asymmetric, and atoms."""
    laws = ("Laplace(0, 3/4)", "StudentT(1)", "Normal(1/3, 2)", "Exponential(1)", _ATOMS)
    return Assumption("eps has any law", laws=tuple(map(noise_law, laws)), name="any-law")


def finite_variance() -> Assumption:
    """The noise may have any law with a variance."""
    laws = ("Laplace(0, 3/4)", "Normal(1/3, 2)", "Exponential(1)", _ATOMS)
    return Assumption("E[eps^2] < oo", laws=tuple(map(noise_law, laws)), name="finite-variance")


def finite_moment(order: sp.Expr) -> Assumption:
    """The noise may have any law with E |eps|^order < oo; statements are linear in it, and atoms say as much.

    Under a density the means of the powers are integrals of Kummer's function, which the kernel has no
    majorant for.
    """
    laws = tuple(map(noise_law, (_ATOMS, "Mixture((1/2, Dirac(-3)), (1/2, Dirac(1/5)))")))
    return Assumption(f"E|eps|^({order}) < oo", laws=laws, name="finite-moment")


def eigenbasis(power: sp.Expr) -> Assumption:
    """U orthogonal and Lambda diagonal with U Lambda U^T = D^(-power/2) K D^(-power/2)."""
    matrix = D ** (-power / 2) * K * D ** (-power / 2) if power else K
    words = "D^(-1/2) K D^(-1/2)" if power else "K"
    relation = sp.Eq(U * Lambda * U.T, matrix, evaluate=False)
    return Assumption(f"{words} = U Lambda U^T, U orthogonal, Lambda diagonal", relation, name="eigenbasis")


def no_label_noise(name: sp.Expr, value: sp.Expr) -> Assumption:
    """eps = 0, as what it makes of phi or P: `name` is `value`."""
    relation = sp.Eq(name, value, evaluate=False)
    return Assumption(f"eps = 0, so that {name} = {value}", relation, name="no-label-noise")


def balance(unknown: sp.Expr, value: sp.Expr) -> Assumption:
    """R is the sum of the stationary mode risks: solved for `unknown`, which the balance determines."""
    relation = sp.Eq(unknown, value, evaluate=False)
    return Assumption("R = sum of the stationary r_i", relation, name="balance")


__all__ = [
    "CORRELATION", "GAUSSIAN_DATA", "IDENTITY", "ONE_PASS", "SMALL_CORRELATIONS", "STATIONARY",
    "SYMMETRIC", "any_law", "balance", "eigenbasis", "finite_moment", "finite_variance",
    "no_label_noise",
]  # fmt: skip
