"""Chapter 8. Modes: the risk closes.

Delta^T K Kbar Delta is not a function of R. But Kbar is similar to the symmetric S = D^(-1/2) K D^(-1/2)
= U Lambda U^T, and in the coordinates c = U^T D^(1/2) Delta both quadratic forms are diagonal. Ito's
formula on r_i = lambda_i c_i^2/2 then closes: the modes see each other only through R = sum r_i. (The
left singular vectors of Kbar would not do: Kbar is not symmetric.)
"""

import signsgd_sym as ss

ode = ss.derive_risk_ode(ss.derive_sde(ss.SIGN))
print(ode.derivation)
print(f"\n{ode.equation}")
assert ode.derivation.result == ode.rhs
