"""Chapter 4. phi for a law of your own, and what it means.

phi(R)/sqrt(2 R), the rate of the drift, is the density at 0 of the label noise smoothed by a Gaussian of
variance 2 R. So a law that has much mass near 0 makes signSGD fast when the risk is small, whatever its
tails do: the Cauchy law has no variance and is as good as any.
"""

import sympy as sp

import signsgd_sym as ss
from signsgd_sym.derive.phi import drift_rate_at_zero, phi_mean, phi_of
from signsgd_sym.notation import R

print(ss.derive("smoothing-identity"))
print()
for text in ("Normal(0, v)", "Laplace(0, b)", "Cauchy(0, c)", "Uniform(-a, a)", "Rademacher(c)"):
    law = ss.noise_law(text)
    phi = phi_of(phi_mean(law))
    at_zero, far = drift_rate_at_zero(law), sp.limit(phi, R, sp.oo)
    print(f"{text:<16} phi(R) = {phi}")
    print(f"{'':<16} phi/sqrt(2 R) -> {at_zero} as R -> 0;  phi -> {far} as R -> oo")
    assert far == 2 / sp.pi
