r"""Without label noise: the largest stable step, and the rate of convergence at half of it.

phi = 2/pi and P = R, so with eta = c sqrt(2 R) for the sign rule and eta = c for SGD the mode ODE is linear,

    dr_i/dt = -2 a lambda_i r_i + b R n_i,        R = sum_j r_j.

A solution that grows like exp(mu t) has r_i = b R n_i/(mu + 2 a lambda_i), and these add up to R iff

    h(mu) = sum_j b n_j/(mu + 2 a lambda_j) = 1.

h falls in mu, so there is a growing solution iff h(0) > 1; and h(0) contains the spectrum through one trace
only. At half the largest stable step h(0) = 1/2, so h(-a lambda_min) <= 2 h(0) = 1: the slowest rate lies
between a lambda_min and 2 a lambda_min. What it lacks of the latter, the modes' noise takes from each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from signsgd_sym.derive.assumptions import eigenbasis, no_label_noise
from signsgd_sym.derive.risk import derive_risk_ode, stationary_equation
from signsgd_sym.derive.sde import LimitSDE, derive_sde
from signsgd_sym.model.update_rule import UpdateRule
from signsgd_sym.notation import D, R, c, d, eps, eta, i, j, kappa, lam, mu, n, phi, r_i, r_mu
from signsgd_sym.proof.derivation import Derivation, Recorder
from signsgd_sym.special import NoiseMean


@dataclass(frozen=True)
class NoiseFree:
    """The linear mode ODE of a rule without label noise.

    `decay` is a and `feedback` is b, in terms of c; `largest` is the step c up to which it is stable, `power`
    the m of tr(D^m) in it, and `rate` the numerator of 2 a lambda_i = `rate`/kappa at half of that step.
    """

    sde: LimitSDE
    decay: Any
    feedback: Any
    largest: Any
    power: Any
    rate: Any
    derivation: Derivation


def noise_free(rule: UpdateRule) -> NoiseFree:
    """Stability and rate of a rule without label noise, from its mode ODE.

    >>> from signsgd_sym.model.update_rule import SIGN
    >>> found = noise_free(SIGN)
    >>> found.largest, found.rate
    (4*d/(pi*Trace(D)), 8/pi**2)
    """
    ode = derive_risk_ode(derive_sde(rule))
    sde = ode.sde
    at_rest = stationary_equation(ode)
    # Under eps = 0 every mean over the noise is that of a constant.
    [silence] = ((name, _without_noise(meaning)) for name, meaning in sde.definitions)
    step = sp.sqrt(2 * R) * c if sde.rate.has(R, phi) else c
    scheduled = ode.rhs.subs(eta, step)
    linear = sp.expand(sp.simplify(scheduled.subs(*silence)))
    decay = sp.simplify(-linear.coeff(r_i, 1) / (2 * lam[i]))
    feedback = sp.simplify(linear.coeff(n[i], 1) / R)
    record = Recorder(
        f"{rule.name}-noise-free",
        f"Stability without label noise, f(z) = {rule.expr}",
        (eigenbasis(sde.power), no_label_noise(*silence)),
    )
    record.use(ode.derivation)
    record.use(at_rest.derivation)
    record.equal(
        scheduled,
        -2 * decay * lam[i] * r_i + feedback * R * n[i],
        f"the mode ODE with eta = {step} and no label noise: linear",
    )
    growing = feedback * R * n[i] / (mu + 2 * decay * lam[i])
    record.define(r_mu[i], growing, "the modes of a solution that grows like exp(mu t)")
    record.equal(-2 * decay * lam[i] * r_mu[i] + feedback * R * n[i], mu * r_mu[i], "mu times itself")
    at_mu = sp.Sum(feedback * n[j] / (mu + 2 * decay * lam[j]), (j, 1, d))
    at_zero = sp.Sum(feedback * n[j] / (2 * decay * lam[j]), (j, 1, d))
    record.equal(sp.Sum(r_mu[j], (j, 1, d)), R * at_mu, "their sum, which has to be R")
    record.at_most(at_mu, at_zero, "so it is below R for every mu > 0 if this is below 1: nothing grows")
    total = at_rest.level * 2 / eta  # sum of n_j/lambda_j, from the stationary risk
    threshold = sp.simplify(feedback / (2 * decay) * total)
    record.equal(at_zero, threshold, "of the spectrum only a trace is left, as for the stationary risk")
    [largest] = sp.solve(threshold - 1, c)
    record.equal(sp.Subs(threshold, c, largest), sp.S.One, "the largest stable step")
    mean = sp.Trace(D**at_rest.power) / d
    record.define(kappa, mean / lam[i], "the averaged condition number, if lambda_i is the smallest")
    rate = sp.simplify((2 * decay * lam[i]).subs(c, largest / 2) * mean / lam[i])
    record.equal(
        (2 * decay * lam[i]).subs(c, largest / 2), rate / kappa, "the rate of mode i at half of that step"
    )
    return NoiseFree(sde, decay, feedback, largest, at_rest.power, rate, record.finish())


def _without_noise(meaning: Any) -> Any:
    """What a definition says under eps = 0."""
    return meaning.xreplace({m: m.quantity.subs(eps, 0) for m in meaning.atoms(NoiseMean)})
