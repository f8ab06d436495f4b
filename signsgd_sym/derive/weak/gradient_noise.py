r"""signSGD under Gaussian gradient noise: g = grad f + N(0, Sigma), as a large batch has it.

    E[sign g_i] = erf(mu_i/sqrt 2),                              mu_i = grad_i/sqrt(Sigma_ii),
    E[sign g_i sign g_j] = erf(mu_i/sqrt 2) erf(mu_j/sqrt 2) + 4 int_0^rho p_s(mu_i, mu_j) ds,

p_s the density of two standard Gaussians of correlation s, rho that of the noise of g_i and g_j. Uncorrelated
noise leaves the first term, so the SDE has independent components; at mu = 0 the second is the arcsine law.

References: E. Monzio Compagnoni et al., arXiv 2411.15958 (diagonal Sigma); R. L. Plackett, Biometrika 41
(1954) 351.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from signsgd_sym import notation as nt
from signsgd_sym.derive.assumptions import CORRELATION
from signsgd_sym.derive.expectation import gaussian_mean
from signsgd_sym.errors import RuleError
from signsgd_sym.notation import Sigma_ii, eta, g, grad_i, mu_i, mu_j, rho, s, w, x
from signsgd_sym.proof.derivation import Assumption, Derivation, Recorder

GAUSSIAN_GRADIENT = Assumption("g ~ N(grad f, Sigma) given X", name="gaussian-gradient-noise")
SMALL_STEPS = Assumption("X <- X - eta sign(g), time t = eta k", name="small-steps")
LINE = (-sp.oo, sp.oo)


def gradient_noise_mean() -> Derivation:
    """E[sign g_i] for g_i ~ N(grad_i, Sigma_ii).

    >>> gradient_noise_mean().result
    erf(sqrt(2)*grad_i/(2*sqrt(Sigma_ii)))
    """
    record = Recorder(
        "gradient-noise-mean", "E[sign g_i] under Gaussian gradient noise", (GAUSSIAN_GRADIENT,)
    )
    record.define(
        nt.mean_sign,
        sp.Integral(sp.sign(x) * nt.normal_density(x, grad_i, Sigma_ii), (x, *LINE)),
        "g_i is N(grad_i, Sigma_ii)",
        needs=(GAUSSIAN_GRADIENT,),
    )
    gaussian_mean(
        record,
        nt.mean_sign,
        sp.sign(grad_i + sp.sqrt(Sigma_ii) * w),
        w,
        "substitute x = grad_i + sqrt(Sigma_ii) w",
    )
    return record.finish()


def gradient_noise_pair() -> Derivation:
    """E[sign g_i sign g_j] for noise of correlation rho, in terms of mu = grad/sqrt(Sigma).

    >>> pair = gradient_noise_pair().result
    >>> pair.subs(rho, 0).doit()
    erf(sqrt(2)*mu_i/2)*erf(sqrt(2)*mu_j/2)
    """
    record = Recorder(
        "gradient-noise-pair",
        "E[sign g_i sign g_j] under Gaussian gradient noise",
        (GAUSSIAN_GRADIENT, CORRELATION),
    )
    rest = mu_j + rho * g + sp.sqrt(1 - rho**2) * w
    record.define(
        nt.sign_given_noise,
        sp.Integral(sp.sign(rest) * nt.gaussian_density(w), (w, *LINE)),
        "noise sqrt(Sigma_ii) g in g_i leaves sqrt(Sigma_jj) (rho g + sqrt(1 - rho^2) w) in g_j",
        needs=(GAUSSIAN_GRADIENT,),
    )
    given = gaussian_mean(record, nt.sign_given_noise, sp.sign(rest), w, "the same")
    quantity = sp.sign(mu_i + g) * given
    integral = sp.Integral(quantity * nt.gaussian_density(g), (g, *LINE))
    record.define(
        nt.pair_of_signs,
        integral,
        "average over the noise of g_j, which was done, then over that of g_i",
        needs=(GAUSSIAN_GRADIENT,),
    )
    slope = _slope_in_correlation(record, given)
    independent = gaussian_mean(
        record,
        sp.Subs(integral, rho, 0),
        quantity.subs(rho, 0),
        g,
        "at rho = 0 the components are independent",
    )
    back = independent + sp.Integral(slope.subs(rho, s), (s, 0, rho))
    record.equal(integral, back, "integrate back in rho")
    return record.finish()


def _slope_in_correlation(record: Recorder, given: Any) -> Any:
    """d/drho E[sign(mu_i + G) given(G)], recorded: its integrand has an antiderivative in g."""
    exponent = -(g**2 + 2 * rho * mu_j * g + mu_j**2) / (2 * (1 - rho**2))
    factor = sp.simplify(sp.diff(given, rho) * nt.gaussian_density(g) / sp.exp(exponent))
    constant = sp.simplify(factor / sp.diff(exponent, g))
    if constant.has(g):
        raise RuleError(f"the slope {factor} exp({exponent}) has no antiderivative of that form.")
    record.equal(
        sp.Derivative(given, rho) * nt.gaussian_density(g),
        factor * sp.exp(exponent),
        "differentiate under the integral in rho: the error function becomes a Gaussian",
    )
    primitive = constant * sp.exp(exponent)
    record.equal(sp.Derivative(primitive, g), factor * sp.exp(exponent), "it has an antiderivative in g")
    slope = sp.simplify(-2 * primitive.subs(g, -mu_i))
    jump = -2 * sp.Subs(primitive, g, -mu_i)
    return record.equal(jump, slope, "which vanishes at both ends: only the jump of sign(mu_i + g) is left")


def gradient_noise_sde() -> Derivation:
    """Drift and covariance of the SDE per unit time; the result is the variance of one component.

    >>> gradient_noise_sde().result
    eta*(1 - erf(sqrt(2)*grad_i/(2*sqrt(Sigma_ii)))**2)
    """
    record = Recorder(
        "gradient-noise-sde",
        "The weak-approximation SDE under Gaussian gradient noise",
        (GAUSSIAN_GRADIENT, SMALL_STEPS, CORRELATION),
    )
    mean = record.use(gradient_noise_mean())
    pair = record.use(gradient_noise_pair())
    record.define(nt.drift_i, -nt.mean_sign, "1/eta steps of mean -eta E[sign g_i]", needs=(SMALL_STEPS,))
    record.equal(nt.drift_i, -mean, "insert the mean")
    means = sp.erf(mu_i / sp.sqrt(2)) * sp.erf(mu_j / sp.sqrt(2))
    record.define(
        nt.covariance_ij,
        eta * (nt.pair_of_signs - means),
        "1/eta steps of covariance eta^2 (E[sign g_i sign g_j] - E[sign g_i] E[sign g_j])",
        needs=(SMALL_STEPS,),
    )
    record.equal(
        nt.covariance_ij, eta * (pair - means), "insert the pair: correlated noise couples the components"
    )
    record.equal(sp.Subs(pair - means, rho, 0), 0, "uncorrelated noise does not")
    record.define(
        nt.square_of_sign,
        sp.Integral(sp.sign(x) ** 2 * nt.normal_density(x, grad_i, Sigma_ii), (x, *LINE)),
        "the second moment of one sign",
        needs=(GAUSSIAN_GRADIENT,),
    )
    square = gaussian_mean(
        record,
        nt.square_of_sign,
        sp.sign(grad_i + sp.sqrt(Sigma_ii) * w) ** 2,
        w,
        "substitute x = grad_i + sqrt(Sigma_ii) w",
    )
    record.define(
        nt.variance_i,
        eta * (nt.square_of_sign - nt.mean_sign**2),
        "1/eta steps of variance eta^2 (E[sign^2] - E[sign]^2)",
        needs=(SMALL_STEPS,),
    )
    record.equal(nt.variance_i, eta * (square - mean**2), "insert both moments")
    return record.finish()
