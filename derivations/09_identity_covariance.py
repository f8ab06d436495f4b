"""Chapter 9. K = I: one equation.

With K = I every matrix is the identity, Delta^T Delta = 2 R, and the risk has an ODE of its own. Without
label noise phi = 2/pi, and the variables separate: the ODE integrates in closed, implicit form.
"""

import sympy as sp

import signsgd_sym as ss
from signsgd_sym.notation import R, eta, phi

scalar = ss.derive("sign-identity")
print(scalar)

noise_free = scalar.result.subs(phi, 2 / sp.pi)
u = sp.Symbol("u", positive=True)  # u = sqrt(2 R), so that dR = u du
time = sp.integrate(sp.simplify((u / noise_free).subs(R, u**2 / 2)), u)
print(f"\nwithout label noise R' = {noise_free}")
print(f"t = {sp.simplify(time)} + constant, with u = sqrt(2 R)")
assert sp.simplify(time.diff(u) * noise_free.subs(R, u**2 / 2) - u) == 0
assert sp.simplify(noise_free.subs(R, (sp.pi * eta / 4) ** 2 / 2)) == 0  # where it comes to rest
