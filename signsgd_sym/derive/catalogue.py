"""The built-in derivations by id, in the order in which they rest on each other."""

from __future__ import annotations

import difflib
from collections.abc import Callable

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
from signsgd_sym.derive.risk import derive_risk_ode, identity_covariance, risk_process, stationary_equation
from signsgd_sym.derive.sde import derive_sde
from signsgd_sym.errors import ParameterError
from signsgd_sym.model.update_rule import SGD, SIGN, UpdateRule
from signsgd_sym.proof.derivation import Derivation


def _of_rule(rule: UpdateRule) -> dict[str, Callable[[], Derivation]]:
    return {
        f"{rule.name}-conditional-mean": lambda: conditional_mean(rule),
        f"{rule.name}-one-step-mean": lambda: one_step_mean(rule),
        f"{rule.name}-linearisation": lambda: linearisation(rule),
        f"{rule.name}-linear-response": lambda: linear_response(rule),
        f"{rule.name}-second-moment": lambda: residual_second_moment(rule),
        f"{rule.name}-pair-moment": lambda: coordinate_pair_moment(rule),
        f"{rule.name}-sde": lambda: derive_sde(rule).derivation,
        f"{rule.name}-ito-risk": lambda: risk_process(derive_sde(rule))[1],
        f"{rule.name}-modes": lambda: derive_risk_ode(derive_sde(rule)).derivation,
        f"{rule.name}-identity": lambda: identity_covariance(derive_sde(rule)),
        f"{rule.name}-stationary": lambda: stationary_equation(derive_risk_ode(derive_sde(rule))).derivation,
    }


CATALOGUE: dict[str, Callable[[], Derivation]] = {
    "arcsine-law": arcsine_law,
    "gaussian-noise-mean": gaussian_noise_mean,
    "sign-exact-mean": lambda: exact_mean(SIGN),
    "smoothing-identity": smoothing_identity,
    **_of_rule(SIGN),
    **_of_rule(SGD),
}
"""Derivations by id; calling an entry derives it afresh."""


def derive(derivation_id: str) -> Derivation:
    """Make the built-in derivation with this id; raises `ParameterError` for an unknown one.

    >>> derive("arcsine-law").result
    2*asin(rho)/pi
    """
    if derivation_id not in CATALOGUE:
        near = difflib.get_close_matches(derivation_id, CATALOGUE, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "`signsgd-sym derive` lists them."
        raise ParameterError(f"there is no derivation {derivation_id!r}; {hint}")
    return CATALOGUE[derivation_id]()
