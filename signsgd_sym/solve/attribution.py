r"""Which effect does what: the sixteen ODEs between SGD and signSGD, and Shapley's average over their orders.

With v(S) = log R_S(T) for the ODE with the effects S switched on (`derive.switched`), the share of effect e

    s_e = sum over S without e of |S|! (3 - |S|)!/4! (v(S + e) - v(S))

is its mean over all 24 orders in which the four can be switched on. The shares add up to
log(R_sign(T)/R_SGD(T)).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from signsgd_sym.derive.effects import EFFECTS, PRECONDITIONING, RESHAPING, FourEffects
from signsgd_sym.derive.switched import switched
from signsgd_sym.errors import NotConverged
from signsgd_sym.model.covariance import Covariance
from signsgd_sym.model.schedule import Schedule
from signsgd_sym.notation import P, eta, eta_0, psi, varsigma
from signsgd_sym.solve.curve import follow
from signsgd_sym.solve.functions import Problem
from signsgd_sym.solve.spectrum import Spectrum, spectrum

Array = NDArray[np.float64]
Subset = frozenset[str]


def typical_deviation(covariance: Covariance) -> float:
    """varsigma = tr(K)/tr(D)."""
    return covariance.trace / covariance.trace_D


@dataclass(frozen=True)
class Switchboard:
    """Solves the ODE with any of the effects switched on, and SGD at the matched step.

    `problem` is signSGD's under the law (which has a variance), `step` and `step_of_sgd` are eta and eta_0.
    """

    effects: FourEffects
    problem: Problem
    covariance: Covariance
    step: Schedule
    step_of_sgd: Schedule
    delta0: Array

    def population_risk(self, R: Any) -> Any:
        """P at a risk, or at an array of them."""
        return R + float(self.problem.functions.noise_power) / 2

    def matched_step(self, t: float, R: float) -> float:
        """eta_SGD/varsigma: the step at which the drift matrix of SGD has the trace of signSGD's."""
        rate = sp.lambdify((eta, psi, P), self.effects.matched, "math")
        found = rate(self.step.function()(t, R), float(self.problem.module.psi(R)), self.population_risk(R))
        return float(found) / typical_deviation(self.covariance)

    def modes(self, on: Subset) -> Spectrum:
        """Modes of the drift matrix with the effects `on`, forced by the noise matrix."""
        return spectrum(switched(self.effects, on).sde, self.covariance, self.delta0)

    def curve(self, on: Subset, times: Array, modes: Spectrum | None = None) -> Array:
        """R at `times` with the effects `on`; raises `NotConverged` when that ODE cannot be followed.

        `modes` are `self.modes(on)` where they are known: they depend on the two matrices only.
        """
        member = switched(self.effects, on)
        modes = modes or self.modes(on)
        return self._solve(member.drift_rate, member.noise_scale, modes, times, _words(on))

    def matched_curve(self, times: Array) -> Array:
        """R at `times` for SGD whose step is the matched one all along its own curve."""
        step = self.effects.matched / varsigma
        sgd = self.effects.sgd
        modes = spectrum(sgd, self.covariance, self.delta0)
        return self._solve(step, step**2 * sgd.scale, modes, times, "SGD at the matched step")

    def _solve(self, alpha: Any, beta: Any, modes: Spectrum, times: Array, words: str) -> Array:
        """dr_i/dt = -2 alpha lam_i r_i + beta n_i."""
        rates = sp.lambdify((eta, eta_0, psi, P, varsigma), (alpha, beta), "math")
        of_sign, of_sgd = self.step.function(), self.step_of_sgd.function()
        compression, unit = self.problem.module.psi, typical_deviation(self.covariance)

        def slope(t: float, r: Array) -> Array:
            R = float(r.sum())
            a, b = rates(of_sign(t, R), of_sgd(t, R), float(compression(R)), self.population_risk(R), unit)
            return -2 * a * modes.lam * r + b * modes.forcing

        try:
            return follow(slope, modes.r0, times).risk
        except (NotConverged, ValueError) as failure:  # ValueError: a root of a risk that is negative
            raise NotConverged(f"with {words}: {failure}") from None


@dataclass(frozen=True, eq=False)
class Attribution:
    """The sixteen curves R_S(t), by the set of effects that is on, at `times`."""

    times: Array
    curves: Mapping[Subset, Array]

    @property
    def sgd(self) -> Array:
        """None of the effects."""
        return self.curves[frozenset()]

    @property
    def sign(self) -> Array:
        """All four."""
        return self.curves[frozenset(EFFECTS)]

    def gained(self, on: Subset, effect: str) -> Array:
        """log R(t) with `effect` on top of `on`, less that without."""
        return np.asarray(np.log(self.curves[on | {effect}] / self.curves[on]))

    def shapley(self, effect: str) -> Array:
        """The share of an effect in log(R_sign(t)/R_SGD(t)): its mean over the orders."""
        total, others = np.zeros_like(self.times), [e for e in EFFECTS if e != effect]
        for on in subsets(others):
            weight = math.factorial(len(on)) * math.factorial(len(others) - len(on))
            total += weight / math.factorial(len(EFFECTS)) * self.gained(on, effect)
        return total

    def in_turn(self, order: Sequence[str] = EFFECTS) -> dict[str, Array]:
        """What each effect adds when they are switched on in this order."""
        return {effect: self.gained(frozenset(order[:k]), effect) for k, effect in enumerate(order)}

    def alone(self, effect: str) -> Array:
        """What one effect does to SGD by itself."""
        return self.gained(frozenset(), effect)


def subsets(names: Sequence[str]) -> Iterator[Subset]:
    """All subsets, the empty one first.

    >>> [sorted(s) for s in subsets(["a", "b"])]
    [[], ['a'], ['b'], ['a', 'b']]
    """
    for size in range(len(names) + 1):
        yield from map(frozenset, combinations(names, size))


def attribute(
    board: Switchboard, times: Array, progress: Callable[[float], object] = lambda share: None
) -> Attribution:
    """Solve all sixteen ODEs; raises `NotConverged` naming the effects of one that cannot be followed."""
    curves: dict[Subset, Array] = {}
    matrices = (PRECONDITIONING, RESHAPING)
    modes = {on: board.modes(on) for on in subsets(matrices)}
    for on in subsets(EFFECTS):
        progress(len(curves) / 2 ** len(EFFECTS))
        curves[on] = board.curve(on, times, modes[on.intersection(matrices)])
    return Attribution(times, curves)


def _words(on: Subset) -> str:
    return " and ".join(effect for effect in EFFECTS if effect in on) + " switched on" if on else "SGD itself"
