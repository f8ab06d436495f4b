r"""The first effect: signSGD's effective learning rate (2/pi) eta/sqrt(2 P).

signSGD does not see the scale of a residual, SGD does. In SGD's terms its step is therefore measured in units
of the residual's standard deviation sqrt(2 P): long where the risk is small, short where it is large. So

    eta = c sqrt(2 P)     is a constant effective rate;
    any constant eta      has a risk at rest, where SGD diverges from eta = 2 d/tr(K) on;
    no label noise        makes the drift of sqrt(2 R) constant, -2 eta/pi for K = I: 0 is reached at a finite
                          time, where SGD's risk falls exponentially.
"""

from __future__ import annotations

import sympy as sp

from signsgd_sym.derive.assumptions import finite_variance
from signsgd_sym.derive.effects import four_effects
from signsgd_sym.derive.noise_free import noise_free
from signsgd_sym.derive.risk import derive_risk_ode, stationary_equation
from signsgd_sym.model.update_rule import SGD
from signsgd_sym.notation import P, R, c, eps, eta, eta_eff, phi
from signsgd_sym.proof.derivation import Derivation, Recorder
from signsgd_sym.special import NoiseMean


def effective_learning_rate() -> Derivation:
    """What it means that signSGD's step is measured in units of the residual.

    >>> effective_learning_rate().result
    -2*eta/pi
    """
    effects, unstable = four_effects(), noise_free(SGD)
    sign, sgd = (stationary_equation(derive_risk_ode(sde)) for sde in (effects.sign, effects.sgd))
    meanings = dict(effects.sign.definitions) | dict(effects.sgd.definitions)
    record = Recorder("effective-learning-rate", "The effective learning rate", (finite_variance(),))
    for source in (effects.derivation, sign.derivation, sgd.derivation, unstable.derivation):
        record.use(source)
    record.define(P, meanings[P], "the population risk")
    record.define(phi, meanings[phi], "the linear response of the sign rule")
    rate = effects.rate * eta
    record.define(eta_eff, rate, "what of signSGD's step is left when psi and the matrices are SGD's")
    record.equal(
        sp.Subs(rate, eta, c * sp.sqrt(2 * P)),
        sp.simplify(rate.subs(eta, c * sp.sqrt(2 * P))),
        "a step in proportion to the residual is a constant step of SGD",
    )
    record.tends(
        rate.subs(P, R),
        sp.oo,
        "without label noise, P = R, it grows while the risk falls",
        variable=R,
        point=0,
    )

    # At rest: R a/s = level. For SGD a/s = 1/(2 P) keeps R a/s below 1/2, for signSGD it grows like sqrt(R).
    below = sp.simplify(sgd.left.subs(P, R))
    record.at_most(sgd.left.xreplace({P: meanings[P]}), below, "SGD: P >= R, so no rest above this level")
    [largest] = sp.solve(sgd.level - below, eta)
    record.equal(sp.Subs(sgd.level, eta, largest), below, f"which is that of the step {largest}")
    record.equal(largest, unstable.largest, "the step from which SGD diverges, with and without label noise")
    response = meanings[phi]
    [mean] = response.atoms(NoiseMean)
    record.at_most(
        1 - NoiseMean(eps**2) / (4 * R), mean, "signSGD: exp(-u) >= 1 - u, so phi is 2/pi at large risk"
    )
    linear = response.xreplace({mean: 1 - NoiseMean(eps**2) / (4 * R)})
    lowest = sp.simplify((sign.left / phi) * linear)
    record.at_most(lowest, (sign.left / phi) * response, "so that R phi/sqrt(2 R) is at least this")
    record.tends(
        lowest, sp.oo, "which exceeds any level: every constant step has a rest", variable=R, point=sp.oo
    )

    # No label noise, K = I: the drift of the size of a residual.
    silent = response.xreplace({mean: sp.S.One})
    drift = -2 * R * effects.sign.rate.subs(phi, silent) * eta
    record.equal(
        sp.Derivative(sp.sqrt(2 * R), R) * drift,
        sp.simplify(sp.diff(sp.sqrt(2 * R), R) * drift),
        "no label noise, K = I: the drift shortens the residual at a constant speed",
    )
    return record.finish()


__all__ = ["effective_learning_rate"]
