"""Chapter 6. The limiting SDE, signHSGD.

A step is -(eta/d) sign(r x), and a unit of time is d steps. Asked for is the SDE that the recursion looks
like in high dimension: the mean of d steps is its drift, their second moment its covariance.

The mean of one step is known from chapters 2 to 4: coordinate i moves by phi(R) rho_i, up to rho_i^3. The
correlation rho_i = (K Delta)_i/(sqrt(K_ii) sqrt(2 R)) carries the preconditioner: sign(x_i) has forgotten
the scale of x_i, so K Delta is divided by sqrt(K_ii), and D^-1 K = Kbar takes the place of K. The second
moment is known from chapter 5: sign(r)^2 = 1, and the signs of two coordinates have the arcsine of their
correlation.

What can go wrong: the covariance of a step is the second moment less the mean times itself. The
difference is of rank one and its trace stays bounded while that of K_sigma is d; it is measured here, and
dropped. Kbar is not symmetric. And phi is divided by sqrt(2 R): without label noise the drift has
constant length.
"""

import sympy as sp
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

import signsgd_sym as ss
from signsgd_sym.derive.assumptions import GAUSSIAN_DATA, ONE_PASS
from signsgd_sym.notation import (
    D,
    Delta,
    K,
    K_ii,
    K_jj,
    K_sigma,
    Kbar,
    KDelta_i,
    R,
    d,
    e_i,
    e_j,
    eta,
    phi,
    rho,
    step_of,
)

record = ss.Recorder("chapter-signhsgd", "6. The limiting SDE, signHSGD", (GAUSSIAN_DATA, ONE_PASS))
drift, covariance = step_of["drift"], step_of["covariance"]

# The correlation of coordinate i with <x, Delta>, from their variances and their covariance.
record.define(R, sp.Trace(Delta.T * K * Delta) / 2, "<x, Delta> has the variance 2 R", needs=(GAUSSIAN_DATA,))
record.define(
    rho,
    sp.Trace(e_i.T * K * Delta) / sp.sqrt(sp.Trace(e_i.T * K * e_i) * sp.Trace(Delta.T * K * Delta)),
    "the correlation of x_i and <x, Delta>",
    needs=(GAUSSIAN_DATA,),
)
record.equal(rho, KDelta_i / (sp.sqrt(K_ii) * sp.sqrt(2 * R)), "by the names of its parts")
record.at_most(rho**2, 1, "Cauchy and Schwarz, in the inner product of K")
record.expand(
    rho, 0, "small in high dimension: one coordinate of many", variable=d, point=sp.oo, order=1 / sp.sqrt(d)
)

# The drift: d steps of -(eta/d) phi(R) rho_i, which is entry i of a vector.
record.define(Kbar, D**-1 * K, "the preconditioned covariance")
by_hand = record.define(
    drift,
    -eta * phi / sp.sqrt(2 * R) * Kbar * Delta,
    "the drift of Delta per unit time",
    needs=(ONE_PASS,),
)
record.equal(
    -d * (eta / d) * phi * rho, sp.Trace(e_i.T * drift), "coordinate i of the drift is d steps of the mean"
)

# The noise: the arcsine law in every entry, with the correlations C = D^-1 K D^-1.
C = D**-1 * K * D**-1
record.equal(
    sp.Trace(e_i.T * K * e_j) / sp.sqrt(K_ii * K_jj),
    sp.Trace(e_i.T * C * e_j),
    "the correlation of x_i and x_j",
)
record.equal(
    2 * sp.asin(sp.Trace(e_i.T * C * e_j)) / sp.pi,
    sp.Trace(e_i.T * K_sigma * e_j),
    "chapter 5, entry by entry",
)
record.equal(2 * ElementwiseApplyFunction(sp.asin, C) / sp.pi, K_sigma, "chapter 5, as matrices")
record.equal(sp.Trace(e_i.T * K_sigma * e_i), 1, "a sign has the square 1")
record.equal(sp.Trace(K_sigma), d, "so the noise of a step has the same size whatever the data")
noise = record.define(
    covariance,
    eta**2 / d * K_sigma,
    "covariance of Delta per unit time: d steps of (eta/d)^2 E[sign(x) sign(x)^T]",
    needs=(ONE_PASS,),
)

# What was dropped: (eta^2/d) phi^2 rho rho^T, whose trace is bounded where that of K_sigma is d.
record.expand(
    phi**2 * sp.Trace(Delta.T * K * D**-2 * K * Delta) / (2 * R),
    0,
    "the squared length of the mean step, phi^2 sum of rho_i^2",
    variable=d,
    point=sp.oo,
    order=1,
)

sde = ss.derive_sde(ss.SIGN)
assert sde.power == 1
assert sde.noise_matrix == K_sigma
record.equal(drift, sde.drift, "what the engine found: the drift")
record.equal(noise, sde.covariance, "what the engine found: the covariance")
chapter = record.finish()

if __name__ == "__main__":
    print(ss.check(chapter))
