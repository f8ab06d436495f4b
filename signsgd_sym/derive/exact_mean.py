r"""The mean step for any d and any law, as an integral of phi over the correlation.

The slope in rho of E[f(r x_i) | eps] is, for the sign rule, (2/pi) exp(-h^2/(2 (1 - rho^2)))/sqrt(1 - rho^2),
and averaging it over eps gives phi again, at the smaller risk R (1 - rho^2):

    E[sign(r x_i)] = int_0^rho phi(R (1 - s^2))/sqrt(1 - s^2) ds = phi(R) rho + O(rho^3).

So the law of the noise enters through phi alone not only in the limit but in every dimension.
"""

from __future__ import annotations

import sympy as sp

from signsgd_sym import notation as nt
from signsgd_sym.derive.assumptions import CORRELATION, GAUSSIAN_DATA, any_law
from signsgd_sym.derive.moments import linear_response, one_step_mean
from signsgd_sym.errors import RuleError
from signsgd_sym.model.update_rule import UpdateRule
from signsgd_sym.notation import R, eps, h, phi, rho, s
from signsgd_sym.proof.derivation import Derivation, Recorder
from signsgd_sym.special import NoiseMean


def exact_mean(rule: UpdateRule) -> Derivation:
    """E[f(r x_i)] as an integral over the correlation; raises `RuleError` for a rule whose mean has no phi.

    >>> from signsgd_sym.model.update_rule import SIGN
    >>> exact_mean(SIGN).result
    Integral(phi(R*(1 - s**2))/sqrt(1 - s**2), (s, 0, rho))
    """
    law = any_law()
    record = Recorder(
        f"{rule.name}-exact-mean", "The mean step in any dimension", (GAUSSIAN_DATA, CORRELATION, law)
    )
    given_eps = record.use(one_step_mean(rule))
    response = record.use(linear_response(rule))
    means = response.atoms(NoiseMean)
    if len(means) != 1:
        raise RuleError(f"the mean step of f(z) = {rule.expr} depends on no expectation over the noise.")
    mean = given_eps.subs(h, eps / sp.sqrt(2 * R))
    record.define(
        nt.mean_step, NoiseMean(mean), "average E[f(r x_i) | eps] over eps", needs=(GAUSSIAN_DATA, law)
    )
    record.define(phi, response, "the linear response")
    slope = sp.simplify(given_eps.diff(rho).subs(h, eps / sp.sqrt(2 * R)))
    averaged = NoiseMean.of(slope)
    record.equal(sp.Derivative(nt.mean_step, rho), averaged, "average the slope in rho over the label noise")
    smaller = R * (1 - rho**2)
    factor = sp.simplify(averaged / NoiseMean.of(response.subs(R, smaller).atoms(NoiseMean).pop().quantity))
    at_smaller = sp.simplify(factor / response.coeff(means.pop())) * phi.subs(R, smaller)
    if at_smaller.has(NoiseMean):
        raise RuleError(f"the averaged slope {averaged} is not phi at another risk.")
    record.equal(averaged, at_smaller, "the expectation is that in phi, at the risk R (1 - rho^2)")
    back = sp.Integral(at_smaller.subs(rho, s), (s, 0, rho))
    record.equal(nt.mean_step, back, "integrate back in rho; the mean vanishes at rho = 0")
    return record.finish()
