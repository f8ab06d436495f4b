r"""Between SGD and signSGD: the four effects switched on one by one.

A subset of the effects stands for the SDE d Delta = -alpha A Delta dt + sqrt(beta M/d) dB with

    step    eta_0, or (2/pi) eta/(varsigma sqrt(2 P)) with the effective learning rate,
    alpha   the step, times psi with noise compression,           beta   2 P times the square of the step,
    A       K, or varsigma Kbar with preconditioning,             M      K, or (pi varsigma/2)^2 K_sigma with
                                                                         reshaping.

The empty set is SGD at its own step eta_0, the full one is signSGD: varsigma cancels there. In between
varsigma = tr(K)/tr(D) matters: with it A keeps its trace when it is preconditioned, and no ODE of the family
depends on the unit of x. Where drift and noise do not belong to one rule the modes are those of the drift.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from signsgd_sym.derive.effects import (
    COMPRESSION,
    EFFECTS,
    PRECONDITIONING,
    RATE,
    RESHAPING,
    FourEffects,
    four_effects,
)
from signsgd_sym.derive.risk import RiskODE, derive_risk_ode
from signsgd_sym.derive.sde import LimitSDE
from signsgd_sym.errors import ParameterError
from signsgd_sym.notation import D, Delta, K, d, eta, eta_0, psi, varsigma
from signsgd_sym.proof.derivation import Derivation, Recorder

TYPICAL = sp.Trace(K) / sp.Trace(D)
"""varsigma."""


@dataclass(frozen=True)
class Switched:
    """The SDE of one subset of the effects, with alpha = `drift_rate` and beta = `noise_scale`.

    Both are expressions in eta, eta_0, psi, P and varsigma, the factors of A and M included: the drift is
    -alpha D^(-q) K Delta, the covariance beta M/d with M = K or K_sigma.
    """

    on: frozenset[str]
    drift_rate: Any
    noise_scale: Any
    sde: LimitSDE

    @property
    def ode(self) -> RiskODE:
        """The mode ODE, derived as that of every SDE: modes of the drift, forced by the noise."""
        ode = derive_risk_ode(self.sde)
        names = ", ".join(effect for effect in EFFECTS if effect in self.on) or "none of the effects"
        renamed = replace(
            ode.derivation, id=f"{self.sde.derivation.id}-modes", title=f"The mode ODE: {names}"
        )
        return replace(ode, derivation=renamed)


def switched(effects: FourEffects, on: Set[str]) -> Switched:
    """The SDE with the effects `on` switched on; raises `ParameterError` for one that does not exist.

    >>> switched(four_effects(), {PRECONDITIONING}).sde.drift
    (-eta_0*varsigma)*D**(-1)*K*Delta
    """
    for name in on:
        if name not in EFFECTS:
            raise ParameterError(f"{name!r} is not one of the four effects; they are {', '.join(EFFECTS)}.")
    sign, sgd = effects.sign, effects.sgd
    step = effects.rate * eta / varsigma if RATE in on else eta_0
    of_drift, of_noise = (sign if PRECONDITIONING in on else sgd), (sign if RESHAPING in on else sgd)
    alpha = step * (psi if COMPRESSION in on else 1) * (varsigma if PRECONDITIONING in on else 1)
    beta = step**2 * sgd.scale * (effects.unit * varsigma**2 if RESHAPING in on else 1)
    name = "+".join(effect.replace(" ", "-") for effect in EFFECTS if effect in on) or "no-effect"
    sde = replace(
        of_drift,
        drift=-alpha * of_drift.preconditioned * Delta,
        covariance=beta / d * of_noise.noise_matrix,
        rate=alpha / eta,
        scale=beta / eta**2,
        noise_matrix=of_noise.noise_matrix,
        noise_entry=of_noise.noise_entry,
        derivation=replace(effects.derivation, id=name),
    )
    return Switched(frozenset(on), alpha, beta, sde)


def switched_ends(effects: FourEffects | None = None) -> Derivation:
    """The ends of the family are the two optimizers, and one effect at a time leads from one to the other."""
    effects = effects or four_effects()
    sign, sgd = effects.sign, effects.sgd
    record = Recorder("switched-effects", "From SGD to signSGD, one effect at a time")
    record.use(effects.derivation)
    record.define(varsigma, TYPICAL, "a typical standard deviation of a coordinate")
    record.equal(
        sp.Trace(varsigma * D**-1 * K),
        sp.Trace(K),
        "preconditioning in this unit keeps the trace of the drift",
    )
    none, everything = switched(effects, frozenset()), switched(effects, frozenset(EFFECTS))
    record.equal(none.sde.drift, sgd.drift.subs(eta, eta_0), "none of the effects: the drift of SGD")
    record.equal(
        none.sde.covariance, sgd.covariance.subs(eta, eta_0), "none of the effects: the noise of SGD"
    )

    record.equal(everything.sde.drift, sign.drift, "all four: the drift of signSGD; varsigma cancels")
    record.equal(everything.sde.covariance, sign.covariance, "all four: the noise of signSGD")
    reshaped = effects.unit * varsigma**2 * sign.noise_matrix
    size = record.equal(sp.Trace(reshaped), effects.unit * varsigma**2 * d, "the diagonal of K_sigma is 1")
    record.at_most(
        effects.unit * sp.Trace(K),
        size,
        f"(tr D)^2 <= d tr K: reshaped, the noise at a given step is larger by {effects.unit} at least",
    )
    return record.finish()
