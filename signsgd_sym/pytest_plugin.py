"""A pytest plugin: derivations under configured folders become tests, one a step.

    [tool.pytest.ini_options]
    signsgd_derivations = ["derivations"]     # folders below the root; without this the plugin does nothing
    signsgd_points = "20"                     # and signsgd_digits = "40", signsgd_seed = "1"

Every `.steps` and `.py` file below these folders is read; a Python file without derivations gives no tests.
A step that is REFUTED or UNKNOWN fails; one that is CITED is skipped, for nothing was checked. The seed is
drawn at run time and shown in the header, unless it is set by `signsgd_seed` or `--signsgd-seed`.

Pytest loads this module in every run of whoever has the package installed: it imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from signsgd_sym.proof.derivation import Derivation, Step
    from signsgd_sym.proof.verdict import Judgement

SUFFIXES = (".steps", ".py")
NOT_DERIVATIONS = ("conftest.py", "__init__.py", "setup.py")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The ini options above, and `--signsgd-seed`."""
    parser.addini(
        "signsgd_derivations", "folders whose .steps and .py files are checked, a test a step", type="args"
    )
    parser.addini("signsgd_points", "random points a step is checked at (20)", default="20")
    parser.addini("signsgd_digits", "digits to which both sides must agree (40)", default="40")
    parser.addini("signsgd_seed", "seed of the random points; drawn at run time without", default="")
    parser.getgroup("signsgd-sym").addoption(
        "--signsgd-seed", type=int, default=None, help="seed of the points at which derivations are checked"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Check the options, fix the seed, and let pytest walk the folders where it would not."""
    if not config.getini("signsgd_derivations"):
        return
    for name in ("points", "digits"):
        _number(config, f"signsgd_{name}", 1)
    if config.option.signsgd_seed is None:
        config.option.signsgd_seed = _seed(config)
    folders = _folders(config)
    if config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        config.args += [str(folder) for folder in folders if not _walked(folder, config)]


def _seed(config: pytest.Config) -> int:
    """That of the controller in a worker of pytest-xdist, else that of the ini file, else a new one."""
    from random import SystemRandom

    workerinput: dict[str, Any] = getattr(config, "workerinput", {})
    if "signsgd_seed" in workerinput:
        return int(workerinput["signsgd_seed"])
    return (
        _number(config, "signsgd_seed", 0)
        if config.getini("signsgd_seed")
        else SystemRandom().randrange(2**32)
    )


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist the seed."""
    node.workerinput["signsgd_seed"] = node.config.option.signsgd_seed or 0


def _number(config: pytest.Config, name: str, least: int) -> int:
    text = str(config.getini(name))
    if not text.isdecimal() or int(text) < least:
        raise pytest.UsageError(f"{name} is {text!r}; write a whole number from {least} on.")
    return int(text)


def _folders(config: pytest.Config) -> list[Path]:
    folders = [(config.rootpath / name).resolve() for name in config.getini("signsgd_derivations")]
    for name, folder in zip(config.getini("signsgd_derivations"), folders, strict=True):
        if not folder.is_dir():
            raise pytest.UsageError(f"signsgd_derivations names {name}, which is not a folder.")
    return folders


def _walked(folder: Path, config: pytest.Config) -> bool:
    places = [(config.invocation_params.dir / arg.split("::")[0]).resolve() for arg in config.args]
    return any(folder == place or place in folder.parents for place in places)


def pytest_report_header(config: pytest.Config) -> str | None:
    """The seed, so that a failure can be seen again."""
    if not config.getini("signsgd_derivations"):
        return None
    points, digits = config.getini("signsgd_points"), config.getini("signsgd_digits")
    return f"signsgd-sym: seed {config.option.signsgd_seed}, {points} points, {digits} digits"


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> DerivationFile | None:
    """Files of derivations below a configured folder."""
    if file_path.suffix not in SUFFIXES or file_path.name in NOT_DERIVATIONS:
        return None
    if not parent.config.getini("signsgd_derivations"):
        return None
    if not any(folder in file_path.resolve().parents for folder in _folders(parent.config)):
        return None
    file: DerivationFile = DerivationFile.from_parent(parent, path=file_path)
    return file


class DerivationFile(pytest.File):
    """A file of derivations; a test a step."""

    def collect(self) -> Iterator[pytest.Item]:
        """Read the file, and one item for every step."""
        from signsgd_sym.errors import InputError
        from signsgd_sym.steps.files import load, python_derivations

        try:
            derivations = load(self.path) if self.path.suffix == ".steps" else python_derivations(self.path)
        except InputError as problem:
            raise self.CollectError(_in_words(problem)) from None
        for derivation in derivations:
            for step in derivation.steps:
                name = f"{derivation.id}[{step.id} {step.relation}]"
                item: StepItem = StepItem.from_parent(self, name=name, derivation=derivation, step=step)
                if step.reference:
                    item.add_marker(pytest.mark.skip(reason=f"cited: {step.reference}"))
                yield item


def _in_words(problem: Exception) -> str:
    caret = getattr(problem, "caret", None)
    return str(problem) if caret is None or not problem.text else f"{problem}\n{caret()}"  # type: ignore[attr-defined]


class StepFailed(Exception):
    """A step that is refuted, or could not be decided."""


class StepItem(pytest.Item):
    """One step of a derivation."""

    def __init__(self, *, derivation: Derivation, step: Step, **more: Any) -> None:
        super().__init__(**more)
        self.derivation, self.step = derivation, step

    def runtest(self) -> None:
        """Check the step; the verdict and its evidence are properties of the test in reports."""
        from signsgd_sym.proof.check import check_step

        config = self.config
        judgement = check_step(
            self.derivation, self.step, seed=config.option.signsgd_seed,
            points=_number(config, "signsgd_points", 1), digits=_number(config, "signsgd_digits", 1),
        )  # fmt: skip
        self.user_properties += [
            ("verdict", judgement.verdict.value),
            ("evidence", judgement.evidence.summary()),
        ]
        if not judgement.verdict.passed:
            raise StepFailed(self._message(judgement))

    def _message(self, judgement: Judgement) -> str:
        from sympy import sstr

        step, evidence = self.step, judgement.evidence
        lines = [
            f"{self.derivation.id}, step {step.id}: {judgement.verdict.value}",
            f"  {sstr(step.lhs)}",
            f"  {step.relation} {sstr(step.rhs)}{_limit_words(step)}",
            f"  reason given: {step.reason}",
            f"  {evidence.reason or evidence.summary()}",
        ]
        at = {name: value for name, value in evidence.witness.items() if name not in ("left", "right")}
        if at:
            lines.append("  at " + ", ".join(f"{name} = {value}" for name, value in at.items()))
        lines += [
            f"  {side}: {evidence.witness[side]}" for side in ("left", "right") if side in evidence.witness
        ]
        lines.append(f"  again with --signsgd-seed {self.config.option.signsgd_seed}")
        return "\n".join(line for line in lines if line.strip())

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The message alone for a failed step: the traceback would be that of the checker."""
        if isinstance(excinfo.value, StepFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """File and name; steps carry no line numbers, and pytest needs one for what is skipped."""
        return self.path, 0, self.name


def _limit_words(step: Step) -> str:
    if step.variable is None:
        return ""
    order = f", order {step.order}" if step.order is not None else ""
    side = {"+": " from above", "-": " from below"}.get(step.direction, "")
    return f"   as {step.variable} -> {step.point}{side}{order}"
