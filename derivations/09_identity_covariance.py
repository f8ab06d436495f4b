"""Chapter 9. K = I: one equation.

With K = I every matrix of the theory is the identity and |Delta|^2 = 2 R, so the risk has an ODE of its own,

    R' = -eta phi(R) sqrt(2 R) + eta^2/2.

Asked for is this equation, and its solution without label noise, where phi = 2/pi.

The idea for the solution: write sqrt(2 R) = (1 + y) pi eta/4. Then y = 0 is the point of rest, the step
size drops out, y' = -(8/pi^2) y/(1 + y), and the variables separate: y + log y falls linearly in time. So
signSGD without noise and at constant step size first moves at constant speed (y large) and then relaxes
exponentially, at a rate that does not depend on eta; only the level (pi eta/4)^2/2 does. In closed form y
is a Lambert W function.

What can go wrong: that level is not 0. A constant step of constant length does not converge, label noise
or not.
"""

import sympy as sp

import signsgd_sym as ss
from signsgd_sym.derive.assumptions import IDENTITY
from signsgd_sym.notation import D, Delta, K, K_sigma, Kbar, R, d, drift_of_R, eta, phi, t
from signsgd_sym.special import Generator

# --- the equation ------------------------------------------------------------------------------
record = ss.Recorder("chapter-identity-covariance", "9. K = I: one equation", (IDENTITY,))
one = sp.Identity(d)
risk = sp.Trace(Delta.T * K * Delta) / 2

record.equal(D, one, "the standard deviations")
record.equal(K_sigma, one, "sign(x_i)^2 = 1, and (2/pi) asin(0) = 0 off the diagonal")
record.define(Kbar, D**-1 * K, "the preconditioned covariance")
record.equal(Kbar, one, "nothing to precondition")
record.define(R, risk, "the risk")
record.equal(sp.Trace(Delta.T * Delta), 2 * R, "the distance is the risk")

b, A = -eta * phi / sp.sqrt(2 * R) * Kbar * Delta, eta**2 / d * K_sigma
record.define(drift_of_R, Generator(risk, Delta, b, A), "the drift of R along signHSGD, chapter 7")
record.equal(
    drift_of_R,
    -eta * phi / sp.sqrt(2 * R) * sp.Trace(Delta.T * Delta) + eta**2 * sp.Trace(one) / (2 * d),
    "every matrix is the identity",
)
by_hand = -eta * phi * sp.sqrt(2 * R) + eta**2 / 2
record.equal(drift_of_R, by_hand, "2 R/sqrt(2 R) = sqrt(2 R), and the trace of the identity is d")
engine = ss.derive("sign-identity").result
assert sp.simplify(by_hand - engine) == 0
record.equal(by_hand, engine, "what the engine found")
chapter = record.finish()

# --- its solution without label noise ----------------------------------------------------------
record = ss.Recorder("chapter-identity-noise-free", "9b. K = I without label noise, solved")
y = sp.Symbol("y", positive=True)
start = sp.Symbol("y_0", positive=True)
noise_free = engine.subs(phi, 2 / sp.pi)
rest = sp.pi * eta / 4

record.equal(sp.Subs(noise_free, R, rest**2 / 2), 0, "where it comes to rest: sqrt(2 R) = pi eta/4")
record.equal(
    sp.Derivative((rest * (1 + y)) ** 2 / 2, y) * (-8 * y / (sp.pi**2 * (1 + y))),
    noise_free.subs(R, (rest * (1 + y)) ** 2 / 2),
    "with sqrt(2 R) = (1 + y) pi eta/4 the ODE is y' = -(8/pi^2) y/(1 + y)",
)
time = record.equal(
    sp.pi**2 / 8 * sp.Integral((1 + y) / y, (y, y, start)),
    sp.pi**2 / 8 * (start - y + sp.log(start / y)),
    "separate the variables: the time from y_0 to y",
)
solution = sp.LambertW(start * sp.exp(start - 8 * t / sp.pi**2))
record.equal(solution.subs(t, time), y, "y exp(y) = y_0 exp(y_0 - 8 t/pi^2), solved for y")
noise_free_solution = record.finish()

if __name__ == "__main__":
    print(ss.check(chapter))
    print(ss.check(noise_free_solution))
