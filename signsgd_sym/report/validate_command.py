"""`signsgd-sym validate`: the request checked as a whole, and its run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signsgd_sym.errors import ParameterError
from signsgd_sym.report.risk_command import Progress, RiskRequest
from signsgd_sym.report.validation import Validation, checked_numbers, checked_rule, validate

if TYPE_CHECKING:
    from signsgd_sym.report.precision import PrecisionStudy

DIGITS = 50
"""Of `--precision` where `--digits` is not given."""


@dataclass(frozen=True, eq=False)
class ValidateRequest:
    """What was asked for, parsed and checked before any work starts.

    `experiment` is the request that `risk --simulate RUNS --dps N` would be; without `--precision` its digits
    are None.
    """

    experiment: RiskRequest
    samples: int

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
        samples: int,
        plot: Path | None,
        precision: bool = False,
        digits: int | None = None,
    ) -> ValidateRequest:
        """Parse the texts of the command line; raises `InputError` of the kind that fits."""
        checked_numbers(runs, samples, seed, prefix="--")
        if digits is not None and not precision:
            raise ParameterError(f"--digits is {digits} without --precision; give both.")
        wanted = (DIGITS if digits is None else digits) if precision else None
        checked_rule(optimizer)
        experiment = RiskRequest.parse(
            law, covariance, lr, time, optimizer, points, theta0, seed, runs, plot, wanted
        )
        return cls(experiment, samples)


@dataclass(frozen=True, eq=False)
class ValidateAnswer:
    """The verdicts, and what float64 got wrong where that was asked for."""

    validation: Validation
    precision: PrecisionStudy | None

    def data(self) -> dict[str, Any]:
        """The answer as JSON data."""
        from signsgd_sym.report.validate_data import validation_data

        data = validation_data(self.validation)
        if self.precision is None:
            return data
        from signsgd_sym.report.precision_show import precision_data

        return {**data, "precision": precision_data(self.precision)}

    def text(self, plot: Path | None = None) -> str:
        """The answer for a terminal."""
        from signsgd_sym.report.validate_text import validation_text

        if self.precision is None:
            return validation_text(self.validation, plot)
        from signsgd_sym.report.precision_show import precision_lines

        lines = [validation_text(self.validation), "", *precision_lines(self.precision)]
        if plot is not None:
            lines += ["", f"plots: {plot}, {precision_path(plot)}"]
        return "\n".join(lines)

    def plot(self, path: Path) -> None:
        """Write the plot of the validation, and with digits a second one of the errors beside it."""
        from signsgd_sym.report.validate_plot import validation_plot

        validation_plot(self.validation, path)
        if self.precision is not None:
            from signsgd_sym.files import write_file
            from signsgd_sym.report.plots import image_bytes
            from signsgd_sym.report.precision_show import precision_figure

            rule = self.validation.theory.problem.ode.sde.rule.name
            figure = precision_figure({f"{rule}, what rounding did": self.precision})
            write_file(precision_path(path), image_bytes(figure, str(path)))


class ValidationInterrupted(KeyboardInterrupt):
    """Ctrl-C after the verdicts, during the study of rounding; `answer` has what was finished."""

    def __init__(self, answer: ValidateAnswer) -> None:
        super().__init__("interrupted; the verdicts are finished, the study of rounding is not")
        self.answer = answer


def precision_path(plot: Path) -> Path:
    """Where the second plot goes.

    >>> precision_path(Path("a/found.svg")).name
    'found.precision.svg'
    """
    return plot.with_suffix(f".precision{plot.suffix}")


def run_validate(request: ValidateRequest, progress: Progress = lambda stage, share: None) -> ValidateAnswer:
    """Derive, solve, sample, simulate, judge.

    Raises what `validate` and `precision_study` raise, and `ValidationInterrupted` for Ctrl-C in the latter.
    """
    asked = request.experiment
    found = _validated(request, progress)
    if asked.digits is None:
        return ValidateAnswer(found, None)
    from signsgd_sym.report.precision import StudyInterrupted, precision_study
    from signsgd_sym.simulate.stream import GaussianStream

    try:
        study = precision_study(
            found.theory,
            GaussianStream(asked.covariance, asked.law),
            asked.exact_time,
            asked.digits,
            seed=asked.seed,
            runs=asked.runs,
            progress=progress,
        )
    except KeyboardInterrupt as stopped:
        partial = stopped.partial if isinstance(stopped, StudyInterrupted) else None
        raise ValidationInterrupted(ValidateAnswer(found, partial)) from None
    return ValidateAnswer(found, study)


def _validated(request: ValidateRequest, progress: Progress) -> Validation:
    asked = request.experiment
    return validate(
        asked.law,
        asked.covariance,
        asked.schedule,
        asked.time,
        optimizer=asked.rule,
        runs=asked.runs,
        samples=request.samples,
        points=asked.points,
        delta0=asked.delta0,
        seed=asked.seed,
        progress=progress,
    )
