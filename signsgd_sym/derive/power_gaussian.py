r"""The power rule f(z) = |z|^p sign(z) under Gaussian label noise eps ~ N(0, v^2), in closed form.

The residual is then Gaussian itself, of variance 2 P with P = R + v^2/2, and its correlation with G is
sqrt(R/P). So with B = E|Z|^(p+1)

    A(R) = E[f(r) G] = sqrt(R/P) (2 P)^(p/2) B,      s(R) = E[f(r)^2] = (2 P)^p E|Z|^(2 p).

v = 0 is no noise. `powers` has A and s under any law, as means of Kummer functions of eps.
"""

from __future__ import annotations

import sympy as sp

from signsgd_sym import notation as nt
from signsgd_sym.derive.adam_sde import GAUSSIAN_NOISE
from signsgd_sym.derive.assumptions import GAUSSIAN_DATA
from signsgd_sym.derive.powers import data_response, exponent_of, whole_moment
from signsgd_sym.model.update_rule import UpdateRule
from signsgd_sym.notation import A, P, R, g, s_R
from signsgd_sym.proof.derivation import Derivation, Recorder
from signsgd_sym.special import NoiseMean

LINE = (-sp.oo, sp.oo)


def power_under_gaussian_noise(rule: UpdateRule) -> Derivation:
    """A and s as functions of R and P; they are the definitions of the derivation.

    Raises `RuleError` for a rule that is no power.

    >>> found = power_under_gaussian_noise(UpdateRule("z**3"))
    >>> found.definitions[A], found.definitions[s_R]
    (6*sqrt(2)*P*sqrt(R), 120*P**3)
    """
    p = exponent_of(rule)
    record = Recorder(
        f"{rule.name}-gaussian-noise",
        f"f(z) = {rule.expr} under Gaussian label noise",
        (GAUSSIAN_DATA, GAUSSIAN_NOISE),
    )
    record.define(P, R + NoiseMean(nt.eps**2) / 2, "the population risk: r has the variance 2 P")
    response, square = data_response(p), whole_moment(p)
    record.equal(
        sp.Integral(rule.apply(g) * g * nt.gaussian_density(g), (g, *LINE)),
        response,
        "r = sqrt(2 P) W, f(r) = (2 P)^(p/2) f(W): the response of f(W) to W, an absolute moment",
    )
    record.define(
        A,
        sp.powsimp(sp.sqrt(R / P) * (2 * P) ** (p / 2) * response),
        "E[f(r) G]: the regression of G on W has the slope sqrt(R/P)",
        needs=(GAUSSIAN_DATA, GAUSSIAN_NOISE),
    )
    record.equal(
        sp.Integral(rule.apply(g) ** 2 * nt.gaussian_density(g), (g, *LINE)), square, "an absolute moment"
    )
    record.define(s_R, (2 * P) ** p * square, "E[f(r)^2]", needs=(GAUSSIAN_DATA, GAUSSIAN_NOISE))
    return record.finish()


__all__ = ["power_under_gaussian_noise"]
