r"""Where signSGD wins: maps over noise scale, tail index, spectrum exponent and spread of the diagonal.

The label noise is `noise` times Student's t with `tail` degrees of freedom. The covariance is E H L H^T E of
trace d, with L_ii ~ i^(-exponent), H a random rotation and E = diag(exp(spread g_i)), g_i standard normal. At
each point three advantages of signSGD are found, as logarithms of ratios in which SGD stands above signSGD:

    rest    q_SGD/q_sign = (2 psi/pi)^2 at signSGD's stationary risk, q = R/P (`derive.when_sign_wins`),
    rate    (4/pi^2) kappa_SGD/kappa_sign, the rates without label noise at half the largest stable step,
    risk    R_SGD(T)/R_sign(T), SGD at the constant step that matches signSGD's at time 0.

Where t has no variance, or SGD diverges, rest and risk are infinite: SGD has nothing to set against signSGD.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.optimize import brentq

from signsgd_sym.balls import enclose
from signsgd_sym.balls.evaluate import program
from signsgd_sym.derive.effects import FourEffects, four_effects
from signsgd_sym.derive.phi import phi_mean, phi_of
from signsgd_sym.errors import NotConverged, ParameterError
from signsgd_sym.model.covariance import Covariance
from signsgd_sym.model.noise import noise_law
from signsgd_sym.notation import P, eta, phi, psi
from signsgd_sym.notation import R as RISK
from signsgd_sym.solve.attribution import typical_deviation
from signsgd_sym.solve.curve import follow
from signsgd_sym.solve.matrices import Spectra
from signsgd_sym.solve.risk import initial_delta
from signsgd_sym.solve.spectrum import Spectrum, spectrum

Array = NDArray[np.float64]
AXES = ("noise", "tail", "exponent", "spread")
RTOL = 1e-7


@dataclass(frozen=True)
class Conditions:
    """One point: the four coordinates, and what is the same everywhere; raises `ParameterError`."""

    noise: float = 0.3
    tail: float = 3.0
    exponent: float = 1.0
    spread: float = 0.5
    lr: float = 0.25
    time: float = 8.0
    d: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("noise", "tail", "lr", "time"):
            value = getattr(self, name)
            if not (value > 0 and np.isfinite(value)):
                raise ParameterError(f"{name} is {value}; it must be positive and finite.")
        for name in ("exponent", "spread"):
            value = getattr(self, name)
            if not (value >= 0 and np.isfinite(value)):
                raise ParameterError(f"{name} is {value}; it must be 0 or more, and finite.")
        if self.d < 2:
            raise ParameterError(f"d is {self.d}; it must be at least 2.")


@dataclass(frozen=True, eq=False)
class PhaseDiagram:
    """The advantages on the grid x, y: arrays of shape (len(y), len(x)), positive where signSGD wins."""

    horizontal: str
    vertical: str
    x: Array
    y: Array
    base: Conditions
    rest: Array
    rate: Array
    risk: Array


def phase_diagram(
    horizontal: str,
    x: Sequence[float],
    vertical: str,
    y: Sequence[float],
    base: Conditions | None = None,
    *,
    with_risk: bool = True,
    progress: Callable[[float], object] = lambda share: None,
) -> PhaseDiagram:
    """The three advantages of signSGD over a grid of two of `AXES`, the others as in `base`.

    Without `with_risk` no ODE is solved, and `risk` is NaN. Raises `ParameterError` for an axis that does not
    exist, an axis without values, or a value that is not a number or outside its range.

    >>> found = phase_diagram("tail", [3, 30], "spread", [0, 1], with_risk=False)
    >>> bool(found.rest[0, 0] > found.rest[0, 1]), bool(found.rate[1, 0] > found.rate[0, 0])
    (True, True)
    """
    for name in (horizontal, vertical):
        if name not in AXES:
            raise ParameterError(f"{name!r} is not an axis; the axes are {', '.join(AXES)}.")
    if horizontal == vertical:
        raise ParameterError(f"both axes are {horizontal!r}; take two different ones of {', '.join(AXES)}.")
    for name, values in ((horizontal, x), (vertical, y)):
        if len(values) == 0:
            raise ParameterError(f"the axis {name!r} has no values; give at least one.")
    base = base or Conditions()
    grid = [[_at(base, {horizontal: u, vertical: v}) for u in x] for v in y]
    theory = Theory.of(four_effects(), {point.tail for points in grid for point in points})
    worlds: dict[tuple[float, float], World] = {}
    maps = {name: np.full((len(y), len(x)), np.nan) for name in ("rest", "rate", "risk")}
    for row, points in enumerate(grid):
        for column, point in enumerate(points):
            key = (point.exponent, point.spread)
            if key not in worlds:
                worlds[key] = World.of(theory, point)
            advantages = _advantages(theory, worlds[key], point, with_risk)
            for name, value in zip(maps, advantages, strict=True):
                maps[name][row, column] = value
            progress((row * len(x) + column + 1) / (len(x) * len(y)))
    return PhaseDiagram(horizontal, vertical, np.asarray(x, float), np.asarray(y, float), base, **maps)


def _at(base: Conditions, values: dict[str, float]) -> Conditions:
    return replace(base, **{name: _number(name, value) for name, value in values.items()})


def _number(name: str, value: Any) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ParameterError(
            f"{name} is {value!r}, which is not a number; give numbers on its axis."
        ) from None


@dataclass(frozen=True, eq=False)
class Response:
    """phi of Student's t as a function of u = log(R/scale^2), from enclosed values of its closed form.

    A cubic spline of log phi with knots 0.1 apart, to about 1e-7. Beyond its ends phi goes like sqrt(R), and
    is 2/pi.
    """

    spline: Callable[[Any], Any]

    ENDS = (-30.0, 30.0)

    @classmethod
    def of(cls, formula: Any, nu: Any, tail: float) -> Response:
        """The table for one tail index."""
        compiled = program(formula, {RISK: sp.S.One, nu: sp.S.One})
        knots = np.arange(cls.ENDS[0], cls.ENDS[1] + 0.05, 0.1)
        values = [
            float(
                enclose(
                    compiled, {RISK: sp.Rational(float(R)), nu: sp.Rational(tail)}, digits=12
                ).ball.real.mid()
            )
            for R in np.exp(knots)
        ]
        return cls(CubicSpline(knots, np.log(values)))

    def __call__(self, u: float) -> float:
        """phi at u."""
        inside = min(max(u, self.ENDS[0]), self.ENDS[1])
        return float(np.exp(self.spline(inside) + min(u - self.ENDS[0], 0) / 2))


@dataclass(frozen=True)
class Theory:
    """The derived functions: phi of t noise, psi of phi and P, the matched step of psi and P."""

    effects: FourEffects
    responses: Mapping[float, Response]
    compression: Callable[[Any, Any, Any], Any]
    matched: Callable[[float, Any, Any], Any]

    @classmethod
    def of(cls, effects: FourEffects, tails: Set[float]) -> Theory:
        """phi in closed form with the tail index as a symbol, tabulated for these."""
        formula = phi_of(phi_mean(noise_law("StudentT(nu)")))
        assert formula is not None
        [nu] = formula.free_symbols - {RISK}
        return cls(
            effects,
            {tail: Response.of(formula, nu, tail) for tail in sorted(tails) if tail > 2},
            sp.lambdify((RISK, phi, P), effects.compression, "math"),
            sp.lambdify((eta, psi, P), effects.matched, "math"),
        )

    def phi(self, R: float, point: Conditions) -> float:
        """phi at a risk: of the ratio of R and the square of the noise's scale."""
        return self.responses[point.tail](math.log(R / point.noise**2))

    def population_risk(self, R: Any, point: Conditions) -> Any:
        """R + E[eps^2]/2, E t^2 = tail/(tail - 2)."""
        return R + point.noise**2 * point.tail / (point.tail - 2) / 2

    def psi(self, R: Any, point: Conditions) -> Any:
        """Noise compression at a risk."""
        return self.compression(R, self.phi(R, point), self.population_risk(R, point))


@dataclass(frozen=True, eq=False)
class World:
    """A covariance with its modes for either optimizer, from one Delta(0)."""

    covariance: Covariance
    sign: Spectrum
    sgd: Spectrum
    rate: float

    @classmethod
    def of(cls, theory: Theory, point: Conditions) -> World:
        """The covariance of a point, and the logarithm of the ratio of the rates."""
        K, start = covariance_of(point), initial_delta(point.d, point.seed)
        spectra, effects = Spectra.of(K), theory.effects
        ratio = spectra.K.averaged_condition / spectra.Kbar.averaged_condition
        rate = np.log(ratio / float(effects.unit))
        return cls(K, spectrum(effects.sign, K, start), spectrum(effects.sgd, K, start), float(rate))


def covariance_of(point: Conditions) -> Covariance:
    """E H L H^T E of trace d, deterministic in the seed."""
    rng = np.random.default_rng(point.seed)
    H, _ = np.linalg.qr(rng.standard_normal((point.d, point.d)))
    scale = np.exp(point.spread * rng.standard_normal(point.d))
    L = np.arange(1, point.d + 1, dtype=float) ** -point.exponent
    K = scale[:, None] * ((H * L) @ H.T) * scale
    K = (K + K.T) / 2
    return Covariance.from_matrix(K * (point.d / np.trace(K)))


def _advantages(
    theory: Theory, world: World, point: Conditions, with_risk: bool
) -> tuple[float, float, float]:
    if point.tail <= 2:
        return np.inf, world.rate, np.inf if with_risk else np.nan
    at_rest = stationary(theory, world.covariance, point)
    rest = 2 * np.log(float(theory.psi(at_rest, point))) - np.log(float(theory.effects.unit))
    return float(rest), world.rate, _risk(theory, world, point) if with_risk else np.nan


def stationary(theory: Theory, covariance: Covariance, point: Conditions) -> float:
    """signSGD's stationary risk: R phi/sqrt(2 R) = eta tr(D)/(4 d)."""
    level = math.log(point.lr * covariance.trace_D / (4 * point.d))

    def excess(u: float) -> float:
        return u / 2 + math.log(theory.phi(math.exp(u), point) / math.sqrt(2)) - level

    # The left side grows at least like sqrt(R) in R, since phi grows.
    low = min(0.0, -2 * excess(0.0))
    high = max(0.0, -2 * excess(0.0))
    return math.exp(brentq(excess, low - 1, high + 1, xtol=1e-13))


def _risk(theory: Theory, world: World, point: Conditions) -> float:
    """log R_SGD(T)/R_sign(T); infinite where SGD diverges."""
    times = np.array([0.0, point.time])
    step = point.lr

    def of_sign(_: float, r: Array) -> Array:
        R = float(r.sum())
        rate = step * float(theory.phi(R, point)) / np.sqrt(2 * R)
        return -2 * rate * world.sign.lam * r + step**2 * world.sign.forcing

    start = float(world.sign.r0.sum())
    compression, population = theory.psi(start, point), theory.population_risk(start, point)
    of_step = float(theory.matched(step, compression, population)) / typical_deviation(world.covariance)

    def of_sgd(_: float, r: Array) -> Array:
        P = theory.population_risk(float(r.sum()), point)
        return np.asarray(-2 * of_step * world.sgd.lam * r + of_step**2 * 2 * P * world.sgd.forcing)

    sign = follow(of_sign, world.sign.r0, times, rtol=RTOL).risk[-1]
    try:
        sgd = follow(of_sgd, world.sgd.r0, times, rtol=RTOL).risk[-1]
    except NotConverged:
        return np.inf
    return float(np.log(sgd / sign))
