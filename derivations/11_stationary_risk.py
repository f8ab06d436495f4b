"""Chapter 11. Where the risk comes to rest.

At constant eta set dr_i/dt = 0 and add up the modes. The sum of n_i/lambda_i is a trace in which the
eigenvectors cancel, and only the diagonal of the noise matrix counts: tr(D) for signSGD, tr(K) for SGD.
Under Gaussian noise the equation is quadratic.
"""

import sympy as sp

import signsgd_sym as ss
from signsgd_sym.derive.phi import phi_mean, phi_of
from signsgd_sym.derive.risk import stationary_equation
from signsgd_sym.notation import R, phi

for rule in (ss.SIGN, ss.SGD):
    equation = stationary_equation(ss.derive_risk_ode(ss.derive_sde(rule)))
    print(equation.derivation)
    print()

equation = stationary_equation(ss.derive_risk_ode(ss.derive_sde(ss.SIGN)))
v, A = sp.symbols("v A", positive=True)
gaussian = phi_of(phi_mean(ss.noise_law("Normal(0, v)")))
# With the level written as 2 A/pi, A = pi eta tr(D)/(8 d).
roots = sp.solve(equation.left.subs(phi, gaussian) - 2 * A / sp.pi, R)
[root] = [root for root in roots if root.subs({A: 1, v: 1}) > 0]
print(f"Gaussian noise: R = {root}  with A = pi eta tr(D)/(8 d)")
assert sp.simplify(root - (A**2 + A * sp.sqrt(A**2 + v**2))) == 0
