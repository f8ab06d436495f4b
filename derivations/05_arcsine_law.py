"""Chapter 5. The arcsine law.

The noise of signSGD has covariance K_sigma = E[sign(x) sign(x)^T]. Its entry is a probability in
disguise: that two correlated Gaussians share their sign. Differentiating that probability in the
correlation gives the density at the corner of the quadrant (Plackett's identity), and integrating back
gives Sheppard's arcsine of 1899.

The engine has a second road to the same function, the conditioning of chapters 1 and 2. They meet.
"""

import sympy as sp

import signsgd_sym as ss
from signsgd_sym.notation import rho

by_orthants = ss.derive("arcsine-law")
print(by_orthants)
by_conditioning = ss.derive("sign-pair-moment")
assert by_orthants.result == by_conditioning.result == 2 * sp.asin(rho) / sp.pi
print(f"\nboth roads: E[sign X sign Y] = {by_conditioning.result}")
