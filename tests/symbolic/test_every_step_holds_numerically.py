r"""Every step `lhs = rhs` of every built-in derivation holds at random points.

Both sides are evaluated by quadrature, numerical differentiation and finite matrices; a quantity that a
derivation speaks about before it knows it (a conditional mean, an orthant probability) is evaluated from its
definition. A step that this cannot evaluate must be listed in `NOT_EVALUATED` with the reason.
"""

import math
import random
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
from explicit_matrices import matrices_of, random_covariance, value
from scipy.special import erf, erfcx, owens_t

from signsgd_sym import notation as nt
from signsgd_sym.derive.catalogue import CATALOGUE, ROOT, WITHOUT_MODES
from signsgd_sym.model import SGD, SIGN, noise_law
from signsgd_sym.notation import K_ii, K_jj, R, d, eta, g, phi, rho
from signsgd_sym.special import Erfcx, NoiseMean, OwenT, over

NOT_EVALUATED: dict[tuple[str, str], str] = {
    ("power-law-risk", "8"): "a power of u with any exponent above -1: no panel converges at u = 0",
}
"""(derivation, step): the reason why it cannot be evaluated."""
ELSEWHERE = {
    "adam-transform", "adam-response", "adam-pair", "adam-ends", "adam-long-memory", "adam-law-response",
    "adam-law-pair",
    "adam-damped-weight", "adam-damped-response", "adam-damped-pair",
}  # fmt: skip
"""Derivations about special functions: `test_adam_steps_hold_numerically` and its kin, by other means."""
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


def graded(point):
    """Cuts that close in on a point where an integrand is a root."""
    return [point + side * 10.0**-k for k in range(11) for side in (-1, 1)]


LINE = [-30, -9, -6, -3, -1, 0, 1, 3, 6, 9, 30]


def slope(f, x, step=0.01, m=6):
    """f'(x) by the central difference of order 2 m, the slope of the interpolant through 2 m + 1 points.

    With a singularity at the distance L its error is (m!)^2 (step/L)^(2 m): at L = 0.2, m = 4 keeps 8 digits
    and m = 6 keeps 11. A smaller step would lose digits to rounding where derivatives are repeated.
    """
    total = 0.0
    for k in range(1, m + 1):
        weight = (-1) ** (k + 1) / (k * math.comb(m + k, k)) * math.comb(m, k)
        total += weight * (f(x + k * step) - f(x - k * step))
    return total / step


def normal(x, mean=0.0, sd=1.0):
    return np.exp(-(((x - mean) / sd) ** 2) / 2) / (sd * math.sqrt(2 * math.pi))


def bivariate(x, y, c):
    return normal(x) * normal(y, c * x, math.sqrt(1 - c**2))


def apply(rule, z):
    if rule.exponent is None:
        return sp.lambdify(nt.z, rule.expr, ["scipy", "numpy"])(z)
    return np.sign(z) * np.abs(z) ** float(rule.exponent)


def moment_of_pair(rule, at):
    """E[f(x) f(y)] for variances K_ii, K_jj and correlation rho."""
    u, v = math.sqrt(at[K_ii]), math.sqrt(at[K_jj])
    if rule == ROOT:  # polar coordinates: the two factors are roots at two angles
        angle = math.acos(at[rho])
        zeros = [math.pi / 2, (angle + math.pi / 2) % math.pi]
        near = {cut for zero in zeros for cut in (zero, *graded(zero)) if 0 < cut < math.pi}
        turn = sorted({0.0, math.pi, *near})  # half of it: both factors change sign after pi
        around = quad(lambda t: apply(rule, np.cos(t)) * apply(rule, np.cos(t - angle)), turn) / math.pi
        return math.sqrt(u * v) * around * quad(lambda w: w**2 * np.exp(-(w**2) / 2), LINE[5:])
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


def rule_of(derivation_id):
    return next((rule for rule in (SGD, ROOT, *WITHOUT_MODES) if derivation_id.startswith(rule.name)), SIGN)


def meanings(derivation_id):
    """Values, from their definitions, of the quantities that derivations name before they know them."""
    rule = rule_of(derivation_id)

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
        sd, h = math.sqrt(2 * at[R]), at[nt.h]
        if rule == ROOT:
            return quad(lambda u: np.abs(sd * (u - h)) * normal(u), sorted([*LINE, h]))
        return quad(lambda u: apply(rule, sd * u - at[nt.eps]) ** 2 * normal(u), LINE)

    def response_given_noise(at):
        root = math.sqrt(2 * at[R])
        cuts = sorted({*LINE, at[nt.h], *graded(at[nt.h])})
        return quad(lambda u: apply(rule, root * (u - at[nt.h])) * u * normal(u), cuts)

    def first_coefficient(at):
        kinks = [1 / at[nt.u], -1 / at[nt.u]]  # of clip(1)
        return quad(lambda x: apply(rule, at[nt.u] * x) * x * normal(x), sorted({*LINE, *kinks}))

    def laplace_given_noise(at):
        root = math.sqrt(2 * at[R])
        return quad(lambda g_: np.exp(-((at[nt.u] * (root * g_ - at[nt.eps])) ** 2)) * normal(g_), LINE)

    def response_by_rows(at):
        """E[h_1(r sqrt(K_ii)) G | eps] as one integral over G and X."""
        root, scale = math.sqrt(2 * at[R]), math.sqrt(at[K_ii])

        def integrand(g_, x):
            return apply(rule, (root * g_ - at[nt.eps]) * scale * x) * x * g_ * normal(g_) * normal(x)

        return quad(integrand, LINE, LINE)

    def radial_moment(at):
        return quad(lambda w: w ** (2 * float(rule.exponent) + 1) * np.exp(-(w**2) / 2), LINE[5:])

    def square(at):
        sd = math.sqrt(2 * at[R])

        def averaged(u, noise):
            density = np.exp(-np.abs(noise) / B_NOISE) / (2 * B_NOISE)
            return apply(rule, sd * u - noise) ** 2 * normal(u) * density

        return quad(averaged, LINE, LINE)

    def step_square_given(at, noise):
        def moment(u, x):
            step = apply(rule, math.sqrt(2 * at[R]) * u - noise) * apply(rule, math.sqrt(at[K_ii]) * x)
            return step**2 * bivariate(u, x, at[rho])

        return quad(moment, LINE, LINE)

    def step_square(at):
        # A parabola in the noise: its mean under Laplace noise from three values, E eps = 0, E eps^2 = 2 b^2.
        below, middle, above = (step_square_given(at, noise) for noise in (-1.0, 0.0, 1.0))
        return middle + (below + above - 2 * middle) / 2 * 2 * B_NOISE**2

    def coordinate_square(at):
        sd, centre = math.sqrt(at[K_ii] * (1 - at[rho] ** 2)), math.sqrt(at[K_ii]) * at[rho] * at[g]
        cuts = sorted([0.0, *(centre + sd * k for k in range(-12, 13, 2))])
        return quad(lambda x: apply(rule, x) ** 2 * normal(x, centre, sd), cuts)

    def average(at):
        if derivation_id != "gaussian-noise-mean":
            return mean_over_noise(at, rule)
        # Under N(0, v^2) the residual is Gaussian, of variance 2 R + v^2.
        [v] = [symbol for symbol in at if symbol.name == "v"]
        return moment_of_pair(SIGN, {**at, rho: at[rho] * math.sqrt(2 * at[R] / (2 * at[R] + at[v] ** 2))})

    def smoothed(at):
        sd = math.sqrt(2 * at[R])
        return quad(lambda x: np.exp(-np.abs(x) / B_NOISE) / (2 * B_NOISE) * normal(x, 0, sd), LINE)

    def psi(at):
        return math.pi / 2 * response(at) * math.sqrt(at[nt.P] / at[R])

    def response(at):
        return slope(lambda c: mean_over_noise({**at, rho: c}, SIGN), 0.0)

    return {
        nt.conditional_mean: conditional,
        nt.conditional_mean_of_pair: lambda at: conditional({**at, K_ii: at[K_jj]}),
        nt.marginal: lambda at: quad(lambda y: bivariate(at[nt.x], y, at[rho]), LINE[5:]),
        nt.mean_given_noise: given_noise,
        nt.mean_square_given_noise: square_given_noise,
        nt.mean_square: square,
        nt.mean_step: average,
        nt.coordinate_square: coordinate_square,
        nt.square_given_noise: lambda at: step_square_given(at, at[nt.eps]),
        nt.square_step: step_square,
        nt.response_given_noise: response_by_rows if rule in WITHOUT_MODES else response_given_noise,
        nt.h_1: first_coefficient,
        nt.laplace_given_noise: laplace_given_noise,
        nt.radial_moment: radial_moment,
        nt.angular_mean: lambda at: moment_of_pair(rule, {**at, K_ii: 1.0, K_jj: 1.0}) / radial_moment(at),
        nt.pair_moment: lambda at: moment_of_pair(rule, at),
        nt.orthant_probability: lambda at: quad(lambda x, y: bivariate(x, y, at[rho]), LINE[5:], LINE[5:]),
        phi: response,
        nt.density_at_zero: smoothed,
        nt.psi: psi,
        nt.eta_SGD: lambda at: 2 / math.pi * at[eta] * psi(at) / math.sqrt(2 * at[nt.P]),
    }


def defined(derivation, names):
    """Values of the other quantities that a derivation defines, from what it defines them as."""
    table = dict(names)
    for name, meaning in derivation.definitions.items():
        if isinstance(name, sp.Symbol) and name not in names and not meaning.has(*MATRIX_TYPES):
            table[name] = lambda at, meaning=meaning: number(meaning, at, table)
    return table


def number(expr, at, names):
    """Value of a scalar expression at a point."""
    if expr in names:
        return names[expr](at)
    if isinstance(expr, phi.func):  # phi at another risk than R
        return names[phi]({**at, R: number(expr.args[0], at, names)})
    if isinstance(expr, nt.marginal.func):
        return names[nt.marginal]({**at, nt.x: number(expr.args[0], at, names)})
    if isinstance(expr, sp.Symbol):
        return at[expr]
    if isinstance(expr, NoiseMean):
        return number(over(expr, LAW), at, names)
    if isinstance(expr, sp.hyper):
        return float(expr.subs(at).evalf(17))
    if isinstance(expr, OwenT):
        return float(owens_t(*(number(arg, at, names) for arg in expr.args)))
    if isinstance(expr, Erfcx):
        return float(erfcx(number(expr.args[0], at, names)))
    if isinstance(expr, sp.Subs):
        fixed = {v: number(value, at, names) for v, value in zip(expr.variables, expr.point, strict=True)}
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
    """Quadrature, cut where the integrand jumps."""
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
        jumps = integrand.atoms(sp.sign, sp.Heaviside)
        signs = [node.args[0] for node in jumps if node.has(variable)]
        start, stop = (
            math.copysign(30, end) if end in (-sp.oo, sp.oo) else number(end, at, names) for end in (lo, hi)
        )
        roots = [_root(argument, variable, at, names) for argument in signs]
        inside = {*LINE, *roots}
        if integrand.has(sp.Abs):
            inside |= {cut for root in roots for cut in graded(root)}
        between = sorted((c for c in inside if min(start, stop) < c < max(start, stop)), reverse=stop < start)
        cuts.append([start, *between, stop])
    return quad(lambda *values: f(*values, *(at[symbol] for symbol in others)), *cuts)


def _root(argument, variable, at, names):
    at_0, at_1 = (number(argument, {**at, variable: k}, names) for k in (0.0, 1.0))
    return -at_0 / (at_1 - at_0)


def random_scalars(derivation, seed):
    """A point at which the inequalities that are given hold."""
    rng = random.Random(seed)
    inequalities = [a.relation for a in derivation.given if isinstance(a.relation, sp.Lt | sp.Gt)]
    for _ in range(1000):
        point = draw(derivation, rng)
        if all(r.subs(point) == sp.true for r in inequalities if r.free_symbols <= set(point)):
            return point
    raise AssertionError(f"no point satisfies {inequalities}")


def draw(derivation, rng):
    point = {rho: rng.uniform(-0.8, 0.8)}
    symbols = set().union(*(side.free_symbols for step in derivation.steps for side in (step.lhs, step.rhs)))
    for symbol in sorted(symbols | {R, K_ii, K_jj, g, nt.h}, key=str):
        if isinstance(symbol, sp.Symbol) and symbol not in point:
            point[symbol] = rng.uniform(0.3, 3.0) if symbol.is_nonnegative else rng.uniform(-1.5, 1.5)
            if symbol.is_integer:
                point[symbol] = rng.choice([1, 2, 3, 7])
    point[nt.batch] = 12.0  # large enough for an integral up to 30 to be the whole one
    point[nt.P] = point[R] + B_NOISE**2  # the population risk is not free: E eps^2 = 2 b^2
    return point


# --- matrices: finite arrays --------------------------------------------------------------------
def worlds(derivation_id, seed):
    """Symbols of the matrix steps as arrays, d = 4: general, K = I, or stationary."""
    rng = np.random.default_rng(seed)
    size, rule = 4, rule_of(derivation_id)
    p = 0.0 if rule.exponent is None else float(rule.exponent)
    identity, stationary = derivation_id.endswith("identity"), derivation_id.endswith("stationary")
    K = np.eye(size) if identity else random_covariance(rng, size)
    silent = derivation_id.endswith("noise-free")
    Delta, step, noise = rng.standard_normal(size), 0.3, 0.0 if silent else 0.8
    world = matrices_of(K, Delta, power=1 - p)
    D = np.sqrt(np.diag(K))
    M = noise_matrix_of_root(K) if rule == ROOT else {SGD: K}.get(rule, world[nt.K_sigma])
    if is_adam := derivation_id.startswith("adam"):
        M = random_covariance(rng, size)  # of K_A nothing is used but its symmetry
    lam, U = np.diag(world[nt.Lambda]), world[nt.U]
    root = D ** ((1 - p) / 2)
    forcing = lam * np.diag(U.T @ (root[:, None] * M * root) @ U) / (2 * size)
    risk, r = Delta @ K @ Delta / 2, lam * (U.T @ (root * Delta)) ** 2 / 2
    phi_value = 2 / np.pi if silent else 0.37  # any number: the matrix steps do not know what phi is
    # R with sum_i eta s n_i/(2 lam_i a) = R, as a fixed point by hand for either rule
    if stationary and rule != ROOT:
        total = np.sum(forcing / lam)
        risk = (
            step * (noise**2 / 2) * total / (1 - step * total)
            if rule == SGD
            else (step * total / phi_value) ** 2 / 2
        )
    P = risk + noise**2 / 2
    scale = P if is_adam and not derivation_id.startswith("adam-law") else risk
    a, s = {SIGN: (phi_value / np.sqrt(2 * scale), 1.0), SGD: (1.0, 2 * P)}.get(rule, (0.31, 0.7))
    if stationary and rule == ROOT:  # here R is any number, and the balance says what A(R) is
        a = step * s * np.sum(forcing / lam) / (2 * risk)
    data = quad(lambda x: np.abs(x) ** (1 + p) * normal(x), sorted({*LINE, *graded(0.0)}))
    if stationary:
        r = step * s * forcing / (2 * lam * a)
    b, A = -step * a * (K @ Delta) / D ** (1 - p), step**2 * s / size * M
    psi = np.pi / 2 * phi_value * np.sqrt(P / risk)
    mode = int(rng.integers(size))
    row = root * U[:, mode]
    slope = lam[mode] * (row @ Delta) * row
    gradient = K @ Delta
    drift_of_r = slope @ b + lam[mode] * row @ A @ row / 2
    a_K = np.diag(rng.uniform(0.2, 1.5, size))
    if derivation_id.endswith("rule-sde"):
        a_K = 0.4 * np.eye(size)  # a(R, K_ii) is one number there, whatever i is
    if is_damped := derivation_id.startswith("adam-damped"):
        a_K = np.diag(phi_value / (np.sqrt(2 * risk) * D))
    V = random_covariance(rng, size)
    Sigma = random_covariance(rng, size)
    if derivation_id == "rule-matrix-stationary":
        Sigma = size / step * (a_K @ K @ V + V @ K @ a_K)
    if rule in WITHOUT_MODES or derivation_id.startswith("rule") or is_damped:
        b, A = -step * a_K @ K @ Delta, step**2 / size * Sigma
    other = (mode + 1) % size
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
        nt.psi: psi, nt.eta_SGD: step * 2 / np.pi * psi / np.sqrt(2 * P), nt.eta_0: 0.7,
        nt.varsigma: np.trace(K) / D.sum(), **_noise_free(rule, lam, forcing, risk, D, mode),
        nt.rest_sign: step * D.sum() * np.sqrt(2 * P) / (4 * size * P) * np.pi / (2 * psi),
        nt.rest_SGD: step * 2 / np.pi * psi / np.sqrt(2 * P) * D.sum() / (2 * size),
        nt.V_dot: -step * (a_K @ K @ V + V @ K @ a_K) + step**2 / size * Sigma,
        nt.a_K: a_K, nt.a_RK: 0.4, nt.V: V, nt.Sigma: Sigma,
        nt.drift_of_V: b[mode] * Delta[other] + Delta[mode] * b[other] + A[mode, other],
        nt.A: a * np.sqrt(2 * risk) / data, nt.s_R: s, nt.M: M, nt.M_ii: M[0, 0], nt.M_ij: M[0, 1],
        rho: x_row @ y_row / np.sqrt((x_row @ x_row) * (y_row @ y_row)),
        nt.K_A: M, nt.c_1: phi_value, nt.c_1i: phi_value,
        nt.rho_r: gradient[coordinate] / np.sqrt(K[coordinate, coordinate] * 2 * P),
        nt.KDelta_i: gradient[coordinate], K_ii: K[coordinate, coordinate],
        K_jj: K[(mode + 1) % size, (mode + 1) % size],
    }  # fmt: skip
    return world


def _noise_free(rule, lam, forcing, risk, D, mode):
    """Growing modes at the step 0.4, by hand; the averaged condition number as if `mode` were the last."""
    step, growth = 0.4, 0.9
    decay = step * (2 / np.pi if rule == SIGN else 1)
    modes = 2 * step**2 * risk * forcing / (growth + 2 * decay * lam)
    mean = np.mean(D if rule == SIGN else D**2)
    return {nt.c: step, nt.mu: growth, nt.r_mu: modes, nt.kappa: mean / lam[mode]}


def noise_matrix_of_root(K):
    """E[f(x) f(x)^T] for f(z) = sqrt(|z|) sign(z): E|x_i| on the diagonal."""
    M = np.diag(np.sqrt(2 * np.diag(K) / np.pi))
    for i in range(len(K)):
        for j in range(i):
            correlation = K[i, j] / np.sqrt(K[i, i] * K[j, j])
            M[i, j] = M[j, i] = moment_of_pair(ROOT, {K_ii: K[i, i], K_jj: K[j, j], rho: correlation})
    return M


OF_MATRICES = {
    f"{rule}-{part}"
    for rule in (SIGN, SGD, ROOT)
    for part in ("identity", "stationary", "modes", "ito-risk", "noise-free")
} | {"adam-sde", "adam-modes", "adam-ito-risk", "adam-law-sde", "adam-law-modes", "adam-damped-sde"}
IN_MATRICES = {
    nt.drift_of_R,
    nt.variation_of_R,
    nt.drift_of_r,
    nt.variation_of_r,
    nt.M_ii,
    nt.M_ij,
    nt.KDelta_i,
    nt.rest_sign,
    nt.kappa,
    nt.drift_of_V,
}


def speaks_of_matrices(derivation_id, step):
    sides = (step.lhs, step.rhs)
    # Under a power-law spectrum kappa is an exponent, elsewhere the condition number of a matrix.
    in_matrices = IN_MATRICES - ({nt.kappa} if derivation_id == "power-law-risk" else set())
    if any(side.has(*MATRIX_TYPES) or side.free_symbols & in_matrices for side in sides):
        return True
    if any(side.has(sp.Integral, sp.Subs) for side in sides):
        return False
    return derivation_id in OF_MATRICES


def written_out(expr, at, names):
    """Value of an expression in matrices whose entries are written out."""
    if isinstance(expr, sp.Determinant):
        return np.linalg.det(written_out(expr.arg, at, names))
    if isinstance(expr, sp.MatMul):
        return np.linalg.multi_dot([written_out(arg, at, names) for arg in expr.args])
    if isinstance(expr, sp.ImmutableDenseMatrix):
        return np.array([[number(entry, at, names) for entry in row] for row in expr.tolist()])
    return number(expr, at, names)


def gap(derivation_id, derivation, step, seed):
    """Relative difference of the two sides at a random point."""
    if any(side.has(sp.ImmutableDenseMatrix) for side in (step.lhs, step.rhs)):
        at = random_scalars(derivation, seed)
        names = defined(derivation, meanings(derivation_id))
        left, right = (written_out(side, at, names) for side in (step.lhs, step.rhs))
    elif speaks_of_matrices(derivation_id, step):
        world = worlds(derivation_id, seed)
        left, right = value(step.lhs, world), value(step.rhs, world)
    else:
        at = random_scalars(derivation, seed)
        names = defined(derivation, meanings(derivation_id))
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
        ("sgd-exact-square", "7", 1.01),
        ("power(1/2)-pair-moment", "4", 1.01),
        ("power(1/2)-stationary", "5", 0.99),
        ("clip(1)-mean-step", "4", 1.01),
        ("batch-response", "8", 1.01),
        ("gaussian-batch-response", "2", 0.99),
        ("clip(1)-batch-mean-step", "4", 1.01),
        ("dither(1)-batch-mean-step", "6", 0.99),
        ("batch-powers", "5", 1.01),
        ("gaussian-batch-powers", "5", 0.99),
        ("rule-matrix-ode", "2", 1.01),
        ("adam-damped-sde", "4", 1.01),
        ("adam-damped-ode", "3", 0.99),
        ("rule-matrix-stationary", "1", 0.99),
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
