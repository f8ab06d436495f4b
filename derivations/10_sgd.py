"""Chapter 10. SGD, from the same lines.

Put f(z) = z for f = sign and nothing else. The conditional mean is linear, the step has no Owen's T, the
preconditioner is gone, the diffusion carries the population risk P = R + E[eps^2]/2: SGD needs label
noise with a variance.
"""

import signsgd_sym as ss
from signsgd_sym.notation import K, P
from signsgd_sym.report.text import sde_text

sde = ss.derive_sde(ss.SGD)
print(sde.derivation)
print(f"\n{sde_text(sde)}\n")
assert (sde.rate, sde.power, sde.scale, sde.noise_matrix) == (1, 0, 2 * P, K)

print(ss.derive_risk_ode(sde).derivation)
