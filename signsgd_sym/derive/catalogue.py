"""The built-in derivations by id, in the order in which they rest on each other."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from signsgd_sym.derive.adam import ends_of_memory, mean_response, pair_of_coordinates, squared_gradient
from signsgd_sym.derive.adam_damped import (
    damped_inverse,
    damped_matrix_ode,
    damped_pair,
    damped_response,
    damped_sde,
)
from signsgd_sym.derive.adam_law import adam_law_ode, adam_law_sde, law_pair, law_response
from signsgd_sym.derive.adam_memory import long_memory
from signsgd_sym.derive.adam_sde import adam_risk_ode, adam_sde
from signsgd_sym.derive.any_rule import derive_rule_sde, matrix_ode, matrix_stationary, mean_step
from signsgd_sym.derive.batch_rules import batch_mean_step, batch_powers, gaussian_batch_powers
from signsgd_sym.derive.compression import compression_facts
from signsgd_sym.derive.effects import four_effects
from signsgd_sym.derive.exact_mean import exact_mean
from signsgd_sym.derive.exact_square import exact_square
from signsgd_sym.derive.gaussian_noise import gaussian_noise_mean
from signsgd_sym.derive.hermite import correlated_density
from signsgd_sym.derive.learning_rate import effective_learning_rate
from signsgd_sym.derive.minibatch import batch_response, gaussian_batch_response
from signsgd_sym.derive.moments import (
    conditional_mean,
    coordinate_pair_moment,
    linear_response,
    linearisation,
    one_step_mean,
    residual_second_moment,
)
from signsgd_sym.derive.noise_free import noise_free
from signsgd_sym.derive.orthant import arcsine_law
from signsgd_sym.derive.phi import smoothing_identity
from signsgd_sym.derive.power_gaussian import power_under_gaussian_noise
from signsgd_sym.derive.powers import power_pair_moment, power_response, power_second_moment
from signsgd_sym.derive.preconditioning import (
    diagonal_preconditioning,
    preconditioned_pair,
    preconditioned_rates,
    preconditioning_that_hurts,
)
from signsgd_sym.derive.reshaping import noise_reshaping, reshaped_spectrum
from signsgd_sym.derive.risk import (
    RiskODE,
    derive_risk_ode,
    identity_covariance,
    risk_process,
    stationary_equation,
)
from signsgd_sym.derive.scaling import (
    best_step,
    noise_free_clock,
    noisy_clock,
    power_law_floor,
    power_law_risk,
)
from signsgd_sym.derive.sde import derive_sde
from signsgd_sym.derive.switched import switched_ends
from signsgd_sym.derive.weak.any_noise import any_gradient_noise, symmetric_gradient_noise
from signsgd_sym.derive.weak.gradient_noise import (
    gradient_noise_mean,
    gradient_noise_pair,
    gradient_noise_sde,
)
from signsgd_sym.derive.weak.minibatch import minibatch_mean, minibatch_noise, minibatch_normal_limit
from signsgd_sym.derive.weak.phases import intermediate_phase, saturated_phase, transient_phase
from signsgd_sym.derive.weak.regression import regression_sde
from signsgd_sym.derive.when_sign_wins import asymmetric_noise, matched_rest, rate_criterion
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
    own = {
        "conditional-mean": Entry(f"E[f(x_i) | G = g] for {f}", lambda: conditional_mean(rule)),
        "one-step-mean": Entry(f"E[f(r x_i) | eps] for {f}", lambda: one_step_mean(rule)),
        "linearisation": Entry(f"Small correlations, {f}", lambda: linearisation(rule)),
        "linear-response": Entry(f"The mean step to first order, {f}", lambda: linear_response(rule)),
        "second-moment": Entry(f"E[f(r)^2] for {f}", lambda: residual_second_moment(rule)),
        "exact-square": Entry(f"E[f(r x_i)^2] in any dimension, {f}", lambda: exact_square(rule)),
        "pair-moment": Entry(f"E[f(x_i) f(x_j)] for {f}", lambda: coordinate_pair_moment(rule)),
    }
    return {f"{rule.name}-{name}": entry for name, entry in {**own, **_of_sde(rule)}.items()}


def _of_sde(rule: UpdateRule) -> dict[str, Entry]:
    f = f"f(z) = {rule.expr}"
    ode = _ode(rule)
    return {
        "sde": Entry(f"The limiting SDE for {f}", lambda: derive_sde(rule).derivation),
        "ito-risk": Entry(f"Ito's formula on the risk, {f}", lambda: risk_process(derive_sde(rule))[1]),
        "modes": Entry(f"The mode ODE for {f}", lambda: ode().derivation),
        "identity": Entry(f"K = I: the scalar theory, {f}", lambda: identity_covariance(derive_sde(rule))),
        "stationary": Entry(f"The stationary risk, {f}", lambda: stationary_equation(ode()).derivation),
    }


def _of_power(rule: UpdateRule) -> dict[str, Entry]:
    f = f"f(z) = {rule.expr}"
    own = {
        "residual-response": Entry(f"The response of the residual, {f}", lambda: power_response(rule)),
        "second-moment": Entry(f"E[f(r)^2] for {f}", lambda: power_second_moment(rule)),
        "pair-moment": Entry(f"E[f(x_i) f(x_j)] for {f}", lambda: power_pair_moment(rule)),
        "gaussian-noise": Entry(f"{f} under Gaussian label noise", lambda: power_under_gaussian_noise(rule)),
    }
    return {f"{rule.name}-{name}": entry for name, entry in {**own, **_of_sde(rule)}.items()}


def _ode(rule: UpdateRule) -> Callable[[], RiskODE]:
    return lambda: derive_risk_ode(derive_sde(rule))


def _noise_free(rule: UpdateRule) -> Derivation:
    return noise_free(rule).derivation


WEAK: dict[str, Entry] = {
    "gradient-noise-mean": Entry("E[sign g_i] under Gaussian gradient noise", gradient_noise_mean),
    "gradient-noise-pair": Entry("E[sign g_i sign g_j] under Gaussian gradient noise", gradient_noise_pair),
    "gradient-noise-sde": Entry(
        "The weak-approximation SDE under Gaussian gradient noise", gradient_noise_sde
    ),
    "any-gradient-noise": Entry("The drift under gradient noise of any law", any_gradient_noise),
    "symmetric-gradient-noise": Entry("The drift under symmetric gradient noise", symmetric_gradient_noise),
    "saturated-phase": Entry("Far from the optimum: sign descent", saturated_phase),
    "intermediate-phase": Entry("In between: two lines", intermediate_phase),
    "transient-phase": Entry("Near the optimum: preconditioned descent", transient_phase),
    "minibatch-mean": Entry("E[sign] of a minibatch gradient, exactly", minibatch_mean),
    "minibatch-noise": Entry("E[sign] of a minibatch gradient by the central limit theorem", minibatch_noise),
    "minibatch-normal-limit": Entry("How far a minibatch gradient is from Gaussian", minibatch_normal_limit),
    "fixed-noise-weak-sde": Entry(
        "One sample, small steps: eps has one value", lambda: regression_sde("fixed").derivation
    ),
    "gaussian-noise-weak-sde": Entry(
        "One sample, small steps: Gaussian label noise", lambda: regression_sde("gaussian").derivation
    ),
    "any-noise-weak-sde": Entry(
        "One sample, small steps: label noise of any law", lambda: regression_sde("any").derivation
    ),
}
"""Small steps at a fixed dimension."""

SCALING: dict[str, Entry] = {
    "power-law-risk": Entry("The risk under a power-law spectrum, in the clock", power_law_risk),
    "noisy-clock": Entry("signSGD with label noise: time and clock are proportional", noisy_clock),
    "noise-free-clock": Entry("signSGD without label noise: the risk is a power of time", noise_free_clock),
    "finite-time-clock": Entry(
        "signSGD without label noise: the risk is gone at a finite time", lambda: noise_free_clock(True)
    ),
    "power-law-floor": Entry("The risk that constant steps leave", power_law_floor),
    "best-step": Entry("The best constant step size for a given time", best_step),
}
"""Spectra that are powers of the index."""


def _of_any_rule() -> dict[str, Entry]:
    entries = {
        "rule-matrix-ode": Entry("The matrix ODE of a coordinate-wise rule", matrix_ode),
        "rule-matrix-stationary": Entry("The stationary risk of a coordinate-wise rule", matrix_stationary),
    }
    for rule in WITHOUT_MODES:
        f = f"f(z) = {rule.expr}"
        title = f"The mean step to first order, {f}"
        entries[f"{rule.name}-mean-step"] = Entry(title, partial(mean_step, rule))
        title = f"The limiting SDE of a coordinate-wise rule, {f}"
        entries[f"{rule.name}-rule-sde"] = Entry(title, partial(_rule_sde, rule))
    return entries


def _rule_sde(rule: UpdateRule) -> Derivation:
    return derive_rule_sde(rule).derivation


def _of_batches() -> dict[str, Entry]:
    entries = {
        f"{rule.name}-batch-mean-step": Entry(
            f"The mean step of b samples, f(z) = {rule.expr}", partial(batch_mean_step, rule)
        )
        for rule in (SIGN, SGD, CLIP, DITHER)
    }
    entries["batch-powers"] = Entry("Powers of the mean gradient of b samples", batch_powers)
    title = "Powers of the mean gradient under Gaussian noise"
    entries["gaussian-batch-powers"] = Entry(title, gaussian_batch_powers)
    return entries


CLIP, TANH, DITHER = map(UpdateRule.from_text, ("clip(1)", "tanh", "dither(1)"))
WITHOUT_MODES = (CLIP, TANH, DITHER)
"""Rules that are not multiplicative: two with a closed h_1, and one without, tanh."""
ROOT = UpdateRule.from_text("power(1/2)")
"""The power rule halfway between sign and SGD stands for all: their steps differ in p only."""
CATALOGUE: dict[str, Entry] = {
    "arcsine-law": Entry("E[sign X sign Y] for correlated Gaussians", arcsine_law),
    "gaussian-noise-mean": Entry("E[sign(r x_i)] under Gaussian label noise", gaussian_noise_mean),
    "sign-exact-mean": Entry("The mean step in any dimension", lambda: exact_mean(SIGN)),
    "smoothing-identity": Entry("The drift rate is a smoothed density at 0", smoothing_identity),
    **_of_rule(SIGN),
    **_of_rule(SGD),
    "four-effects": Entry("signSGD against SGD: the four effects", lambda: four_effects().derivation),
    "effective-learning-rate": Entry("The effective learning rate", effective_learning_rate),
    "noise-compression": Entry("Noise compression by law", compression_facts),
    "diagonal-preconditioning": Entry("Diagonal preconditioning", diagonal_preconditioning),
    "preconditioned-pair": Entry("Two coordinates: preconditioning never hurts", preconditioned_pair),
    "preconditioning-hurts": Entry(
        "Three coordinates: where preconditioning hurts", preconditioning_that_hurts
    ),
    "noise-reshaping": Entry("Noise reshaping", noise_reshaping),
    "reshaped-spectrum": Entry("Noise reshaping: flatter spectra", reshaped_spectrum),
    "switched-effects": Entry("From SGD to signSGD, one effect at a time", switched_ends),
    **{
        f"{rule.name}-noise-free": Entry(
            f"Stability without label noise, f(z) = {rule.expr}", partial(_noise_free, rule)
        )
        for rule in (SIGN, SGD)
    },
    "matched-rest": Entry("Which optimizer rests lower at the matched step", matched_rest),
    "rate-criterion": Entry("Which optimizer is faster without label noise", rate_criterion),
    "preconditioned-rates": Entry("Two coordinates: which optimizer is faster", preconditioned_rates),
    "asymmetric-noise": Entry("Asymmetric label noise", asymmetric_noise),
    **WEAK,
    **SCALING,
    "correlated-density": Entry("A Gaussian pair of small correlation", correlated_density),
    **_of_power(ROOT),
    **_of_any_rule(),
    "batch-response": Entry("The sign of the mean gradient of b samples", batch_response),
    "gaussian-batch-response": Entry(
        "The sign of the mean gradient under Gaussian noise", gaussian_batch_response
    ),
    **_of_batches(),
    "adam-transform": Entry("E exp(-s w^2) of a squared gradient", squared_gradient),
    "adam-response": Entry("The mean step of Adam, beta_1 = 0", mean_response),
    "adam-pair": Entry("Two coordinates of Adam, one residual", pair_of_coordinates),
    "adam-ends": Entry("Short and long memory, beta_1 = 0", ends_of_memory),
    "adam-long-memory": Entry("Long memory, beta_1 = 0: series in 1 - beta_2", long_memory),
    "adam-sde": Entry("The limiting SDE of Adam under Gaussian label noise", lambda: adam_sde().derivation),
    "adam-ito-risk": Entry("Ito's formula on the risk, Adam", lambda: risk_process(adam_sde())[1]),
    "adam-modes": Entry("The mode ODE for Adam", lambda: adam_risk_ode().derivation),
    "adam-law-response": Entry("The mean step of Adam under any label noise, beta_1 = 0", law_response),
    "adam-law-pair": Entry("Two coordinates of Adam under any label noise, beta_1 = 0", law_pair),
    "adam-law-sde": Entry(
        "The limiting SDE of Adam under any label noise", lambda: adam_law_sde().derivation
    ),
    "adam-law-modes": Entry("The mode ODE for Adam under any label noise", lambda: adam_law_ode().derivation),
    "adam-damped-weight": Entry("1/(sqrt(v) + eps) as a Laplace integral", damped_inverse),
    "adam-damped-response": Entry("The mean step of Adam with eps > 0, beta_1 = 0", damped_response),
    "adam-damped-pair": Entry("Two coordinates of Adam with eps > 0, beta_1 = 0", damped_pair),
    "adam-damped-sde": Entry("The limiting SDE of Adam with eps > 0", damped_sde),
    "adam-damped-ode": Entry("The matrix ODE of Adam with eps > 0", damped_matrix_ode),
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
