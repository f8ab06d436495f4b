"""Chapter 15. signSGD is SGD with four changes.

Two optimizers, two SDEs. Asked for is what signSGD does that SGD does not, factor by factor and with nothing
left over.

The idea: lay the drifts side by side and the noises side by side. As matrices, K becomes Kbar = D^-1 K in the
drift and K_sigma in the noise; as numbers, the step eta becomes eta phi/sqrt(2 R) in the drift, while 2 P
becomes 1 in the noise. A larger step acts on both; so take from the noise what is the step's, 1/sqrt(2 P),
and what is left in the drift is a pure number times psi = E[exp(-eps^2/(4 R))] sqrt(P/R). The pure number is
2/pi, a factor sqrt(2/pi) for each of the two signs.

So the effects are: the effective learning rate (2/pi) eta/sqrt(2 P), noise compression psi, diagonal
preconditioning, and noise reshaping, K to (pi/2)^2 K_sigma. Under Gaussian noise psi is 1 and only three are
left. In general psi is a quotient of two means of one law, and compares its middle with its tails.

What can go wrong: psi is not bounded and need not exceed 1. Noise that stays away from 0 has psi -> 0: there
signSGD hardly moves, because the sign of the residual is the sign of the noise. And without a variance P is
infinite, the effective learning rate is 0 and psi infinite; their product, phi/sqrt(2 R), never notices.
"""

import sympy as sp

import signsgd_sym as ss
from signsgd_sym.derive.assumptions import finite_variance
from signsgd_sym.derive.effects import EFFECTS, four_effects
from signsgd_sym.derive.switched import switched
from signsgd_sym.notation import (
    D,
    Delta,
    K,
    K_sigma,
    Kbar,
    P,
    R,
    d,
    eps,
    eta,
    eta_0,
    eta_SGD,
    phi,
    psi,
    varsigma,
)
from signsgd_sym.special import NoiseMean

# --- the four factors --------------------------------------------------------------------------
record = ss.Recorder("chapter-four-effects", "15. signSGD is SGD with four changes", (finite_variance(),))
record.define(P, R + NoiseMean(eps**2) / 2, "the population risk")
record.define(phi, 2 * NoiseMean(sp.exp(-(eps**2) / (4 * R))) / sp.pi, "chapter 3")
compression = record.define(psi, sp.pi / 2 * phi * sp.sqrt(P / R), "noise compression")
record.equal(psi, NoiseMean(sp.exp(-(eps**2) / (4 * R))) * sp.sqrt(P / R), "a quotient of two means")
record.equal(phi / sp.sqrt(2 * R), 2 / sp.pi * psi / sp.sqrt(2 * P), "the rate of the drift, in terms of psi")

# The SDEs: one step for both, then the matrices.
matched = record.define(eta_SGD, 2 / sp.pi * eta * psi / sp.sqrt(2 * P), "the matched step")
record.define(Kbar, D**-1 * K, "diagonal preconditioning")
drift = -eta * phi / sp.sqrt(2 * R) * D**-1 * K * Delta
record.equal(
    drift, -eta_SGD * Kbar * Delta, "signHSGD's drift, chapter 6: SGD's at the matched step, preconditioned"
)
noise = eta**2 / d * K_sigma
record.equal(
    noise,
    eta_SGD**2 / d * 2 * P * (sp.pi / 2) ** 2 * K_sigma / psi**2,
    "its noise: SGD's with (pi/2)^2 K_sigma for K, and without the psi that is in the step",
)

effects = four_effects()
assert sp.simplify(effects.compression - compression) == 0
assert sp.simplify(effects.matched - matched) == 0
record.equal(noise, effects.sign.covariance, "what the engine found: the noise")
record.equal(effects.compression, compression, "what the engine found: noise compression")
chapter = record.finish()

# --- one effect at a time --------------------------------------------------------------------------
record = ss.Recorder("chapter-switched-effects", "15b. One effect at a time")
record.use(chapter)

# Alone, preconditioning would change the unit of the drift: Kbar has that of x, K its square. In the unit
# varsigma the trace stays, and all that preconditioning does is redistribute it.
record.define(varsigma, sp.Trace(K) / sp.Trace(D), "a typical standard deviation")
record.equal(sp.Trace(varsigma * D**-1 * K), sp.Trace(K), "the trace of the drift matrix stays")
record.at_most(sp.Trace(K), varsigma**2 * d, "(tr D)^2 <= d tr K")
record.equal(
    sp.Trace((sp.pi * varsigma / 2) ** 2 * K_sigma), (sp.pi * varsigma / 2) ** 2 * d, "reshaped noise"
)

# From SGD: the effective learning rate, then psi in the drift, then the two matrices.
step = 2 / sp.pi * eta / (varsigma * sp.sqrt(2 * P))
by_hand = -step * psi * varsigma * D**-1 * K * Delta
record.equal(by_hand, -eta_SGD * Kbar * Delta, "all four: signSGD's drift; varsigma cancels")
none, everything = switched(effects, frozenset()), switched(effects, frozenset(EFFECTS))
assert none.sde.drift == -eta_0 * K * Delta
record.equal(
    step**2 / d * 2 * P * (sp.pi * varsigma / 2) ** 2 * K_sigma,
    everything.sde.covariance,
    "what the engine found: the noise with all four",
)
record.equal(by_hand, everything.sde.drift, "what the engine found: the drift with all four")
one_at_a_time = record.finish()

if __name__ == "__main__":
    print(ss.check(chapter))
    print(ss.check(one_at_a_time))
