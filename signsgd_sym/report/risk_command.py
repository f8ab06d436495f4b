"""`signsgd-sym risk`: the request checked as a whole, the curve, the simulation beside it, the output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.errors import InputError, ParameterError
from signsgd_sym.files import check_directory, write_file
from signsgd_sym.model.covariance import Covariance
from signsgd_sym.model.exact import exact_number
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.optimizer import Optimizer, as_optimizer
from signsgd_sym.model.schedule import Schedule
from signsgd_sym.model.update_rule import RULES
from signsgd_sym.report.compare import SAME, Comparison, compare
from signsgd_sym.report.risk_digits import (
    RiskDigits,
    digits_data,
    digits_lines,
    finished_data,
    finished_lines,
    risk_digits,
)
from signsgd_sym.report.risk_equations import Curve, equation_lines, equations_data
from signsgd_sym.report.text import law_label
from signsgd_sym.solve.precise import PreciseInterrupted, checked_curve_digits
from signsgd_sym.solve.risk import RiskResult, checked_delta, checked_times, risk_curve

Progress = Callable[[str, float], object]


@dataclass(frozen=True, eq=False)
class RiskRequest:
    """What was asked for, parsed and checked before any work starts."""

    law: NoiseLaw
    covariance: Covariance
    schedule: Schedule
    time: float
    rule: Optimizer
    points: int
    delta0: NDArray[np.float64]
    seed: int
    runs: int
    digits: int | None = None
    exact_time: Any = None
    batch: int = 1

    @classmethod
    def parse(
        cls,
        law: str,
        covariance: str,
        lr: str,
        time: str,
        optimizer: str,
        points: int,
        theta0: str | None,
        seed: int,
        runs: int,
        plot: Path | None,
        digits: int | None = None,
        batch: int = 1,
    ) -> RiskRequest:
        """Parse the texts of the command line; raises `InputError` of the kind that fits."""
        rule, schedule, noise = as_optimizer(optimizer), Schedule.of(lr), NoiseLaw.from_text(law)
        horizon = float(checked_times(float(exact_number(time)), points)[-1])
        if runs < 0:
            raise ParameterError(f"--simulate is {runs}; it must be 0 or more.")
        if batch < 1:
            raise ParameterError(f"--batch is {batch}; it must be 1 or more.")
        if seed < 0:
            raise ParameterError(f"--seed is {seed}; it must be 0 or more.")
        if plot is not None:
            from signsgd_sym.report.plots import checked_format

            checked_format(str(plot))
            check_directory(plot.parent)
        K = Covariance.from_spec(covariance)
        if digits is not None:
            checked_curve_digits(digits, K.d)
            if rule not in RULES.values() or batch > 1:
                raise ParameterError(
                    f"--dps {digits} is for {' and '.join(RULES)} without batches; other curves are "
                    "computed in float64 and their error is stated: leave --dps out."
                )
        start = checked_delta(None if theta0 is None else _load_vector(theta0), K.d, seed)
        T = exact_number(time)
        return cls(noise, K, schedule, horizon, rule, points, start, seed, runs, digits, T, batch)


def _load_vector(spec: str) -> NDArray[np.float64]:
    kind, _, name = spec.partition(":")
    if kind != "npy" or not name:
        raise ParameterError(f"--theta0 is {spec!r}; write npy:FILE with a file made by numpy.save.")
    try:
        return np.asarray(np.load(name, allow_pickle=False), dtype=float)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(
            f"cannot read {name} as a NumPy array of numbers ({error}); save it with numpy.save."
        ) from None


@dataclass(frozen=True, eq=False)
class RiskAnswer:
    """The curve, and the simulation where one was asked for."""

    request: RiskRequest
    result: Curve
    comparison: Comparison | None
    digits: RiskDigits | None = None


class RiskInterrupted(KeyboardInterrupt):
    """Ctrl-C after the curve; `answer` has what was finished, `digits` the risks of an unchecked run."""

    def __init__(self, words: str, answer: RiskAnswer, digits: PreciseInterrupted | None = None) -> None:
        super().__init__(words)
        self.answer, self.digits = answer, digits


def run_risk(request: RiskRequest, progress: Progress = lambda stage, share: None) -> RiskAnswer:
    """Derive and solve, then simulate.

    Raises `NotConverged` when either gives up, and `RiskInterrupted` for Ctrl-C once there is a curve.
    """
    progress("deriving and solving the risk ODE", 0.0)
    result = risk_curve(
        request.law,
        request.covariance,
        request.schedule,
        request.time,
        optimizer=request.rule,
        points=request.points,
        delta0=request.delta0,
        need_curve=request.digits is None or bool(request.runs),
        batch=request.batch,
    )
    digits = None
    if request.digits is not None and isinstance(result, RiskResult):
        stage = f"solving to {request.digits} digits"
        progress(stage, 0.0)
        try:
            digits = risk_digits(
                result, request.exact_time, request.digits, lambda share: progress(stage, share)
            )
        except KeyboardInterrupt as stopped:
            unchecked = stopped if isinstance(stopped, PreciseInterrupted) else None
            words = str(stopped) or f"interrupted before the curve to {request.digits} digits"
            raise RiskInterrupted(words, RiskAnswer(request, result, None), unchecked) from None
    if not request.runs:
        return RiskAnswer(request, result, None, digits)
    from signsgd_sym.simulate import GaussianStream, SimulationInterrupted, simulate

    try:
        simulation = simulate(
            request.rule,
            GaussianStream(request.covariance, request.law),
            request.schedule,
            request.delta0,
            times=result.t,
            runs=request.runs,
            seed=request.seed,
            batch=request.batch,
            progress=lambda done, total: progress("simulating", done / max(total, 1)),
        )
    except KeyboardInterrupt as stopped:
        partial = stopped.partial if isinstance(stopped, SimulationInterrupted) else None
        finished = compare(result.risk, partial) if partial is not None and partial.runs else None
        words = str(stopped) or "interrupted before the simulation"
        raise RiskInterrupted(words, RiskAnswer(request, result, finished, digits)) from None
    return RiskAnswer(request, result, compare(result.risk, simulation), digits)


def simulation_data(c: Comparison) -> dict[str, Any]:
    """The simulated runs as JSON data."""
    return {
        "runs": c.runs,
        "mean": c.mean.tolist(),
        "stderr": c.stderr.tolist() if c.runs > 1 else None,
        "uncertified_signs": c.signs.uncertified,
        "signs": asdict(c.signs),
        "share_in_band": c.share_in_band if c.runs > 1 else None,
    }


def theory_data(result: Curve) -> dict[str, Any]:
    """The setting, the equations and the curve as JSON data."""
    return {
        "optimizer": result.rule.name,
        "law": result.law.text,
        "d": result.covariance.d,
        "covariance": result.covariance.name,
        "lr": str(result.schedule.expr),
        "batch": result.batch,
        **equations_data(result),
        "t": result.t.tolist(),
        "risk": result.risk.tolist(),
        "lower": None,
        "upper": None,
        "stationary": result.stationary,
        "error_budget": result.error_budget,
    }


def risk_data(answer: RiskAnswer) -> dict[str, Any]:
    """The answer as JSON data, in the fields of the contract and a few beyond."""
    simulation = None if answer.comparison is None else simulation_data(answer.comparison)
    data = {**theory_data(answer.result), "simulation": simulation}
    # High precision numbers are strings, in the same fields.
    return data if answer.digits is None else {**data, **digits_data(answer.digits)}


def interrupted_data(stopped: RiskInterrupted) -> dict[str, Any]:
    """What was finished as JSON data; without a curve in float64 the risks are null."""
    answer = stopped.answer
    data = {**risk_data(answer), "interrupted": True}
    if answer.digits is None and _failure(answer.result):
        data["risk"], data["error_budget"] = None, {}
    return data if stopped.digits is None else {**data, "unchecked": finished_data(stopped.digits)}


def _failure(result: Curve) -> str:
    """Why float64 has no curve, or nothing."""
    return result.curve.failure if isinstance(result, RiskResult) else ""


def theory_lines(result: Curve) -> list[str]:
    """The setting and the equations for a terminal."""
    lines = [
        f"{result.rule.name} under {law_label(result.law)}, {result.covariance.name}, "
        f"eta = {result.schedule.expr}",
        "",
        *equation_lines(result),
    ]
    if result.stationary is not None:
        lines.append(f"  stationary  R = {result.stationary:.10g}")
    elif result.schedule.is_constant:
        # Rules without a closed stationary equation have theirs searched for, near the end of the curve.
        known = isinstance(result, RiskResult)
        diverges = "none: the risk grows without bound at this step size"
        lines.append(f"  stationary  {diverges if known else 'none was found near the last R(t)'}")
    budget = ", ".join(
        f"{name} {value:.1e}" for name, value in result.error_budget.items() if value is not None
    )
    return [*lines, f"  errors      {budget} (relative)"]


def table_lines(result: Curve, c: Comparison | None, *, with_z: bool = False) -> list[str]:
    """A short table of the curve, and of the simulation where there is one."""
    head = f"{'t':>10}  {'R(t), ODE':>14}"
    if c:
        head += f"  {'mean of ' + str(c.runs):>14}  {'s.e.':>9}  {'gap':>8}" + f"  {'z':>6}" * with_z
    lines = [head]
    step = max(1, (len(result.t) - 1) // 10)
    for k in range(0, len(result.t), step):
        row = f"{result.t[k]:>10.4g}  {result.risk[k]:>14.6g}"
        if c:
            # At t = 0 all runs agree: what is left there is rounding.
            stderr = 0.0 if c.stderr[k] <= SAME * c.mean[k] else c.stderr[k]
            shown = f"{stderr:.2g}" if c.runs > 1 else "-"
            row += f"  {c.mean[k]:>14.6g}  {shown:>9}  {round(100 * c.gap[k], 2) + 0.0:>+7.2f}%"
            row += f"  {round(c.z[k], 1) + 0.0:>6.1f}" * with_z
        lines.append(row)
    return lines


def risk_text(answer: RiskAnswer, plot: Path | None = None) -> str:
    """The answer for a terminal: the equations, a short table, what the simulation says."""
    lines = [*theory_lines(answer.result), ""]
    c = answer.comparison
    if answer.digits is None or c:
        lines += table_lines(answer.result, c)
    if c and c.runs > 1:
        lines += ["", f"{100 * c.share_in_band:.0f} % of the times lie within 3 s.e. plus 3 % of the curve."]
    if answer.digits is not None:
        lines += ["", *digits_lines(answer.digits)] if c else digits_lines(answer.digits)
    if plot is not None:
        lines += ["", f"plot: {plot}"]
    return "\n".join(lines)


def interrupted_text(stopped: RiskInterrupted) -> str:
    """What was finished, for a terminal."""
    answer = stopped.answer
    if answer.digits is None and _failure(answer.result):
        lines = theory_lines(answer.result)
    else:
        lines = [risk_text(answer)]
    return "\n".join(lines if stopped.digits is None else [*lines, *finished_lines(stopped.digits)])


def draw_risk(ax: Any, result: Curve, comparison: Comparison | None) -> Any:
    """Curve, simulation and stationary risk on Matplotlib axes."""
    from signsgd_sym.report import plots

    plots.risk_axes(ax)
    plots.draw_curve(ax, result.t, result.risk, "risk ODE")
    if comparison is not None:
        c = comparison
        label = f"mean of {c.runs} runs, bars of 3 s.e." if c.runs > 1 else "one run"
        plots.draw_simulation(ax, result.t, c.mean, c.stderr, label, plots.VERMILION)
    plots.draw_level(ax, result.stationary, "stationary risk", near=result.risk)
    ax.set_title(f"{result.rule.name}, {law_label(result.law)}", fontsize=10.5)
    ax.legend(frameon=False)
    return ax


def risk_plot(answer: RiskAnswer, path: Path) -> None:
    """Write the plot of curve and simulation; the format follows the file's ending."""
    from signsgd_sym.report import plots

    figure, ax = plots.new_figure()
    draw_risk(ax, answer.result, answer.comparison)
    write_file(path, plots.image_bytes(figure, str(path)))
