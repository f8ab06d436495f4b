r"""The third effect: diagonal preconditioning, K to Kbar = D^-1 K, and what it does to condition numbers.

Kbar is similar to D^(-1/2) K D^(-1/2), has the trace of D, and is D itself where K is diagonal: variances
become standard deviations. Of two coordinates of standard deviations 1 and omega <= 1, correlated by varrho,

    kappa = T (T + sqrt(T^2 - 4 Q))/(4 Q),     T, Q = trace and determinant,

is the averaged condition number T/(2 lambda_min) of K or of Kbar. Kbar's is never the larger one, and
kappa_SGD/kappa_sign grows like 1/omega: what preconditioning wins is a square root. Of three coordinates that
is no longer so: beside a pair of the correlation 1 - omega^2, a third one of standard deviation omega < 1
gives kappa_SGD/kappa_sign = (omega^2 + 2)/(omega + 2) < 1.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from signsgd_sym.derive.sde import derive_sde
from signsgd_sym.derive.when_sign_wins import rate_criterion
from signsgd_sym.model.update_rule import SIGN
from signsgd_sym.notation import (
    D,
    K,
    Kbar,
    d,
    kappa_SGD,
    kappa_sign,
    lam_K,
    lam_Kbar,
    mu,
    omega,
    varrho,
)
from signsgd_sym.proof.derivation import Assumption, Derivation, Recorder

PAIR = Assumption("-1 < varrho < 1", varrho**2 < 1, name="pair-correlation")
SMALLER = Assumption("omega <= 1", omega <= 1, name="smaller-deviation")
THIRD = Assumption("omega < 1", omega < 1, name="third-deviation")


def diagonal_preconditioning() -> Derivation:
    """Kbar as a matrix: its eigenvalues are real, and their sum is that of the deviations.

    >>> diagonal_preconditioning().result
    Trace(K)
    """
    sde = derive_sde(SIGN)
    record = Recorder("diagonal-preconditioning", "Diagonal preconditioning")
    record.use(sde.derivation)
    record.define(Kbar, D**-sde.power * K, "variances divided by deviations")
    half = sp.Rational(1, 2)
    record.equal(
        D**half * Kbar * D**-half,
        D**-half * K * D**-half,
        "similar to a symmetric matrix: eigenvalues are real",
    )
    record.equal(sp.Trace(Kbar), sp.Trace(D), "their sum: variances have become deviations")
    record.at_most(sp.Trace(Kbar) ** 2 / d, sp.Trace(K), "the spread of deviations is that of a root")
    record.equal(sp.Trace(D * Kbar), sp.Trace(K), "D undoes it")
    return record.finish()


def condition_number(matrix: Any) -> Any:
    """Half the trace of a 2 x 2 matrix over its smaller eigenvalue, written without a difference.

    >>> condition_number(sp.ImmutableMatrix([[2, 1], [1, 2]]))
    2
    """
    T, Q = sp.factor(matrix.trace()), sp.expand(matrix.det())
    root = sp.sqrt(sp.expand(T**2 - 4 * Q))
    return T * (T + root) / (4 * sp.collect(Q, omega))


def preconditioned_pair() -> Derivation:
    """kappa_SGD/kappa_sign of two coordinates of any correlation: at least 1, and like 1/omega.

    >>> preconditioned_pair().result
    1/omega
    """
    record = Recorder("preconditioned-pair", "Two coordinates: preconditioning never hurts", (PAIR, SMALLER))
    inverse = sp.ImmutableMatrix(sp.diag(1, 1 / omega))
    pair = sp.ImmutableMatrix([[1, varrho * omega], [varrho * omega, omega**2]])
    preconditioned = sp.ImmutableMatrix(inverse * pair)
    record.equal(sp.MatMul(inverse, pair), preconditioned, "standard deviations 1 and omega")
    for matrix, name, smallest in ((pair, kappa_SGD, lam_K), (preconditioned, kappa_sign, lam_Kbar)):
        T, kappa = sp.factor(matrix.trace()), condition_number(matrix)
        eigenvalue = sp.simplify(T / (2 * kappa))
        record.define(smallest, eigenvalue, "the smaller eigenvalue, without a difference of large numbers")
        record.equal(
            sp.Determinant(matrix - smallest * sp.eye(2)), 0, "it is a root of the characteristic polynomial"
        )
        record.at_most(smallest, T / 2, "and the smaller one: below the mean of both")
        record.define(name, T / 2 / smallest, "the averaged condition number")
        record.equal(name, kappa, "in terms of trace and determinant")
    record.at_most(kappa_sign, kappa_SGD, "it never hurts")
    ratio = condition_number(pair) / condition_number(preconditioned)
    record.equal(sp.Subs(ratio, omega, 1), 1, "and changes nothing for equal deviations")
    record.tends(omega * ratio, 1, "at any correlation it wins", variable=omega, point=0, direction="+")
    record.expand(ratio, 1 / omega, "a factor of 1/omega", variable=omega, order=1, direction="+")
    return record.finish()


def preconditioned_rates() -> Derivation:
    """The ratio of the rates for two uncorrelated coordinates: above 1 iff omega is below 0.3375.

    >>> preconditioned_rates().result
    4*(omega**2 + 1)/(pi**2*omega*(omega + 1))
    """
    record = Recorder("preconditioned-rates", "Two coordinates: which optimizer is faster", (SMALLER,))
    ratio = record.use(rate_criterion())
    record.at_most(
        omega**2, (1 + omega**2) / 2, "no correlation: the variances are eigenvalues, the smaller one"
    )
    record.define(kappa_SGD, (1 + omega**2) / (2 * omega**2), "the mean of K's over it")
    record.define(
        kappa_sign, (1 + omega) / (2 * omega), "the mean of the deviations over the smaller one: Kbar = D"
    )
    inserted = ratio.subs({kappa_SGD: (1 + omega**2) / (2 * omega**2), kappa_sign: (1 + omega) / (2 * omega)})
    rates = sp.factor(sp.simplify(inserted))
    [equal] = [root for root in sp.solve(sp.numer(sp.together(rates - 1)), omega) if root > 0]
    record.equal(sp.Subs(rates, omega, equal), 1, f"equally fast at omega = {sp.N(equal, 4)}")
    record.equal(ratio, rates, "signSGD is faster iff this exceeds 1")
    return record.finish()


def preconditioning_that_hurts() -> Derivation:
    """kappa_SGD/kappa_sign of three coordinates, below 1: a correlated pair beside a smaller third one.

    >>> preconditioning_that_hurts().result
    (omega**2 + 2)/(omega + 2)
    """
    record = Recorder("preconditioning-hurts", "Three coordinates: where preconditioning hurts", (THIRD,))
    # 1 - varrho = omega^2 makes the smallest eigenvalue of K double: the pair has it, and the third.
    correlation = 1 - omega**2
    K3 = sp.ImmutableMatrix([[1, correlation, 0], [correlation, 1, 0], [0, 0, omega**2]])
    inverse = sp.ImmutableMatrix(sp.diag(1, 1, 1 / omega))
    Kbar3 = sp.ImmutableMatrix(inverse * K3)
    record.equal(
        sp.Determinant(K3 - mu * sp.eye(3)),
        (omega**2 - mu) ** 2 * (2 - omega**2 - mu),
        "K: omega^2 twice, and 2 - omega^2, which is larger",
    )
    record.equal(sp.MatMul(inverse, K3), Kbar3, "the third coordinate in its own unit")
    record.equal(
        sp.Determinant(Kbar3 - mu * sp.eye(3)),
        (omega**2 - mu) * (omega - mu) * (2 - omega**2 - mu),
        "Kbar: the third has gained, the pair has not",
    )
    record.define(kappa_SGD, K3.trace() / 3 / omega**2, "the mean over the smallest eigenvalue of K")
    record.define(kappa_sign, Kbar3.trace() / 3 / omega**2, "and of Kbar")
    record.at_most(kappa_SGD, kappa_sign, "it hurts: the mean has grown, the smallest eigenvalue has not")
    record.equal(
        kappa_SGD / kappa_sign, (omega**2 + 2) / (omega + 2), "at worst 0.899, at omega = sqrt(6) - 2"
    )
    return record.finish()


__all__ = [
    "condition_number",
    "diagonal_preconditioning",
    "preconditioned_pair",
    "preconditioned_rates",
    "preconditioning_that_hurts",
]
