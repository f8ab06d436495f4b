"""Chapter 4. phi, and what it means.

All that the limit keeps of the label noise is phi(R) = (2/pi) E[exp(-eps^2/(4 R))], and the drift has the
rate phi(R)/sqrt(2 R). Asked for is the meaning of that rate, its value for a law done by hand, and its
limits.

The idea: exp(-eps^2/(4 R)) is, up to a constant, the density of a Gaussian of variance 2 R at eps. Its
mean is the density at 0 of eps plus such a Gaussian: the label noise, smoothed. So the rate at small risk
is the density of the noise at 0, whatever its tails do, and at large risk the noise does not matter.

What can go wrong: at an atom in 0 the smoothed density has no limit as R -> 0 (without label noise the
rate is (2/pi)/sqrt(2 R)); at a jump of the density the limit is the mean of its two sides. And phi is at
most 2/pi for every law: label noise slows signSGD down, it never speeds it up.
"""

import sympy as sp

import signsgd_sym as ss
from signsgd_sym.derive.assumptions import any_law
from signsgd_sym.derive.phi import drift_rate_at_zero, phi_mean, phi_of
from signsgd_sym.notation import R, density_at_zero, eps, gaussian_density, phi, x
from signsgd_sym.special import Erfcx, NoiseMean

record = ss.Recorder("chapter-phi", "4. phi, and what it means", (any_law(),))

# For any law.
response = record.define(phi, 2 * NoiseMean(sp.exp(-(eps**2) / (4 * R))) / sp.pi, "chapter 3")
record.define(
    density_at_zero,
    NoiseMean(gaussian_density(eps / sp.sqrt(2 * R)) / sp.sqrt(2 * R)),
    "the density at 0 of eps + sqrt(2 R) Z, Z ~ N(0, 1)",
)
smoothed = 2 * sp.sqrt(2 / sp.pi) * density_at_zero
assert response == ss.derive("sign-linear-response").result
assert smoothed == ss.derive("smoothing-identity").result
record.equal(phi / sp.sqrt(2 * R), smoothed, "the smoothing identity: one expectation, two constants")
record.at_most(phi, 2 / sp.pi, "exp(-eps^2/(4 R)) <= 1")
record.tends(phi, 2 / sp.pi, "dominated convergence", variable=R, point=sp.oo)

# Laplace noise by hand: density exp(-|x|/b)/(2 b). Both half-lines give the same, and with
# x^2/(4 R) + x/b = (x/(2 sqrt(R)) + sqrt(R)/b)^2 - R/b^2 what is left is a tail of the Gaussian.
b = sp.Symbol("b", positive=True)
half_line = 2 * sp.Integral(sp.exp(-(x**2) / (4 * R) - x / b) / (2 * b), (x, 0, sp.oo))
laplace = 2 * sp.sqrt(R / sp.pi) * Erfcx(sp.sqrt(R) / b) / b
record.equal(
    2 * half_line / sp.pi, laplace, "phi for Laplace(0, b): complete the square; erfcx(z) = exp(z^2) erfc(z)"
)

# Its limits. At small R the rate is the density at 0, 1/(2 b); at large R the variance 2 b^2 is the first
# thing to be seen of the law, as for every law that has one: phi = (2/pi) (1 - E[eps^2]/(4 R)) + ...
rate = laplace / sp.sqrt(2 * R)
at_zero = 2 * sp.sqrt(2 / sp.pi) / (2 * b)
assert sp.simplify(at_zero - drift_rate_at_zero(ss.noise_law("Laplace(0, b)"))) == 0
record.tends(rate, at_zero, "2 sqrt(2/pi) times the density at 0", variable=R, point=0)
record.expand(laplace, 2 * sp.sqrt(R / sp.pi) / b, "erfcx(z) = 1 + O(z)", variable=R, point=0, order=R)
record.tends(laplace, 2 / sp.pi, "the noise does not matter", variable=R, point=sp.oo)
record.expand(
    laplace, 2 * (1 - b**2 / (2 * R)) / sp.pi, "E[eps^2] = 2 b^2", variable=R, point=sp.oo, order=R**-2
)
record.at_most(laplace, 2 / sp.pi, "as for every law")

engine = phi_of(phi_mean(ss.noise_law("Laplace(0, b)")))
assert sp.simplify((laplace - engine).rewrite(sp.erfc)) == 0
record.equal(laplace, engine, "what the engine found for Laplace(0, b)")
chapter = record.finish()

if __name__ == "__main__":
    print(ss.check(chapter))
