r"""signSGD against SGD: the four effects, as ratios of the two derived SDEs.

Both rules have the SDE d Delta = -eta a(R) D^(-q) K Delta dt + eta sqrt(s(R) M/d) dB. Put beside each other,
with P = R + E[eps^2]/2,

    a_sign/a_SGD = phi(R)/sqrt(2 R) = (2/pi) psi(R)/sqrt(2 P),     s_sign/s_SGD = 1/(2 P),

so that signSGD is SGD with

    effective learning rate    eta replaced by (2/pi) eta/sqrt(2 P): a step in units of the residual,
    noise compression          the drift multiplied by psi = E[exp(-eps^2/(4 R))] sqrt(P/R), the noise not,
    diagonal preconditioning   K in the drift replaced by Kbar = D^-1 K,
    noise reshaping            K in the noise replaced by (pi/2)^2 K_sigma.

2/pi is the response of two signs to their correlation, so psi = 1 without label noise. The first two together
are the matched step eta_SGD = (2/pi) eta psi/sqrt(2 P), at which SGD's drift has the rate of signSGD's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from signsgd_sym.derive.assumptions import finite_variance
from signsgd_sym.derive.readable import readable
from signsgd_sym.derive.sde import LimitSDE, derive_sde
from signsgd_sym.errors import InfiniteVariance
from signsgd_sym.model.noise import NoiseLaw, noise_law
from signsgd_sym.model.update_rule import SGD, SIGN
from signsgd_sym.notation import D, Delta, K, Kbar, P, R, d, eta, eta_SGD, phi, psi
from signsgd_sym.proof.derivation import Derivation, Recorder
from signsgd_sym.special import NoiseMean

RATE, COMPRESSION, PRECONDITIONING, RESHAPING = (
    "effective learning rate",
    "noise compression",
    "diagonal preconditioning",
    "noise reshaping",
)
EFFECTS = (RATE, COMPRESSION, PRECONDITIONING, RESHAPING)
"""The four effects, in the order in which they are named everywhere."""


@dataclass(frozen=True)
class FourEffects:
    """The two SDEs and what takes the one into the other.

    `rate` multiplies SGD's step, (2/pi)/sqrt(2 P); `compression` is psi in terms of phi and `mean` psi as an
    expectation; `matched` is the step eta_SGD; `unit` is (pi/2)^2, which makes of K_sigma the noise matrix
    in SGD's place.
    """

    sign: LimitSDE
    sgd: LimitSDE
    rate: Any
    compression: Any
    mean: Any
    matched: Any
    unit: Any
    derivation: Derivation

    def psi(self, law: NoiseLaw | str) -> Any:
        """psi under one law: in closed form where phi is, with an integral otherwise.

        Raises `InfiniteVariance` for a law without a variance, for which psi is infinite at every R.

        >>> four_effects().psi("Normal(0, v)")
        1
        """
        noise = noise_law(law)
        try:
            population = dict(self.sgd.under(noise).definitions)[P]
        except InfiniteVariance:
            raise InfiniteVariance(
                f"{noise.text} has E[eps^2] = oo, so psi = E[exp(-eps^2/(4 R))] sqrt(P/R) is infinite at "
                "every R and SGD has no risk curve to compare with; take a law with a variance."
            ) from None
        return self.psi_of(dict(self.sign.under(noise).definitions)[phi], population)

    def psi_of(self, response: Any, population: Any) -> Any:
        """psi with phi and P inserted."""
        return readable(self.inserted(response, population))

    def inserted(self, response: Any, population: Any) -> Any:
        """The definition of psi with phi and P inserted, and nothing simplified."""
        return self.compression.xreplace({phi: response, P: population})


def four_effects() -> FourEffects:
    """Derive the decomposition of signSGD against SGD from their two SDEs.

    >>> found = four_effects()
    >>> found.matched
    sqrt(2)*eta*psi/(pi*sqrt(P))
    >>> found.mean
    sqrt(P)*NoiseMean(exp(-epsilon**2/(4*R)))/sqrt(R)
    """
    sign, sgd = derive_sde(SIGN), derive_sde(SGD)
    record = Recorder("four-effects", "signSGD against SGD: the four effects", (finite_variance(),))
    for sde in (sgd, sign):
        record.use(sde.derivation)
    meanings = dict(sign.definitions) | dict(sgd.definitions)
    record.define(P, meanings[P], "the population risk")
    record.define(phi, meanings[phi], "the linear response of the sign rule")

    # What drift and noise have in common is the step; what is left of the drift is psi, 1 without noise.
    [mean] = meanings[phi].atoms(NoiseMean)
    noise_free = meanings[phi].xreplace({mean: sp.S.One})
    in_common = sp.sqrt(sign.scale / sgd.scale)
    rate = noise_free * in_common
    compression = sp.powsimp(sp.simplify(sign.rate / sgd.rate / rate), force=True)
    record.define(
        psi,
        compression,
        f"the ratio of the drift rates, over {noise_free} times the root of that of the noises",
    )
    expectation = compression.xreplace({phi: meanings[phi]})
    record.equal(psi, expectation, "insert phi: what the label noise does to the drift and not to the noise")
    record.at_most(expectation, sp.sqrt(P / R), "exp(-eps^2/(4 R)) <= 1")
    record.equal(
        sign.rate / sgd.rate,
        rate * psi,
        "the ratio of the derived drift rates: effective learning rate, noise compression",
    )

    # As matrices: SGD at the matched step, its drift preconditioned, K_sigma in the place of K in its noise.
    matched = rate * psi * eta
    record.define(eta_SGD, matched, "the matched step: SGD's drift at it has the rate of signSGD's")
    record.define(Kbar, D**-sign.power * K, "diagonal preconditioning: K becomes D^-1 K")
    record.equal(sign.drift, -eta_SGD * Kbar * Delta, "eta_SGD in the place of eta, Kbar in that of K")
    record.equal(
        sign.drift, D**-sign.power * sgd.drift.subs(eta, eta_SGD), "SGD's drift at that step, preconditioned"
    )
    unit = noise_free**-2
    record.equal(
        sign.covariance,
        eta_SGD**2 / d * sgd.scale * unit / psi**2 * sign.noise_matrix,
        f"SGD's noise with {unit} K_sigma in the place of K, over psi^2: the step has it, the noise has not",
    )
    record.equal(
        sp.Trace(sign.noise_matrix), d, "whatever K is, a coordinate of the reshaped noise has size 1"
    )
    return FourEffects(sign, sgd, rate, compression, expectation, matched, unit, record.finish())
