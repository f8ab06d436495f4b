"""Chapter 19. The fourth effect: noise reshaping.

SGD's noise has the covariance of the data, signSGD's that of their signs. Asked for is what becomes of its
spectrum.

The idea: measure coordinates in their standard deviations. Then SGD's noise has the matrix C of correlations
and signSGD's has K_sigma = (2/pi) asin(C), entry by entry. Both have the diagonal 1, hence one total. But
(2/pi) asin(varrho) lies between (2/pi) varrho and varrho: signs are less correlated than what they are signs
of, by a factor of 2/pi at most. So large eigenvalues fall and small ones rise.

How much they rise is the point. Let all pairs have the correlation varrho near 1. The data hardly leave
but one direction, and in the others SGD's noise has the eigenvalue 1 - varrho; signSGD's has
(2/pi) acos(varrho), about (2/pi) sqrt(2 (1 - varrho)): its root. signSGD shakes directions in which there is
nothing to learn.

What can go wrong: to conclude from the shape to the risk at rest. There the modes' noise is weighted by
1/lambda_i, and of K_sigma only the diagonal is left (chapter 11): whatever reshaping does, the risk at rest
does not see. It moves noise between modes, and one sees it on the way.
"""

import sympy as sp

import signsgd_sym as ss
from signsgd_sym.derive.preconditioning import PAIR
from signsgd_sym.derive.reshaping import POSITIVE
from signsgd_sym.notation import D, K_sigma, d, rho_sigma, varrho

# --- the spectrum --------------------------------------------------------------------------------
record = ss.Recorder("chapter-reshaping", "19. Noise reshaping", (PAIR, POSITIVE))
signs = record.define(rho_sigma, 1 - 2 * sp.acos(varrho) / sp.pi, "chapter 5: P(differ) = acos(varrho)/pi")
record.equal(signs, 2 * sp.asin(varrho) / sp.pi, "the arcsine law")
record.at_most(rho_sigma, varrho, "acos is concave on (0, 1): above its chord")
record.at_most(2 * varrho / sp.pi, rho_sigma, "and asin above its tangent at 0")

# One correlation for all d coordinates: (1 - varrho) I + varrho 1 1^T has the vector of ones, and all others.
record.at_most(1 - varrho, 1 - rho_sigma, "d - 1 eigenvalues rise")
record.at_most(1 + (d - 1) * rho_sigma, 1 + (d - 1) * varrho, "one falls")
record.equal((1 + (d - 1) * rho_sigma) + (d - 1) * (1 - rho_sigma), d, "and their sum stays")

# Near 1: varrho = cos(a) with a small angle a, 1 - varrho = a^2/2 and 1 - rho_sigma = 2 a/pi.
record.expand(
    sp.acos(varrho),
    sp.sqrt(2 * (1 - varrho)),
    "a = sqrt(2 (1 - varrho))",
    variable=varrho,
    point=1,
    order=(1 - varrho) ** sp.Rational(3, 2),
    direction="-",
)
by_hand = 2 * sp.sqrt(2 * (1 - varrho)) / sp.pi
record.expand(
    1 - signs,
    by_hand,
    "so the small eigenvalue is a root",
    variable=varrho,
    point=1,
    order=(1 - varrho) ** sp.Rational(3, 2),
    direction="-",
)
record.equal(by_hand, ss.derive("reshaped-spectrum").result, "what the engine found")
chapter = record.finish()

# --- the risk at rest ----------------------------------------------------------------------------
record = ss.Recorder("chapter-reshaping-at-rest", "19b. Noise reshaping: the risk at rest does not see it")
record.equal(sp.Trace(K_sigma), d, "every sign has the variance 1")
weighted = record.equal(sp.Trace(D * K_sigma), sp.Trace(D), "the sum of n_j/lambda_j, times 2 d: chapter 11")
record.equal(weighted, ss.derive("noise-reshaping").result, "what the engine found")
at_rest = record.finish()

if __name__ == "__main__":
    print(ss.check(chapter))
    print(ss.check(at_rest))
