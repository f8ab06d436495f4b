r"""When signSGD wins: the risk at rest, the rate without label noise, and what asymmetric noise changes.

At rest. With SGD at the matched step of signSGD's rest, eta_SGD/varsigma, so that both drift matrices have
the same trace, and q = R/P at rest,

    q_sign/q_SGD = (pi^2/4)/psi^2:        signSGD rests lower iff psi > pi/2.

psi is 1 for Gaussian noise and tends to sqrt(pi) > pi/2 for Laplace noise at small steps. As R -> 0 the
condition reads 4 f(0)^2 E[eps^2] > pi/2, f the density of the noise: the left side is the efficiency of a
sample median relative to a mean, and pi/2 is what the sign of x_i costs besides.

Rate. Without label noise and at half the largest stable step, signSGD is faster iff
kappa_SGD > (pi^2/4) kappa_sign.

Asymmetric noise. theta_star stays where the drift vanishes, and phi depends on the law of |eps| alone.
"""

from __future__ import annotations

import sympy as sp

from signsgd_sym.derive.assumptions import CORRELATION, GAUSSIAN_DATA, finite_variance
from signsgd_sym.derive.compression import compression_at_zero, compression_before_it_is_simplified
from signsgd_sym.derive.effects import four_effects
from signsgd_sym.derive.moments import one_step_mean
from signsgd_sym.derive.noise_free import noise_free
from signsgd_sym.derive.phi import phi_integral, phi_mean, phi_of
from signsgd_sym.derive.risk import derive_risk_ode, stationary_equation
from signsgd_sym.derive.switched import TYPICAL
from signsgd_sym.model.noise import noise_law
from signsgd_sym.model.update_rule import SGD, SIGN
from signsgd_sym.notation import (
    D,
    K,
    P,
    R,
    d,
    eta,
    eta_SGD,
    kappa_SGD,
    kappa_sign,
    psi,
    rest_SGD,
    rest_sign,
    rho,
    varsigma,
)
from signsgd_sym.proof.derivation import Derivation, Recorder


def matched_rest() -> Derivation:
    """The ratio of the risks at rest, each relative to its population risk, at the matched step.

    >>> matched_rest().result
    pi**2/(4*psi**2)
    """
    effects = four_effects()
    of_sign, of_sgd = (stationary_equation(derive_risk_ode(sde)) for sde in (effects.sign, effects.sgd))
    record = Recorder("matched-rest", "Which optimizer rests lower at the matched step", (finite_variance(),))
    for source in (of_sign.derivation, of_sgd.derivation, effects.derivation):
        record.use(source)
    record.define(varsigma, TYPICAL, "a typical standard deviation of a coordinate")
    record.equal(of_sign.left, eta_SGD * R / eta, "signSGD's stationary equation at the matched step")
    share = of_sign.level * eta / (eta_SGD * P)
    record.define(rest_sign, share, "solved for R/P of signSGD at rest")
    own = sp.simplify(share.subs(eta, eta_SGD * eta / effects.matched) / eta_SGD) * eta_SGD
    record.equal(rest_sign, own, "eta in terms of eta_SGD: P drops out")
    [at_rest] = sp.solve(of_sgd.left - of_sgd.level, R)
    in_unit = (at_rest / P).subs(eta, eta_SGD / varsigma)
    record.define(rest_SGD, in_unit, "R/P of SGD at rest, at the step eta_SGD/varsigma")
    record.equal(
        rest_SGD, eta_SGD * sp.Trace(D) / (2 * d), "tr(D^2) = tr(K): it has the same trace of the drift"
    )
    ratio = sp.simplify(own / (eta_SGD * sp.Trace(D) / (2 * d)))
    laplace = effects.psi("Laplace(0, b)")
    record.tends(
        ratio.subs(psi, laplace),
        ratio.subs(psi, compression_at_zero("Laplace(0, b)", effects)),
        "Laplace noise at small steps: below 1",
        variable=R,
        point=0,
    )
    gaussian = compression_before_it_is_simplified("Normal(0, v)", effects)
    record.equal(ratio.subs(psi, gaussian), ratio.subs(psi, 1), "Gaussian noise of any size: above 2")
    record.equal(rest_sign / rest_SGD, ratio, "below 1 iff psi > pi/2")
    return record.finish()


def rate_criterion() -> Derivation:
    """The ratio of the rates without label noise, each at half its largest stable step.

    >>> rate_criterion().result
    4*kappa_SGD/(pi**2*kappa_sign)
    """
    sign, sgd = noise_free(SIGN), noise_free(SGD)
    record = Recorder("rate-criterion", "Which optimizer is faster without label noise")
    record.use(sign.derivation)
    record.use(sgd.derivation)
    rates = sign.rate / kappa_sign, sgd.rate / kappa_SGD
    ratio = sp.simplify(rates[0] / rates[1])
    [equal] = sp.solve(ratio - 1, kappa_SGD)
    record.equal(sp.Subs(ratio, kappa_SGD, equal), 1, f"the rates are equal at kappa_SGD = {equal}")
    # (tr D)^2 <= d tr K, and a diagonal K shows how much there is to win.
    record.at_most(sp.Trace(D) ** 2 / d**2, sp.Trace(K) / d, "the mean of the deviations, squared")
    record.equal(rates[0] / rates[1], ratio, "signSGD is faster iff this exceeds 1")
    return record.finish()


def asymmetric_noise() -> Derivation:
    """What is left of the theory under noise that is not symmetric: all of it.

    >>> asymmetric_noise().result
    2*sqrt(R)*exp(R/b**2)*erfc(sqrt(R)/b)/(sqrt(pi)*b)
    """
    record = Recorder("asymmetric-noise", "Asymmetric label noise", (GAUSSIAN_DATA, CORRELATION))
    mean = record.use(one_step_mean(SIGN))
    record.at_most(
        sp.Abs(mean),
        2 * sp.asin(sp.Abs(rho)) / sp.pi,
        "for every value of the noise: at theta_star, where rho = 0, the mean step is 0 whatever the law",
        needs=(GAUSSIAN_DATA,),
    )
    one_sided, two_sided = noise_law("Exponential(1/b)"), noise_law("Laplace(0, b)")
    one, two = phi_integral(phi_mean(one_sided)), phi_of(phi_mean(two_sided))
    record.equal(one, two, "Exponential(1/b) and Laplace(0, b) have one law of |eps|, so one phi")
    return record.finish()
