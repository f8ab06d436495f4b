"""Chapter 1. The sign of a Gaussian, seen through another one.

signSGD steps by -(eta/d) sign(r x_i). Two things in it are random and correlated: the residual
r = sqrt(2 R) G - eps, whose Gaussian part G is the direction <x, Delta> scaled to unit variance, and the
coordinate x_i = sqrt(K_ii) (rho G + sqrt(1 - rho^2) W), W independent of G. Fix G = g first. Then only W
is left, the sign jumps at one point, and what remains is an error function in g.
"""

from math import erf, sqrt

from mpmath import exp, inf, pi, quad

import signsgd_sym as ss

conditional = ss.derive("sign-conditional-mean")
print(conditional)

# The same number from the definition: the density of W above the jump minus the density below it.
rho, g = 0.6, 0.8
jump = -rho * g / sqrt(1 - rho**2)
density = lambda w: exp(-(w**2) / 2) / sqrt(2 * pi)  # noqa: E731
by_hand = quad(density, [jump, inf]) - quad(density, [-inf, jump])
print(f"\nat rho = {rho}, g = {g}:  {float(by_hand):.15f}  by quadrature")
print(f"{'':>23}{erf(rho * g / sqrt(2 * (1 - rho**2))):.15f}  by the formula")
assert abs(by_hand - erf(rho * g / sqrt(2 * (1 - rho**2)))) < 1e-14
