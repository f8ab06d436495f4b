r"""Minibatches: the sign of the mean gradient of b samples, and SGD with b samples.

Given the residuals r = (r_1, ..., r_b), the sum of r_m x_m,i is |r| times a coordinate whose correlation with
<r, G>/|r| is rho_i, so that the sign rule responds with

    phi_b(R) = sqrt(2/pi) E[<r, G>/|r|] = sqrt(2/pi) sqrt(2 R) (b - 1) E[1/|r|],    b >= 2,

by Stein's identity in b variables: the divergence of r/|r| is (b - 1)/|r|. And E exp(-u^2 r_m^2) is phi at
another risk, so that the law of the noise enters through phi alone:

    phi_b(R) = (4/pi) sqrt(R) (b - 1) int_0^oo L(u)^b du,
    L(u) = E exp(-u^2 r_m^2) = (pi/2) phi(R + 1/(4 u^2))/sqrt(1 + 4 R u^2).

Signs have the square 1 whatever the batch: K_sigma is unchanged. For SGD the mean is unchanged and the
covariance is divided by b.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from signsgd_sym import notation as nt
from signsgd_sym.derive.assumptions import GAUSSIAN_DATA, SMALL_CORRELATIONS, any_law
from signsgd_sym.derive.moments import conditional_mean, linear_response
from signsgd_sym.model.update_rule import SIGN
from signsgd_sym.notation import (
    R,
    eps,
    g,
    laplace_given_noise,
    laplace_of_square,
    norm_r,
    phi,
    phi_b,
    rho,
    u,
    v,
)
from signsgd_sym.notation import batch as b
from signsgd_sym.proof.derivation import Assumption, Derivation, Recorder
from signsgd_sym.special import NoiseMean

BATCH = Assumption("b >= 2 independent samples a step", b >= 2, name="batch")
GAUSSIAN_LABELS = Assumption("eps ~ N(0, v^2)", name="gaussian-noise")


def batch_response() -> Derivation:
    """phi_b(R) of the sign rule as an integral of phi.

    >>> batch_response().result
    4*sqrt(R)*(b - 1)*Integral(L(u)**b, (u, 0, oo))/pi
    """
    law = any_law()
    record = Recorder(
        "batch-response",
        "The sign of the mean gradient of b samples",
        (GAUSSIAN_DATA, SMALL_CORRELATIONS, BATCH, law),
    )
    given = record.use(conditional_mean(SIGN))
    record.use(linear_response(SIGN))
    linear = sp.sqrt(2 / sp.pi) * g * rho
    record.expand(
        given,
        linear,
        "given the residuals, sum_m r_m x_m,i is |r| times x_i with g = <r, G>/|r|",
        variable=rho,
        order=rho**3,
        needs=(GAUSSIAN_DATA, SMALL_CORRELATIONS),
    )
    record.equal(
        sp.Derivative(norm_r ** (b - 1), norm_r) / norm_r ** (b - 1),
        (b - 1) / norm_r,
        "the divergence of r/|r| in b variables, in polar coordinates",
    )
    record.equal(
        1 / norm_r,
        2 / sp.sqrt(sp.pi) * sp.Integral(sp.exp(-(u**2) * norm_r**2), (u, 0, sp.oo)),
        "the squares of independent residuals add up in an exponent",
    )
    record.define(
        laplace_given_noise,
        sp.Integral(sp.exp(-(u**2) * nt.residual() ** 2) * nt.gaussian_density(g), (g, -sp.oo, sp.oo)),
        "one residual, r = sqrt(2 R) G - eps",
        needs=(GAUSSIAN_DATA,),
    )
    growth = sp.sqrt(1 + 4 * R * u**2)
    value = sp.exp(-(u**2) * eps**2 / growth**2) / growth
    record.equal(laplace_given_noise, value, "complete the square")
    mean = NoiseMean(sp.exp(-(eps**2) / (4 * (R + 1 / (4 * u**2)))))
    record.equal(NoiseMean(value), mean / growth, "u^2/(1 + 4 R u^2) is 1/(4 (R + 1/(4 u^2)))")
    wider = phi.subs(R, R + 1 / (4 * u**2))
    record.define(phi, 2 * NoiseMean(sp.exp(-(eps**2) / (4 * R))) / sp.pi, "the response to one sample")
    at_wider = sp.pi * wider / (2 * growth)
    record.equal(mean / growth, at_wider, "phi at the risk R + 1/(4 u^2)")
    record.define(laplace_of_square, at_wider, "E exp(-u^2 r^2)")
    integral = sp.Integral(laplace_of_square**b, (u, 0, sp.oo))
    record.define(
        phi_b,
        4 * sp.sqrt(R) * (b - 1) / sp.pi * integral,
        "sqrt(2/pi) E[<r, G>/|r|] = sqrt(2/pi) sqrt(2 R) (b - 1) E[1/|r|], by Stein's identity for each G_m",
        needs=(BATCH, law),
    )
    return record.finish()


def gaussian_batch_response(value: Any = v) -> Derivation:
    """phi_b under N(0, v^2): (2/sqrt(pi)) Gamma((b+1)/2)/Gamma(b/2) sqrt(2 R/(2 R + v^2)).

    >>> sp.simplify(gaussian_batch_response().result.subs(nt.batch, 1))
    2*sqrt(2)*sqrt(R)/(pi*sqrt(2*R + v**2))
    """
    record = Recorder(
        "gaussian-batch-response",
        "The sign of the mean gradient under Gaussian noise",
        (BATCH, GAUSSIAN_LABELS),
    )
    record.use(batch_response())
    one = 1 / sp.sqrt(1 + 2 * u**2 * (2 * R + value**2))
    width = sp.sqrt(2 * R + value**2)
    density = nt.gaussian_density(g)
    record.equal(
        sp.Integral(sp.exp(-(u**2) * (width * g) ** 2) * density, (g, -sp.oo, sp.oo)),
        one,
        "r is N(0, 2 R + v^2), and so is its square's transform",
        needs=(GAUSSIAN_LABELS,),
    )
    whole = 4 * sp.sqrt(R) * (b - 1) / sp.pi * sp.Integral(one**b, (u, 0, sp.oo))
    closed = 2 / sp.sqrt(sp.pi) * sp.gamma((b + 1) / 2) / sp.gamma(b / 2) * sp.sqrt(2 * R) / width
    record.equal(whole, closed, "Euler's integral; (b - 1) Gamma((b - 1)/2) = 2 Gamma((b + 1)/2)")
    return record.finish()
