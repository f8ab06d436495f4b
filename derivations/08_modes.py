"""Chapter 8. Modes: the risk closes.

The drift of R contains Delta^T K Kbar Delta, which is not a function of R. Asked for are quantities that
add up to R and whose drifts contain nothing but themselves and R.

The idea: Kbar = D^-1 K is not symmetric, but it is similar to S = D^(-1/2) K D^(-1/2) = U Lambda U^T,
which is. In the coordinates c = U^T D^(1/2) Delta the drift is diagonal, and so is the risk: K = D^(1/2)
S D^(1/2), hence R = sum of lambda_i c_i^2/2. Ito's formula on r_i = lambda_i c_i^2/2 closes; the modes
see each other only through R.

What can go wrong: the left singular vectors of Kbar are not a substitute for U, unless the diagonal of K
is constant. They diagonalise Kbar Kbar^T, and with them neither the drift nor the risk is diagonal.
"""

import sympy as sp

import signsgd_sym as ss
from signsgd_sym.derive.assumptions import eigenbasis
from signsgd_sym.notation import (
    D,
    Delta,
    K,
    K_sigma,
    Kbar,
    Lambda,
    R,
    U,
    d,
    drift_of_r,
    e_i,
    eta,
    i,
    lam,
    n,
    phi,
    r_i,
    risk_sum,
    variation_of_r,
)
from signsgd_sym.special import Generator, Variation

record = ss.Recorder("chapter-modes", "8. Modes: the risk closes", (eigenbasis(sp.S.One),))
half = D ** sp.Rational(1, 2)
drift = -eta * phi / sp.sqrt(2 * R) * Kbar * Delta
covariance = eta**2 / d * K_sigma
risk = sp.Trace(Delta.T * K * Delta) / 2

# K and Kbar in the basis. The columns of D^(-1/2) U are right eigenvectors of Kbar, the rows of U^T
# D^(1/2) left ones, and it is these that the coordinates are made of.
record.define(Kbar, D**-1 * K, "the preconditioned covariance")
record.equal(K, half * U * Lambda * U.T * half, "S = U Lambda U^T, solved for K")
record.equal(U.T * half * Kbar, Lambda * U.T * half, "the rows of U^T D^(1/2) are left eigenvectors of Kbar")
c = sp.Trace(e_i.T * U.T * half * Delta)
record.equal(sp.Trace(e_i.T * U.T * half * Kbar * Delta), lam[i] * c, "so Kbar is diagonal in c_i")

# The modes add up to the risk.
record.define(R, risk, "the risk")
mode = record.define(r_i, lam[i] * c**2 / 2, "the risk of mode i")
record.equal(R, risk_sum, "and so is K")

# Ito on r_i: gradient lambda_i c_i D^(1/2) U e_i, Hessian lambda_i (D^(1/2) U e_i)(D^(1/2) U e_i)^T.
record.define(drift_of_r, Generator(mode, Delta, drift, covariance), "the drift of r_i along signHSGD")
u = half * U * e_i
record.equal(
    drift_of_r,
    lam[i] * c * sp.Trace(u.T * drift) + lam[i] * sp.Trace(u.T * covariance * u) / 2,
    "Ito's formula",
)
record.define(n[i], lam[i] * sp.Trace(u.T * K_sigma * u) / (2 * d), "the forcing of mode i")
record.equal(lam[i] * c * sp.Trace(u.T * drift), -2 * eta * lam[i] * phi / sp.sqrt(2 * R) * r_i, "decay")
record.equal(lam[i] * sp.Trace(u.T * covariance * u) / 2, eta**2 * n[i], "forcing")
by_hand = -2 * eta * lam[i] * phi / sp.sqrt(2 * R) * r_i + eta**2 * n[i]
record.equal(drift_of_r, by_hand, "it closes: nothing but r_i, R and constants")

# Its quadratic variation is of order 1/d; chapter 12 says what follows from that.
record.define(variation_of_r, Variation(mode, Delta, covariance), "the quadratic variation of r_i")
record.equal(variation_of_r, 4 * eta**2 * r_i * n[i], "(lambda_i c_i)^2 u^T A u")

ode = ss.derive_risk_ode(ss.derive_sde(ss.SIGN))
assert sp.simplify(by_hand - ode.rhs) == 0
record.equal(n[i], ode.forcing, "what the engine found: the forcing")
record.equal(by_hand, ode.rhs, "what the engine found: the ODE of the modes")
chapter = record.finish()

if __name__ == "__main__":
    print(ss.check(chapter))
