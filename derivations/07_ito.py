"""Chapter 7. Ito's formula, which knows nothing of signSGD.

Along dX = b dt + B dW with A = B B^T a smooth f moves by

    df = (grad f . b + tr(A hess f)/2) dt + grad f . B dW,     d[f] = grad f^T A grad f dt.

Asked for are both terms for quadratic forms, with no coordinates written out.

The idea: of X^T M X the gradient is (M + M^T) X and the Hessian M + M^T, whether or not M is symmetric;
the trace does the rest. First a diffusion everybody knows: the squared length of a Brownian motion grows
by d a unit of time, all of it second-order. Then a form with a matrix that is not symmetric, where a slip
would show. Then the risk.

What can go wrong: without the second-order term the risk would only ever fall, and no step size would be
too large. With the whole Hessian instead of half of it, the stationary risk would be twice what it is.
"""

import sympy as sp

import signsgd_sym as ss
from signsgd_sym.derive.assumptions import SYMMETRIC
from signsgd_sym.derive.risk import risk_process
from signsgd_sym.notation import (
    D,
    Delta,
    K,
    K_sigma,
    Kbar,
    M,
    R,
    d,
    drift_of_R,
    e_i,
    eta,
    phi,
    variation_of_R,
)
from signsgd_sym.special import Generator, Variation

record = ss.Recorder("chapter-ito", "7. Ito's formula, which knows nothing of signSGD", (SYMMETRIC,))

# Brownian motion: b = 0, A = I. Its squared length has the Hessian 2 I.
length = sp.Trace(Delta.T * Delta)
still = sp.ZeroMatrix(d, 1)
record.equal(Generator(length, Delta, still, sp.Identity(d)), d, "tr(2 I)/2 = d")
record.equal(Variation(length, Delta, sp.Identity(d)), 4 * length, "gradient 2 B")

# A linear form has no Hessian: only the drift moves it.
b, A = -eta * Kbar * Delta, eta**2 / d * K_sigma
record.define(Kbar, D**-1 * K, "the preconditioned covariance")
linear = sp.Trace(e_i.T * Delta)
record.equal(Generator(linear, Delta, b, A), sp.Trace(e_i.T * b), "a linear form")

# A quadratic form whose matrix is not symmetric, M = D K, along a drift that is not a gradient.
record.define(M, D * K, "not symmetric, and without a basis in common with Kbar or K_sigma")
form = sp.Trace(Delta.T * M * Delta)
record.equal(
    Generator(form, Delta, b, A),
    sp.Trace(b.T * (M + M.T) * Delta) + sp.Trace(M * A),
    "gradient (M + M^T) X, Hessian M + M^T, and tr(A M^T) = tr(M A)",
)
record.equal(
    Variation(form, Delta, A),
    sp.Trace(Delta.T * (M + M.T) * A * (M + M.T) * Delta),
    "grad f^T A grad f",
)
record.equal(
    Generator(form**2, Delta, b, A),
    2 * form * Generator(form, Delta, b, A) + Variation(form, Delta, A),
    "the chain rule: the square of a form moves by its variation too",
)

# The risk along signHSGD: f = Delta^T K Delta/2, gradient K Delta, Hessian K.
risk = sp.Trace(Delta.T * K * Delta) / 2
b = -eta * phi / sp.sqrt(2 * R) * Kbar * Delta
record.define(R, risk, "the risk")
record.define(drift_of_R, Generator(risk, Delta, b, A), "the drift of R along signHSGD")
by_ito = record.equal(
    drift_of_R,
    sp.Trace((K * Delta).T * b) + sp.Trace(K * A) / 2,
    "Ito; the 1/2 of the risk cancels in the gradient, that of Ito stays",
    needs=(SYMMETRIC,),
)
by_hand = record.equal(
    by_ito,
    -eta * phi / sp.sqrt(2 * R) * sp.Trace(Delta.T * K * Kbar * Delta)
    + eta**2 * sp.Trace(K * K_sigma) / (2 * d),
    "insert the drift and the covariance",
)
record.define(variation_of_R, Variation(risk, Delta, A), "the quadratic variation of R")
spread = record.equal(variation_of_R, eta**2 / d * sp.Trace(Delta.T * K * K_sigma * K * Delta), "Ito")

process, _ = risk_process(ss.derive_sde(ss.SIGN))
record.equal(by_hand, process.drift, "what the engine found: the drift of R")
record.equal(spread, process.variation, "what the engine found: its quadratic variation")
chapter = record.finish()

if __name__ == "__main__":
    print(ss.check(chapter))
