r"""Chapter 14. Any update rule of one coordinate.

A step moves coordinate i by -(eta/d) f(r x_i). For f = sign that is signSGD, for f(z) = z it is SGD. Asked
for is what any odd f does: what it makes of the gradient, of its noise, and of the covariance.

The idea: to first order in the small correlation rho_i the residual and the coordinate are independent but
for one factor rho_i G X, whatever f is. So the mean step is rho_i E[f(r x_i) G X] with r and x_i independent,
and the expectation over x_i alone is the first Hermite coefficient h_1(u) = E[f(u X) X] at u = |r|
sqrt(K_ii). What f does to the geometry is decided by this one function.

If f(u v) = f(u) f(v), then h_1 is a power, f(z) = |z|^p sign(z), and residual and data separate: K is
preconditioned by D^(p-1), which leads from D^-1 (sign) to nothing (SGD), and the noise matrix from the
arcsine law to K. Only then, or with equal variances, are there modes. For every other rule the
preconditioner diag(a(R, K_ii)) changes its shape with R. Dithering the sign with N(0, s^2), f(z) = E sign(z
+ s xi), shows how: where |r| sqrt(K_ii) is far above s the coordinate is seen as by sign, far below as by
SGD. What closes then is the ODE of V = E[Delta Delta^T]; and its stationary risk knows of K only the
variances.

Then b samples a step: the sign of their mean. Given the residuals it is one coordinate seen through |r|, and
the law of the noise enters through the phi of chapter 4 and nothing else.

Last, any f of the mean of b gradients. Nothing changes but what the coordinate is seen through, s = |r|/b for
|r|, and the direction of r, which Stein's identity in b variables turns into a divergence: E[f'(u X)] becomes
E[(1 + (X^2 - 1)/b) f'(u X)]. The factor is X^2 for one sample and 1 for a large batch, whose gradient is
Gaussian.

What can go wrong: the matrix ODE needs R to be deterministic, so that a and Sigma come out of the
expectation: that is the paper's theorem for sign, and a conjecture for most of the others, which simulation
supports. A rule that grows like |z|^q needs E|eps|^(2q) finite. And Stein's identity in b variables needs
b >= 2: at b = 1 it meets a delta function at r = 0, where the closed form is right all the same.
"""

import sympy as sp

import signsgd_sym as ss
from signsgd_sym.derive.any_rule import BALANCED, derive_rule_sde, matrix_ode, matrix_stationary
from signsgd_sym.derive.assumptions import (
    CORRELATION,
    GAUSSIAN_DATA,
    SMALL_CORRELATIONS,
    SYMMETRIC,
    finite_moment,
)
from signsgd_sym.derive.batch_rules import batch_mean_step, gaussian_batch_powers
from signsgd_sym.derive.hermite import correlated_density
from signsgd_sym.derive.minibatch import BATCH, batch_response, gaussian_batch_response
from signsgd_sym.derive.orthant import bivariate_density
from signsgd_sym.notation import (
    Delta,
    K,
    K_ii,
    K_jj,
    R,
    Sigma,
    V,
    a_K,
    d,
    drift_of_V,
    e_i,
    e_j,
    eps,
    eta,
    g,
    gaussian_density,
    h,
    h_1,
    p_f,
    residual,
    response_given_noise,
    rho,
    u,
    v,
    x,
    y,
)
from signsgd_sym.notation import batch as b
from signsgd_sym.special import Generator, NoiseMean

LINE = (-sp.oo, sp.oo)

# --- one factor of Mehler's series ---------------------------------------------------------------
# The density of (G, X) to first order in rho does not know f.
record = ss.Recorder("chapter-first-factor", "14a. One factor of Mehler's series", (SMALL_CORRELATIONS,))
record.use(correlated_density())
together = bivariate_density()
apart = gaussian_density(x) * gaussian_density(y)
record.expand(
    together,
    apart * (1 + rho * x * y),
    "to first order; the next term is even in each variable, and an odd f does not see it",
    variable=rho,
    order=rho**2,
    needs=(SMALL_CORRELATIONS,),
)
record.equal(sp.Derivative(apart, x, y), x * y * apart, "Stein's identity: the factor is a second derivative")
first_factor = record.finish()

# --- the powers, from sign to SGD ----------------------------------------------------------------
ROOT = ss.UpdateRule.from_text("power(1/2)")
record = ss.Recorder(
    "chapter-powers",
    "14b. Between sign and SGD: the root of the gradient",
    (GAUSSIAN_DATA, CORRELATION, finite_moment(sp.S.One)),
)
f = ROOT.apply
half = sp.Rational(1, 2)
data = record.equal(
    sp.Integral(f(g) * g * gaussian_density(g), (g, *LINE)),
    2 ** sp.Rational(3, 4) * sp.gamma(sp.Rational(5, 4)) / sp.sqrt(sp.pi),
    "B, the response of the data",
)
residual_part = record.equal(
    sp.Integral(f(g - h) * g * gaussian_density(g), (g, *LINE)),
    data * sp.hyper([half / 2], [half], -(h**2) / 2),
    "the response of the residual, h = eps/sqrt(2 R): Kummer's function where sign has exp(-h^2/2)",
)
root_risk = (2 * R) ** sp.Rational(1, 4)
A = NoiseMean.of((root_risk * residual_part).subs(h, eps / sp.sqrt(2 * R)))
by_hand = sp.simplify(A * data / sp.sqrt(2 * R))
sde = ss.derive_sde(ROOT)
assert sde.power == half, "D^(-1/2) K: halfway between D^-1 K and K"
record.equal(
    by_hand,
    sde.rate.xreplace(dict(sde.definitions)),
    "what the engine found: a(R), averaged over the label noise",
    needs=(GAUSSIAN_DATA, finite_moment(sp.S.One)),
)
quarter = sp.Rational(1, 4)
entry = sp.sqrt(sp.sqrt(K_ii * K_jj)) * data**2 * rho * sp.hyper([quarter, quarter], [3 * half], rho**2)
record.equal(entry, sde.noise_entry, "what the engine found: E[f(x_i) f(x_j)], between asin(rho) and rho")
powers = record.finish()

# --- the dithered sign: a rule that does not separate --------------------------------------------
DITHER = ss.UpdateRule.from_text("dither(1)")
record = ss.Recorder("chapter-dither", "14c. The dithered sign", (GAUSSIAN_DATA,))
record.equal(
    sp.Integral(sp.sign(x + g) * gaussian_density(g), (g, *LINE)),
    sp.erf(x / sp.sqrt(2)),
    "E sign(z + xi), xi ~ N(0, 1): an error function",
)
record.define(
    h_1,
    sp.Integral(sp.erf(u * x / sp.sqrt(2)) * x * gaussian_density(x), (x, *LINE)),
    "the first Hermite coefficient",
    needs=(GAUSSIAN_DATA,),
)
coefficient = record.equal(
    h_1, sp.sqrt(2 / sp.pi) * u / sp.sqrt(1 + u**2), "Stein's identity, and complete the square"
)
record.tends(coefficient, sp.sqrt(2 / sp.pi), "far above the dither: as sign", variable=u, point=sp.oo)
record.expand(
    coefficient,
    sp.sqrt(2 / sp.pi) * u,
    "far below it: as SGD with the step sqrt(2/pi)",
    variable=u,
    point=0,
    direction="+",
    order=u**3,
)
engine = derive_rule_sde(DITHER)
assert engine.first is not None
record.equal(coefficient, engine.first, "what the engine found: h_1")
record.define(
    response_given_noise,
    sp.Integral(coefficient.subs(u, residual() * sp.sqrt(K_ii)) * g * gaussian_density(g), (g, *LINE)),
    "average over G",
    needs=(GAUSSIAN_DATA,),
)
record.equal(
    response_given_noise,
    sp.sqrt(2 * R * K_ii)
    * sp.Integral(
        sp.sqrt(2 / sp.pi) * (1 + K_ii * residual() ** 2) ** sp.Rational(-3, 2) * gaussian_density(g),
        (g, *LINE),
    ),
    "Stein's identity in G: it does not split into a factor of R and one of K_ii",
)
dither = record.finish()

# --- the matrix ODE ------------------------------------------------------------------------------
record = ss.Recorder("chapter-matrix-ode", "14d. What closes without modes", (SYMMETRIC, BALANCED))
pair = sp.Trace(e_i.T * Delta) * sp.Trace(e_j.T * Delta)
b_drift, covariance = -eta * (a_K * K * Delta), eta**2 / d * Sigma
record.define(drift_of_V, Generator(pair, Delta, b_drift, covariance), "the drift of Delta_i Delta_j")
outer = Delta * Delta.T
as_matrix = -eta * (a_K * K * outer + outer * K * a_K) + eta**2 / d * Sigma
record.equal(
    drift_of_V, sp.Trace(e_i.T * as_matrix * e_j), "Ito: linear in Delta Delta^T", needs=(SYMMETRIC,)
)
at_rest = record.equal(
    eta / (4 * d) * sp.Trace(a_K**-1 * Sigma),
    sp.Trace(K * V) / 2,
    "at rest: times a^-1, and the trace; of Sigma and of K only the diagonals are left",
)
assert matrix_stationary().result == at_rest
record.equal(matrix_ode().result.subs(V, outer), as_matrix, "what the engine found: the right-hand side")
matrix = record.finish()

# --- any rule of a minibatch ---------------------------------------------------------------------
record = ss.Recorder("chapter-batches", "14e. Any rule of the mean of b gradients", (BATCH,))
factor = 1 + (x**2 - 1) / b
record.equal(
    sp.Derivative(u ** (b - 1) * coefficient, u) / (b * u ** (b - 1)),
    sp.Integral(factor * sp.diff(sp.erf(u * x / sp.sqrt(2)), x) / u * gaussian_density(x), (x, *LINE)),
    "the dithered sign: the divergence of (r/|r|) h_1(u) in b variables is E[(1 + (X^2 - 1)/b) f'(u X)]",
    needs=(BATCH,),
)
record.equal(factor.subs(b, 1), x**2, "one sample: h_1'(u) = E[X^2 f'(u X)]")
record.tends(factor, 1, "a large batch: the gradient is Gaussian", variable=b, point=sp.oo)
of_batch = sp.sqrt(2 / sp.pi) * (b * (1 + u**2) - u**2) / (b * (1 + u**2) ** sp.Rational(3, 2))
record.equal(
    sp.Derivative(u ** (b - 1) * coefficient, u) / (b * u ** (b - 1)),
    of_batch,
    "what is averaged over u = sqrt(K_ii) |r|/b to give a(R, K_ii)",
)
record.equal(of_batch, batch_mean_step(DITHER).result, "what the engine found")
batches = record.finish()

# --- minibatches of the sign ---------------------------------------------------------------------
record = ss.Recorder("chapter-update-rules", "14. Any update rule of one coordinate", (BATCH, GAUSSIAN_DATA))
for part in (first_factor, powers, dither, matrix, batches):
    record.use(part)
record.use(batch_response())
width = sp.sqrt(2 * R + v**2)
radial = sp.Integral(u ** (b - 2) * sp.exp(-(u**2) / 2), (u, 0, sp.oo)) / sp.Integral(
    u ** (b - 1) * sp.exp(-(u**2) / 2), (u, 0, sp.oo)
)
inverse = record.equal(
    radial / width,
    sp.gamma((b - 1) / 2) / (sp.sqrt(2) * sp.gamma(b / 2)) / width,
    "E[1/|r|] for b Gaussian residuals: |r| has the density of a chi variable",
    needs=(BATCH, GAUSSIAN_DATA),
)
by_hand = record.equal(
    sp.sqrt(2 / sp.pi) * sp.sqrt(2 * R) * (b - 1) * inverse,
    2 / sp.sqrt(sp.pi) * sp.sqrt(2 * R) / width * sp.gamma((b + 1) / 2) / sp.gamma(b / 2),
    "phi_b under N(0, v^2), by Stein's identity in b variables",
    needs=(BATCH,),
)
record.equal(by_hand.subs(b, 1), 2 / sp.pi * sp.sqrt(2 * R) / width, "one sample: chapter 4's phi")
record.equal(by_hand, gaussian_batch_response().result, "what the engine found: by way of phi")
by_moments = gaussian_batch_powers().result.subs(p_f, 0)
record.equal(by_hand / sp.sqrt(2 * R), by_moments, "and by way of the powers: |z|^p sign(z) at p = 0")
chapter = record.finish()

if __name__ == "__main__":
    for part in (first_factor, powers, dither, matrix, batches, chapter):
        print(ss.check(part))
