"""Chapter 18. The third effect: diagonal preconditioning.

The sign of a coordinate forgets its unit. Asked for is what that does to the shape of the problem: the drift
has Kbar = D^-1 K where SGD has K.

The idea: a unit enters K twice and Kbar once. Where K is diagonal, Kbar is D: variances have become standard
deviations and every condition number its root. Correlations are another matter, as D cannot remove them.
Two coordinates can be solved: with standard deviations 1 and omega <= 1 and any correlation, the averaged
condition number of Kbar is never above that of K, and their ratio grows like 1/omega.

What can go wrong: three coordinates. A correlated pair has a small eigenvalue of its own, which D does not
move; beside it, a third coordinate of small variance used to be as slow, and preconditioning makes it faster
for nothing. The mean of the spectrum has grown against its smallest value, and signSGD is the worse for it,
by a tenth in this example. "Adaptive methods precondition" is true of units, not of correlations.
"""

import sympy as sp

import signsgd_sym as ss
from signsgd_sym.derive.preconditioning import PAIR, SMALLER, THIRD
from signsgd_sym.notation import D, K, Kbar, d, kappa_SGD, kappa_sign, lam_K, lam_Kbar, omega, varrho

half = sp.Rational(1, 2)

# --- Kbar ----------------------------------------------------------------------------------------
record = ss.Recorder("chapter-preconditioning", "18. Diagonal preconditioning")
record.define(Kbar, D**-1 * K, "the drift matrix of signHSGD, chapter 6")
record.equal(
    D**half * Kbar * D**-half, D**-half * K * D**-half, "it has the eigenvalues of a symmetric matrix"
)
record.equal(sp.Trace(Kbar), sp.Trace(D), "their sum")
record.at_most(
    sp.Trace(Kbar) ** 2 / d,
    sp.Trace(K),
    "the mean deviation is below the root mean square",
)
record.equal(
    sp.Trace(D * Kbar), ss.derive("diagonal-preconditioning").result, "D undoes it; what the engine found"
)
chapter = record.finish()

# --- two coordinates -----------------------------------------------------------------------------
record = ss.Recorder("chapter-preconditioned-pair", "18b. Two coordinates", (PAIR, SMALLER))
# A positive quadratic x^2 - T x + Q has the smaller root 2 Q/(T + sqrt(T^2 - 4 Q)). With q = 4 Q/T^2 the mean
# T/2 over it is (1 + sqrt(1 - q))/q, which falls in q: larger q, better condition.
gap = (1 - varrho**2) * 4
of_K = gap * omega**2 / (1 + omega**2) ** 2
of_Kbar = gap * omega / (1 + omega) ** 2
record.at_most(of_K, of_Kbar, "(1 + omega^2)^2 - omega (1 + omega)^2 = (1 - omega)(1 - omega^3) >= 0")
record.equal((1 + omega**2) ** 2 - omega * (1 + omega) ** 2, (1 - omega) * (1 - omega**3), "indeed")
record.define(kappa_SGD, (1 + sp.sqrt(1 - of_K)) / of_K, "the averaged condition number of K")
record.define(kappa_sign, (1 + sp.sqrt(1 - of_Kbar)) / of_Kbar, "and of Kbar")
record.at_most(kappa_sign, kappa_SGD, "so two coordinates are never worse off")
meanings = ss.derive("preconditioned-pair").definitions
for name, smallest in ((kappa_SGD, lam_K), (kappa_sign, lam_Kbar)):
    found = meanings[name].subs(smallest, meanings[smallest])
    record.equal(name, found, "what the engine found, with its eigenvalue")
ratio = ((1 + sp.sqrt(1 - of_K)) / of_K) / ((1 + sp.sqrt(1 - of_Kbar)) / of_Kbar)
by_hand = record.expand(ratio, 1 / omega, "and win a root", variable=omega, order=1, direction="+")
assert ss.derive("preconditioned-pair").result == by_hand
pair = record.finish()

# --- which is faster -----------------------------------------------------------------------------
record = ss.Recorder("chapter-preconditioned-rates", "18c. Two uncorrelated coordinates: a race", (SMALLER,))
record.at_most(omega**2, 1, "the variances are the eigenvalues, and omega^2 the smaller one")
record.define(kappa_SGD, (1 + omega**2) / 2 / omega**2, "variances 1 and omega^2")
record.define(kappa_sign, (1 + omega) / 2 / omega, "deviations 1 and omega")
record.equal(
    4 * kappa_SGD / (sp.pi**2 * kappa_sign),
    ss.derive("preconditioned-rates").result,
    "what the engine found: signSGD is faster iff this exceeds 1, for omega below 0.3375",
)
race = record.finish()

# --- three coordinates ---------------------------------------------------------------------------
record = ss.Recorder("chapter-preconditioning-hurts", "18d. Three coordinates: it may hurt", (THIRD,))
# A pair of variance 1 and correlation 1 - omega^2, and apart from it a coordinate of variance omega^2. The
# pair has the eigenvalues omega^2 and 2 - omega^2 in both matrices; the third omega^2 in K, omega in Kbar.
record.at_most(omega**2, omega, "the third one is no longer the slowest")
record.at_most(omega**2, 2 - omega**2, "the slow direction of the pair is")
record.define(kappa_SGD, (2 + omega**2) / 3 / omega**2, "the mean of K's over omega^2")
record.define(kappa_sign, (2 + omega) / 3 / omega**2, "the mean of Kbar's over the same")
record.at_most(kappa_SGD, kappa_sign, "the mean has grown and the smallest has not")
worst = sp.sqrt(6) - 2
by_hand = (omega**2 + 2) / (omega + 2)
record.equal(sp.Derivative(by_hand, omega).doit().subs(omega, worst), 0, "it is worst at omega = sqrt(6) - 2")
record.equal(by_hand.subs(omega, worst), 2 * worst, "where the ratio is 2 sqrt(6) - 4 = 0.899")
record.equal(kappa_SGD / kappa_sign, ss.derive("preconditioning-hurts").result, "what the engine found")
three = record.finish()

if __name__ == "__main__":
    for part in (chapter, pair, race, three):
        print(ss.check(part))
