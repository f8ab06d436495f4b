r"""The mean square step of one coordinate, for any d.

f(r x_i)^2 = f(r)^2 f(x_i)^2 for a multiplicative rule. The two factors are not independent, both depend on G;
the SDE takes them as if they were. For SGD

    E[r^2 x_i^2] = K_ii (2 R + E[eps^2] + 4 R rho_i^2),

in which 4 R rho_i^2 K_ii = 2 (K Delta)_i^2 is what the SDE leaves out; for the sign rule both factors are 1.
"""

from __future__ import annotations

import sympy as sp

from signsgd_sym import notation as nt
from signsgd_sym.derive.assumptions import CORRELATION, GAUSSIAN_DATA, any_law, finite_variance
from signsgd_sym.derive.expectation import gaussian_mean
from signsgd_sym.derive.moments import require_multiplicative
from signsgd_sym.model.update_rule import SIGN, UpdateRule
from signsgd_sym.notation import K_ii, g, rho, w
from signsgd_sym.proof.derivation import Derivation, Recorder
from signsgd_sym.special import NoiseMean


def exact_square(rule: UpdateRule) -> Derivation:
    """E[f(r x_i)^2] as a function of R, rho_i and K_ii; raises `RuleError` unless the rule is multiplicative.

    >>> from signsgd_sym.model.update_rule import SGD
    >>> exact_square(SGD).result
    K_ii*(4*R*rho**2 + 2*R + NoiseMean(epsilon**2))
    """
    require_multiplicative(rule)
    law = any_law() if rule == SIGN else finite_variance()
    record = Recorder(
        f"{rule.name}-exact-square",
        f"E[f(r x_i)^2] in any dimension, f(z) = {rule.expr}",
        (GAUSSIAN_DATA, CORRELATION, law),
    )
    coordinate = sp.sqrt(K_ii) * (rho * g + sp.sqrt(1 - rho**2) * w)
    squared = rule.apply(coordinate) ** 2
    record.define(
        nt.coordinate_square,
        sp.Integral(squared * nt.gaussian_density(w), (w, -sp.oo, sp.oo)),
        "given G = g, x_i = sqrt(K_ii) (rho g + sqrt(1 - rho^2) W) with W ~ N(0, 1)",
        needs=(GAUSSIAN_DATA,),
    )
    given_g = gaussian_mean(record, nt.coordinate_square, squared, w, "the same")
    residual = rule.apply(nt.residual()) ** 2
    record.define(
        nt.square_given_noise,
        sp.Integral(residual * nt.coordinate_square * nt.gaussian_density(g), (g, -sp.oo, sp.oo)),
        "f(r x_i)^2 = f(r)^2 f(x_i)^2, r = sqrt(2 R) G - eps; average over x_i, then over G",
        needs=(GAUSSIAN_DATA,),
    )
    given_eps = gaussian_mean(
        record, nt.square_given_noise, residual * given_g, g, "insert E[f(x_i)^2 | G = g]"
    )
    record.define(nt.square_step, NoiseMean(nt.square_given_noise), "average over the label noise")
    averaged = NoiseMean.of(sp.expand(given_eps))
    record.equal(nt.square_step, sp.factor(averaged), "insert it")
    return record.finish()
