"""Chapter 20. When signSGD wins.

A fair race needs a common pace. Asked for is which of the two optimizers is better at equal pace: where it
rests, how fast it gets there, and what the label noise has to do with it.

At rest: let SGD run at the step eta_SGD/varsigma, at which its drift matrix has the trace of signSGD's. Then
the shares R/P of the two at rest have the ratio (pi/2)^2/psi^2, whatever the covariance: signSGD rests lower
iff psi > pi/2. Gaussian noise has psi = 1, and SGD wins by a factor of about 2.5. Laplace noise has psi ->
sqrt(pi), just above pi/2, and at small steps signSGD wins. This is an old acquaintance: as R -> 0, psi =
sqrt(2 pi) f(0) sigma, and 4 f(0)^2 sigma^2 is the efficiency of the median relative to the mean. What the
sign of the residual gains or loses is what a median does; the sign of x_i costs pi/2 besides. Under noise
without a variance SGD does not even start.

Without label noise: take the schedule eta = c sqrt(2 R), under which signSGD is linear, and for either
optimizer half of the largest stable step. The rates are 8/(pi^2 kappa_sign) and 2/kappa_SGD with the averaged
condition numbers of Kbar and K: signSGD is faster iff kappa_SGD > (pi^2/4) kappa_sign. Where K is diagonal
and its variances spread over a decade, that is the case; where its diagonal is constant, never. (The noise
that the modes cast on each other takes something of both rates, at most a half.)

What can go wrong: the largest stable step is not 2/lambda_max, as for gradient descent. What makes one-pass
SGD diverge is the noise that the modes cast on each other, and that is a trace. And noise that is not
symmetric changes nothing: the mean step vanishes at theta_star under any law, because x is symmetric even if
eps is not. Only SGD pays for its mean, which is part of E[eps^2].
"""

import sympy as sp

import signsgd_sym as ss
from signsgd_sym.derive.assumptions import CORRELATION, GAUSSIAN_DATA, eigenbasis, no_label_noise
from signsgd_sym.derive.noise_free import noise_free
from signsgd_sym.derive.when_sign_wins import matched_rest, rate_criterion
from signsgd_sym.notation import (
    D,
    Delta,
    K,
    K_sigma,
    P,
    R,
    U,
    c,
    d,
    e_i,
    eta,
    eta_SGD,
    h,
    i,
    j,
    kappa,
    kappa_SGD,
    kappa_sign,
    lam,
    mu,
    n,
    phi,
    psi,
    r_i,
    r_mu,
    rest_SGD,
    rest_sign,
    rho,
    varsigma,
    x,
)
from signsgd_sym.special import OwenT

# --- at rest -------------------------------------------------------------------------------------
record = ss.Recorder("chapter-matched-rest", "20a. At rest, at equal pace")
record.define(psi, sp.pi / 2 * phi * sp.sqrt(P / R), "noise compression, chapter 15")
record.define(eta_SGD, 2 / sp.pi * eta * psi / sp.sqrt(2 * P), "the matched step, chapter 15")
record.equal(
    R * phi / sp.sqrt(2 * R), eta_SGD * R / eta, "the left side of R phi/sqrt(2 R) = eta tr(D)/(4 d)"
)
record.define(rest_sign, eta**2 * sp.Trace(D) / (4 * d * eta_SGD * P), "chapter 11, solved for R/P")
record.equal(rest_sign, sp.pi**2 * eta_SGD * sp.Trace(D) / (8 * d * psi**2), "eta in terms of eta_SGD")
record.define(varsigma, sp.Trace(D**2) / sp.Trace(D), "a typical standard deviation; tr(D^2) = tr(K)")
record.define(rest_SGD, eta_SGD / varsigma * sp.Trace(D**2) / (2 * d), "SGD: R/(2 P) = eta tr(K)/(4 d)")
by_hand = record.equal(rest_sign / rest_SGD, (sp.pi / 2) ** 2 / psi**2, "everything else cancels")

# Student's t as R -> 0: psi > pi/2 iff 4 f(0)^2 sigma^2 > pi/2, with sigma^2 = nu/(nu - 2).
line = (x, -sp.oo, sp.oo)
three = record.equal(1 / sp.Integral((1 + x**2 / 3) ** -2, line), 2 / (sp.pi * sp.sqrt(3)), "f(0) at nu = 3")
record.at_most(sp.pi / 2, 4 * three**2 * 3, "16/pi^2: at nu = 3 signSGD rests lower")
five = record.equal(
    1 / sp.Integral((1 + x**2 / 5) ** -3, line), 8 / (3 * sp.pi * sp.sqrt(5)), "f(0) at nu = 5"
)
record.at_most(4 * five**2 * 5 / 3, sp.pi / 2, "256/(27 pi^2): at nu = 5 SGD does")

engine = matched_rest().result
assert sp.simplify(by_hand - engine) == 0
record.equal(rest_sign / rest_SGD, engine, "what the engine found")
at_rest = record.finish()

# --- without label noise ---------------------------------------------------------------------------
SILENT = no_label_noise(phi, 2 / sp.pi)
record = ss.Recorder("chapter-noise-free", "20b. Without label noise", (eigenbasis(sp.S.One), SILENT))
half = D ** sp.Rational(1, 2)
u = half * U * e_i
record.define(n[i], lam[i] * sp.Trace(u.T * K_sigma * u) / (2 * d), "the forcing of mode i, chapter 8")

# With eta = c sqrt(2 R) the ODE of the modes is linear.
coordinate = sp.Trace(e_i.T * U.T * half * Delta)
record.define(R, sp.Trace(Delta.T * K * Delta) / 2, "the risk")
record.define(r_i, lam[i] * coordinate**2 / 2, "the risk of mode i, chapter 8")
step = c * sp.sqrt(2 * R)
ode = -2 * step * lam[i] * phi / sp.sqrt(2 * R) * r_i + step**2 * n[i]
record.equal(ode, -4 * c / sp.pi * lam[i] * r_i + 2 * c**2 * R * n[i], "eta = c sqrt(2 R), phi = 2/pi")

# A solution that grows like exp(mu t), and what its modes add up to.
record.define(r_mu[i], 2 * c**2 * R * n[i] / (mu + 4 * c * lam[i] / sp.pi), "mu r_i on the left, solved")
record.equal(-4 * c / sp.pi * lam[i] * r_mu[i] + 2 * c**2 * R * n[i], mu * r_mu[i], "it grows at the rate mu")
at_zero = sp.Sum(sp.pi * c * n[j] / (2 * lam[j]), (j, 1, d))
record.at_most(
    sp.Sum(r_mu[j], (j, 1, d)), R * at_zero, "each term falls in mu; a solution needs equality with R"
)
record.equal(at_zero, sp.pi * c * sp.Trace(D) / (4 * d), "the trace of chapter 11")
largest = 4 * d / (sp.pi * sp.Trace(D))
record.equal(sp.Subs(sp.pi * c * sp.Trace(D) / (4 * d), c, largest), 1, "so nothing grows below this step")
record.define(kappa, sp.Trace(D) / (d * lam[i]), "the averaged condition number, for the smallest lambda_i")
record.equal((4 * c / sp.pi * lam[i]).subs(c, largest / 2), 8 / (sp.pi**2 * kappa), "the rate at half of it")

found = noise_free(ss.SIGN)
assert sp.simplify(found.largest - largest) == 0
record.equal(largest, found.largest, "what the engine found: the largest stable step")
record.equal(
    (2 * found.decay * lam[i]).subs(c, largest / 2), found.rate / kappa, "what the engine found: the rate"
)
without_noise = record.finish()

record = ss.Recorder("chapter-rate-criterion", "20c. Which is faster")
sgd = noise_free(ss.SGD)
ratio = 8 / (sp.pi**2 * kappa_sign) / (2 / kappa_SGD)
record.equal(
    sp.Subs(ratio, kappa_SGD, sp.pi**2 / 4 * kappa_sign), 1, "equal where kappa_SGD = (pi^2/4) kappa_sign"
)
record.equal(ratio, (found.rate / kappa_sign) / (sgd.rate / kappa_SGD), "the rates of the engine")
record.equal(ratio, rate_criterion().result, "what the engine found")
which_is_faster = record.finish()

# --- asymmetric noise --------------------------------------------------------------------------------
record = ss.Recorder("chapter-asymmetric-noise", "20d. Asymmetric label noise", (GAUSSIAN_DATA, CORRELATION))
a = rho / sp.sqrt(1 - rho**2)
integrand = sp.exp(-(h**2) * (1 + x**2) / 2) / (1 + x**2)
record.equal(
    4 * OwenT(-h, a),
    2 / sp.pi * sp.Integral(integrand, (x, 0, a)),
    "chapter 2: the mean step is even in the noise",
)
record.at_most(
    sp.Abs(4 * OwenT(h, a)),
    2 * sp.asin(sp.Abs(rho)) / sp.pi,
    "and vanishes with rho for every value of the noise: theta_star stays where it is",
    needs=(GAUSSIAN_DATA,),
)
b = sp.Symbol("b", positive=True)
one_sided = sp.Integral(sp.exp(-(x**2) / (4 * R)) * sp.exp(-x / b) / b, (x, 0, sp.oo))
two_sided = sp.Integral(sp.exp(-(x**2) / (4 * R)) * sp.exp(-sp.Abs(x) / b) / (2 * b), (x, -sp.oo, sp.oo))
record.equal(one_sided, two_sided, "phi sees |eps|: Exponential and Laplace are one to it")
engine = ss.derive("asymmetric-noise").result
record.equal(2 / sp.pi * one_sided, engine, "what the engine found: phi of either")
asymmetric = record.finish()

if __name__ == "__main__":
    for part in (at_rest, without_noise, which_is_faster, asymmetric):
        print(ss.check(part))
