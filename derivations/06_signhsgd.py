"""Chapter 6. The limiting SDE.

A step is -(eta/d) f(r x), and a unit of time is d steps. The mean of d steps gives the drift, their
second moment the diffusion. For the sign rule the result is signHSGD: preconditioned by D^-1, slowed or
sped up by phi, and with a noise that has forgotten the size of the residual.
"""

import signsgd_sym as ss
from signsgd_sym.notation import K_sigma
from signsgd_sym.report.text import sde_text

sde = ss.derive_sde(ss.SIGN)
print(sde.derivation)
print(f"\n{sde_text(sde)}")
assert sde.noise_matrix == K_sigma
assert sde.scale == 1
assert sde.power == 1
