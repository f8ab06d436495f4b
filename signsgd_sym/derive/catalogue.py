"""The built-in derivations by id, in the order in which they rest on each other."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass

from signsgd_sym.derive.adam import ends_of_memory, mean_response, pair_of_coordinates, squared_gradient
from signsgd_sym.derive.adam_sde import adam_risk_ode, adam_sde
from signsgd_sym.derive.exact_mean import exact_mean
from signsgd_sym.derive.gaussian_noise import gaussian_noise_mean
from signsgd_sym.derive.moments import (
    conditional_mean,
    coordinate_pair_moment,
    linear_response,
    linearisation,
    one_step_mean,
    residual_second_moment,
)
from signsgd_sym.derive.orthant import arcsine_law
from signsgd_sym.derive.phi import smoothing_identity
from signsgd_sym.derive.risk import (
    RiskODE,
    derive_risk_ode,
    identity_covariance,
    risk_process,
    stationary_equation,
)
from signsgd_sym.derive.sde import derive_sde
from signsgd_sym.errors import ParameterError
from signsgd_sym.model.update_rule import SGD, SIGN, UpdateRule
from signsgd_sym.proof.derivation import Derivation


@dataclass(frozen=True)
class Entry:
    """A built-in derivation: its title is at hand, the derivation is made anew by every call of `make`."""

    title: str
    make: Callable[[], Derivation]


def _of_rule(rule: UpdateRule) -> dict[str, Entry]:
    f = f"f(z) = {rule.expr}"
    ode = _ode(rule)
    entries = {
        "conditional-mean": Entry(f"E[f(x_i) | G = g] for {f}", lambda: conditional_mean(rule)),
        "one-step-mean": Entry(f"E[f(r x_i) | eps] for {f}", lambda: one_step_mean(rule)),
        "linearisation": Entry(f"Small correlations, {f}", lambda: linearisation(rule)),
        "linear-response": Entry(f"The mean step to first order, {f}", lambda: linear_response(rule)),
        "second-moment": Entry(f"E[f(r)^2] for {f}", lambda: residual_second_moment(rule)),
        "pair-moment": Entry(f"E[f(x_i) f(x_j)] for {f}", lambda: coordinate_pair_moment(rule)),
        "sde": Entry(f"The limiting SDE for {f}", lambda: derive_sde(rule).derivation),
        "ito-risk": Entry(f"Ito's formula on the risk, {f}", lambda: risk_process(derive_sde(rule))[1]),
        "modes": Entry(f"The mode ODE for {f}", lambda: ode().derivation),
        "identity": Entry(f"K = I: the scalar theory, {f}", lambda: identity_covariance(derive_sde(rule))),
        "stationary": Entry(f"The stationary risk, {f}", lambda: stationary_equation(ode()).derivation),
    }
    return {f"{rule.name}-{name}": entry for name, entry in entries.items()}


def _ode(rule: UpdateRule) -> Callable[[], RiskODE]:
    return lambda: derive_risk_ode(derive_sde(rule))


CATALOGUE: dict[str, Entry] = {
    "arcsine-law": Entry("E[sign X sign Y] for correlated Gaussians", arcsine_law),
    "gaussian-noise-mean": Entry("E[sign(r x_i)] under Gaussian label noise", gaussian_noise_mean),
    "sign-exact-mean": Entry("The mean step in any dimension", lambda: exact_mean(SIGN)),
    "smoothing-identity": Entry("The drift rate is a smoothed density at 0", smoothing_identity),
    **_of_rule(SIGN),
    **_of_rule(SGD),
    "adam-transform": Entry("E exp(-s w^2) of a squared gradient", squared_gradient),
    "adam-response": Entry("The mean step of Adam, beta_1 = 0", mean_response),
    "adam-pair": Entry("Two coordinates of Adam, one residual", pair_of_coordinates),
    "adam-ends": Entry("Short and long memory, beta_1 = 0", ends_of_memory),
    "adam-sde": Entry("The limiting SDE of Adam under Gaussian label noise", lambda: adam_sde().derivation),
    "adam-ito-risk": Entry("Ito's formula on the risk, Adam", lambda: risk_process(adam_sde())[1]),
    "adam-modes": Entry("The mode ODE for Adam", lambda: adam_risk_ode().derivation),
}
"""The built-in derivations by id."""


def derive(derivation_id: str) -> Derivation:
    """Make the built-in derivation with this id; raises `ParameterError` for an unknown one.

    >>> derive("arcsine-law").result
    2*asin(rho)/pi
    """
    if derivation_id not in CATALOGUE:
        near = difflib.get_close_matches(derivation_id, CATALOGUE, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "`signsgd-sym derive` lists them."
        raise ParameterError(f"there is no derivation {derivation_id!r}; {hint}")
    return CATALOGUE[derivation_id].make()
