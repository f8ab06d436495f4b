"""Chapter 1. The sign of a Gaussian, seen through another one.

A step of signSGD is -(eta/d) sign(r x_i). Two things in it are random and correlated: the residual r =
sqrt(2 R) G - eps, whose Gaussian part G is <x, Delta> scaled to unit variance, and the coordinate x_i.
Asked for is what is left of sign(x_i) when G is known.

The idea: a Gaussian pair is one Gaussian and an independent rest, x_i = sqrt(K_ii) (rho G + sqrt(1 -
rho^2) W). With G = g fixed only W is random, the sign jumps at one point, and the mean is the mass of
N(0, 1) above that point less the mass below: an error function.

What can go wrong: at |rho| = 1 nothing is random any more and the error function becomes a jump. And the
2 in erf(z/sqrt(2)) is a variance: without it every constant of the theory would be off by pi/2 or
sqrt(2).
"""

import sympy as sp
from sympy.stats import Normal, Rademacher

import signsgd_sym as ss
from signsgd_sym.derive.assumptions import CORRELATION, GAUSSIAN_DATA
from signsgd_sym.notation import K_ii, conditional_mean, g, gaussian_density, rho, w, x, y

record = ss.Recorder(
    "chapter-sign-expectation",
    "1. The sign of a Gaussian, seen through another one",
    (GAUSSIAN_DATA, CORRELATION),
)

# The sign splits the step f(r x_i) into a factor of the residual and one of the coordinate, and forgets
# scale: that is why only correlations will matter.
record.equal(sp.sign(x * y), sp.sign(x) * sp.sign(y), "f(u v) = f(u) f(v) for f = sign")
record.equal(sp.sign(sp.sqrt(K_ii) * x), sp.sign(x), "a positive factor does not change a sign")

# G without the coordinate: its sign is a fair coin, whatever the scale of the residual.
G = Normal("G", 0, 1)
record.has_law(sp.sign(G), Rademacher("a fair sign"), "G is symmetric and is 0 with probability 0")

# The coordinate with G = g known: x_i = sqrt(K_ii) (rho g + sqrt(1 - rho^2) w), and the scale drops out.
rest = sp.sqrt(1 - rho**2)
record.define(
    conditional_mean,
    sp.Integral(sp.sign(rho * g + rest * w) * gaussian_density(w), (w, -sp.oo, sp.oo)),
    "x_i = sqrt(K_ii) (rho G + sqrt(1 - rho^2) W) with W independent of G; average over W",
    needs=(GAUSSIAN_DATA,),
)

# The sign is -1 below w = -rho g/sqrt(1 - rho^2) and +1 above. The tails beyond that point and beyond its
# mirror image cancel; twice the mass from 0 to the mirror image is left.
between = sp.Integral(gaussian_density(w), (w, 0, rho * g / rest))
record.equal(conditional_mean, 2 * between, "mass above the jump less mass below")
by_hand = record.equal(
    2 * between, sp.erf(rho * g / (rest * sp.sqrt(2))), "the definition of erf, with w = sqrt(2) u"
)

engine = ss.derive("sign-conditional-mean").result
assert sp.simplify(by_hand - engine) == 0
record.equal(by_hand, engine, "what the engine found")
chapter = record.finish()

if __name__ == "__main__":
    print(ss.check(chapter))
