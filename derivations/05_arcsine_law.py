"""Chapter 5. The arcsine law.

The noise of signSGD has covariance K_sigma = E[sign(x) sign(x)^T]. Its entry is a probability in
disguise: two signs agree or differ, so E[sign X sign Y] = P(agree) - P(differ). Asked for is the
probability that both of two standard Gaussians of correlation rho are positive.

The idea is a picture. Write X = U, Y = rho U + sqrt(1 - rho^2) V with U, V independent. The law of (U, V)
is invariant under rotations, X > 0 and Y > 0 are half-planes, and their intersection is a wedge of angle
pi/2 + asin(rho). So the probability is that angle over 2 pi: W. F. Sheppard's formula of 1899.

What can go wrong: the diagonal of K_sigma is rho = 1, where the law of the pair is degenerate. The
formula still holds there, as a limit; and it is the value 1 that makes K_sigma a correlation matrix.
"""

import sympy as sp

import signsgd_sym as ss
from signsgd_sym.derive.assumptions import CORRELATION
from signsgd_sym.derive.orthant import PAIR
from signsgd_sym.notation import gaussian_density, orthant_probability, pair_moment, rho, s, w, x
from signsgd_sym.special import OwenT

record = ss.Recorder("chapter-arcsine-law", "5. The arcsine law", (PAIR, CORRELATION))
rest = sp.sqrt(1 - rho**2)
angle = sp.Symbol("alpha", real=True)

# Cartesian: X = x > 0, and V above the line rho x + sqrt(1 - rho^2) v = 0.
above = record.equal(
    sp.Rational(1, 2) + sp.Integral(gaussian_density(w), (w, 0, rho * x / rest)),
    (1 + sp.erf(rho * x / (rest * sp.sqrt(2)))) / 2,
    "P(Y > 0) with X = x known, as in chapter 1",
)
record.define(
    orthant_probability,
    sp.Integral(gaussian_density(x) * above, (x, 0, sp.oo)),
    "P(X > 0, Y > 0)",
    needs=(PAIR,),
)

# Polar: the wedge opens at the angle whose tangent is -rho/sqrt(1 - rho^2), and ends at pi/2.
record.equal(-sp.atan(rho / rest), -sp.asin(rho), "the side of the wedge, where Y = 0")
record.equal(sp.Integral(s * sp.exp(-(s**2) / 2), (s, 0, sp.oo)), 1, "the radius integrates to 1")
wedge = sp.Integral(1 / (2 * sp.pi), (angle, -sp.asin(rho), sp.pi / 2))
record.equal(orthant_probability, wedge, "the same probability in polar coordinates: the share of an angle")
probability = record.equal(wedge, sp.Rational(1, 4) + sp.asin(rho) / (2 * sp.pi), "(pi/2 + asin(rho))/(2 pi)")

# Both signs are positive with probability p, both negative with the same, so they differ with 1 - 2 p.
record.define(pair_moment, 2 * probability - (1 - 2 * probability), "P(agree) - P(differ)", needs=(PAIR,))
by_hand = record.equal(pair_moment, 2 * sp.asin(rho) / sp.pi, "insert the probability")

# Ends and middle: identical coordinates have the moment 1; small correlations shrink by 2/pi; no
# correlation of signs exceeds that of the Gaussians.
record.tends(by_hand, 1, "the diagonal of K_sigma", variable=rho, point=1, direction="-")
record.expand(by_hand, 2 * rho / sp.pi, "asin is odd", variable=rho, order=rho**3)
record.at_most(sp.Abs(by_hand), sp.Abs(rho), "asin is convex on (0, 1) and 2/pi asin(1) = 1")

# The other road: chapters 1 and 2 without label noise.
record.equal(4 * OwenT(0, rho / rest), by_hand, "the mean step at h = 0 is the moment of a pair")
assert ss.derive("sign-pair-moment").result == by_hand
record.equal(by_hand, ss.derive("arcsine-law").result, "what the engine found")
chapter = record.finish()

if __name__ == "__main__":
    print(ss.check(chapter))
