r"""The fourth effect: noise is reshaped, and correlations varrho become rho_sigma = (2/pi) asin(varrho).

In units of the deviations SGD's noise has the matrix C of correlations and signSGD's has K_sigma. Both have
the diagonal 1, so the sum of their eigenvalues is d; but off the diagonal rho_sigma is smaller than varrho,
by a factor of 2/pi at most: the spectrum is flatter. With one correlation varrho > 0 for all pairs,

    C:        1 - varrho (d - 1 times),       1 + (d - 1) varrho;
    K_sigma:  1 - rho_sigma (d - 1 times),    1 + (d - 1) rho_sigma,

and as varrho -> 1 the small eigenvalue of K_sigma is (2/pi) sqrt(2 (1 - varrho)): the root of SGD's. Where
SGD makes hardly any noise, in directions that the data hardly have, signSGD does. The risk at rest does not
tell: it contains K_sigma by its diagonal alone.
"""

from __future__ import annotations

import sympy as sp

from signsgd_sym.derive.orthant import arcsine_law
from signsgd_sym.derive.preconditioning import PAIR
from signsgd_sym.derive.risk import derive_risk_ode, stationary_equation
from signsgd_sym.derive.sde import derive_sde
from signsgd_sym.model.update_rule import SIGN
from signsgd_sym.notation import D, K_sigma, d, mu, rho, rho_sigma, varrho
from signsgd_sym.proof.derivation import Assumption, Derivation, Recorder

POSITIVE = Assumption("varrho > 0", varrho > 0, name="positive-correlation")


def noise_reshaping() -> Derivation:
    """How much noise there is: K_sigma counts by its diagonal, which is 1.

    >>> noise_reshaping().result
    Trace(D)
    """
    at_rest = stationary_equation(derive_risk_ode(derive_sde(SIGN)))
    record = Recorder("noise-reshaping", "Noise reshaping")
    record.use(at_rest.derivation)
    record.equal(sp.Trace(K_sigma), d, "a sign has the variance 1, whatever K is")
    record.equal(
        sp.Trace(D * K_sigma), sp.Trace(D), f"so the risk at rest does not see its shape, at {at_rest.level}"
    )
    return record.finish()


def reshaped_spectrum() -> Derivation:
    """What becomes of a spectrum, where all pairs of coordinates have one correlation.

    >>> reshaped_spectrum().result
    2*sqrt(2)*sqrt(1 - varrho)/pi
    """
    record = Recorder("reshaped-spectrum", "Noise reshaping: flatter spectra", (PAIR, POSITIVE))
    entry = record.use(arcsine_law(), {rho: varrho})
    record.define(rho_sigma, entry, "the correlation of two signs")
    record.at_most(rho_sigma, varrho, "weaker than that of the coordinates")
    record.at_most(2 * varrho / sp.pi, rho_sigma, "by a factor of 2/pi at most")
    three = sp.eye(3)
    equal = sp.ImmutableMatrix((1 - varrho) * three + varrho * sp.ones(3, 3))
    record.equal(
        sp.Determinant(equal - mu * three),
        (1 - varrho - mu) ** 2 * (1 + 2 * varrho - mu),
        "three coordinates; rho_sigma in the place of varrho for their signs",
    )
    record.at_most(1 - varrho, 1 - rho_sigma, "the small eigenvalues have grown")
    record.at_most(1 + (d - 1) * rho_sigma, 1 + (d - 1) * varrho, "and the large one of d has fallen")
    record.equal((d - 1) * (1 - rho_sigma) + 1 + (d - 1) * rho_sigma, d, "their sum is that of the diagonal")
    record.tends(
        (1 - entry) / (1 - varrho),
        sp.oo,
        "nearly singular data: SGD's noise dies out faster",
        variable=varrho,
        point=1,
        direction="-",
    )
    record.expand(
        1 - entry,
        2 * sp.sqrt(2) * sp.sqrt(1 - varrho) / sp.pi,
        "of the small eigenvalue a root is left",
        variable=varrho,
        point=1,
        order=(1 - varrho) ** sp.Rational(3, 2),
        direction="-",
    )
    return record.finish()


__all__ = ["noise_reshaping", "reshaped_spectrum"]
