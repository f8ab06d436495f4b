r"""The main job, end to end on real data.

Regression on patches of two photographs: the law of the label noise is fitted to the residuals, the risk
ODE of signSGD is derived and solved for that law and the patches' covariance, and three rungs of
simulation are held against it, each one step further from the theory's assumptions:

(a) Gaussian data with the patches' covariance and noise drawn from the fitted law: the theory's model,
(b) real patches with independent noise drawn from the fitted law: the data are not Gaussian,
(c) real patches with their real labels: the noise is not independent of the data either.

SGD runs beside it with its own ODE. SGD needs a variance, so its rung (a) takes the likeliest fitted law
that has one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from signsgd_sym.derive.closed_form import ClosedForm
from signsgd_sym.derive.phi import phi_mean
from signsgd_sym.derive.risk import derive_risk_ode
from signsgd_sym.derive.sde import derive_sde
from signsgd_sym.model.exact import exact_number
from signsgd_sym.model.fit import LawFit, fit_noise
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.patches import PatchRegression, patch_regression
from signsgd_sym.model.schedule import Schedule
from signsgd_sym.model.update_rule import SGD, SIGN, UpdateRule
from signsgd_sym.notation import phi
from signsgd_sym.report.compare import Comparison, compare
from signsgd_sym.report.precision import PrecisionStudy, precision_study
from signsgd_sym.report.precision_show import precision_data
from signsgd_sym.simulate import GaussianStream, PoolStream, Stream, simulate
from signsgd_sym.solve.functions import make_problem
from signsgd_sym.solve.risk import RiskResult, checked_times, mode_curve

Progress = Callable[[str, float], object]
"""Called with the name of the stage under way and its share done, in [0, 1]."""

LEARNING_RATE = "1/100"
HORIZON = 60
POINTS = 100
RUNS = 320
SGD_RUNS = 80
SEED = 2026
DIGITS = 30
LITERAL_STEPS = 1500
"""Steps of the definition in that many digits: about two seconds."""


@dataclass(frozen=True, eq=False)
class Rung:
    """One simulation beside its curve; `id` is a, b or c."""

    id: str
    optimizer: str
    data: str
    noise: str
    law: NoiseLaw | None
    comparison: Comparison


@dataclass(frozen=True, eq=False)
class DemoResult:
    """Everything the report shows."""

    patches: PatchRegression
    fit: LawFit
    family: ClosedForm
    sign: RiskResult
    sgd: RiskResult
    rungs: tuple[Rung, ...]
    precision: PrecisionStudy

    def summary(self) -> dict[str, Any]:
        """The result as JSON data."""
        return {
            "d": self.patches.covariance.d,
            "patches": len(self.patches.y),
            "law": self.fit.law.text,
            "law_candidates": [
                {"law": c.law.text, "log_likelihood": float(c.log_likelihood)} for c in self.fit.candidates
            ],
            "lr": {"sign": str(self.sign.schedule.expr), "sgd": str(self.sgd.schedule.expr)},
            "time": HORIZON,
            "stationary": {"sign": self.sign.stationary, "sgd": self.sgd.stationary},
            "error_budget": {"sign": self.sign.error_budget, "sgd": self.sgd.error_budget},
            "rungs": [
                {
                    "id": r.id,
                    "optimizer": r.optimizer,
                    "data": r.data,
                    "noise": r.noise,
                    **r.comparison.summary(),
                }
                for r in self.rungs
            ],
            "precision": precision_data(self.precision),
        }


def run_demo(
    progress: Progress = lambda stage, share: None, *, runs: int = RUNS, sgd_runs: int = SGD_RUNS
) -> DemoResult:
    """Fit, derive, generate, solve, simulate, compare; raises `InputError` without scikit-learn."""
    progress("reading the photographs", 0.0)
    patches = patch_regression()
    progress("fitting the label-noise law", 0.0)
    fit = fit_noise(patches.residuals)
    start = -patches.theta_star  # theta = 0 at time 0

    progress("deriving and solving the risk ODE of signSGD", 0.0)
    best = fit.candidates[0]
    ode = derive_risk_ode(derive_sde(SIGN))
    # With symbolic parameters: the formula a reader wants to see.
    family = phi_mean(best.family, dict(ode.sde.definitions)[phi])
    problem = make_problem(SIGN, best.law, ode=ode, found=family.at(dict(best.values)))
    step, times = Schedule.of(LEARNING_RATE), checked_times(HORIZON, POINTS)
    sign = mode_curve(SIGN, best.law, patches.covariance, step, start, times, problem=problem)
    progress("deriving and solving the risk ODE of SGD", 0.0)
    tame = fit.best_with_variance.law
    sgd = mode_curve(SGD, tame, patches.covariance, _matched_step(sign), start, times)
    K, X = patches.covariance, patches.X
    plan: list[tuple[str, UpdateRule, str, NoiseLaw | None, Stream]] = [
        ("a", SIGN, "Gaussian", best.law, GaussianStream(K, best.law)),
        ("b", SIGN, "patches", best.law, PoolStream(X, best.law)),
        ("c", SIGN, "patches", None, PoolStream(X, patches.residuals)),
        ("a", SGD, "Gaussian", tame, GaussianStream(K, tame)),
        ("c", SGD, "patches", None, PoolStream(X, patches.residuals)),
    ]
    rungs = []
    for number, (rung_id, rule, data, law, stream) in enumerate(plan):
        stage = f"simulating {rule.name}, rung ({rung_id})"
        curve = sign if rule == SIGN else sgd

        def report(done: int, total: int, stage: str = stage) -> None:
            progress(stage, done / max(total, 1))

        simulation = simulate(
            rule,
            stream,
            curve.schedule,
            start,
            times=curve.t,
            runs=runs if rule == SIGN else sgd_runs,
            seed=SEED + number,
            progress=report,
        )
        described = "real residuals" if law is None else law.text
        rungs.append(Rung(rung_id, rule.name, data, described, law, compare(curve.risk, simulation)))
    precision = precision_study(
        sign,
        GaussianStream(K, best.law),
        HORIZON,
        DIGITS,
        seed=SEED,
        runs=0,
        literal_steps=LITERAL_STEPS,
        progress=progress,
    )
    progress("writing the report", 0.0)
    return DemoResult(patches, fit, family, sign, sgd, tuple(rungs), precision)


def _matched_step(sign: RiskResult) -> Schedule:
    """SGD's step with signSGD's effective learning rate at time 0: eta phi(R)/sqrt(2 R) at R = R(0).

    Rounded to 3 decimals' worth of digits, so that the number that is used is the number that is shown.
    """
    rate = float(sign.schedule.value) * float(sign.problem.module.drift_rate(sign.risk[0]))
    return Schedule.of(exact_number(float(np.format_float_positional(rate, precision=3, fractional=False))))
