"""Chapter 3. Small correlations.

In dimension d a coordinate has a correlation rho of order d^(-1/2) with the residual (chapter 6 measures
it). Asked for is the mean step 4 T(h, rho/sqrt(1 - rho^2)) for such rho, with a remainder that one can
hold on to.

The idea: expand the slope in rho, which is elementary, and integrate. To third order the remainder is
rho^3 times something that depends on h; for the limit that must be bounded in h, since the label noise
may take any value and is averaged over afterwards. It is: with u = rho^2 the slope's derivative in u
contains exp(-y/2) (1 - y) with y = h^2/(1 - u), which lies between -1 and 1. So the remainder is at most
(2/pi) (asin|rho| - |rho|), and that is at most (1 - 2/pi) |rho|^3: no constant depends on the law of the
label noise, not even on its tails.

What can go wrong: the coefficient of rho^3 carries the factor 1 - h^2. An O(rho^3) with a constant that
grows like h^2 would need label noise with a variance, and signSGD does not.
"""

import sympy as sp

import signsgd_sym as ss
from signsgd_sym.derive.assumptions import CORRELATION, GAUSSIAN_DATA, any_law
from signsgd_sym.notation import R, eps, h, mean_step, phi, rho, s
from signsgd_sym.special import NoiseMean, OwenT

LAW = any_law()
record = ss.Recorder("chapter-linearisation", "3. Small correlations", (GAUSSIAN_DATA, CORRELATION, LAW))
rest = sp.sqrt(1 - rho**2)
mean = 4 * OwenT(h, rho / rest)
damping = 2 * sp.exp(-(h**2) / 2) / sp.pi

# The slope, from chapter 2, in powers of rho^2: exp(-h^2/2 (1 + rho^2 + ...)) (1 + rho^2/2 + ...).
slope = 2 * sp.exp(-(h**2) / (2 * rest**2)) / (sp.pi * rest)
record.equal(sp.Derivative(mean, rho), slope, "chapter 2")
record.expand(
    slope, damping * (1 + (1 - h**2) * rho**2 / 2), "two geometric series", variable=rho, order=rho**4
)

# Integrated, to two orders.
record.expand(mean, damping * rho, "integrate the constant term", variable=rho, order=rho**3)
cubic = damping * (rho + (1 - h**2) * rho**3 / 6)
record.expand(mean, cubic, "integrate both terms", variable=rho, order=rho**5)
engine = ss.derive("sign-linearisation").result
assert sp.simplify(cubic - engine) == 0
record.equal(cubic, engine, "what the engine found")

# The remainder of the first order, bounded in h: first the factor that carries h, then the bound itself.
record.at_most(sp.Abs(sp.exp(-(h**2) / 2) * (1 - h**2)), 1, "1 at h = 0; at h^2 = 3 it is -2 exp(-3/2)")
bound = 2 * (sp.asin(sp.Abs(rho)) - sp.Abs(rho)) / sp.pi
record.at_most(
    sp.Abs(mean - damping * rho),
    bound,
    "the slope differs from its value at 0 by at most (2/pi) (1/sqrt(1 - rho^2) - 1); integrate",
)
record.at_most(
    bound, (1 - 2 / sp.pi) * sp.Abs(rho) ** 3, "(asin(q) - q)/q^3 grows from 1/6 to pi/2 - 1 on (0, 1)"
)

# Now the average over the label noise, h = eps/sqrt(2 R). The bound passes under the expectation.
in_eps = {h: eps / sp.sqrt(2 * R)}
by_hand = record.define(
    phi, 2 * NoiseMean(sp.exp(-(eps**2) / (4 * R))) / sp.pi, "the coefficient of rho, averaged"
)
record.define(
    mean_step, NoiseMean(mean.subs(in_eps)), "the mean step, averaged over eps", needs=(GAUSSIAN_DATA,)
)
record.expand(
    mean_step, phi * rho, "the bound holds for every eps, so for the average", variable=rho, order=rho**3
)

# For any rho the slope is phi again, at another risk: with exponent h^2/(1 - rho^2) the noise looks larger,
# as if R were R (1 - rho^2). So the law enters through phi alone, in every dimension.
assert by_hand == ss.derive("sign-linear-response").result
exact = sp.Integral(phi.subs(R, R * (1 - s**2)) / sp.sqrt(1 - s**2), (s, 0, rho))
engine = ss.derive("sign-exact-mean").result
assert exact == engine
record.equal(
    NoiseMean(slope.subs(in_eps)),
    engine.function.subs(s, rho),
    "the average of the slope for every rho: the integrand of what the engine found",
)
chapter = record.finish()

if __name__ == "__main__":
    print(ss.check(chapter))
