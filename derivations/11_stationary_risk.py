"""Chapter 11. Where the risk comes to rest.

At constant eta the modes come to rest where decay and forcing balance. Asked for is the risk there, for any
covariance and any label noise.

The idea: dr_i/dt = 0 gives r_i = (eta/2) n_i sqrt(2 R)/(lambda_i phi(R)), and R is the sum. The sum of
n_i/lambda_i is the trace of U^T D^(1/2) K_sigma D^(1/2) U over 2 d: the eigenvectors cancel, and of
K_sigma only the diagonal is left, which is 1. So all that counts of the covariance is tr(D), the sum of
the standard deviations, and

    R phi(R)/sqrt(2 R) = eta tr(D)/(4 d).

For SGD the same sum is tr(K)/(2 d): variances instead of standard deviations.

Under Gaussian label noise the equation is quadratic and R = A^2 + A sqrt(A^2 + v^2) with A = pi eta
tr(D)/(8 d): at small step size R is A v, linear in eta as for SGD; without noise it is 2 A^2, quadratic.

What can go wrong: "R is the sum of the modes at rest" is one equation for R on both sides. It is given
here as data, an equation for phi(R), and the last line is true only where it holds.
"""

import sympy as sp

import signsgd_sym as ss
from signsgd_sym.derive.assumptions import STATIONARY, balance, eigenbasis
from signsgd_sym.derive.phi import phi_mean, phi_of
from signsgd_sym.derive.risk import stationary_equation
from signsgd_sym.notation import D, K_sigma, R, U, d, e_i, eta, i, j, lam, n, phi, r_i, r_star

# --- any law -----------------------------------------------------------------------------------
half = D ** sp.Rational(1, 2)
total = sp.Sum(n[j] / lam[j], (j, 1, d))
BALANCE = balance(phi, eta * sp.sqrt(2 * R) * total / (2 * R))
record = ss.Recorder(
    "chapter-stationary-risk",
    "11. Where the risk comes to rest",
    (STATIONARY, eigenbasis(sp.S.One), BALANCE),
)

# Each mode at rest.
drift = -2 * eta * lam[i] * phi / sp.sqrt(2 * R) * r_i + eta**2 * n[i]
u = half * U * e_i
record.define(n[i], lam[i] * sp.Trace(u.T * K_sigma * u) / (2 * d), "the forcing of mode i, chapter 8")
record.define(r_star[i], eta * n[i] * sp.sqrt(2 * R) / (2 * lam[i] * phi), "dr_i/dt = 0", needs=(STATIONARY,))
record.equal(drift.subs(r_i, r_star[i]), 0, "there decay and forcing balance")

# Their sum: the eigenvectors cancel.
trace = sp.Trace(U.T * half * K_sigma * half * U)
record.equal(total, trace / (2 * d), "a sum over the columns of U")
record.equal(trace, sp.Trace(D), "U U^T = I, D^(1/2) twice is D, and the diagonal of K_sigma is 1")
record.equal(
    sp.Sum(r_star[j], (j, 1, d)), eta * sp.sqrt(2 * R) / (2 * phi) * sp.Trace(D) / (2 * d), "the sum"
)
record.equal(sp.Sum(r_star[j], (j, 1, d)), R, "is the risk: this is what is given of R")
level = record.equal(
    R * phi / sp.sqrt(2 * R), eta * sp.Trace(D) / (4 * d), "solved for the side that depends on R"
)

equation = stationary_equation(ss.derive_risk_ode(ss.derive_sde(ss.SIGN)))
assert sp.simplify(equation.left - R * phi / sp.sqrt(2 * R)) == 0
assert sp.simplify(equation.level - level) == 0
record.equal(equation.left, equation.level, "what the engine found")
chapter = record.finish()

# --- Gaussian label noise ----------------------------------------------------------------------
record = ss.Recorder("chapter-stationary-gaussian", "11b. The stationary risk under Gaussian label noise")
v, A = sp.symbols("v A", positive=True)
gaussian = 2 * sp.sqrt(2 * R / (2 * R + v**2)) / sp.pi
engine = phi_of(phi_mean(ss.noise_law("Normal(0, v)")))
record.equal(gaussian, engine, "phi for N(0, v^2), as the engine has it")

# The level eta tr(D)/(4 d) is 2 A/pi.
at_rest = A**2 + A * sp.sqrt(A**2 + v**2)
record.equal((R * gaussian / sp.sqrt(2 * R)).subs(R, at_rest), 2 * A / sp.pi, "R^2 = A^2 (2 R + v^2)")
record.expand(at_rest, A * v, "small steps: linear in eta", variable=A, order=A**2)
record.expand(at_rest, A * v + A**2 + A**3 / (2 * v), "and further", variable=A, order=A**5)
record.tends(at_rest, 2 * A**2, "no label noise: quadratic in eta", variable=v, point=0)
record.at_most(2 * A**2, at_rest, "label noise does not help")
record.at_most(at_rest, 2 * A**2 + A * v, "sqrt(A^2 + v^2) <= A + v")
record.equal((R * engine / sp.sqrt(2 * R)).subs(R, at_rest), 2 * A / sp.pi, "it solves the engine's equation")
gaussian_noise = record.finish()

if __name__ == "__main__":
    print(ss.check(chapter))
    print(ss.check(gaussian_noise))
