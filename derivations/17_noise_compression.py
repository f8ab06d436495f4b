"""Chapter 17. The second effect: noise compression.

A residual is signal plus label noise, and its sign treats an outlier like any other sample. Asked for is what
that does to the drift, law by law.

The idea: psi = E[exp(-eps^2/(4 R))] sqrt(P/R) is a quotient of two means of one law. The first is a mean of a
bell of the width of the signal and does not feel what lies outside; the second is the variance and feels
little else. Gaussian noise balances the two exactly, at any size: psi = 1, because the residual is Gaussian
and its sign knows no more. Heavy tails push P up and leave the bell alone: psi > 1, without bound. Laplace
noise has psi = sqrt(pi) at small risk, and noise with two values has psi -> 0.

At small risk the bell is so narrow that it sees the density at 0 alone: psi -> sqrt(2 pi) f(0) sigma.

What can go wrong: psi multiplies the drift and not the noise, so a large psi is good for signSGD only when
compared at the effective learning rate, where a heavy tail has made the step short. In phi/sqrt(2 R) itself
there is no variance, and nothing blows up.
"""

import sympy as sp

import signsgd_sym as ss
from signsgd_sym.derive.assumptions import finite_variance
from signsgd_sym.derive.compression import compression_at_zero
from signsgd_sym.derive.effects import four_effects
from signsgd_sym.notation import P, R, density_at_zero, eps, gaussian_density, phi, psi
from signsgd_sym.special import NoiseMean

effects = four_effects()

# --- psi in general ------------------------------------------------------------------------------
record = ss.Recorder("chapter-compression", "17. Noise compression", (finite_variance(),))
record.define(P, R + NoiseMean(eps**2) / 2, "the population risk")
record.define(phi, 2 * NoiseMean(sp.exp(-(eps**2) / (4 * R))) / sp.pi, "chapter 3")
compression = record.define(psi, sp.pi / 2 * phi * sp.sqrt(P / R), "chapter 15")
record.equal(psi, NoiseMean(sp.exp(-(eps**2) / (4 * R))) * sp.sqrt(P / R), "a quotient of two means")
record.define(
    density_at_zero,
    NoiseMean(gaussian_density(eps / sp.sqrt(2 * R)) / sp.sqrt(2 * R)),
    "the density at 0 of eps + sqrt(2 R) Z, chapter 4",
)
record.equal(psi, sp.sqrt(2 * sp.pi) * density_at_zero * sp.sqrt(2 * P), "density times deviation")
record.at_most(psi, sp.sqrt(P / R), "at large risk there is nothing to compress")
record.equal(effects.compression, compression, "what the engine found")
chapter = record.finish()

# --- psi by law ----------------------------------------------------------------------------------
record = ss.Recorder("chapter-noise-compression", "17b. Noise compression by law")
v, b, c = sp.symbols("v b c", positive=True)

# Gaussian noise: phi of chapter 11, and P = R + v^2/2.
gaussian = 2 * sp.sqrt(2 * R / (2 * R + v**2)) / sp.pi
record.equal(
    sp.pi / 2 * gaussian * sp.sqrt((R + v**2 / 2) / R), 1, "of any size: the residual is Gaussian anyway"
)

# Two values -c and c: exp(-u/2) sqrt(1 + u) with u = c^2/(2 R), from 1 down to 0.
two_valued = sp.exp(-(c**2) / (4 * R)) * sp.sqrt((R + c**2 / 2) / R)
record.at_most(two_valued, 1, "1 + u <= exp(u)")
record.tends(two_valued, 0, "the sign of the residual is that of the noise", variable=R, point=0)
record.equal(two_valued, effects.psi("Rademacher(c)"), "as the engine has it")

# A Gaussian with a tenth of outliers of size c: the second mean does not feel them, P does.
outliers = sp.Rational(9, 10) / sp.sqrt(1 + 1 / (2 * R)) + sp.Rational(1, 10) / sp.sqrt(1 + c**2 / (2 * R))
contaminated = outliers * sp.sqrt((R + sp.Rational(9, 20) + c**2 / 20) / R)
record.tends(
    contaminated, sp.oo, "heavy tails: SGD's noise grows, signSGD's drift stays", variable=c, point=sp.oo
)

# Laplace noise, phi of chapter 4: erfcx(z) sqrt(pi) sqrt(1 + z^2) with z = sqrt(R)/b, between sqrt(pi) and 1.
laplace = sp.sqrt(sp.pi) * sp.sqrt(R + b**2) * sp.exp(R / b**2) * sp.erfc(sp.sqrt(R) / b) / b
record.tends(laplace, 1, "large risk", variable=R, point=sp.oo)
record.tends(laplace, compression_at_zero("Laplace(0, b)"), "small risk: sqrt(pi)", variable=R, point=0)
record.at_most(laplace, sp.sqrt(sp.pi), "it falls in R")
record.equal(laplace, effects.psi("Laplace(0, b)"), "what the engine found for Laplace(0, b)")
by_law = record.finish()

if __name__ == "__main__":
    print(ss.check(chapter))
    print(ss.check(by_law))
