"""Chapter 2. The mean step is Owen's T.

Chapter 1 averaged over the coordinate with G = g known. Now average over g as well, for a fixed value of
the label noise: h = eps/sqrt(2 R) is that value in units of G, and the residual has the sign of g - h.
Asked for is E[sign(r x_i) | eps], exactly, in any dimension.

The integrand is sign(g - h) times an error function, and no antiderivative is in sight. The idea: its
derivative in rho is elementary. Differentiate under the integral (the derivative is bounded by a
Gaussian, uniformly for rho in a compact part of (-1, 1)), integrate over g, and integrate back from rho =
0, where the coordinate knows nothing of the residual and the mean vanishes. What comes out is four times
the function that D. B. Owen tabulated in 1956.

Two cases need no new function: without label noise, and under Gaussian label noise of any size, the mean
is an arcsine. And label noise only ever shrinks the step, by at least exp(-h^2/2): a bound that holds
before any approximation is made.

What can go wrong: T has two arguments and two conventions. The one here, T(h, a) = (1/(2 pi)) int_0^a
exp(-h^2 (1 + s^2)/2)/(1 + s^2) ds, has a = rho/sqrt(1 - rho^2), not rho.
"""

import sympy as sp

import signsgd_sym as ss
from signsgd_sym.derive.assumptions import CORRELATION, GAUSSIAN_DATA
from signsgd_sym.derive.gaussian_noise import NOISE
from signsgd_sym.notation import (
    K_ii,
    R,
    conditional_mean,
    eps,
    g,
    gaussian_density,
    h,
    mean_given_noise,
    normal_density,
    residual,
    rho,
    s,
)
from signsgd_sym.special import OwenT

record = ss.Recorder("chapter-owens-t", "2. The mean step is Owen's T", (GAUSSIAN_DATA, CORRELATION, NOISE))
rest = sp.sqrt(1 - rho**2)

# The sign of the residual is that of g - h; that of the coordinate is known on average from chapter 1.
record.equal(sp.sign(residual().subs(eps, h * sp.sqrt(2 * R))), sp.sign(g - h), "r = sqrt(2 R) (g - h)")
given_g = record.define(
    conditional_mean, sp.erf(rho * g / (rest * sp.sqrt(2))), "chapter 1", needs=(GAUSSIAN_DATA,)
)
record.define(
    mean_given_noise,
    sp.Integral(sp.sign(g - h) * conditional_mean * gaussian_density(g), (g, -sp.oo, sp.oo)),
    "sign(r x_i) = sign(r) sign(x_i), averaged over G",
    needs=(GAUSSIAN_DATA,),
)

# In rho the error function differentiates to a Gaussian, which merges with the density of g: the exponents
# -rho^2 g^2/(2 (1 - rho^2)) and -g^2/2 add up to -g^2/(2 (1 - rho^2)).
merged = g * sp.exp(-(g**2) / (2 * rest**2)) / (sp.pi * rest**3)
record.equal(sp.Derivative(given_g, rho) * gaussian_density(g), merged, "differentiate under the integral")

# That has an antiderivative in g. It vanishes at both ends, so the two sides of the jump at g = h give
# the same.
primitive = -sp.exp(-(g**2) / (2 * rest**2)) / (sp.pi * rest)
record.equal(sp.Derivative(primitive, g), merged, "g exp(-g^2/(2 q)) is the derivative of -q exp(-g^2/(2 q))")
slope = 2 * sp.exp(-(h**2) / (2 * rest**2)) / (sp.pi * rest)
record.equal(
    -2 * sp.Subs(primitive, g, h), slope, "the slope of the mean in rho: from h to oo, less from -oo to h"
)

# Back again. Owen's T has the same slope in rho and vanishes where the mean does.
back = sp.Integral(slope.subs(rho, s), (s, 0, rho))
record.equal(mean_given_noise, back, "integrate back in rho; at rho = 0 the integrand vanishes")
owen = OwenT(h, rho / rest)
record.equal(4 * sp.Derivative(owen, rho), slope, "the chain rule with a = rho/sqrt(1 - rho^2)")
by_hand = record.equal(back, 4 * owen, "both vanish at rho = 0")

engine = ss.derive("sign-one-step-mean").result
assert sp.simplify(by_hand - engine) == 0
record.equal(by_hand, engine, "what the engine found")

# Label noise shrinks the step: exp(-h^2 s^2/2) <= 1 under Owen's integral.
record.at_most(
    sp.Abs(by_hand),
    2 * sp.exp(-(h**2) / 2) * sp.Abs(sp.asin(rho)) / sp.pi,
    "T(h, a) <= exp(-h^2/2) atan(a)/(2 pi) for a > 0, and T is odd in a",
)

# Without label noise.
record.equal(
    sp.Subs(by_hand, h, 0), 2 * sp.asin(rho) / sp.pi, "T(0, a) = atan(a)/(2 pi), and tan(asin(rho)) = a"
)

# Gaussian label noise: the residual is Gaussian as a whole, of variance 2 R + v^2, and its covariance with
# x_i is that of sqrt(2 R) G. So the case without noise applies, at a smaller correlation.
v = sp.Symbol("v", positive=True)
smaller = record.equal(
    rho * sp.sqrt(K_ii) * sp.sqrt(2 * R) / (sp.sqrt(K_ii) * sp.sqrt(2 * R + v**2)),
    rho * sp.sqrt(2 * R / (2 * R + v**2)),
    "the correlation of x_i and sqrt(2 R) G - eps",
    needs=(NOISE,),
)
arcsine = 2 * sp.asin(smaller) / sp.pi

# The long way round gives the same: average the slope over h ~ N(0, q), q = v^2/(2 R). (The integrand is
# even.)
q = v**2 / (2 * R)
record.equal(
    2 * sp.Integral(slope * normal_density(h, 0, q), (h, 0, sp.oo)),
    sp.Derivative(arcsine, rho),
    "complete the square: exp(-h^2/(2 (1 - rho^2))) under the density of h",
    needs=(NOISE,),
)
record.equal(arcsine, ss.derive("gaussian-noise-mean").result, "what the engine found")
chapter = record.finish()

if __name__ == "__main__":
    print(ss.check(chapter))
