"""Chapter 10. SGD, from the same lines.

Put f(z) = z for f = sign and nothing else. Asked for are the SDE and the ODE of SGD, on the same scale:
step eta/d, time t = k/d.

Everything is easier and one thing is worse. The mean of x_i with G known is linear, so the mean step is
exactly (K Delta)_i: no Owen's T, no linearisation, no preconditioner, and the label noise drops out of
the drift. But the second moment of the residual is E[r^2] = 2 R + E[eps^2] = 2 P: the noise of SGD grows
with the residual, and SGD needs label noise with a variance. signSGD has E[sign(r)^2] = 1.

What can go wrong: E[r^2 x x^T] is not 2 P K. By Isserlis' theorem it is 2 P K + 2 (K Delta)(K Delta)^T;
the second part is of rank one, its trace stays bounded while that of 2 P K grows like d, and it is
dropped. It is measured here.
"""

import sympy as sp

import signsgd_sym as ss
from signsgd_sym.derive.assumptions import GAUSSIAN_DATA, ONE_PASS, eigenbasis, finite_variance
from signsgd_sym.notation import (
    Delta,
    K,
    K_ii,
    KDelta_i,
    Lambda,
    P,
    R,
    U,
    conditional_mean,
    d,
    drift_of_r,
    e_i,
    eps,
    eta,
    g,
    gaussian_density,
    i,
    lam,
    mean_given_noise,
    n,
    r_i,
    residual,
    rho,
    risk_sum,
    step_of,
)
from signsgd_sym.special import Generator, NoiseMean

# --- one step ----------------------------------------------------------------------------------
LAW = finite_variance()
record = ss.Recorder("chapter-sgd-step", "10a. SGD: one step", (GAUSSIAN_DATA, LAW))
line = (-sp.oo, sp.oo)

# The mean: x_i = sqrt(K_ii) (rho G + sqrt(1 - rho^2) W), and W averages to 0.
record.define(
    conditional_mean, sp.sqrt(K_ii) * rho * g, "E[x_i | G = g]: a linear function", needs=(GAUSSIAN_DATA,)
)
record.define(
    mean_given_noise,
    sp.Integral(residual() * conditional_mean * gaussian_density(g), (g, *line)),
    "E[r x_i | eps], r = sqrt(2 R) g - eps",
    needs=(GAUSSIAN_DATA,),
)
record.equal(
    mean_given_noise, sp.sqrt(K_ii) * rho * sp.sqrt(2 * R), "E[G^2] = 1, E[G] = 0: the label noise drops out"
)
correlation = KDelta_i / (sp.sqrt(K_ii) * sp.sqrt(2 * R))
record.equal(
    (sp.sqrt(K_ii) * rho * sp.sqrt(2 * R)).subs(rho, correlation), KDelta_i, "so the mean step is (K Delta)_i"
)

# The second moment of the residual, first over G and then over the label noise.
square = 2 * R + eps**2
record.equal(sp.Integral(residual() ** 2 * gaussian_density(g), (g, *line)), square, "E[r^2 | eps]")
population = record.define(P, R + NoiseMean(eps**2) / 2, "the population risk")
record.equal(NoiseMean(square), 2 * P, "average over the label noise")
assert sp.expand(ss.derive("sgd-second-moment").result - 2 * population) == 0

# Residual and coordinates together. With G = g known, E[x_i x_j] is K_ij, and g^2 - 1 times the product
# of the two means; the average of r^2 (G^2 - 1) is 4 R, and 4 R rho_i rho_j sqrt(K_ii K_jj) = 2 (K
# Delta)_i (K Delta)_j.
record.equal(
    sp.Integral(residual() ** 2 * (g**2 - 1) * gaussian_density(g), (g, *line)),
    4 * R,
    "what is beyond 2 P K in E[r^2 x x^T], E[G^4] = 3",
)
one_step = record.finish()

# --- the SDE, and its modes ---------------------------------------------------------------------
record = ss.Recorder("chapter-sgd", "10. SGD, from the same lines", (ONE_PASS, eigenbasis(sp.S.Zero)))
record.use(one_step)
drift, covariance = step_of["drift"], step_of["covariance"]
record.define(drift, -eta * K * Delta, "the drift of Delta per unit time", needs=(ONE_PASS,))
record.equal(-d * (eta / d) * KDelta_i, sp.Trace(e_i.T * drift), "coordinate i is d steps of the mean")
record.define(covariance, eta**2 / d * 2 * P * K, "covariance of Delta per unit time", needs=(ONE_PASS,))
record.expand(
    2 * sp.Trace(Delta.T * K * K * Delta),
    0,
    "the trace of 2 (K Delta)(K Delta)^T, where that of 2 P K grows like d",
    variable=d,
    point=sp.oo,
    order=1,
)
sde = ss.derive_sde(ss.SGD)
record.equal(drift, sde.drift, "what the engine found: the drift")
record.equal(covariance, sde.covariance, "what the engine found: the covariance")

# The modes, now those of K itself: c = U^T Delta, r_i = lambda_i c_i^2/2.
c = sp.Trace(e_i.T * U.T * Delta)
record.define(R, sp.Trace(Delta.T * K * Delta) / 2, "the risk")
record.equal(U.T * K, Lambda * U.T, "the rows of U^T are left eigenvectors of K")
mode = record.define(r_i, lam[i] * c**2 / 2, "the risk of mode i")
record.equal(R, risk_sum, "the modes add up")
record.define(n[i], lam[i] ** 2 / (2 * d), "the forcing of mode i: K in place of K_sigma")
record.define(
    drift_of_r, Generator(mode, Delta, -eta * K * Delta, 2 * eta**2 * P / d * K), "the drift of r_i along SGD"
)
by_hand = -2 * eta * lam[i] * r_i + 2 * eta**2 * P * n[i]
record.equal(drift_of_r, by_hand, "Ito: it closes through P alone")

ode = ss.derive_risk_ode(sde)
assert sp.simplify(by_hand - ode.rhs) == 0
record.equal(by_hand, ode.rhs, "what the engine found: the ODE of the modes")
chapter = record.finish()

if __name__ == "__main__":
    print(ss.check(one_step))
    print(ss.check(chapter))
