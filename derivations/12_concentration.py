r"""Chapter 12. Why the limit is deterministic.

Ito's formula gives the drift of the risk and leaves a martingale. The ODE of chapter 8 drops it, and with
it the difference between the recursion and its SDE. Asked for is what that rests on. Three kinds of
statement meet here, and they do not weigh the same.

Derived: the quadratic variation of R is (eta^2/d) Delta^T K K_sigma K Delta, which is of order 1/d where
K and K_sigma have bounded norms and R is bounded, and not smaller. So the martingale is of order d^(-1/2)
at any fixed time. This is exact for the SDE, and its order is measured on families of covariances, not
proved for all.

Cited, and not derived: that the recursion itself, with exact signs and not the SDE's Gaussian noise,
stays close to the ODE uniformly on [0, T] with probability tending to 1. That is the theorem of the
paper. Its proof has to control every mode at once, and the moments of Delta up to time T; nothing of it
is repeated here.

Seen, and no more: runs of the recursion in two dimensions. The covariance consists of copies of one 4 x 4
block, so that d and 2 d have one and the same ODE. The mean of R over runs is not the ODE's R: the
linearisation of chapter 3 and the spread of R in phi(R) leave a bias c/d. So what is compared with the
ODE is 2 E[R_2d] - E[R_d], in which c/d cancels; what remains is of order d^(-2), far below the standard
error. And d Var(R_d) is compared between the two dimensions: if the fluctuations are of order d^(-1/2),
it is the same in both, up to O(1/d), again below the error. A simulation agrees or does not; it proves
nothing about d -> oo.

What can go wrong: E[R_d] = R(t), without the extrapolation, is false for every finite d. With enough runs a
simulation would refute it, and it would be right.
"""

import numpy as np
import sympy as sp

import signsgd_sym as ss
from signsgd_sym.derive.risk import CONCENTRATION, risk_process
from signsgd_sym.notation import D, Delta, K, K_sigma, R, d, eta, lam, n, phi, r_i, variation_of_R
from signsgd_sym.proof.derivation import Measurement
from signsgd_sym.special import Erfcx, Variation

BOUNDED = ss.Assumption("norms of K and K_sigma, and R, bounded as d -> oo", name="bounded-norms")
CONSTANT = ss.Assumption("eta constant, Laplace(0, 1) label noise, K of equal blocks", name="what-was-run")
record = ss.Recorder("chapter-concentration", "12. Why the limit is deterministic", (BOUNDED, CONSTANT))

# --- the martingale ------------------------------------------------------------------------------
# Its quadratic variation is a form in K Delta, the gradient of R.
risk = sp.Trace(Delta.T * K * Delta) / 2
record.define(R, risk, "the risk")
record.define(variation_of_R, Variation(risk, Delta, eta**2 / d * K_sigma), "its quadratic variation")
process, _ = risk_process(ss.derive_sde(ss.SIGN))
by_hand = eta**2 / d * sp.Trace(Delta.T * K * K_sigma * K * Delta)
assert sp.simplify(by_hand - process.variation) == 0
spread = record.equal(variation_of_R, process.variation, "Ito, chapter 7; so the engine has it")

# It is of order 1/d. Not smaller: (2/pi) asin(C) = (2/pi) (C + C o C o C/6 + ...), entrywise powers of a
# positive matrix are positive (Schur), so K_sigma is at least (2/pi) C, C = D^-1 K D^-1.
record.expand(spread, 0, "K and K_sigma are bounded", variable=d, point=sp.oo, order=1 / d, needs=(BOUNDED,))
record.at_most(
    2 * eta**2 / (sp.pi * d) * sp.Trace(Delta.T * K * D**-1 * K * D**-1 * K * Delta),
    spread,
    "K_sigma - (2/pi) C is positive semidefinite, by the Schur product theorem",
)

# --- the theorem -----------------------------------------------------------------------------------
gap = sp.Symbol("sup over t < T of |R_d(t) - R(t)|", nonnegative=True)
record.cite(
    gap,
    "->",
    0,
    "the recursion follows the ODE, uniformly on [0, T] and in probability",
    CONCENTRATION,
    variable=d,
    point=sp.oo,
    needs=(BOUNDED,),
)

# --- what runs show --------------------------------------------------------------------------------
BLOCK = np.array([[1.0, 0.5, 0.0, 0.2], [0.5, 2.0, 0.3, 0.0], [0.0, 0.3, 0.5, 0.1], [0.2, 0.0, 0.1, 1.5]])
START = np.array([1.2, -0.8, 1.0, 0.6])
ETA, TIME, RUNS = sp.Rational(1, 2), 1, 200
LAW = "Laplace(0, 1)"


def ode_risk() -> float:
    """R(TIME) by the engine's ODE for the modes of one block; phi of chapter 4."""
    from scipy.integrate import solve_ivp

    rhs = ss.derive_risk_ode(ss.derive_sde(ss.SIGN)).rhs
    laplace = 2 * sp.sqrt(R / sp.pi) * Erfcx(sp.sqrt(R))
    names = sp.symbols("r_i lambda_i n_i", positive=True)
    plain = rhs.xreplace({r_i: names[0], lam[r_i.indices[0]]: names[1], n[r_i.indices[0]]: names[2]})
    slope = sp.lambdify((*names, R), plain.subs(eta, ETA).xreplace({phi: laplace}).rewrite(sp.erfc), "scipy")

    root = np.sqrt(np.sqrt(np.diag(BLOCK)))
    values, U = np.linalg.eigh(BLOCK / np.outer(root, root))
    correlations = np.clip(BLOCK / np.outer(root, root) ** 2, -1, 1)  # rounding may pass 1 on the diagonal
    signs = 2 / np.pi * np.arcsin(correlations)
    forcing = values * np.diag(U.T @ (signs * np.outer(root, root)) @ U) / (2 * len(BLOCK))
    start = values * (U.T @ (root * START)) ** 2 / 2
    solved = solve_ivp(
        lambda _, modes: slope(modes, values, forcing, modes.sum()), (0, TIME), start, rtol=1e-9, atol=1e-12
    )
    return float(solved.y[:, -1].sum())


def risks(dimension: int, seed: int) -> np.ndarray:
    """R after TIME * dimension steps of the recursion, one number a run."""
    from signsgd_sym.model.covariance import covariance

    copies = dimension // len(BLOCK)
    return ss.simulate(
        ss.SIGN,
        ss.GaussianStream(covariance(np.kron(np.eye(copies), BLOCK)), ss.noise_law(LAW)),
        ss.Schedule.of(ETA),
        np.tile(START, copies) / np.sqrt(copies),
        times=[TIME],
        runs=RUNS,
        seed=seed,
    ).risk[:, 0]


def mean_less_ode(seed: int) -> Measurement:
    """2 E[R_256] - E[R_128] - R(t) with its standard error."""
    small, large = risks(128, 2 * seed), risks(256, 2 * seed + 1)
    stderr = np.sqrt((4 * large.var(ddof=1) + small.var(ddof=1)) / RUNS)
    return Measurement(float(2 * large.mean() - small.mean() - ode_risk()), float(stderr), 2 * RUNS)


def variances_compared(seed: int) -> Measurement:
    """256 Var(R_256) - 128 Var(R_128) with its standard error, from fourth moments."""
    small, large = risks(128, 2 * seed), risks(256, 2 * seed + 1)
    squares = [size * (sample - sample.mean()) ** 2 for size, sample in ((256, large), (128, small))]
    stderr = np.sqrt(sum(square.var(ddof=1) for square in squares) / RUNS)
    difference = squares[0].sum() / (RUNS - 1) - squares[1].sum() / (RUNS - 1)
    return Measurement(float(difference), float(stderr), 2 * RUNS)


record.observe(
    sp.Symbol("2 E[R_2d(t)] - E[R_d(t)]", real=True),
    "=",
    sp.Symbol("R(t)", positive=True),
    "d = 128, t = 1, up to O(d^-2)",
    mean_less_ode,
    needs=(CONSTANT,),
)
record.observe(
    sp.Symbol("2 d Var(R_2d(t))", positive=True),
    "=",
    sp.Symbol("d Var(R_d(t))", positive=True),
    "d = 128, t = 1, up to O(1/d): fluctuations of order d^(-1/2)",
    variances_compared,
    needs=(CONSTANT,),
)
chapter = record.finish()

if __name__ == "__main__":
    print(ss.check(chapter))
