r"""signSGD under additive gradient noise of any law: the drift is a distribution function.

g_i = grad_i + e with e of any law, F its distribution function (an atom counts half at its place):

    E[sign g_i] = 1 - 2 F(-grad_i),      variance of a sign  4 F(-grad_i) (1 - F(-grad_i)) without an atom
    there.

Under a symmetric law F(-u) = 1 - F(u), and the mean is 2 F(grad_i) - 1. No moment of the noise is needed.
"""

from __future__ import annotations

import sympy as sp

from signsgd_sym import notation as nt
from signsgd_sym.derive.assumptions import any_law
from signsgd_sym.derive.weak.gradient_noise import SMALL_STEPS
from signsgd_sym.model.noise import noise_law
from signsgd_sym.notation import eps, eta, grad_i
from signsgd_sym.proof.derivation import Assumption, Derivation, Recorder
from signsgd_sym.special import NoiseMean


def symmetric_law() -> Assumption:
    """The gradient noise may have any law that is symmetric around 0; samples with and without a variance."""
    laws = ("Laplace(0, 3/4)", "StudentT(1)", "Normal(0, 2)", "Mixture((1/2, Dirac(2)), (1/2, Dirac(-2)))")
    return Assumption(
        "the noise has any symmetric law", laws=tuple(map(noise_law, laws)), name="symmetric-law"
    )


def any_gradient_noise() -> Derivation:
    """E[sign g_i] and the variance of sign g_i, for noise of any law without an atom at -grad_i.

    >>> any_gradient_noise().result
    4*F(-grad_i)*eta*(1 - F(-grad_i))
    """
    law = any_law()
    record = Recorder("any-gradient-noise", "The drift under gradient noise of any law", (law, SMALL_STEPS))
    record.define(nt.mean_sign, NoiseMean(sp.sign(grad_i + eps)), "g_i is grad_i plus the noise")
    record.define(nt.below, NoiseMean(sp.Heaviside(-grad_i - eps)), "the distribution function at -grad_i")
    mean = record.equal(nt.mean_sign, 1 - 2 * nt.below, "mass above -grad_i less mass below")
    record.define(nt.drift_i, -nt.mean_sign, "1/eta steps of mean -eta E[sign g_i]", needs=(SMALL_STEPS,))
    record.equal(nt.drift_i, -mean, "insert the mean")
    record.define(
        nt.square_of_sign, NoiseMean(sp.sign(grad_i + eps) ** 2), "1 but where g_i = 0 has a probability"
    )
    square = record.equal(nt.square_of_sign, 1, "the noise has no atom at -grad_i")
    record.define(
        nt.variance_i,
        eta * (nt.square_of_sign - nt.mean_sign**2),
        "1/eta steps of variance eta^2 (E[sign^2] - E[sign]^2)",
        needs=(SMALL_STEPS,),
    )
    record.equal(nt.variance_i, eta * (square - mean**2), "insert both moments")
    record.equal(
        eta * (square - mean**2), 4 * eta * nt.below * (1 - nt.below), "1 - (1 - 2 F)^2 = 4 F (1 - F)"
    )
    return record.finish()


def symmetric_gradient_noise() -> Derivation:
    """E[sign g_i] = 2 F(grad_i) - 1 for noise of any symmetric law.

    >>> symmetric_gradient_noise().result
    2*F(grad_i) - 1
    """
    law = symmetric_law()
    record = Recorder("symmetric-gradient-noise", "The drift under symmetric gradient noise", (law,))
    record.use(any_gradient_noise())
    record.define(nt.above, NoiseMean(sp.Heaviside(grad_i - eps)), "the distribution function at grad_i")
    record.equal(nt.below, 1 - nt.above, "the noise and its negative have one law")
    record.equal(nt.mean_sign, 2 * nt.above - 1, "insert it in 1 - 2 F(-grad_i)")
    return record.finish()
