"""Chapter 3. Small correlations.

In dimension d a coordinate has a correlation rho_i of order d^(-1/2) with the residual, so the mean step
is used to first order, and the error is of third. The coefficient of rho, averaged over the label noise,
is all that the limit keeps of the law: it is called phi(R).

For any d the law still enters through phi alone, at the smaller risk R (1 - s^2).
"""

import sympy as sp

import signsgd_sym as ss
from signsgd_sym.notation import R, phi, rho, s

print(ss.derive("sign-linearisation"))
print()
print(ss.derive("sign-linear-response"))
print()
exact = ss.derive("sign-exact-mean")
print(exact)

# Its first term is the linear response: the integrand at s = 0.
assert exact.result.function.subs(s, 0) == phi
assert sp.simplify(exact.result.diff(rho).subs(rho, 0) - phi) == 0
print(f"\nslope at rho = 0: {exact.result.function.subs(s, 0)}, with R = {R} the risk")
