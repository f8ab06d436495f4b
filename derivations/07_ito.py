"""Chapter 7. Ito's formula, which knows nothing of signSGD.

The formula takes any function of linear and quadratic forms of a vector diffusion. First a diffusion
everybody knows: the squared length of a Brownian motion grows by d a unit of time, and by nothing without
the second-order term. Then the risk R = Delta^T K Delta/2 along signHSGD.
"""

import sympy as sp

import signsgd_sym as ss
from signsgd_sym.derive.matrix_algebra import MatrixAlgebra
from signsgd_sym.notation import d

B = sp.MatrixSymbol("B", d, 1)
brownian = ss.SDE(B, sp.ZeroMatrix(d, 1), sp.Identity(d))
length = ss.ito(sp.Trace(B.T * B), brownian)
drift = MatrixAlgebra().scalar(length.drift)
print(f"d|B|^2 = {drift} dt + martingale")
assert drift == d

print()
print(ss.derive("sign-ito-risk"))
