r"""Scaling laws: the exponents of the risk under spectra that are powers of the index.

K has the eigenvalues i^(-2 alpha), the target the squared coefficients i^(-2 beta), and training starts at 0,
so r_i(0) = i^(-nu)/2 with nu = 2 alpha + 2 beta. Without the forcing of the steps' own noise a mode is
r_i(0) exp(-2 lambda_i tau) in the clock tau = int eta a(R) dt, lambda_i = i^(-varkappa):

    varkappa = 2 alpha    SGD; signSGD in a basis in which K has a constant diagonal,
    varkappa = alpha      signSGD in the eigenbasis of K, where D^-1 K = K^(1/2).

Then R = Gamma(p)/(2 varkappa) (2 tau)^-p, p = (nu - 1)/varkappa, between tau = 1 and d^varkappa. What remains
is the clock:

    SGD, a = 1:                               R ~ t^-p;
    signSGD with label noise, a -> constant:  R ~ t^-p;
    without, a = (2/pi)/sqrt(2 R):            R ~ t^(-2 p/(2 - p)) for p < 2, (T - t)^(2 p/(p - 2)) for p > 2.

All this is the limiting ODE's. It needs small correlations, and the largest r_i/R falls like
tau^(-1/varkappa): at first, when few modes carry the risk, the ODE itself is a poor description of signSGD.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import sympy as sp

from signsgd_sym import notation as nt
from signsgd_sym.derive.gaussian_noise import NOISE
from signsgd_sym.errors import ParameterError
from signsgd_sym.notation import R, alpha, amplitude, beta, d, eta, i, nu, p, t, tau, varkappa
from signsgd_sym.proof.derivation import Assumption, Derivation, Recorder

SUMMABLE = Assumption("nu > 1", nu > 1, name="finite-initial-risk")
SUMMABLE_RATES = Assumption("alpha > 1", alpha > 1, name="summable-rates")
SLOW = Assumption("p < 2", p < 2, name="slow-decay")
FAST = Assumption("p > 2", p > 2, name="fast-decay")
Basis = Literal["eigenbasis", "constant-diagonal"]


def mode_risk(index: Any) -> Any:
    """r_i(tau) = i^(-nu) exp(-2 tau i^(-varkappa))/2 without forcing."""
    return index**-nu * sp.exp(-2 * tau * index**-varkappa) / 2


def power_law_risk() -> Derivation:
    """R(tau) = Gamma(p)/(2 varkappa) (2 tau)^-p, p = (nu - 1)/varkappa, and what the sum over d modes adds.

    >>> power_law_risk().result
    gamma((nu - 1)/varkappa)/(2*varkappa*(2*tau)**((nu - 1)/varkappa))
    """
    record = Recorder("power-law-risk", "The risk under a power-law spectrum, in the clock", (SUMMABLE,))
    exponent = (nu - 1) / varkappa
    u = sp.Symbol("u", positive=True)
    at = (2 * tau / u) ** (1 / varkappa)
    record.equal(
        mode_risk(at) * -sp.Derivative(at, u).doit(),
        (2 * tau) ** -exponent * u ** (exponent - 1) * sp.exp(-u) / (2 * varkappa),
        "r_x dx with u = 2 tau x^-varkappa, for modes x > 0",
    )
    scale = (2 * tau) ** -exponent / (2 * varkappa)
    positive = sp.Symbol("x", positive=True)
    record.equal(
        sp.Derivative(mode_risk(positive), positive),
        mode_risk(positive) * (2 * varkappa * tau * positive**-varkappa - nu) / positive,
        "r_x rises up to x = (2 varkappa tau/nu)^(1/varkappa) and falls from there",
    )
    peak = mode_risk((2 * varkappa * tau / nu) ** (1 / varkappa))
    highest = record.equal(peak, (nu / (2 * varkappa * tau * sp.E)) ** (nu / varkappa) / 2, "its maximum")
    modes = sp.Sum(mode_risk(i), (i, 1, d))
    finite = scale * sp.uppergamma(exponent, 2 * tau * d**-varkappa)
    record.at_most(
        modes - finite, highest, "a sum over 1, ..., d and the integral from 0 to d differ by the maximum"
    )
    record.at_most(finite - modes, highest, "at most, whichever is larger")
    record.equal(
        highest / (scale * sp.gamma(exponent)),
        varkappa
        * (nu / (varkappa * sp.E)) ** (nu / varkappa)
        * (2 * tau) ** (-1 / varkappa)
        / sp.gamma(exponent),
        "relative to the integral it falls like tau^(-1/varkappa): one mode among tau^(1/varkappa)",
    )
    record.expand(
        finite / (scale * sp.gamma(exponent)),
        1,
        "and as d grows R is the integral over all modes; those beyond d would carry d^(1 - nu)",
        variable=d,
        point=sp.oo,
        order=d ** (1 - nu),
    )
    record.equal(
        scale * sp.Integral(u ** (exponent - 1) * sp.exp(-u), (u, 0, sp.oo)),
        scale * sp.gamma(exponent),
        "over all modes it is a Gamma integral",
    )
    return record.finish()


def noise_free_clock(is_fast: bool = False) -> Derivation:
    """R in time for R = C tau^-p and a = (2/pi)/sqrt(2 R): a power of t, or with `is_fast` of T - t.

    >>> sp.powsimp(noise_free_clock().result).has(t)
    True
    """
    name, assumption = ("finite-time-clock", FAST) if is_fast else ("noise-free-clock", SLOW)
    words = "the risk is gone at a finite time" if is_fast else "the risk is a power of time"
    record = Recorder(name, f"signSGD without label noise: {words}", (assumption,))
    record.define(R, amplitude * tau**-p, "a power of the clock, power-law-risk")
    rate = 2 / (sp.pi * sp.sqrt(2 * R))
    speed = record.equal(
        1 / (eta * rate),
        sp.pi * sp.sqrt(2 * amplitude) * tau ** (-p / 2) / (2 * eta),
        "dt/dtau = 1/(eta a), a = (2/pi)/sqrt(2 R)",
    )
    sign = -1 if is_fast else 1  # time left, or time passed
    factor = sp.pi * sp.sqrt(2 * amplitude) / (2 * eta * sign * (1 - p / 2))
    elapsed = factor * tau ** (1 - p / 2)
    passed = "T - t, which vanishes as tau -> oo" if is_fast else "t, but for a constant"
    record.equal(sp.Derivative(elapsed, tau), sign * speed, f"integrated: {passed}", needs=(assumption,))
    exponent = 2 * p / (2 - p)
    prefactor = amplitude * factor**exponent
    record.equal(
        prefactor * elapsed**-exponent, amplitude * tau**-p, "R as a power of it", needs=(assumption,)
    )
    in_time = {tau: (t / factor) ** (2 / (2 - p))}
    words = "with t for T - t" if is_fast else "in time"
    record.equal((amplitude * tau**-p).subs(in_time), prefactor * t**-exponent, words)
    return record.finish()


def noisy_clock() -> Derivation:
    """With Gaussian label noise dt/dtau tends to pi v/(2 eta): time and clock are proportional.

    >>> noisy_clock().result
    pi*v/(2*eta)
    """
    record = Recorder("noisy-clock", "signSGD with label noise: time and clock are proportional", (NOISE,))
    v = sp.Symbol("v", positive=True)
    rate = 2 / (sp.pi * sp.sqrt(2 * R + v**2))
    record.expand(
        rate, 2 / (sp.pi * v), "2 sqrt(2/pi) times the density of the noise at 0", variable=R, order=R
    )
    speed = 1 / (eta * rate.subs(R, amplitude * tau**-p))
    record.expand(
        speed,
        sp.pi * v / (2 * eta),
        "dt/dtau = 1/(eta a)",
        variable=tau,
        point=sp.oo,
        order=tau**-p,
        needs=(NOISE,),
    )
    return record.finish()


def best_step() -> Derivation:
    """The step size that balances C (eta a t)^-p against the floor B eta, and the risk there: t^(-p/(p + 1)).

    >>> best_step().result.has(nt.floor)
    True
    """
    record = Recorder("best-step", "The best constant step size for a given time")
    a = sp.Symbol("a_0", positive=True)
    reached = amplitude * (eta * a * t) ** -p + nt.floor * eta
    time = sp.Symbol("t", positive=True)
    reached = reached.subs(t, time)
    best = (p * amplitude * (a * time) ** -p / nt.floor) ** (1 / (p + 1))
    decay = p * amplitude * (a * time) ** -p * eta ** (-p - 1)
    record.equal(sp.Derivative(reached, eta), nt.floor - decay, "a longer step decays faster and leaves more")
    record.equal(sp.Subs(decay, eta, best), nt.floor, "at the best step the two balance")
    record.at_most(0, sp.diff(reached, eta, 2), "and convex")
    record.equal(
        best,
        (p * amplitude / nt.floor) ** (1 / (p + 1)) * a ** (-p / (p + 1)) * time ** (-p / (p + 1)),
        "the best step falls like t^(-p/(p + 1))",
    )
    record.equal(
        sp.Subs(reached, eta, best),
        (1 + 1 / p) * (p * amplitude / nt.floor) ** (1 / (p + 1)) * nt.floor * (a * time) ** (-p / (p + 1)),
        "and so does the risk",
    )
    return record.finish()


def power_law_floor() -> Derivation:
    """What the noise of the steps leaves in a mode of signSGD in the eigenbasis: eta lambda_i/(4 d a).

    >>> power_law_floor().result
    alpha/(alpha - 1)
    """
    record = Recorder("power-law-floor", "The risk that constant steps leave", (SUMMABLE_RATES,))
    a, rate = sp.Symbol("a_0", positive=True), sp.Symbol("lambda", positive=True)
    forced = eta * rate / (4 * d * a) * (1 - sp.exp(-2 * rate * tau))
    forcing = rate**2 / (2 * d)
    record.equal(
        sp.Derivative(forced, tau),
        -2 * rate * forced + eta * forcing / a,
        "dr_i/dtau = -2 lambda_i r_i + eta n_i/a, n_i = lambda_i^2/(2 d) for a diagonal K",
    )
    record.tends(forced, eta * rate / (4 * d * a), "at rest", variable=tau, point=sp.oo)
    record.at_most(
        sp.Sum(i**-alpha, (i, 1, d)),
        alpha / (alpha - 1),
        "lambda_i = i^-alpha: the sum is bounded in d, by 1 + int_1^oo",
    )
    return record.finish()


@dataclass(frozen=True)
class ScalingExponents:
    """`clock` is p in R ~ tau^-p and `time` the q in R ~ t^-q, or in R ~ (T - t)^-q where q is negative."""

    varkappa: Any
    clock: Any
    time: Any


def scaling_exponents(rule: str, basis: Basis = "eigenbasis", *, noisy: bool = True) -> ScalingExponents:
    """The exponents as expressions in alpha and beta; `rule` is "sign" or "sgd".

    Raises `ParameterError` for another rule or basis.

    >>> scaling_exponents("sgd").time, scaling_exponents("sign").time
    ((2*alpha + 2*beta - 1)/(2*alpha), (2*alpha + 2*beta - 1)/alpha)
    >>> sp.factor(scaling_exponents("sign", "constant-diagonal", noisy=False).time)
    2*(2*alpha + 2*beta - 1)/(2*alpha - 2*beta + 1)
    """
    if rule not in ("sign", "sgd") or basis not in ("eigenbasis", "constant-diagonal"):
        raise ParameterError(
            f"rule is {rule!r} and basis {basis!r}; the rule is sign or sgd, the basis eigenbasis or "
            "constant-diagonal."
        )
    power = alpha if (rule, basis) == ("sign", "eigenbasis") else 2 * alpha
    in_clock = (2 * alpha + 2 * beta - 1) / power
    in_time = in_clock if rule == "sgd" or noisy else sp.simplify(2 * in_clock / (2 - in_clock))
    return ScalingExponents(power, in_clock, in_time)
