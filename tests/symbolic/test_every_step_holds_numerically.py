r"""Every step `lhs = rhs` of every built-in derivation holds at random points.

Both sides are evaluated by quadrature, numerical differentiation and finite matrices; a quantity that a
derivation speaks about before it knows it (a conditional mean, an orthant probability) is evaluated from its
definition. A step that has no value must be listed in `NOT_EVALUATED` with the reason; none has to be.
"""

import math
import random
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
from explicit_matrices import matrices_of, random_covariance, value
from scipy.special import erf, owens_t

from signsgd_sym import notation as nt
from signsgd_sym.derive.catalogue import CATALOGUE
from signsgd_sym.model import SGD, SIGN, noise_law
from signsgd_sym.notation import K_ii, K_jj, R, d, eta, g, phi, rho
from signsgd_sym.special import NoiseMean, OwenT, over

NOT_EVALUATED: dict[tuple[str, str], str] = {}
"""(derivation, step): the reason why it cannot be evaluated."""
ELSEWHERE = {"adam-transform", "adam-response", "adam-pair", "adam-ends"}
"""Derivations about special functions: `test_adam_steps_hold_numerically`, by mpmath."""
B_NOISE = 0.75
LAW = noise_law("Laplace(0, 3/4)")
MATRIX_TYPES = (sp.MatrixExpr, sp.Trace, sp.Indexed, sp.Sum)
TOLERANCE = 1e-8


# --- scalars: Gauss-Legendre panels and central differences ----------------------------------------
NODES, WEIGHTS = np.polynomial.legendre.leggauss(40)


def panels(cuts):
    """Nodes and weights of the composite rule between the cuts, which may descend."""
    ends = np.asarray(cuts, dtype=float)
    half = np.diff(ends)[:, None] / 2
    return (ends[:-1, None] + half * (NODES + 1)).ravel(), (half * WEIGHTS).ravel()


def quad(f, *cuts):
    """int f over a line or a rectangle, cut into panels."""
    rules = [panels(c) for c in cuts]
    grid = np.meshgrid(*(x for x, _ in rules), indexing="ij")
    total = np.broadcast_to(f(*grid), grid[0].shape)
    for _, weights in reversed(rules):
        total = total @ weights
    return float(total)


LINE = [-30, -9, -6, -3, -1, 0, 1, 3, 6, 9, 30]


def slope(f, x, step=0.01):
    """f'(x) by the central difference of order 8."""
    weights = {1: 4 / 5, 2: -1 / 5, 3: 4 / 105, 4: -1 / 280}
    return sum(w * (f(x + k * step) - f(x - k * step)) for k, w in weights.items()) / step


def normal(x, mean=0.0, sd=1.0):
    return np.exp(-(((x - mean) / sd) ** 2) / 2) / (sd * math.sqrt(2 * math.pi))


def bivariate(x, y, c):
    return normal(x) * normal(y, c * x, math.sqrt(1 - c**2))


def apply(rule, z):
    return np.sign(z) if rule == SIGN else z


def moment_of_pair(rule, at):
    """E[f(x) f(y)] for variances K_ii, K_jj and correlation rho."""
    u, v = math.sqrt(at[K_ii]), math.sqrt(at[K_jj])
    return quad(lambda x, y: apply(rule, u * x) * apply(rule, v * y) * bivariate(x, y, at[rho]), LINE, LINE)


def mean_over_noise(at, rule):
    """E[f(r x_i)] under Laplace noise: E_eps f(u - eps) and E[f(x_i) | G = g] by hand, quadrature over g."""
    root, c = math.sqrt(2 * at[R]), at[rho]

    def integrand(g_):
        u = root * g_
        if rule == SGD:
            return normal(g_) * u * math.sqrt(at[K_ii]) * c * g_
        noise = -np.sign(u) * np.expm1(-np.abs(u) / B_NOISE)
        return normal(g_) * noise * erf(c * g_ / math.sqrt(2 * (1 - c**2)))

    return quad(integrand, LINE)


def meanings(derivation_id):
    """Values, from their definitions, of the quantities that derivations name before they know them."""
    rule = SGD if derivation_id.startswith("sgd") else SIGN

    def conditional(at):
        sd, centre = math.sqrt(at[K_ii] * (1 - at[rho] ** 2)), math.sqrt(at[K_ii]) * at[rho] * at[g]
        cuts = sorted([0.0, *(centre + sd * k for k in range(-12, 13, 2))])
        return quad(lambda x: apply(rule, x) * normal(x, centre, sd), cuts)

    def given_noise(at):
        root, scale, c = math.sqrt(2 * at[R]), math.sqrt(at[K_ii]), at[rho]

        def step(u, x):
            return apply(rule, root * (u - at[nt.h])) * apply(rule, scale * x) * bivariate(u, x, c)

        return quad(step, sorted([*LINE, at[nt.h]]), LINE)

    def square_given_noise(at):
        sd = math.sqrt(2 * at[R])
        return quad(lambda u: apply(rule, sd * u - at[nt.eps]) ** 2 * normal(u), LINE)

    def square(at):
        sd = math.sqrt(2 * at[R])

        def averaged(u, noise):
            density = np.exp(-np.abs(noise) / B_NOISE) / (2 * B_NOISE)
            return apply(rule, sd * u - noise) ** 2 * normal(u) * density

        return quad(averaged, LINE, LINE)

    def average(at):
        if derivation_id != "gaussian-noise-mean":
            return mean_over_noise(at, rule)
        # Under N(0, v^2) the residual is Gaussian, of variance 2 R + v^2.
        [v] = [symbol for symbol in at if symbol.name == "v"]
        return moment_of_pair(SIGN, {**at, rho: at[rho] * math.sqrt(2 * at[R] / (2 * at[R] + at[v] ** 2))})

    def smoothed(at):
        sd = math.sqrt(2 * at[R])
        return quad(lambda x: np.exp(-np.abs(x) / B_NOISE) / (2 * B_NOISE) * normal(x, 0, sd), LINE)

    return {
        nt.conditional_mean: conditional,
        nt.conditional_mean_of_pair: lambda at: conditional({**at, K_ii: at[K_jj]}),
        nt.marginal: lambda at: quad(lambda y: bivariate(at[nt.x], y, at[rho]), LINE[5:]),
        nt.mean_given_noise: given_noise,
        nt.mean_square_given_noise: square_given_noise,
        nt.mean_square: square,
        nt.mean_step: average,
        nt.pair_moment: lambda at: moment_of_pair(rule, at),
        nt.orthant_probability: lambda at: quad(lambda x, y: bivariate(x, y, at[rho]), LINE[5:], LINE[5:]),
        phi: lambda at: slope(lambda c: mean_over_noise({**at, rho: c}, SIGN), 0.0),
        nt.density_at_zero: smoothed,
    }


def number(expr, at, names):
    """Value of a scalar expression at a point."""
    if expr in names:
        return names[expr](at)
    if isinstance(expr, phi.func):  # phi at another risk than R
        return names[phi]({**at, R: number(expr.args[0], at, names)})
    if isinstance(expr, type(phi)):  # phi at another risk
        return names[phi]({**at, R: number(expr.args[0], at, names)})
    if isinstance(expr, nt.marginal.func):
        return names[nt.marginal]({**at, nt.x: number(expr.args[0], at, names)})
    if isinstance(expr, sp.Symbol):
        return at[expr]
    if isinstance(expr, NoiseMean):
        return number(over(expr, LAW), at, names)
    if isinstance(expr, OwenT):
        return float(owens_t(*(number(arg, at, names) for arg in expr.args)))
    if isinstance(expr, sp.Subs):
        fixed = dict(zip(expr.variables, map(float, expr.point), strict=True))
        return number(expr.expr, {**at, **fixed}, names)
    if isinstance(expr, sp.Derivative):
        return derivative(expr, expr.variables, at, names)
    if isinstance(expr, sp.Integral):
        return integral(expr, at, names)
    if not expr.args:
        return float(expr)
    values = [number(arg, at, names) for arg in expr.args]
    stand_ins = sp.symbols(f"u0:{len(values)}")
    return float(sp.lambdify(stand_ins, expr.func(*stand_ins, evaluate=False), ["scipy", "numpy"])(*values))


def derivative(expr, variables, at, names):
    if not variables:
        return number(expr.expr, at, names)
    first, *rest = variables
    return slope(lambda u: derivative(expr, rest, {**at, first: u}, names), at[first])


def integral(expr, at, names):
    """Quadrature, cut where a sign in the integrand jumps."""
    integrand = expr.function.doit() if expr.function.has(sp.Derivative) else expr.function
    variables = [limits[0] for limits in expr.limits]
    others = sorted(integrand.free_symbols - set(variables), key=str)
    inner = {
        "phi": np.vectorize(lambda risk: names[phi]({**at, R: risk})),
        "m": np.vectorize(lambda x: names[nt.marginal]({**at, nt.x: x})),
    }
    f = sp.lambdify([*variables, *others], integrand, [inner, "scipy", "numpy"])
    cuts = []
    for variable, lo, hi in expr.limits:
        signs = [node.args[0] for node in integrand.atoms(sp.sign) if node.has(variable)]
        start, stop = (
            math.copysign(30, end) if end in (-sp.oo, sp.oo) else number(end, at, names) for end in (lo, hi)
        )
        inside = {*LINE, *(_root(argument, variable, at, names) for argument in signs)}
        between = sorted((c for c in inside if min(start, stop) < c < max(start, stop)), reverse=stop < start)
        cuts.append([start, *between, stop])
    return quad(lambda *values: f(*values, *(at[symbol] for symbol in others)), *cuts)


def _root(argument, variable, at, names):
    at_0, at_1 = (number(argument, {**at, variable: k}, names) for k in (0.0, 1.0))
    return -at_0 / (at_1 - at_0)


def random_scalars(derivation, seed):
    rng = random.Random(seed)
    point = {rho: rng.uniform(-0.8, 0.8)}
    symbols = set().union(*(side.free_symbols for step in derivation.steps for side in (step.lhs, step.rhs)))
    for symbol in sorted(symbols | {R, K_ii, K_jj, g, nt.h}, key=str):
        if isinstance(symbol, sp.Symbol) and symbol not in point:
            point[symbol] = rng.uniform(0.3, 2.0) if symbol.is_positive else rng.uniform(-1.5, 1.5)
    point[nt.P] = point[R] + B_NOISE**2  # the population risk is not free: E eps^2 = 2 b^2
    return point


# --- matrices: finite arrays --------------------------------------------------------------------
def worlds(derivation_id, seed):
    """Symbols of the matrix steps as arrays, d = 4: general, K = I, or stationary."""
    rng = np.random.default_rng(seed)
    size, rule = 4, SGD if derivation_id.startswith("sgd") else SIGN
    identity, stationary = derivation_id.endswith("identity"), derivation_id.endswith("stationary")
    K = np.eye(size) if identity else random_covariance(rng, size)
    Delta, step, noise = rng.standard_normal(size), 0.3, 0.8
    world = matrices_of(K, Delta, power=1 if rule == SIGN else 0)
    D = np.sqrt(np.diag(K))
    M = world[nt.K_sigma] if rule == SIGN else K
    if is_adam := derivation_id.startswith("adam"):
        M = random_covariance(rng, size)  # of K_A nothing is used but its symmetry
    lam, U = np.diag(world[nt.Lambda]), world[nt.U]
    root = np.sqrt(D) if rule == SIGN else np.ones(size)
    forcing = lam * np.diag(U.T @ (root[:, None] * M * root) @ U) / (2 * size)
    risk, r = Delta @ K @ Delta / 2, lam * (U.T @ (root * Delta)) ** 2 / 2
    phi_value = 0.37  # any number: the matrix steps do not know what phi is
    if stationary:  # R with sum_i eta s n_i/(2 lam_i a) = R, as a fixed point by hand for either rule
        total = np.sum(forcing / lam)
        risk = (
            step * (noise**2 / 2) * total / (1 - step * total)
            if rule == SGD
            else (step * total / phi_value) ** 2 / 2
        )
    P = risk + noise**2 / 2
    a, s = (phi_value / np.sqrt(2 * (P if is_adam else risk)), 1.0) if rule == SIGN else (1.0, 2 * P)
    if stationary:
        r = step * s * forcing / (2 * lam * a)
    b, A = -step * a * (K @ Delta) / (D if rule == SIGN else 1.0), step**2 * s / size * M
    mode = int(rng.integers(size))
    row = root * U[:, mode]
    slope = lam[mode] * (row @ Delta) * row
    gradient = K @ Delta
    drift_of_r = slope @ b + lam[mode] * row @ A @ row / 2
    coordinate = mode  # e_i is a coordinate or a mode, whichever the step speaks of
    sample = np.linalg.cholesky(K)  # x = sample z, <x, Delta> = Delta^T sample z
    x_row, y_row = sample[coordinate], Delta @ sample
    world |= {
        d: size, eta: step, R: risk, nt.P: P, phi: phi_value, nt.lam: lam, nt.n: forcing, nt.r: r,
        nt.r_star: r, nt.e_j: np.eye(size)[:, [(mode + 1) % size]],
        nt.i: mode + 1, nt.e_i: np.eye(size)[:, [mode]],
        nt.step_of["drift"]: b.reshape(-1, 1), nt.step_of["covariance"]: A,
        nt.drift_of_R: gradient @ b + np.trace(A @ K) / 2, nt.variation_of_R: gradient @ A @ gradient,
        nt.drift_of_r: drift_of_r, nt.variation_of_r: slope @ A @ slope,
        sp.Derivative(nt.r_i, nt.t): drift_of_r,
        nt.M_ii: M[0, 0], nt.M_ij: M[0, 1],
        rho: x_row @ y_row / np.sqrt((x_row @ x_row) * (y_row @ y_row)),
        nt.K_A: M, nt.c_1: phi_value,
        nt.rho_r: gradient[coordinate] / np.sqrt(K[coordinate, coordinate] * 2 * P),
        nt.KDelta_i: gradient[coordinate], K_ii: K[coordinate, coordinate],
        K_jj: K[(mode + 1) % size, (mode + 1) % size],
    }  # fmt: skip
    return world


OF_MATRICES = {
    f"{rule}-{part}" for rule in (SIGN, SGD) for part in ("identity", "stationary", "modes", "ito-risk")
} | {"adam-sde", "adam-modes", "adam-ito-risk"}
IN_MATRICES = {
    nt.drift_of_R,
    nt.variation_of_R,
    nt.drift_of_r,
    nt.variation_of_r,
    nt.M_ii,
    nt.M_ij,
    nt.KDelta_i,
}


def speaks_of_matrices(derivation_id, step):
    sides = (step.lhs, step.rhs)
    if any(side.has(*MATRIX_TYPES) or side.free_symbols & IN_MATRICES for side in sides):
        return True
    if any(side.has(sp.Integral, sp.Subs) for side in sides):
        return False
    return derivation_id in OF_MATRICES


def gap(derivation_id, derivation, step, seed):
    """Relative difference of the two sides at a random point."""
    if speaks_of_matrices(derivation_id, step):
        world = worlds(derivation_id, seed)
        left, right = value(step.lhs, world), value(step.rhs, world)
    else:
        at, names = random_scalars(derivation, seed), meanings(derivation_id)
        left, right = number(step.lhs, at, names), number(step.rhs, at, names)
    return float(np.max(np.abs(left - right)) / max(np.max(np.abs(left)), np.max(np.abs(right)), 1e-6))


@pytest.mark.parametrize("derivation_id", [name for name in CATALOGUE if name not in ELSEWHERE])
def test_every_equality_holds(derivation_id):
    derivation = CATALOGUE[derivation_id].make()
    assert (derivation.id, derivation.title) == (derivation_id, CATALOGUE[derivation_id].title)
    checked = 0
    for step in derivation.steps:
        if step.relation != "=" or (derivation_id, step.id) in NOT_EVALUATED:
            continue
        for seed in (1, 2):
            assert gap(derivation_id, derivation, step, seed) < TOLERANCE, f"step {step.id}: {step.reason}"
        checked += 1
    skipped = sum(key[0] == derivation_id for key in NOT_EVALUATED)
    assert checked + skipped == sum(step.relation == "=" for step in derivation.steps)


@pytest.mark.parametrize(
    ("derivation_id", "step_id", "factor"),
    [
        ("arcsine-law", "4", 2),
        ("sign-one-step-mean", "5", 1.01),
        ("sign-ito-risk", "3", 0.99),
        ("sgd-modes", "7", 1.01),
    ],
)
def test_a_wrong_step_is_refuted(derivation_id, step_id, factor):
    derivation = CATALOGUE[derivation_id].make()
    step = derivation[step_id]
    wrong = replace(step, rhs=step.rhs * sp.Rational(str(factor)))
    assert gap(derivation_id, derivation, step, 1) < TOLERANCE
    assert gap(derivation_id, derivation, wrong, 1) > 1e-3


def test_the_list_of_exceptions_is_not_stale():
    for (derivation_id, step_id), reason in NOT_EVALUATED.items():
        assert CATALOGUE[derivation_id].make()[step_id].relation == "="
        assert reason
