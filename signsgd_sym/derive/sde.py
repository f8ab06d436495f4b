r"""The limiting SDE of an update rule (signHSGD for the sign rule), from its one-step moments.

A step changes Delta_i by -(eta/d) f(r x_i), and unit time is d steps. The drift per unit time is
therefore -eta E[f(r x_i)], linearised in rho_i = (K Delta)_i/(sqrt(K_ii) sqrt(2 R)), and the covariance
per unit time is (eta^2/d) E[f(r)^2] E[f(x) f(x)^T]:

    d Delta = -eta a(R) D^(-q) K Delta dt + B dW,    B B^T = (eta^2/d) s(R) M.

Sign: a = phi(R)/sqrt(2 R), q = 1 (so that D^(-q) K = Kbar), s = 1, M = K_sigma. SGD: a = 1, q = 0, s = 2
P, M = K. |z|^p sign(z): a = A(R) B/sqrt(2 R), q = 1 - p (see `powers`). All are outputs of the same lines of
code. The factorisation of the second moment is exact for the sign rule; for SGD it neglects 2 (K Delta)(K
Delta)^T, which is of rank one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from signsgd_sym import notation as nt
from signsgd_sym.derive.assumptions import (
    GAUSSIAN_DATA,
    ONE_PASS,
    SMALL_CORRELATIONS,
    finite_variance,
)
from signsgd_sym.derive.hermite import correlated_density
from signsgd_sym.derive.ito import SDE
from signsgd_sym.derive.moments import (
    linear_response,
    noise_matrix_entry,
    residual_second_moment,
)
from signsgd_sym.derive.orthant import ARCSINE_LAW
from signsgd_sym.derive.phi import phi_mean, phi_of
from signsgd_sym.derive.powers import (
    data_response,
    exponent_of,
    noise_of,
    power_response,
    power_second_moment,
    whole_moment,
)
from signsgd_sym.derive.worker import ahead
from signsgd_sym.errors import InfiniteVariance, RuleError
from signsgd_sym.model.noise import NoiseLaw, noise_law
from signsgd_sym.model.update_rule import SGD, SIGN, UpdateRule
from signsgd_sym.notation import (
    A,
    D,
    Delta,
    K,
    K_ii,
    K_jj,
    K_sigma,
    P,
    R,
    d,
    e_i,
    e_j,
    eps,
    eta,
    g,
    phi,
    rho,
    s_R,
)
from signsgd_sym.proof.derivation import Derivation, Recorder
from signsgd_sym.special import NoiseMean, over

SECOND_MOMENT = NoiseMean(eps**2)
"""E[eps^2] of a law not named."""


@dataclass(frozen=True)
class NamedRule:
    """A step that is no function of r x_i alone: what its SDE is called, its step, and it in words."""

    name: str
    expr: Any
    words: str


@dataclass(frozen=True, repr=False)
class LimitSDE(SDE):
    """The SDE of an optimizer, with the factors it was assembled from.

    `step` is the update rule, or the name of a step that is none.
    `rate` is a(R), `power` is q, `scale` is s(R) = E[f(r)^2], `noise_matrix` is M = E[f(x) f(x)^T] and
    `noise_entry` its entry as a function of `rho` = C_ij, `K_ii`, `K_jj`. `definitions` gives what the
    abbreviations phi(R) and P, or A(R) and s(R), stand for, in terms of `NoiseMean`.
    """

    step: UpdateRule | NamedRule
    rate: Any
    power: Any
    scale: Any
    noise_matrix: Any
    noise_entry: Any
    definitions: tuple[tuple[Any, Any], ...]
    derivation: Derivation

    def __repr__(self) -> str:
        return f"LimitSDE({self.step.name}: drift {self.drift}, covariance {self.covariance})"

    @property
    def rule(self) -> UpdateRule:
        """The update rule f; raises `RuleError` where a step is no f(r x_i)."""
        if isinstance(self.step, NamedRule):
            raise RuleError(
                f"{self.step.name} is not a function of r x_i; its scalar theory is not derived here."
            )
        return self.step

    @property
    def preconditioned(self) -> Any:
        """D^(-q) K, the matrix in the drift."""
        return D ** (-self.power) * K

    def under(self, law: NoiseLaw) -> LimitSDE:
        """The same SDE with phi(R) and P defined for one law.

        phi is in closed form where one is found, an integral otherwise.
        Raises `InfiniteVariance` when the diffusion needs E[eps^2] and the law has none.
        """
        power = law.second_moment()
        if self.scale.has(P) and power.is_infinite:
            raise InfiniteVariance(
                f"{self.step.name} needs label noise of finite variance and {law.text} has E[eps^2] = oo; "
                "use the sign rule or a law with a variance."
            )
        meanings = []
        for name, meaning in self.definitions:
            if name == phi:
                form = phi_mean(law, meaning)
                value = phi_of(form, meaning)
                meanings.append((name, over(meaning, law) if value is None else value))
            else:
                meanings.append((name, over(meaning.xreplace({SECOND_MOMENT: power}), law)))
        return replace(self, definitions=tuple(meanings))


def _correlation(one: Any, other: Any) -> Any:
    """Correlation of <x, one> and <x, other> for x ~ N(0, K)."""
    variances = sp.Trace(one.T * K * one) * sp.Trace(other.T * K * other)
    return sp.Trace(one.T * K * other) / sp.sqrt(variances)


def _name_noise(expr: Any) -> tuple[Any, tuple[tuple[Any, Any], ...]]:
    """`expr` with the population risk P in place of E[eps^2], and the definition used."""
    if not expr.has(SECOND_MOMENT):
        return expr, ()
    return sp.expand(expr.xreplace({SECOND_MOMENT: 2 * (P - R)})), ((P, R + SECOND_MOMENT / 2),)


def _separate(coefficient: Any, rule: UpdateRule) -> tuple[Any, Any]:
    """Split the drift coefficient of (K Delta)_i into a(R) and the power q of K_ii^(-q/2)."""
    of_K, rate = sp.powsimp(coefficient).as_independent(K_ii, as_Add=False)[::-1]
    exponent = sp.simplify(sp.diff(sp.log(of_K), K_ii) * K_ii)
    if not exponent.is_number:
        raise RuleError(f"the drift of f(z) = {rule.expr} does not separate in R and K_ii: {coefficient}.")
    return sp.simplify(rate), -2 * exponent


def _noise_matrix(derived: Derivation) -> Any:
    """The matrix with entries E[f(x_i) f(x_j)]: K_sigma when they come from the arcsine law, K when they are
    K_ij, M otherwise."""
    if derived.id == ARCSINE_LAW:
        return K_sigma
    return K if sp.simplify(derived.result - rho * sp.sqrt(K_ii * K_jj)) == 0 else nt.M


def _linear_step(record: Recorder, rule: UpdateRule) -> tuple[Any, tuple[tuple[Any, Any], ...]]:
    """The coefficient of rho in E[f(r x_i)] for sign and SGD, where the exact mean is known."""
    definitions: tuple[tuple[Any, Any], ...] = ()
    response = record.use(linear_response(rule))
    if rule == SIGN:  # phi is by definition what this is for the sign rule
        definitions += ((phi, response),)
        record.define(phi, response, "the linear response to rho")
        response = phi
    record.expand(
        nt.mean_step,
        response * rho,
        "the linear response; the next term is of order rho^3",
        variable=rho,
        order=rho**3,
        needs=(SMALL_CORRELATIONS,),
    )
    return response, definitions


def _power_step(record: Recorder, rule: UpdateRule) -> tuple[Any, tuple[tuple[Any, Any], ...]]:
    """The coefficient of rho in E[f(r x_i)] for |z|^p sign(z), from the density of (G, X) to first order."""
    p = exponent_of(rule)
    record.use(correlated_density())
    meaning = record.use(power_response(rule))
    unit = sp.Integral(rule.apply(g) * g * nt.gaussian_density(g), (g, -sp.oo, sp.oo))
    record.equal(unit, data_response(p), "the response of the data, E[f(X) X]")
    response = A * data_response(p) * K_ii ** (p / 2)
    record.define(
        nt.mean_step,
        response * rho,
        "the density of (G, X) to first order: rho E[f(r) G] E[f(x_i) X]; rho^2 drops out, for f is odd",
        needs=(SMALL_CORRELATIONS,),
    )
    return response, ((A, meaning),)


def derive_sde(rule: UpdateRule, law: NoiseLaw | str | None = None) -> LimitSDE:
    """Derive the limiting SDE of `rule`, for any label noise or, with `law`, for one.

    Raises `RuleError` for a rule the derivation cannot treat, and what `LimitSDE.under` raises.

    >>> from signsgd_sym.model.update_rule import SGD
    >>> derive_sde(SGD).drift
    (-eta)*K*Delta
    >>> derive_sde(SGD, "Laplace(0, b)").definitions
    ((P, R + b**2),)
    """
    with ahead(noise_matrix_entry, (rule,)) as pair:  # as long as all the rest
        sde = _derive(rule, pair)
    return sde if law is None else sde.under(noise_law(law))


def _derive(rule: UpdateRule, derived_pair: Callable[[], Derivation]) -> LimitSDE:
    """The SDE; `derived_pair` gives the derivation of E[f(x_i) f(x_j)]."""
    law = finite_variance() if rule == SGD else noise_of(rule)
    record = Recorder(
        f"{rule.name}-sde",
        f"The limiting SDE for f(z) = {rule.expr}",
        (GAUSSIAN_DATA, ONE_PASS, SMALL_CORRELATIONS, law),
    )
    first_order = _linear_step if rule in (SIGN, SGD) else _power_step
    response, definitions = first_order(record, rule)
    correlation = nt.KDelta_i / (sp.sqrt(K_ii) * sp.sqrt(2 * R))
    record.define(rho, _correlation(e_i, Delta), "correlation of x_i and <x, Delta>", needs=(GAUSSIAN_DATA,))
    record.equal(rho, correlation, "R = Delta^T K Delta/2")
    coefficient = sp.simplify(response * correlation / nt.KDelta_i)
    rate, power = _separate(coefficient, rule)
    drift = -eta * rate * (D ** (-power) * K * Delta)
    record.define(nt.step_of["drift"], drift, "the drift vector of Delta per unit time", needs=(ONE_PASS,))
    record.equal(
        -d * (eta / d) * response * rho,
        sp.Trace(e_i.T * drift),
        "coordinate i of the drift: d steps of -(eta/d) E[f(r x_i)]",
    )
    if rule in (SIGN, SGD):
        scale, naming = _name_noise(record.use(residual_second_moment(rule)))
        for name, meaning in naming:
            record.define(name, meaning, "the population risk")
        record.equal(nt.mean_square, scale, "second moment of the residual's factor")
    else:
        scale, naming = s_R, ((s_R, record.use(power_second_moment(rule))),)
    pair = derived_pair()
    entry = record.use(pair)
    matrix = _noise_matrix(pair)
    at_pair, words = entry.subs(rho, _correlation(e_i, e_j)), "E[f(x_i) f(x_j)] with rho = C_ij"
    if matrix == nt.M:
        record.define(sp.Trace(e_i.T * matrix * e_j), at_pair, f"entry (i, j) of M, i != j: {words}")
        p, square = exponent_of(rule), rule.apply(sp.sqrt(K_ii) * g) ** 2
        record.equal(
            sp.Integral(square * nt.gaussian_density(g), (g, -sp.oo, sp.oo)),
            whole_moment(p) * K_ii**p,
            "E[f(x_i)^2]",
        )
        record.define(
            sp.Trace(e_i.T * matrix * e_i), whole_moment(p) * sp.Trace(e_i.T * K * e_i) ** p, "entry (i, i)"
        )
    else:
        record.equal(at_pair, sp.Trace(e_i.T * matrix * e_j), f"{words} is entry (i, j) of {matrix}")
    covariance = eta**2 / d * scale * matrix
    record.define(
        nt.step_of["covariance"],
        covariance,
        "covariance of Delta per unit time: d steps of (eta/d)^2 E[f(r)^2] E[f(x) f(x)^T]",
        needs=(ONE_PASS,),
    )
    return LimitSDE(
        Delta,
        drift,
        covariance,
        rule,
        rate,
        power,
        scale,
        matrix,
        entry,
        definitions + naming,
        record.finish(),
    )
