r"""Chapter 22. Scaling laws.

Let K have the eigenvalues i^(-2 alpha) and the target the squared coefficients i^(-2 beta), and start at 0:
mode i begins with the risk i^(-2 alpha - 2 beta)/2. Asked for is how the risk falls when there are many
modes, for SGD and for signSGD, and how the step size should fall with the time that is there.

The idea: in the clock tau, the integral of eta a(R), every mode is an exponential, whatever the rule. The
modes that still stand at tau are those with lambda_i tau < 1, so the risk is a power of tau. What differs is
the rate of a mode and the clock. SGD has lambda_i = i^(-2 alpha) and tau = eta t. signSGD in the eigenbasis
of K divides by the standard deviations and has lambda_i = i^(-alpha): the exponent is doubled. In a basis in
which K has a constant diagonal it divides by a number, and only the clock is left to help. With label noise
it does not: a(R) tends to a constant. Without, a(R) grows like 1/sqrt(R), and the exponent p becomes 2 p/(2 -
p); from p = 2 on the ODE reaches 0 at an exponential rate, or in finite time.

That last formula is also in the literature, for random features, whose sketch makes the diagonal of K nearly
constant (Kim, Song and Yun, arXiv 2603.02069; known here from published summaries of it, whose convention is
ours: eigenvalues i^(-2 alpha), coefficients i^(-beta)). Their model has more terms: features distort the
spectrum, and compute is traded for size. None of that is derived here.

What can go wrong: everything here is the ODE's. With summable eigenvalues few modes carry the risk at first,
their correlations rho_i = sqrt(r_i/R) are not small, and the ODE is not yet signSGD's. As tau grows the risk
spreads over tau^(1/varkappa) modes and the assumption comes true. (At alpha = 1, beta = 0.3, d = 400 runs of
the recursion are 20 % below the ODE when the largest mode has a third of the risk, and gain on it from
there.) And constant steps leave a floor, which these powers do not know.
"""

import sympy as sp

import signsgd_sym as ss
from signsgd_sym.derive.gaussian_noise import NOISE
from signsgd_sym.derive.scaling import scaling_exponents
from signsgd_sym.notation import R, alpha, amplitude, beta, d, eta, floor, i, lam, n, p, phi, r_i, t, tau

# --- in the clock ------------------------------------------------------------------------------
FINITE = ss.Assumption("2 alpha + 2 beta > 1", 2 * alpha + 2 * beta > 1, name="finite-initial-risk")
record = ss.Recorder("chapter-power-law-risk", "22. Scaling laws: the risk in the clock", (FINITE, NOISE))

# The engine's mode ODE, in the clock dtau = eta phi/sqrt(2 R) dt and without its forcing: an exponential.
clock_speed = eta * phi / sp.sqrt(2 * R)
engine = ss.derive_risk_ode(ss.derive_sde(ss.SIGN)).rhs
assert sp.simplify(engine - (-2 * clock_speed * lam[i] * r_i + eta**2 * n[i])) == 0
rate, start = sp.symbols("lambda r_0", positive=True)
mode = start * sp.exp(-2 * rate * tau)
record.equal(sp.Derivative(mode, tau), -2 * rate * mode, "a mode in the clock")

# signSGD in the eigenbasis: lambda_i = i^(-alpha). With u = 2 tau x^(-alpha) the risk of all modes is a Gamma
# integral.
u = sp.Symbol("u", positive=True)
exponent = (2 * alpha + 2 * beta - 1) / alpha
x = (2 * tau / u) ** (1 / alpha)
pulled = x ** (-2 * alpha - 2 * beta) * sp.exp(-2 * tau * x**-alpha) / 2 * x / (alpha * u)
record.equal(
    pulled,
    (2 * tau) ** -exponent * u ** (exponent - 1) * sp.exp(-u) / (2 * alpha),
    "r_x dx, with |dx/du| = x/(alpha u)",
)
by_hand = record.equal(
    sp.Integral(u ** (exponent - 1) * sp.exp(-u), (u, 0, sp.oo)) * (2 * tau) ** -exponent / (2 * alpha),
    sp.gamma(exponent) * (2 * tau) ** -exponent / (2 * alpha),
    "so R is a power of the clock",
)
general = ss.derive("power-law-risk").result
names = {symbol.name: symbol for symbol in general.free_symbols}
engine = general.subs({names["varkappa"]: alpha, names["nu"]: 2 * alpha + 2 * beta})
record.equal(by_hand, engine, "what the engine found, at varkappa = alpha")

# The same with lambda_i = i^(-2 alpha), SGD's rates: half the exponent.
sgd, sign = scaling_exponents("sgd"), scaling_exponents("sign")
record.equal(sgd.time, exponent / 2, "SGD: tau = eta t")
record.equal(sign.time, exponent, "signSGD in the eigenbasis, with label noise: twice that")

# With label noise time and clock are proportional in the end.
v = sp.Symbol("v", positive=True)
noisy = 2 / (sp.pi * sp.sqrt(2 * R + v**2))
record.equal(
    2 / sp.pi * sp.sqrt(2 * R / (2 * R + v**2)) / sp.sqrt(2 * R),
    noisy,
    "phi/sqrt(2 R), chapter 4",
    needs=(NOISE,),
)
record.expand(noisy, 2 / (sp.pi * v), "a constant, as R falls", variable=R, order=R)
in_clock = 1 / (eta * noisy.subs(R, amplitude * tau**-p))
record.expand(
    in_clock,
    ss.derive("noisy-clock").result,
    "what the engine found: dt/dtau",
    variable=tau,
    point=sp.oo,
    order=tau**-p,
)
clock_chapter = record.finish()

# --- without label noise -------------------------------------------------------------------------
SLOW = ss.Assumption("p < 2", p < 2, name="slow-decay")
record = ss.Recorder("chapter-noise-free-clock", "22b. Scaling laws: without label noise", (SLOW,))

# dt/dtau = 1/(eta a) with a = (2/pi)/sqrt(2 R), R = C tau^-p. Guess R = B t^-q and compare powers: the ODE
# for tau, dtau/dt = (2 eta/pi)/sqrt(2 R), asks for tau ~ t^(q/p) with q/p - 1 = q/2.
q = 2 * p / (2 - p)
record.equal(q / p - 1, q / 2, "the powers of t on both sides, for q = 2 p/(2 - p)")
B = amplitude * (sp.pi * sp.sqrt(2 * amplitude) / (eta * (2 - p))) ** q
clock = (amplitude / (B * t**-q)) ** (1 / p)
record.equal(
    sp.Derivative(clock, t), 2 * eta / (sp.pi * sp.sqrt(2 * B * t**-q)), "and the coefficient", needs=(SLOW,)
)
engine = ss.derive("noise-free-clock").result
record.equal(B * t**-q, engine, "what the engine found")

# In a basis of constant diagonal p is SGD's.
constant = scaling_exponents("sign", "constant-diagonal", noisy=False)
quiet = 2 * (2 * alpha + 2 * beta - 1) / (2 * alpha - 2 * beta + 1)
record.equal(constant.time, quiet, "2 p/(2 - p) for p = (2 alpha + 2 beta - 1)/(2 alpha)")
record.cite(
    sp.Symbol("exponent of the aligned drift term", positive=True),
    "=",
    q,
    "normalising the drift turns SGD's exponent p into 2 p/(2 - p)",
    "J. Kim, D. Song, C. Yun, arXiv 2603.02069, for random features; as published summaries of it have it",
)
eigenbasis = scaling_exponents("sign", "eigenbasis", noisy=False)
record.equal(
    eigenbasis.time,
    2 * (2 * alpha + 2 * beta - 1) / (1 - 2 * beta),
    "in the eigenbasis, for beta < 1/2",
)

# At p = 2 the clock is the logarithm's inverse, beyond it the time that is left is a negative power of tau.
speed = sp.pi * sp.sqrt(2 * amplitude) / (2 * eta)
record.equal(sp.Derivative(speed * sp.log(tau), tau), speed / tau, "p = 2: t = log(tau) times a constant")
record.equal(
    (amplitude * tau**-2).subs(tau, sp.exp(t / speed)),
    amplitude * sp.exp(-2 * t / speed),
    "so R falls exponentially",
)
record.equal(-sp.Derivative(speed * tau ** (-p), tau), p * speed * tau ** (-p - 1), "p + 2: T - t is tau^-p")
quiet_chapter = record.finish()

# --- the best step -------------------------------------------------------------------------------
SUMMABLE = ss.Assumption("alpha > 1", alpha > 1, name="summable-rates")
record = ss.Recorder("chapter-best-step", "22c. Scaling laws: the best constant step", (SUMMABLE,))

# The floor, chapter 11: R phi/sqrt(2 R) = eta tr(D)/(4 d), and near 0 phi/sqrt(2 R) is a constant a_0. tr(D)
# is the sum of i^(-alpha).
a = sp.Symbol("a_0", positive=True)
record.at_most(
    sp.Sum(i**-alpha, (i, 1, d)),
    ss.derive("power-law-floor").result,
    "tr(D) is bounded in d: what the engine found",
)

# Decay C (eta a_0 t)^-p against the floor B eta: at the best step the slopes agree, so the decay is B eta/p.
time = sp.Symbol("t", positive=True)
decay = amplitude * (eta * a * time) ** -p
record.equal(-eta * sp.Derivative(decay, eta), p * decay, "the decay is a power of eta")
best = (p * amplitude / floor * (a * time) ** -p) ** (1 / (p + 1))
record.equal(sp.Subs(p * decay / eta, eta, best), floor, "there its slope is that of the floor")
by_hand = record.equal(
    sp.Subs(decay + floor * eta, eta, best),
    (1 + 1 / p) * floor * best,
    "the risk is (1 + 1/p) times the floor",
)
record.equal(by_hand, ss.derive("best-step").result, "what the engine found")
record.equal(
    sp.Derivative(sp.log(best), time) * time, -p / (p + 1), "so step and risk fall like t^(-p/(p + 1))"
)
for rule, value in ((sgd, (2 * alpha + 2 * beta - 1) / (4 * alpha + 2 * beta - 1)),
                    (sign, (2 * alpha + 2 * beta - 1) / (3 * alpha + 2 * beta - 1))):  # fmt: skip
    record.equal(rule.clock / (rule.clock + 1), value, "SGD" if rule is sgd else "signSGD in the eigenbasis")
best_chapter = record.finish()

if __name__ == "__main__":
    for chapter in (clock_chapter, quiet_chapter, best_chapter):
        print(ss.check(chapter))
