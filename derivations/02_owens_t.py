"""Chapter 2. The mean step is Owen's T.

Now integrate over g. The integrand is sign(g - h) times the error function of chapter 1, with h =
eps/sqrt(2 R) the label noise in units of G, and no antiderivative is in sight. Its derivative in rho is
elementary, though: differentiate under the integral, complete the square, and integrate back from rho =
0, where the mean vanishes. The result is four times the function that Donald Owen tabulated in 1956. It
is exact in every dimension.

Two special cases need no new function: without label noise, and with Gaussian label noise of any size,
the mean is an arcsine.
"""

import sympy as sp

import signsgd_sym as ss
from signsgd_sym.notation import h, rho

mean = ss.derive("sign-one-step-mean")
print(mean)

without_noise = mean.result.subs(h, 0)
print(f"\nwithout label noise: {without_noise}")
assert sp.simplify(without_noise.diff(rho) - ss.derive("arcsine-law").result.diff(rho)) == 0

print()
print(ss.derive("gaussian-noise-mean"))
