r"""The SDE of any odd coordinate-wise rule, and the ODE of V = E[Delta Delta^T].

One step has the mean -(eta/d) E[f(r x_i)]. To first order in rho_i the residual r and the coordinate x_i are
independent but for one factor rho_i G X (Mehler), so that with X = x_i/sqrt(K_ii)

    E[f(r x_i)] = a(R, K_ii) (K Delta)_i,  a = E[h_1(r sqrt(K_ii)) G]/sqrt(2 R K_ii),  h_1(u) = E[f(u X) X],

and by Stein's identity, once in X and once in G, a = E[d^2 f(r x)/dr dx]. The second moment of a step is
Sigma_ij(R) = E[f(r x_i) f(r x_j)] with r independent of x_i, x_j. So

    d Delta = -eta a K Delta dt + B dW,   B B^T = (eta^2/d) Sigma,   a = diag(a(R, K_ii)).

For a multiplicative f both separate, and modes exist (`sde`). Otherwise Ito's formula on Delta Delta^T
closes:

    dV/dt = -eta (a K V + V K a) + (eta^2/d) Sigma(R),   R = tr(K V)/2.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import sympy as sp

from signsgd_sym import notation as nt
from signsgd_sym.derive import gaussian_integral
from signsgd_sym.derive.assumptions import (
    GAUSSIAN_DATA,
    ONE_PASS,
    SMALL_CORRELATIONS,
    SYMMETRIC,
)
from signsgd_sym.derive.hermite import correlated_density
from signsgd_sym.derive.ito import SDE, ito
from signsgd_sym.derive.risk import CONJECTURE, RISK
from signsgd_sym.model.kinks import split
from signsgd_sym.model.update_rule import UpdateRule
from signsgd_sym.notation import (
    Delta,
    K,
    K_ii,
    R,
    Sigma,
    V,
    a_K,
    a_RK,
    d,
    e_i,
    e_j,
    eta,
    g,
    h_1,
    u,
    x,
    z,
)
from signsgd_sym.proof.derivation import Assumption, Derivation, Recorder
from signsgd_sym.special import Generator, NoiseMean

LINE = (-sp.oo, sp.oo)
BALANCED = Assumption(
    "dV/dt = 0 at constant eta",
    sp.Eq(Sigma, d / eta * (a_K * K * V + V * K * a_K), evaluate=False),
    name="stationary-V",
)


@dataclass(frozen=True, repr=False)
class RuleSDE(SDE):
    """The SDE of any odd rule: drift -eta a K Delta, covariance (eta^2/d) Sigma.

    `coefficient` is a(R, K_ii), an expectation over residual and noise; `first` is h_1(u) in closed form,
    None where it stays an integral.
    """

    rule: UpdateRule
    coefficient: Any
    first: Any | None
    derivation: Derivation

    def __repr__(self) -> str:
        return f"RuleSDE({self.rule.name}: drift {self.drift}, covariance {self.covariance})"


def mean_step(rule: UpdateRule) -> Derivation:
    """a(R, K_ii) of a rule, from h_1(u) = E[f(u X) X], which is evaluated where a rule is known.

    >>> mean_step(UpdateRule.from_text("dither(1)"))["3"].rhs
    sqrt(2)*u/(sqrt(pi)*sqrt(u**2 + 1))
    """
    record = Recorder(
        f"{rule.name}-mean-step",
        f"The mean step to first order, f(z) = {rule.expr}",
        (GAUSSIAN_DATA, SMALL_CORRELATIONS),
    )
    record.use(correlated_density())
    weight = nt.gaussian_density(x)
    first = sp.Integral(rule.apply(u * x) * x * weight, (x, *LINE))
    record.define(
        h_1, first, "E[f(u X) X]: what one factor X of Mehler's series picks", needs=(GAUSSIAN_DATA,)
    )
    pieces = split(rule.expr.subs(z, x), sp.S.Zero, sp.oo)
    halves = sp.Add(
        *(
            sp.Integral(2 * piece.density.subs(x, u * x) * x * weight, (x, piece.lo / u, piece.hi / u))
            for piece in pieces
        )
    )
    if len(pieces) > 1 or pieces[0].density != rule.expr.subs(z, x):
        record.equal(h_1, halves, "f is odd: twice the half-line, cut at the kinks of f")
    if _is_continuous(pieces):
        slopes = sp.Add(
            *(
                sp.Integral(
                    2 * u * piece.density.diff(x).subs(x, u * x) * weight, (x, piece.lo / u, piece.hi / u)
                )
                for piece in pieces
            )
        )
        record.equal(h_1, slopes, "Stein's identity: parts in x, E[f(u X) X] = u E f'(u X)")
    value = first_coefficient(rule)
    if value is not None:
        record.equal(h_1, value, "evaluate")
    inner = _odd(value if value is not None else first, nt.residual() * sp.sqrt(K_ii))
    record.define(
        nt.response_given_noise,
        sp.Integral(inner * g * nt.gaussian_density(g), (g, *LINE)),
        "E[h_1(r sqrt(K_ii)) G | eps] with h_1 odd and r = sqrt(2 R) G - eps: average over x_i, then over G",
        needs=(GAUSSIAN_DATA,),
    )
    if value is not None and _extends(value):
        slope = sp.diff(value, u).subs(u, nt.residual() * sp.sqrt(K_ii))
        record.equal(
            nt.response_given_noise,
            sp.sqrt(2 * R * K_ii) * sp.Integral(slope * nt.gaussian_density(g), (g, *LINE)),
            "Stein's identity again, parts in g: a = E[d^2 f(r x)/dr dx]",
        )
    coefficient = NoiseMean(nt.response_given_noise) / sp.sqrt(2 * R * K_ii)
    record.define(
        a_RK,
        coefficient,
        "the mean step is rho_i E[h_1 G] to first order, and rho_i = (K Delta)_i/sqrt(2 R K_ii)",
        needs=(SMALL_CORRELATIONS,),
    )
    return record.finish()


def _extends(function: Any) -> bool:
    """Whether an expression given for u > 0 is odd as it stands, so that it holds for u < 0 as well."""
    real = sp.Dummy("v", real=True)
    return bool(sp.simplify(function.subs(u, real) + function.subs(u, -real)) == 0)


def _odd(function: Any, argument: Any) -> Any:
    """The odd function that is `function`, given for u > 0, at any real argument."""
    if isinstance(function, sp.Integral) or _extends(function):
        return function.subs(u, argument)
    return sp.sign(argument) * function.subs(u, sp.Abs(argument))


def _is_continuous(pieces: tuple[Any, ...]) -> bool:
    """Whether f has no jump, so that its derivative is a function."""
    if pieces[0].density.subs(x, 0) != 0:
        return False
    ends = pairwise(pieces)
    return all(sp.simplify((one.density - other.density).subs(x, one.hi)) == 0 for one, other in ends)


def first_coefficient(rule: UpdateRule) -> Any | None:
    """h_1(u) for u > 0 where f is piecewise a polynomial or c erf(b z); None otherwise.

    >>> first_coefficient(UpdateRule.from_text("clip(1)"))
    u*erf(sqrt(2)/(2*u))
    """
    constant, rest = rule.expr.as_independent(z, as_Add=False)
    if isinstance(rest, sp.erf) and sp.simplify(rest.args[0] / z).is_number:
        b = sp.simplify(rest.args[0] / z)
        # E erf(b u X) X = b u (2/sqrt pi) E exp(-b^2 u^2 X^2)
        return sp.simplify(constant * 2 * b * u / sp.sqrt(sp.pi * (1 + 2 * b**2 * u**2)))
    total = sp.S.Zero
    for piece in split(rule.expr.subs(z, x), sp.S.Zero, sp.oo):
        integrand = 2 * piece.density.subs(x, u * x) * x * nt.gaussian_density(x)
        value = gaussian_integral.integrate(integrand, x, piece.lo / u, piece.hi / u)
        if value is None:
            return None
        total += value
    return sp.simplify(sp.expand(total.rewrite(sp.erf)))


def derive_rule_sde(rule: UpdateRule) -> RuleSDE:
    """The limiting SDE of any odd rule.

    >>> derive_rule_sde(UpdateRule.from_text("tanh")).drift
    (-eta)*a*K*Delta
    """
    record = Recorder(
        f"{rule.name}-rule-sde",
        f"The limiting SDE of a coordinate-wise rule, f(z) = {rule.expr}",
        (GAUSSIAN_DATA, ONE_PASS, SMALL_CORRELATIONS),
    )
    source = mean_step(rule)
    coefficient = record.use(source)
    record.define(sp.Trace(e_i.T * a_K * e_i), a_RK, "a = diag(a(R, K_ii))")
    drift = -eta * (a_K * K * Delta)
    record.define(nt.step_of["drift"], drift, "the drift of Delta per unit time", needs=(ONE_PASS,))
    record.equal(
        -d * (eta / d) * a_RK * sp.Trace(e_i.T * K * Delta),
        sp.Trace(e_i.T * nt.step_of["drift"]),
        "coordinate i of the drift: d steps of -(eta/d) a(R, K_ii) (K Delta)_i",
    )
    record.define(
        sp.Trace(e_i.T * Sigma * e_j),
        nt.pair_of_steps,
        "r independent of x_i and x_j, to leading order",
        needs=(GAUSSIAN_DATA, SMALL_CORRELATIONS),
    )
    covariance = eta**2 / d * Sigma
    record.define(
        nt.step_of["covariance"],
        covariance,
        "covariance of Delta per unit time: d steps of (eta/d)^2 E[f(r x) f(r x)^T]",
        needs=(ONE_PASS,),
    )
    closed = first_coefficient(rule)
    return RuleSDE(Delta, drift, covariance, rule, coefficient, closed, record.finish())


def matrix_ode(
    derivation_id: str = "rule-matrix-ode",
    title: str = "The matrix ODE of a coordinate-wise rule",
    because: str = CONJECTURE,
) -> Derivation:
    """The ODE of V = E[Delta Delta^T], the same for every SDE with the drift -eta a K Delta.

    `because` is what is cited for R being deterministic in the limit.

    >>> matrix_ode().result == eta**2 / d * Sigma - eta * (a_K * K * V + V * K * a_K)
    True
    """
    record = Recorder(derivation_id, title, (SYMMETRIC,))
    process = SDE(Delta, -eta * (a_K * K * Delta), eta**2 / d * Sigma)
    entry = sp.Trace(e_i.T * Delta) * sp.Trace(e_j.T * Delta)
    raw = ito(entry, process)
    record.define(
        nt.drift_of_V,
        Generator(entry, Delta, process.drift, process.covariance),
        "the generator of the SDE on Delta_i Delta_j",
    )
    record.equal(
        nt.drift_of_V, raw.drift, "Ito's formula: the Hessian is e_i e_j^T + e_j e_i^T", needs=(SYMMETRIC,)
    )
    outer = Delta * Delta.T
    as_matrix = -eta * (a_K * K * outer + outer * K * a_K) + eta**2 / d * Sigma
    record.equal(raw.drift, sp.Trace(e_i.T * as_matrix * e_j), "entry (i, j) of a matrix", needs=(SYMMETRIC,))
    record.equal(RISK, sp.Trace(K * outer) / 2, "R is linear in Delta Delta^T")
    record.cite(
        nt.V_dot,
        "=",
        -eta * (a_K * K * V + V * K * a_K) + eta**2 / d * Sigma,
        "d -> oo: R is deterministic, so that a and Sigma come out of the expectation",
        because,
    )
    return record.finish()


def matrix_stationary() -> Derivation:
    """R = (eta/(4 d)) tr(a^-1 Sigma), the stationary risk of any coordinate-wise rule and any covariance.

    >>> matrix_stationary().result
    Trace(K*V)/2
    """
    record = Recorder(
        "rule-matrix-stationary", "The stationary risk of a coordinate-wise rule", (SYMMETRIC, BALANCED)
    )
    record.use(matrix_ode())
    record.equal(
        eta / (4 * d) * sp.Trace(a_K**-1 * Sigma),
        sp.Trace(K * V + a_K**-1 * V * K * a_K) / 4,
        "Sigma = (d/eta) (a K V + V K a), times a^-1",
    )
    record.equal(
        sp.Trace(K * V + a_K**-1 * V * K * a_K) / 4,
        sp.Trace(K * V) / 2,
        "the trace is cyclic and K symmetric: only the diagonal of Sigma is left",
        needs=(SYMMETRIC,),
    )
    return record.finish()
