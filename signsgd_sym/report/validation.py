r"""`validate`: a theory held against simulation, with a verdict on each of its claims.

Two kinds of claim, judged by two measures:

- The moments of one step, E[F] and E[F F^T] with F = f(r x), are exact in every dimension. They are held to
  the standard error of a sample alone, with a threshold corrected for the number of comparisons.
- The risk curve is a limit d -> oo. The mean of simulated runs has to lie within a band of 3 standard errors
  plus 3 % around it, at 95 % of the times.

Where a standard error does not exist (SGD under noise without a fourth moment) the verdict is UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from signsgd_sym.errors import ParameterError, RuleError, ShapeMismatch
from signsgd_sym.model.covariance import covariance as as_covariance
from signsgd_sym.model.noise import noise_law
from signsgd_sym.model.optimizer import Optimizer, as_optimizer
from signsgd_sym.model.update_rule import RULES, UpdateRule
from signsgd_sym.proof.verdict import Evidence, Verdict
from signsgd_sym.report.compare import RELATIVE_BAND, STANDARD_ERRORS, Comparison, compare
from signsgd_sym.report.one_step import OneStep, comparisons_of, heavy_tails, one_step
from signsgd_sym.report.significance import Contrast
from signsgd_sym.simulate.ensemble import simulate
from signsgd_sym.simulate.state import delta_at
from signsgd_sym.simulate.stream import GaussianStream, Stream
from signsgd_sym.solve.functions import Problem
from signsgd_sym.solve.risk import RiskResult, checked_times, risk_curve

Progress = Callable[[str, float], object]

SHARE = 0.95
"""Share of the times that must lie in the band."""
RUNS, SAMPLES = 24, 200_000
FEWEST_SAMPLES = 1000
"""Fewer, and a sample mean is not near enough to Gaussian for the thresholds."""


@dataclass(frozen=True, eq=False, repr=False)
class Validation:
    """What simulation says of a theory.

    `theory` is the risk curve and all it rests on, `comparison` the runs beside it, `steps` the one-step
    moments at Delta(0) and, unless the risk has fallen to 0, at the Delta(T) of one run. Printing it shows
    the report.
    """

    theory: RiskResult
    comparison: Comparison
    steps: tuple[OneStep, ...]
    seed: int

    @property
    def drift(self) -> Contrast:
        """The mean step, at the time where it is confirmed least."""
        return _weakest([step.drift for step in self.steps])

    @property
    def diffusion(self) -> Contrast:
        """The second moments, at the time where they are confirmed least."""
        return _weakest([step.diffusion for step in self.steps])

    @property
    def risk_verdict(self) -> Verdict:
        """STATISTICAL where enough of the times lie in the band, REFUTED otherwise.

        UNKNOWN where the risk of a run has no variance: the band is then no measure.
        """
        if heavy_tails(self.theory.problem):
            return Verdict.UNKNOWN
        return Verdict.STATISTICAL if self.comparison.share_in_band >= SHARE else Verdict.REFUTED

    @property
    def first_outside(self) -> int | None:
        """Index of the first time outside the band."""
        outside = np.flatnonzero(~self.comparison.in_band)
        return int(outside[0]) if outside.size else None

    @property
    def risk_evidence(self) -> Evidence:
        """n and the largest z; of a refuted curve the first time outside the band, with the values there."""
        c = self.comparison
        share = f"{100 * c.share_in_band:.0f} % of the times within {STANDARD_ERRORS:g} s.e. plus "
        share += f"{100 * RELATIVE_BAND:g} %"
        if heavy := heavy_tails(self.theory.problem):
            reason = f"{heavy}, so that the risk of a run has no variance; {share}"
            return Evidence("simulation", runs=c.runs, reason=reason)
        k = self.first_outside
        if self.risk_verdict is Verdict.STATISTICAL or k is None:
            largest = float(c.z[np.argmax(np.abs(c.z))])
            return Evidence("simulation", runs=c.runs, z=largest, reason=share)
        t, risk, mean = float(self.theory.t[k]), float(c.risk[k]), float(c.mean[k])
        reason = f"{share}, first outside at t = {t:.4g}: {mean:.6g} +- {c.stderr[k]:.1g} is seen, "
        reason += f"the curve has {risk:.6g}"
        witness = {"t": f"{t:.10g}", "expected": f"{risk:.10g}", "seen": f"{mean:.10g}"}
        return Evidence("simulation", runs=c.runs, z=float(c.z[k]), witness=witness, reason=reason)

    @property
    def verdicts(self) -> dict[str, tuple[Verdict, Evidence]]:
        """Verdict and evidence of each claim: `drift`, `diffusion`, `risk`."""
        return {
            "drift": (self.drift.verdict, self.drift.evidence),
            "diffusion": (self.diffusion.verdict, self.diffusion.evidence),
            "risk": (self.risk_verdict, self.risk_evidence),
        }

    @property
    def verdict(self) -> Verdict:
        """The weakest of the verdicts."""
        return Verdict.weakest(verdict for verdict, _ in self.verdicts.values())

    @property
    def exit_code(self) -> int:
        """1 where something is refuted."""
        return int(self.verdict is Verdict.REFUTED)

    def __str__(self) -> str:
        from signsgd_sym.report.validate_text import validation_text

        return validation_text(self)

    def __repr__(self) -> str:
        words = ", ".join(f"{name} {verdict.value}" for name, (verdict, _) in self.verdicts.items())
        return f"<Validation of {self.theory.problem!r}, d = {self.theory.covariance.d}: {words}>"


def _weakest(contrasts: list[Contrast]) -> Contrast:
    return max(contrasts, key=lambda contrast: (contrast.verdict.rank, contrast.largest_z))


def checked_numbers(runs: int, samples: int, seed: int, prefix: str = "") -> None:
    """Refuse numbers with which nothing can be judged; `prefix` is that of options."""
    if runs < 2:
        raise ParameterError(f"{prefix}runs is {runs}; it must be at least 2, a standard error needs two.")
    if samples < FEWEST_SAMPLES:
        raise ParameterError(
            f"{prefix}samples is {samples}; it must be at least {FEWEST_SAMPLES}, "
            "so that their means are near Gaussian."
        )
    if seed < 0:
        raise ParameterError(f"{prefix}seed is {seed}; it must be 0 or more.")


def checked_rule(optimizer: Optimizer | str) -> UpdateRule:
    """Sign or SGD, whose moments of a step are derived exactly; raises `RuleError` for another optimizer."""
    rule = as_optimizer(optimizer)
    expr = rule.expr if isinstance(rule, UpdateRule) else None
    named = next((known for known in RULES.values() if known.expr == expr), None)
    if named is None:
        raise RuleError(
            f"validate judges the exact moments of a step, which are derived for {' and '.join(RULES)} and "
            f"not for {rule.name}; `risk --simulate` holds its risk curve against runs."
        )
    return named


def validate(
    law: Any,
    covariance: Any,
    lr: Any,
    time: Any,
    *,
    optimizer: Optimizer | str = "sign",
    runs: int = RUNS,
    samples: int = SAMPLES,
    points: int = 100,
    delta0: ArrayLike | None = None,
    seed: int = 0,
    stream: Stream | None = None,
    problem: Problem | None = None,
    progress: Progress = lambda stage, share: None,
) -> Validation:
    """Solve the risk ODE, simulate beside it, and judge the theory claim by claim.

    law, covariance, lr, time, optimizer, delta0, problem : as for `risk_curve`
    runs : replicates of the recursion, at least 2, all from the same Delta(0)
    points : number of equal time intervals, at most one for each step
    samples : samples of one step at a fixed Delta, at least 1000
    seed : of Delta(0) and of everything simulated
    stream : what is simulated, by default the theory's own model x ~ N(0, K), eps ~ law; with another (a
        `PoolStream` of real data, another law) the theory is held against that

    Raises what `risk_curve` and `simulate` raise, `RuleError` for a rule other than sign and SGD, and
    `ParameterError` for too few runs or samples.

    >>> found = validate("Laplace(0, 1)", "identity:d=200", 1, 1, runs=8, samples=20_000, points=10)
    >>> {name: verdict.value for name, (verdict, _) in found.verdicts.items()}
    {'drift': 'STATISTICAL', 'diffusion': 'STATISTICAL', 'risk': 'STATISTICAL'}
    """
    checked_numbers(runs, samples, seed)
    rule = checked_rule(optimizer)
    progress("deriving and solving the risk ODE", 0.0)
    given, K = noise_law(law), as_covariance(covariance)
    steps = float(checked_times(time, points)[-1]) * K.d
    points = min(points, max(1, int(steps + 0.5)))  # between two steps there is nothing to compare
    theory = risk_curve(
        given,
        K,
        lr,
        time,
        optimizer=rule,
        points=points,
        delta0=delta0,
        seed=seed,
        problem=problem,
    )
    assert isinstance(theory, RiskResult)  # sign and SGD have modes and generated code
    data = GaussianStream(theory.covariance, given) if stream is None else stream
    return hold_against(theory, data, runs=runs, samples=samples, seed=seed, progress=progress)


def hold_against(
    theory: RiskResult,
    stream: Stream,
    *,
    runs: int = RUNS,
    samples: int = SAMPLES,
    seed: int = 0,
    progress: Progress = lambda stage, share: None,
) -> Validation:
    """Simulate `stream` beside a risk curve made before, and judge the theory that the curve comes from.

    Raises `ShapeMismatch` for a stream of another dimension.
    """
    checked_numbers(runs, samples, seed)
    K, rule = theory.covariance, theory.problem.ode.sde.rule
    if stream.d != K.d:
        raise ShapeMismatch(f"the stream has d = {stream.d} and the theory d = {K.d}; they must agree.")
    comparisons = comparisons_of(K, times=2)
    steps: list[OneStep] = []

    def measure(delta: Any, time: float) -> None:
        step = one_step(
            theory.problem,
            K,
            stream,
            delta,
            time,
            samples=samples,
            seed=seed + len(steps) * 2**32,  # other samples each time, and for every seed a user may type
            comparisons=comparisons,
            progress=lambda done, total: progress(f"sampling one step at t = {time:g}", done / total),
        )
        steps.append(step)

    measure(theory.delta0, 0.0)
    simulation = simulate(
        rule,
        stream,
        theory.schedule,
        theory.delta0,
        times=theory.t,
        runs=runs,
        seed=seed,
        progress=lambda done, total: progress("simulating", done / max(total, 1)),
    )
    horizon = float(theory.t[-1])
    last = delta_at(rule, stream, theory.schedule, theory.delta0, horizon, seed=seed)
    if last.any():
        measure(last, horizon)
    return Validation(theory, compare(theory.risk, simulation), tuple(steps), seed)
