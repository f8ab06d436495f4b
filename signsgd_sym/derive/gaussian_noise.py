r"""Gaussian label noise: the mean step is an arcsine for every d, not only to first order.

Averaging the slope d/drho E[f(r x_i) | eps] over eps ~ N(0, v^2) and integrating back in rho gives
(2/pi) asin(rho sqrt(2 R/(2 R + v^2))).
"""

from __future__ import annotations

import sympy as sp

from signsgd_sym import notation as nt
from signsgd_sym.derive import gaussian_integral
from signsgd_sym.derive.assumptions import CORRELATION, GAUSSIAN_DATA
from signsgd_sym.derive.expectation import inside_unit_interval, outside_unit_interval
from signsgd_sym.derive.moments import one_step_mean
from signsgd_sym.errors import RuleError
from signsgd_sym.model.noise import noise_law
from signsgd_sym.model.update_rule import SIGN
from signsgd_sym.notation import R, eps, h, rho, s
from signsgd_sym.proof.derivation import Assumption, Derivation, Recorder

NOISE = Assumption("eps ~ N(0, v^2)", name="gaussian-noise")


def gaussian_noise_mean() -> Derivation:
    """E[sign(r x_i)] for eps ~ N(0, v^2), exact in rho.

    >>> gaussian_noise_mean().result
    2*asin(sqrt(2)*sqrt(R)*rho/sqrt(2*R + v**2))/pi
    """
    law = noise_law("Normal(0, v)")
    record = Recorder(
        "gaussian-noise-mean",
        "E[sign(r x_i)] under Gaussian label noise",
        (GAUSSIAN_DATA, CORRELATION, NOISE),
    )
    mean = record.use(one_step_mean(SIGN)).subs(h, eps / sp.sqrt(2 * R))
    averaged_mean = law.mean_of(mean)
    averaging = "average E[f(r x_i) | eps] over eps, h = eps/sqrt(2 R)"
    record.define(nt.mean_step, averaged_mean, averaging, needs=(GAUSSIAN_DATA, NOISE))
    slope = sp.simplify(mean.diff(rho))
    record.equal(sp.Derivative(mean, rho), slope, "differentiate in rho")
    averaged = law.mean_of(slope)
    [integral] = averaged.atoms(sp.Integral)
    value = gaussian_integral.integrate(inside_unit_interval(integral.function), *integral.limits[0])
    if value is None:
        raise RuleError(f"{integral} is not a Gaussian integral.")
    value = outside_unit_interval(averaged.xreplace({integral: value}))
    record.equal(averaged, value, "average over eps: complete the square")
    back = sp.Integral(value.subs(rho, s), (s, 0, rho))
    record.equal(nt.mean_step, back, "integrate back in rho; the mean vanishes at rho = 0")
    record.equal(back, sp.simplify(back.doit()), "evaluate")
    return record.finish()
