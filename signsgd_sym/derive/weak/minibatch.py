r"""The mean sign of a minibatch gradient of the linear model, exactly, for every batch size b.

The gradient of coordinate i is sum_m r_m x_mi/b, with Gaussian residuals r_m = <x_m, Delta> - eps_m (Gaussian
label noise of any size) of correlation rho with x_mi. Given the norm |r| of the b residuals it is Gaussian,
and |r|/sqrt(2 P) has the chi law with b degrees of freedom:

    m_b(rho) = E erf(rho chi_b/sqrt(2 (1 - rho^2))) = (2/B(1/2, b/2)) int_0^rho (1 - s^2)^(b/2 - 1) ds,

that is P(|T| < t) with T of Student's law with b degrees of freedom at t = sqrt(b) rho/sqrt(1 - rho^2): the
distribution of a sample correlation. b = 1 is the arcsine of one sample; b = 2 is rho, exactly; at fixed
q = sqrt(b) rho and b -> oo it is the error function of Gaussian gradient noise, with an error of order 1/b.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from signsgd_sym import notation as nt
from signsgd_sym.derive.assumptions import CORRELATION, GAUSSIAN_DATA
from signsgd_sym.derive.expectation import gaussian_mean
from signsgd_sym.derive.gaussian_noise import NOISE
from signsgd_sym.derive.weak.gradient_noise import gradient_noise_mean
from signsgd_sym.notation import K_ii, P, Sigma_ii, batch, g, grad_i, q, rho, s, w, y
from signsgd_sym.proof.derivation import Assumption, Derivation, Recorder

MINIBATCH = Assumption("g = sum of r_m x_m/b over b independent samples", name="minibatch")


def chi_density() -> Any:
    """Density at y of the norm of b independent standard Gaussians."""
    return 2 ** (1 - batch / 2) * y ** (batch - 1) * sp.exp(-(y**2) / 2) / sp.gamma(batch / 2)


def slope_of_batch() -> Any:
    """dm_b/drho = 2 (1 - rho^2)^(b/2 - 1)/B(1/2, b/2)."""
    return 2 * (1 - rho**2) ** (batch / 2 - 1) / sp.beta(sp.S.Half, batch / 2)


def minibatch_mean() -> Derivation:
    """m_b(rho), the mean of the sign of a minibatch gradient.

    >>> minibatch_mean().result.subs(batch, 2).doit()
    rho
    """
    record = Recorder(
        "minibatch-mean",
        "E[sign] of a minibatch gradient, exactly",
        (GAUSSIAN_DATA, CORRELATION, NOISE, MINIBATCH),
    )
    scaled = rho * y + sp.sqrt(1 - rho**2) * w
    record.define(
        nt.sign_given_norm,
        sp.Integral(sp.sign(scaled) * nt.gaussian_density(w), (w, -sp.oo, sp.oo)),
        "given |r| = sqrt(2 P) y, sum_m r_m x_mi = sqrt(K_ii 2 P) y (rho y + sqrt(1 - rho^2) w)",
        needs=(GAUSSIAN_DATA, NOISE, MINIBATCH),
    )
    given = gaussian_mean(record, nt.sign_given_norm, sp.sign(scaled), w, "the same")
    chi = chi_density()
    record.equal(
        sp.Integral(chi, (y, 0, sp.oo)), 1, "the density of |r|/sqrt(2 P): chi with b degrees of freedom"
    )
    integral = sp.Integral(given * chi, (y, 0, sp.oo))
    record.define(nt.mean_of_batch, integral, "average over |r|", needs=(MINIBATCH,))
    slope = slope_of_batch()
    record.equal(
        sp.Derivative(integral, rho), slope, "differentiate under the integral: a Gamma integral is left"
    )
    back = sp.Integral(slope.subs(rho, s), (s, 0, rho))
    record.equal(nt.mean_of_batch, back, "integrate back in rho; at rho = 0 the integrand vanishes")
    record.equal(sp.Subs(back, batch, 1), 2 * sp.asin(rho) / sp.pi, "one sample: the arcsine")
    record.equal(sp.Subs(back, batch, 2), rho, "two samples: linear, whatever rho is")
    record.equal(nt.mean_of_batch, back, "so any batch has this mean")
    return record.finish()


def minibatch_noise() -> Derivation:
    """The signal-to-noise ratio of a minibatch gradient, and its mean sign if it were Gaussian.

    >>> minibatch_noise().result
    erf(sqrt(2)*sqrt(b)*rho/(2*sqrt(rho**2 + 1)))
    """
    record = Recorder(
        "minibatch-noise",
        "E[sign] of a minibatch gradient by the central limit theorem",
        (GAUSSIAN_DATA, CORRELATION, NOISE, MINIBATCH),
    )
    mean = record.use(gradient_noise_mean())
    coordinate = rho * g + sp.sqrt(1 - rho**2) * w
    line = (-sp.oo, sp.oo)

    def expectation(power: int, over_w: Any) -> Any:
        inner = sp.Integral((g * coordinate) ** power * nt.gaussian_density(w), (w, *line))
        record.equal(
            inner, over_w, "r = sqrt(2 P) g, x_i = sqrt(K_ii) (rho g + sqrt(1 - rho^2) w): average over w"
        )
        return sp.Integral(over_w * nt.gaussian_density(g), (g, *line))

    first = expectation(1, rho * g**2)
    record.define(
        grad_i, sp.sqrt(2 * P * K_ii) * first, "the gradient: E[r x_i]", needs=(GAUSSIAN_DATA, NOISE)
    )
    gradient = record.equal(grad_i, sp.sqrt(2 * P * K_ii) * rho, "average over g")
    second = expectation(2, g**2 * (rho**2 * g**2 + 1 - rho**2))
    record.define(
        Sigma_ii,
        2 * P * K_ii * (second - rho**2) / batch,
        "variance of r x_i over b: E[(r x_i)^2] - E[r x_i]^2",
        needs=(GAUSSIAN_DATA, NOISE, MINIBATCH),
    )
    variance = record.equal(
        Sigma_ii, 2 * P * K_ii * (1 + rho**2) / batch, "Isserlis: E[(r x)^2] = 1 + 2 rho^2"
    )
    ratio = sp.sqrt(batch) * rho / sp.sqrt(1 + rho**2)
    record.equal(gradient / sp.sqrt(variance), ratio, "signal to noise; K_ii and P drop out")
    record.equal(mean.subs({grad_i: gradient, Sigma_ii: variance}), sp.erf(ratio / sp.sqrt(2)), "insert it")
    return record.finish()


def minibatch_normal_limit() -> Derivation:
    """m_b less its Gaussian stand-in is sqrt(2/pi) exp(-q^2/2) (3 q^3 - q)/(4 b) + O(b^-2), q = sqrt(b) rho.

    >>> minibatch_normal_limit().result.subs(q, 0)
    0
    """
    record = Recorder("minibatch-normal-limit", "How far a minibatch gradient is from Gaussian", ())
    in_q = {rho: q / sp.sqrt(batch)}
    exact = slope_of_batch().subs(in_q) / sp.sqrt(batch)
    normal_mean = record.use(minibatch_noise())
    normal = sp.simplify(sp.diff(normal_mean.subs(in_q), q))
    record.equal(sp.Derivative(normal_mean.subs(in_q), q), normal, "the slope of the error function in q")
    bell = sp.sqrt(2 / sp.pi) * sp.exp(-(q**2) / 2)
    limit = {"variable": batch, "point": sp.oo, "order": batch**-2}
    first = record.expand(
        exact, bell * (1 + (4 * q**2 - q**4 - 1) / (4 * batch)), "Stirling, and (1 - q^2/b)^(b/2)", **limit
    )
    second = record.expand(
        normal, bell * (1 + (q**4 - 3 * q**2) / (2 * batch)), "q^2/(1 + q^2/b) = q^2 - q^4/b + ...", **limit
    )
    gap = bell * (3 * q**3 - q) / (4 * batch)
    record.equal(sp.Derivative(gap, q), sp.factor(first - second), "the difference of the slopes is a slope")
    record.equal(sp.Subs(gap, q, 0), 0, "and both means vanish at q = 0")
    record.expand(
        2 / (sp.beta(sp.S.Half, batch / 2) * sp.sqrt(2 * batch / sp.pi)),
        1 - 1 / (4 * batch),
        "at small arguments the two are proportional: by 1 - 1/(4 b)",
        **limit,
    )
    record.equal(sp.Integral(sp.factor(first - second).subs(q, s), (s, 0, q)), gap, "integrate the slopes")
    return record.finish()
