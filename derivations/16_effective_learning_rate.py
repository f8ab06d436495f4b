"""Chapter 16. The first effect: a step in units of the residual.

The sign of a residual forgets how large it was. Asked for is what that alone does, all else being SGD's.

The idea: SGD's step is eta times the residual, signSGD's is eta. In SGD's terms signSGD's step is therefore
divided by the size of a residual, sqrt(2 P): the effective learning rate is (2/pi) eta/sqrt(2 P). Where the
risk is large it is short, and signSGD cannot diverge: every constant step comes to rest somewhere. SGD has a
largest step, 2 d/tr(K). Where the risk is small it is long, which is good as long as there is something to
learn and bad after that. Without label noise the residual shrinks at the constant speed 2 eta/pi and is gone
after a time that is proportional to it; SGD's risk would fall exponentially and never be gone.

What can go wrong: the step that makes signSGD a linear recursion again, eta = c sqrt(2 P), has to know the
risk, and then it can diverge like SGD. And "comes to rest" is not "comes to 0": at a constant step the risk
at rest is the price (chapter 11).
"""

import sympy as sp

import signsgd_sym as ss
from signsgd_sym.derive.assumptions import finite_variance, no_label_noise
from signsgd_sym.notation import D, P, R, c, d, eps, eta, eta_eff, phi, t
from signsgd_sym.special import NoiseMean

# --- the step in SGD's terms ---------------------------------------------------------------------
record = ss.Recorder(
    "chapter-effective-learning-rate", "16. A step in units of the residual", (finite_variance(),)
)
record.define(P, R + NoiseMean(eps**2) / 2, "the population risk: a residual has the variance 2 P")
record.define(phi, 2 / sp.pi * NoiseMean(sp.exp(-(eps**2) / (4 * R))), "chapter 3")
effective = record.define(eta_eff, 2 / sp.pi * eta / sp.sqrt(2 * P), "eta in units of a residual, chapter 15")
record.at_most(effective, 2 / sp.pi * eta / sp.sqrt(2 * R), "label noise makes it shorter")
record.equal(
    sp.Subs(effective, eta, c * sp.sqrt(2 * P)),
    2 / sp.pi * c,
    "a schedule in proportion to it undoes that",
)

# At rest SGD has R/(2 P) = eta tr(K)/(4 d). The left side is below 1/2.
record.at_most(R / (2 * P), sp.Rational(1, 2), "P >= R")
record.equal(
    sp.Subs(eta * sp.Trace(D**2) / (4 * d), eta, 2 * d / sp.Trace(D**2)),
    sp.Rational(1, 2),
    "so SGD has no rest from the step 2 d/tr(K) on",
)
# signSGD has R phi/sqrt(2 R) = eta tr(D)/(4 d), and the left side has no bound: Markov's inequality for
# exp(-eps^2/(4 R)) would do, and 1 - u <= exp(-u) is simpler.
left = R * phi / sp.sqrt(2 * R)
low = sp.sqrt(2 * R) / sp.pi * (1 - NoiseMean(eps**2) / (4 * R))
record.at_most(low, left, "1 - u <= exp(-u) with u = eps^2/(4 R)")
record.tends(low, sp.oo, "signSGD has a rest at any step", variable=R, point=sp.oo)
assert ss.derive("effective-learning-rate").definitions[eta_eff] == effective
record.equal(eta_eff, ss.derive("effective-learning-rate").definitions[eta_eff], "what the engine found")
chapter = record.finish()

# --- without label noise, K = I ------------------------------------------------------------------
SILENT = no_label_noise(phi, 2 / sp.pi)
record = ss.Recorder("chapter-finite-time", "16b. The residual shrinks at a constant speed", (SILENT,))
# The drift of the risk, chapter 9 without the noise of the steps, eta^2/2.
drift = record.equal(-eta * phi * sp.sqrt(2 * R), -2 / sp.pi * eta * sp.sqrt(2 * R), "no label noise")
r_0 = sp.Symbol("r_0", positive=True)
size = r_0 - 2 * eta * t / sp.pi
record.equal(
    sp.Derivative(size**2 / 2, t),
    drift.subs(R, size**2 / 2).subs(sp.sqrt(size**2), size),
    "R = (r_0 - 2 eta t/pi)^2/2 solves it, up to r_0 = 2 eta t/pi",
)
record.equal(sp.Subs(size, t, sp.pi * r_0 / (2 * eta)), 0, "where the residual is gone")
record.equal(
    sp.Derivative(r_0**2 / 2 * sp.exp(-2 * eta * t), t),
    -2 * eta * (r_0**2 / 2 * sp.exp(-2 * eta * t)),
    "SGD: R' = -2 eta R, which never is",
)
speed = record.equal(sp.Derivative(size, t), -2 * eta / sp.pi, "the speed of a residual")
record.equal(speed, ss.derive("effective-learning-rate").result, "what the engine found")
finite_time = record.finish()

if __name__ == "__main__":
    print(ss.check(chapter))
    print(ss.check(finite_time))
