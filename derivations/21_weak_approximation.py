r"""Chapter 21. Small steps at a fixed dimension.

Chapters 1 to 12 let the dimension grow. Most of the literature does not: it fixes d, lets the step size fall
and asks for an SDE whose expectations are those of the iterates. For signSGD that SDE contains an error
function where ours contains phi. Asked for is where each comes from, and where they agree.

**The step is eta here, not eta/d, and time is t = eta k.** A step of -eta sign(g) has mean -eta m and
covariance eta^2 (E[sign g sign g^T] - m m^T), m = E[sign g]; an SDE with these two moments over a time eta is
of weak order 1. That theorem is cited. The moments are derived, under three assumptions, not one:

Gaussian gradient noise, as a large batch has it. Then m is an error function of the signal-to-noise ratio,
and it has three phases: far out the drift is a sign, near the optimum it is linear, and in between it is
neither. Noise of any other law puts its own distribution function in place of the error function.

One sample of the linear model. Then m is the arcsine of chapter 2, and no error function is in sight: r x_i
is a product of Gaussians, whose density at 0 is infinite.

A minibatch of b samples. The idea that joins the two: given the norm of the b residuals the gradient is
Gaussian, and that norm has a chi law. What comes out is the distribution of a sample correlation, Student's
law with b degrees of freedom, of which the arcsine is b = 1 and the error function b = oo; two samples give m
= rho, a straight line. So the error function is off by 1/(4 b) at small arguments, 25 % for one sample, and
the linear theory by (b - 2) rho^2/6, which in dimension d, where rho^2 is of order 1/d, asks for b << d. All
theories agree for 1 << b << d.

What can go wrong: "small arguments" alone does not make them agree. The slopes at 0 are 2/pi for one sample
and sqrt(2/pi) for Gaussian noise of the same variance, and no step size changes that.
"""

import sympy as sp

import signsgd_sym as ss
from signsgd_sym.derive.assumptions import CORRELATION, GAUSSIAN_DATA, any_law
from signsgd_sym.derive.gaussian_noise import NOISE
from signsgd_sym.derive.weak import WEAK_ORDER
from signsgd_sym.derive.weak.gradient_noise import GAUSSIAN_GRADIENT, SMALL_STEPS
from signsgd_sym.derive.weak.minibatch import MINIBATCH
from signsgd_sym.derive.weak.regression import regression_sde
from signsgd_sym.notation import (
    R,
    Sigma_ii,
    batch,
    below,
    eps,
    eta,
    gaussian_density,
    grad_i,
    mean_of_batch,
    mean_sign,
    mu_i,
    mu_j,
    q,
    rho,
    s,
    variance_i,
    w,
    y,
)
from signsgd_sym.special import NoiseMean

# --- Gaussian gradient noise -------------------------------------------------------------------
record = ss.Recorder(
    "chapter-gaussian-gradient-noise",
    "21. Small steps: Gaussian gradient noise",
    (GAUSSIAN_GRADIENT, CORRELATION, SMALL_STEPS),
)

# The sign of grad_i + sqrt(Sigma_ii) w jumps at w = -mu_i: twice the mass between 0 and mu_i is left.
mu = grad_i / sp.sqrt(Sigma_ii)
record.define(
    mean_sign,
    sp.Integral(sp.sign(grad_i + sp.sqrt(Sigma_ii) * w) * gaussian_density(w), (w, -sp.oo, sp.oo)),
    "g_i = grad_i + sqrt(Sigma_ii) w",
    needs=(GAUSSIAN_GRADIENT,),
)
record.equal(
    mean_sign, 2 * sp.Integral(gaussian_density(w), (w, 0, mu)), "mass above the jump less mass below"
)
mean = record.equal(mean_sign, sp.erf(mu / sp.sqrt(2)), "the definition of erf")
engine = ss.derive("gradient-noise-mean").result
assert sp.simplify(mean - engine) == 0
record.equal(mean, engine, "what the engine found")

# Two components. Their correlation enters through Plackett's identity, as in chapter 5, at the point (mu_i,
# mu_j) and not at (0, 0).
pair_density = sp.exp(-(mu_i**2 - 2 * s * mu_i * mu_j + mu_j**2) / (2 * (1 - s**2))) / (
    2 * sp.pi * sp.sqrt(1 - s**2)
)
independent = sp.erf(mu_i / sp.sqrt(2)) * sp.erf(mu_j / sp.sqrt(2))
pair = independent + 4 * sp.Integral(pair_density, (s, 0, rho))
record.equal(sp.Subs(pair, rho, 0), independent, "uncorrelated noise: the signs are independent")
engine = ss.derive("gradient-noise-pair").result
record.equal(
    pair, engine, "a sign is 2 [g > 0] - 1: 4 times Plackett's slope; the engine found it by conditioning"
)
centred = sp.Integral(pair_density.subs({mu_i: 0, mu_j: 0}), (s, 0, rho))
record.equal(4 * centred, 2 * sp.asin(rho) / sp.pi, "without a gradient: the arcsine law of chapter 5")

# The SDE for uncorrelated noise: one component, per unit of time.
by_hand = record.define(
    variance_i,
    eta * (1 - mean**2),
    "1/eta steps of variance eta^2 (1 - E[sign g_i]^2)",
    needs=(SMALL_STEPS, GAUSSIAN_GRADIENT),
)
engine = ss.derive("gradient-noise-sde").result
assert sp.simplify(by_hand - engine) == 0
record.equal(by_hand, engine, "what the engine found")

# That these two moments suffice. (The ODE without noise is of weak order 1 as well: the covariance over a
# time eta is of order eta^2. The noise adds the spread of the iterates around it, to leading order in eta.)
gap = sp.Symbol("max over k < T/eta of |E f(X_k) - E f(X(eta k))|", nonnegative=True)
record.cite(
    gap,
    "~",
    0,
    "an SDE with the moments of a step up to O(eta^2) is of weak order 1, for smooth f of polynomial growth",
    WEAK_ORDER,
    variable=eta,
    point=0,
    order=eta,
    needs=(SMALL_STEPS,),
)

# Three phases. Far from the optimum the drift is a sign, near it a preconditioned gradient. The step between
# is a matter of the error that is allowed: at mu_i/sqrt(2) = 3/2 the sign is off by 3.4 %, at 1 the line by
# 34 %.
record.tends(mean, 1, "saturated", variable=grad_i, point=sp.oo)
linear = sp.sqrt(2 / sp.pi) * mu
record.expand(mean, linear, "linear", variable=grad_i, order=grad_i**3)
record.at_most(1 - sp.erf(sp.Rational(3, 2)), sp.Rational(34, 1000), "the error of the sign at its border")
record.at_most(
    2 / sp.sqrt(sp.pi) / sp.erf(1) - 1, sp.Rational(34, 100), "the error of the line at its border"
)
record.expand(
    by_hand, eta, "near the optimum the noise is that of a fair coin", variable=grad_i, order=grad_i**2
)
gaussian_chapter = record.finish()

# --- any other law -----------------------------------------------------------------------------
LAW = any_law()
record = ss.Recorder("chapter-any-gradient-noise", "21b. Small steps: gradient noise of any law", (LAW,))
record.define(mean_sign, NoiseMean(sp.sign(grad_i + eps)), "g_i is grad_i plus the noise")
record.define(below, NoiseMean(sp.Heaviside(-grad_i - eps)), "F(-grad_i), the mass below -grad_i")
by_hand = record.equal(
    1 - mean_sign**2, 4 * below * (1 - below), "1 - 2 F is the mean: mass above less mass below"
)
engine = ss.derive("any-gradient-noise").result
assert sp.simplify(eta * by_hand - engine) == 0
record.equal(eta * by_hand, engine, "what the engine found")

# The drift needs no moment of the noise, only its distribution function: Student's law of two degrees of
# freedom has no variance, and its drift is algebraic.
heavy = ss.noise_law("StudentT(2)")
algebraic = grad_i / sp.sqrt(2 + grad_i**2)
record.equal(heavy.mean_of(sp.sign(grad_i + eps)), algebraic, "Student's law with 2 degrees of freedom")
record.expand(algebraic, grad_i / sp.sqrt(2), "twice its density at 0", variable=grad_i, order=grad_i**3)
any_chapter = record.finish()

# --- from one sample to a large batch ----------------------------------------------------------
record = ss.Recorder(
    "chapter-minibatch",
    "21c. Small steps: from one sample to a large batch",
    (GAUSSIAN_DATA, CORRELATION, NOISE, MINIBATCH),
)

# Given the norm sqrt(2 P) y of the b residuals the gradient is Gaussian, of signal-to-noise ratio
# rho y/sqrt(1 - rho^2); y has the chi law.
given = sp.erf(rho * y / sp.sqrt(2 * (1 - rho**2)))
chi = 2 * y ** (batch - 1) * sp.exp(-(y**2) / 2) / (2 ** (batch / 2) * sp.gamma(batch / 2))
record.define(
    mean_of_batch,
    sp.Integral(given * chi, (y, 0, sp.oo)),
    "an error function, averaged over the norm of the residuals",
    needs=(GAUSSIAN_DATA, NOISE, MINIBATCH),
)
slope = (
    2 * sp.gamma((batch + 1) / 2) / (sp.sqrt(sp.pi) * sp.gamma(batch / 2)) * (1 - rho**2) ** (batch / 2 - 1)
)
record.equal(sp.Derivative(sp.Integral(given * chi, (y, 0, sp.oo)), rho), slope, "differentiate in rho")
by_hand = record.equal(mean_of_batch, sp.Integral(slope.subs(rho, s), (s, 0, rho)), "integrate back")
engine = ss.derive("minibatch-mean").result
assert engine.limits == by_hand.limits
record.equal(slope, engine.function.subs(s, rho), "what the engine found, under the integral: B in Gammas")

# One sample is chapter 2, without label noise of its own: rho is the correlation with the whole residual.
record.equal(sp.Subs(by_hand, batch, 1), 2 * sp.asin(rho) / sp.pi, "one sample")
one = regression_sde("gaussian").mean
[v] = one.free_symbols - {R, rho}
record.equal(
    sp.Subs(2 * sp.asin(rho) / sp.pi, rho, rho * sp.sqrt(2 * R / (2 * R + v**2))),
    one,
    "what the engine found for it",
)
record.equal(sp.Subs(by_hand, batch, 2), rho, "two samples: no curvature at all")
record.equal(sp.Subs(by_hand, batch, 4), rho * (3 - rho**2) / 2, "four samples")

# Small arguments: a line for every batch, and its slope.
at_zero = slope.subs(rho, 0)
record.expand(slope, at_zero, "the slope in rho is constant to second order", variable=rho, order=rho**2)
record.expand(
    slope / at_zero,
    1 - (batch / 2 - 1) * rho**2,
    "integrated, the line is off by (b - 2) rho^2/6",
    variable=rho,
    order=rho**4,
)
record.expand(
    at_zero,
    sp.sqrt(2 * batch / sp.pi) * (1 - 1 / (4 * batch)),
    "Stirling: the slope of the error function, but for 1/(4 b)",
    variable=batch,
    point=sp.oo,
    order=batch ** sp.Rational(-3, 2),
)

# Any argument: q = sqrt(b) rho fixed, b -> oo. The central limit theorem has g of signal-to-noise ratio
# q/sqrt(1 + q^2/b); what it misses is an Edgeworth term.
normal = sp.erf(q / sp.sqrt(2 * (1 + q**2 / batch)))
record.expand(
    slope.subs(rho, q / sp.sqrt(batch)) / sp.sqrt(batch) - sp.diff(normal, q),
    sp.sqrt(2 / sp.pi) * sp.exp(-(q**2) / 2) * (10 * q**2 - 3 * q**4 - 1) / (4 * batch),
    "the slopes in q differ by 1/b",
    variable=batch,
    point=sp.oo,
    order=batch**-2,
)
edgeworth = sp.sqrt(2 / sp.pi) * sp.exp(-(q**2) / 2) * (3 * q**3 - q) / (4 * batch)
record.equal(
    sp.Derivative(edgeworth, q),
    sp.sqrt(2 / sp.pi) * sp.exp(-(q**2) / 2) * (10 * q**2 - 3 * q**4 - 1) / (4 * batch),
    "which is the slope of what is missing",
)
record.equal(edgeworth, ss.derive("minibatch-normal-limit").result, "what the engine found")
minibatch_chapter = record.finish()

if __name__ == "__main__":
    for chapter in (gaussian_chapter, any_chapter, minibatch_chapter):
        print(ss.check(chapter))
