r"""From the SDE to the risk ODE: Ito's formula on R, modes, K = I, and the stationary risk.

Modes. With Q = D^(-q/2) and Q K Q = U Lambda U^T, the coordinates c = U^T Q^-1 Delta give
R = sum_i lambda_i c_i^2/2, and Ito's formula on r_i = lambda_i c_i^2/2 closes:

    dr_i/dt = -2 eta lambda_i a(R) r_i + eta^2 s(R) n_i,    n_i = lambda_i (U^T Q^-1 M Q^-1 U)_ii/(2 d).

The martingale part is of order d^(-1/2): that it vanishes in the limit is the concentration theorem
of the paper, cited and not derived here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from signsgd_sym import notation as nt
from signsgd_sym.derive.assumptions import IDENTITY, STATIONARY, SYMMETRIC, balance
from signsgd_sym.derive.assumptions import eigenbasis as eigenbasis_of
from signsgd_sym.derive.expectation import gaussian_mean
from signsgd_sym.derive.ito import ItoProcess, ito
from signsgd_sym.derive.matrix_algebra import MatrixAlgebra
from signsgd_sym.derive.powers import exponent_of, whole_moment
from signsgd_sym.derive.sde import LimitSDE, NamedRule
from signsgd_sym.notation import (
    K_A,
    A,
    D,
    Delta,
    K,
    K_ii,
    K_jj,
    K_sigma,
    Lambda,
    P,
    R,
    U,
    d,
    e_i,
    eta,
    g,
    i,
    j,
    lam,
    n,
    phi,
    r_i,
    r_star,
    rho,
    risk_sum,
    t,
)
from signsgd_sym.proof.derivation import Derivation, Recorder
from signsgd_sym.special import Generator, Variation

CONCENTRATION = (
    "K. L. Xiao, N. Marshall, A. Agarwala, E. Paquette, "
    "Exact Risk Curves of signSGD in High-Dimensions, arXiv 2411.12135"
)
CONCENTRATION_OF_SGD = (
    "E. Collins-Woodfin, C. Paquette, E. Paquette, I. Seroussi, Hitting the High-Dimensional Notes: An ODE "
    "for SGD learning dynamics on GLMs and multi-index models, arXiv 2308.08977"
)
CONJECTURE = f"a conjecture for this rule, supported by simulation; proved for sign: {CONCENTRATION}"
"""What stands behind the limit d -> oo for rules other than the two."""
THEOREMS = {"sign": CONCENTRATION, "sgd": CONCENTRATION_OF_SGD}
RISK = sp.Trace(Delta.T * K * Delta) / 2
"""R as a quadratic form in Delta."""
_SYMMETRIC = frozenset({K, D, K_sigma, K_A, nt.M, Lambda})


@dataclass(frozen=True, repr=False)
class RiskODE:
    """The closed ODE of the mode risks: dr_i/dt = `rhs`, with R = sum_j r_j.

    `rhs` is an expression in `r[i]`, `lam[i]`, `n[i]`, `eta` and R; `forcing` says what n_i stands for.
    `sde` carries a(R), s(R) and their definitions.
    """

    sde: LimitSDE
    rhs: Any
    forcing: Any
    derivation: Derivation

    def __repr__(self) -> str:
        return f"RiskODE(dr_i/dt = {self.rhs})"

    @property
    def equation(self) -> Any:
        """dr_i/dt = rhs as a SymPy equation."""
        return sp.Eq(sp.Derivative(r_i, t), self.rhs, evaluate=False)


def _words(sde: LimitSDE) -> str:
    return sde.step.words if isinstance(sde.step, NamedRule) else f"f(z) = {sde.rule.expr}"


def risk_process(sde: LimitSDE) -> tuple[ItoProcess, Derivation]:
    """Ito's formula on R: drift and quadratic variation of the risk itself, and the derivation."""
    record = Recorder(
        f"{sde.step.name}-ito-risk",
        f"Ito's formula on the risk, {_words(sde)}",
        (SYMMETRIC,),
    )
    algebra = MatrixAlgebra(symmetric=_SYMMETRIC)
    record.use(sde.derivation)
    raw = ito(RISK, sde)
    record.define(R, RISK, "the risk")
    record.define(
        nt.drift_of_R, Generator(RISK, Delta, sde.drift, sde.covariance), "the generator of the SDE on R"
    )
    record.equal(
        nt.drift_of_R, raw.drift, "Ito: grad R . b + tr(A hess R)/2 with grad R = K Delta, hess R = K"
    )
    drift = record.equal(
        raw.drift,
        algebra.scalar(raw.drift),
        "symmetry of K, D and the noise matrix; linearity of the trace",
        needs=(SYMMETRIC,),
    )
    variation = algebra.scalar(raw.variation)
    record.define(nt.variation_of_R, Variation(RISK, Delta, sde.covariance), "the quadratic variation of R")
    record.equal(nt.variation_of_R, variation, "Ito: grad R^T A grad R")
    return ItoProcess(drift, variation), record.finish()


def derive_risk_ode(sde: LimitSDE, reference: str | None = None) -> RiskODE:
    """The mode ODE of a limiting SDE whose preconditioner separates.

    `reference` is cited for the last step, from the SDE's drift to an ODE: by default the theorem for sign or
    for SGD, and that it is a conjecture for another rule.

    >>> from signsgd_sym.derive.sde import derive_sde
    >>> from signsgd_sym.model.update_rule import SGD
    >>> derive_risk_ode(derive_sde(SGD)).rhs
    2*P*eta**2*n[i] - 2*eta*lambda[i]*r[i]
    """
    half = D ** (sde.power / 2)  # Q^-1
    eigenbasis = MatrixAlgebra(
        symmetric=_SYMMETRIC,
        orthogonal=frozenset({U}),
        eigenvectors=((Lambda, e_i, lam[i]),),
        substitutions={K: half * U * Lambda * U.T * half},
    )
    basis_given = eigenbasis_of(sde.power)
    record = Recorder(
        f"{sde.step.name}-modes",
        f"The mode ODE for {_words(sde)}",
        (basis_given,),
    )
    record.use(sde.derivation)
    basis = (
        "the eigendecomposition of D^(-1/2) K D^(-1/2), solved for K"
        if sde.power
        else "the eigendecomposition of K"
    )
    record.equal(K, eigenbasis.substitutions[K], basis)
    coordinate = sp.Trace(e_i.T * U.T * half * Delta)
    mode = lam[i] * coordinate**2 / 2
    record.define(r_i, mode, "mode i of the risk")
    record.equal(RISK, risk_sum, "insert K: the quadratic form is diagonal in the coordinates c_i")
    raw = ito(mode, sde)
    record.define(
        nt.drift_of_r, Generator(mode, Delta, sde.drift, sde.covariance), "the generator of the SDE on r_i"
    )
    record.equal(nt.drift_of_r, raw.drift, "Ito's formula on r_i")
    in_modes = record.equal(
        raw.drift,
        eigenbasis.scalar(raw.drift),
        "insert K, cancel U^T U and powers of D, Lambda e_i = lambda_i e_i",
    )

    noise_form = eigenbasis.scalar(sp.Trace(e_i.T * U.T * half * sde.noise_matrix * half * U * e_i))
    forcing = lam[i] * noise_form / (2 * d)
    record.define(n[i], forcing, "the forcing of mode i")
    rhs = _in_mode_variables(in_modes, eigenbasis.scalar(coordinate), noise_form)
    record.equal(in_modes, rhs, "name r_i and n_i")
    variation = eigenbasis.scalar(raw.variation)
    record.define(nt.variation_of_r, Variation(mode, Delta, sde.covariance), "the quadratic variation of r_i")
    record.equal(nt.variation_of_r, variation, "Ito; it is of order 1/d")
    record.cite(
        sp.Derivative(r_i, t),
        "=",
        rhs,
        "d -> oo: the martingale part vanishes uniformly on [0, T]",
        reference or THEOREMS.get(sde.rule.name, CONJECTURE),
    )
    return RiskODE(sde, rhs, forcing, record.finish())


def _in_mode_variables(drift: Any, coordinate: Any, noise_form: Any) -> Any:
    """Rewrite c_i^2 = 2 r_i/lambda_i and (U^T Q^-1 M Q^-1 U)_ii = 2 d n_i/lambda_i."""
    result = drift.subs(coordinate**2, 2 * r_i / lam[i])
    if noise_form.has(sp.Trace):
        return sp.expand(result.subs(noise_form, 2 * d * n[i] / lam[i]))
    # The noise form is a number times lambda_i (SGD): only the term without r_i carries it.
    with_r = result.coeff(r_i, 1) * r_i
    return sp.expand(with_r + sp.simplify((result - with_r) / noise_form) * 2 * d * n[i] / lam[i])


def identity_covariance(sde: LimitSDE) -> Derivation:
    """R' for K = I: a scalar ODE, from Ito's formula on R.

    >>> from signsgd_sym.derive.sde import derive_sde
    >>> from signsgd_sym.model.update_rule import SIGN
    >>> identity_covariance(derive_sde(SIGN)).result
    -sqrt(2)*sqrt(R)*eta*phi(R) + eta**2/2
    """
    record = Recorder(
        f"{sde.rule.name}-identity",
        f"K = I: the scalar theory, f(z) = {sde.rule.expr}",
        (IDENTITY,),
    )
    process, source = risk_process(sde)
    record.use(source)
    one = sp.Identity(d)
    # The arcsine law holds for |rho| < 1: the diagonal is a moment of one coordinate.
    unit = sde.rule.apply(g) ** 2
    record.define(
        nt.M_ii,
        sp.Integral(unit * nt.gaussian_density(g), (g, -sp.oo, sp.oo)),
        "E[f(x_i)^2] for x_i ~ N(0, 1)",
    )
    if sde.noise_matrix == nt.M:
        on_diagonal = record.equal(nt.M_ii, whole_moment(exponent_of(sde.rule)), "an absolute moment")
    else:
        on_diagonal = gaussian_mean(record, nt.M_ii, unit, g, "the same") if unit.has(sp.sign) else 1
    off_diagonal = sp.simplify(sde.noise_entry.subs(rho, 0))
    record.equal(sp.Subs(sde.noise_entry, rho, 0), off_diagonal, "off the diagonal, rho = 0")
    state = record.define if sde.noise_matrix == nt.M else record.equal
    state(sde.noise_matrix, on_diagonal * one, "so the noise matrix is a multiple of the identity")
    algebra = MatrixAlgebra(
        symmetric=_SYMMETRIC,
        substitutions={K: one, K_sigma: on_diagonal * one, nt.M: on_diagonal * one, D: one},
    )
    at_identity = algebra.scalar(process.drift)
    record.equal(process.drift, at_identity, "every matrix is the identity")
    record.define(R, RISK, "the risk")
    radius = algebra.scalar(RISK)
    value = sp.expand(at_identity.subs(radius * 2, 2 * R))
    record.equal(at_identity, value, "Delta^T Delta = 2 R; the trace of the identity is d")
    return record.finish()


@dataclass(frozen=True)
class StationaryEquation:
    """`left` = `level`: R a(R)/s(R) = eta tr(D^power)/(4 d)."""

    left: Any
    level: Any
    power: Any
    derivation: Derivation

    @property
    def equation(self) -> Any:
        """The equation as SymPy data."""
        return sp.Eq(self.left, self.level, evaluate=False)


def stationary_equation(ode: RiskODE) -> StationaryEquation:
    """The equation of the stationary risk at constant eta: R a(R)/s(R) = eta tr(D^m)/(4 d).

    m = 1 for the sign rule, 2 for SGD (tr D^2 = tr K), 1 + p for |z|^p sign(z).
    """
    sde = ode.sde
    [mode] = sp.solve(ode.rhs, r_i)
    total = sp.Sum(n[j] / lam[j], (j, 1, d))
    factor = sp.simplify(mode * lam[i] / n[i])
    unknown = next(name for name in (phi, A, P) if factor.has(name))
    [balanced] = sp.solve(factor * total - R, unknown)
    record = Recorder(
        f"{sde.rule.name}-stationary",
        f"The stationary risk, f(z) = {sde.rule.expr}",
        (STATIONARY, eigenbasis_of(sde.power), balance(unknown, balanced)),
    )
    record.use(ode.derivation)
    record.define(r_star[i], mode, "dr_i/dt = 0, solved for r_i", needs=(STATIONARY,))
    record.equal(ode.rhs.xreplace({r_i: r_star[i]}), sp.S.Zero, "there the drift of r_i vanishes")
    stationary_sum = sp.Sum(r_star[j], (j, 1, d))
    record.equal(stationary_sum, factor * total, "sum over the modes")
    half = D ** (sde.power / 2)
    algebra = MatrixAlgebra(symmetric=_SYMMETRIC, orthogonal=frozenset({U}))
    trace = sp.Trace(U.T * half * sde.noise_matrix * half * U)
    reduced = algebra.scalar(trace)
    record.equal(total, reduced / (2 * d), "the sum of n_i/lambda_i is a trace, and U drops out")
    whole = sp.hyperexpand(sde.noise_entry.subs({rho: 1, K_jj: K_ii}))  # 2F1 at 1 is Gauss's sum
    diagonal = sp.powsimp(sp.simplify(K_ii ** (sde.power / 2) * whole))
    exponent = sp.simplify(sp.diff(sp.log(diagonal), K_ii) * K_ii)
    power = 2 * exponent
    moment = sp.simplify(diagonal / K_ii**exponent) * sp.Trace(D**power)
    record.equal(reduced, moment, f"only the diagonal counts: that of D^q M is {diagonal}")
    level = eta * moment / (4 * d)
    left = sp.simplify(R * level / (factor * moment / (2 * d)))
    record.equal(left, level, "R = sum of r_i, solved for the side that depends on R")
    return StationaryEquation(left, level, power, record.finish())
