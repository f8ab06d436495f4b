"""Source code of the risk functions of one law, in any target language, measured before it is handed over."""

from __future__ import annotations

import types
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from signsgd_sym.balls import Unsupported
from signsgd_sym.codegen import reference
from signsgd_sym.codegen.assemble import scheduled
from signsgd_sym.codegen.functions import RiskFunctions
from signsgd_sym.codegen.lower import CannotLower
from signsgd_sym.codegen.measured import Measured, measure
from signsgd_sym.codegen.module import Module
from signsgd_sym.codegen.reference import Reference
from signsgd_sym.codegen.targets import SUFFIXES, TARGETS, source_of
from signsgd_sym.codegen.targets import numpy as numpy_target
from signsgd_sym.codegen.targets.flint import FlintPrinter
from signsgd_sym.codegen.targets.formula import NAMES as FORMULA_NAMES
from signsgd_sym.codegen.targets.formula import CannotPrint
from signsgd_sym.codegen.targets.mpmath import MpmathPrinter
from signsgd_sym.derive.density import prove_density, read_law
from signsgd_sym.derive.phi import phi_as_mean
from signsgd_sym.errors import NotConverged, ParameterError, TargetError
from signsgd_sym.files import check_directory, write_file
from signsgd_sym.model.noise import NoiseLaw
from signsgd_sym.model.optimizer import Optimizer, as_optimizer
from signsgd_sym.model.schedule import Schedule
from signsgd_sym.model.update_rule import SGD, SIGN
from signsgd_sym.notation import t
from signsgd_sym.proof.check import check_derivation
from signsgd_sym.proof.verdict import Report
from signsgd_sym.solve.functions import Problem, make_problem
from signsgd_sym.solve.rules_with_code import rule_code
from signsgd_sym.special import over

EXACT = {"mpmath", "flint", "latex"}
"""Targets that print the exact formulas."""
FEW = np.ldexp(1.381966011250105, np.arange(-39, 40, 3))
"""Points for laws whose values are enclosures of an integral."""


@dataclass(frozen=True, eq=False)
class GeneratedCode:
    """`source` in the language `target`, and what is known of it.

    `measured` is the error found by running the code, or in words why it was not run. `rewritings` has the
    verdicts on the forms in which phi is computed; it has no steps where the closed form is computed as it
    is. `functions` are the formulas, `problem` the derived ODE and phi of the sign rule and of SGD, None for
    another rule.
    """

    law: NoiseLaw
    rule: Optimizer
    target: str
    source: str
    measured: Measured | str
    rewritings: Report | None
    functions: RiskFunctions
    problem: Problem | None

    @cached_property
    def module(self) -> types.ModuleType:
        """The functions, loaded from the source; only for the target numpy.

        Raises `ParameterError` for another target.
        """
        if self.target != "numpy":
            raise ParameterError(f"code for {self.target} is not loaded into Python; write it to a file.")
        return numpy_target.load(self.source)

    def __getattr__(self, name: str) -> Any:
        """`phi`, `psi`, `drift_rate`, `noise_scale`, `risk_rhs` of the NumPy module, callable at once."""
        if not name.startswith("_") and self.target == "numpy" and hasattr(self.module, name):
            return getattr(self.module, name)
        hint = "" if self.target == "numpy" else "; only code for numpy can be called here"
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{hint}")

    def __repr__(self) -> str:
        return f"GeneratedCode({self.law.text} under {self.rule.name}, {self.target})"

    def __str__(self) -> str:
        return self.source


def generate(
    law: Any,
    target: str = "numpy",
    *,
    optimizer: Optimizer | str = SIGN,
    lr: Schedule | str | float | None = None,
    path: Path | str | None = None,
    force: bool = False,
    run: bool = True,
    seconds: float = 20.0,
) -> GeneratedCode:
    """Derive, plan and print the functions drift_rate, noise_scale, risk_rhs of a rule under `law`.

    The sign rule has phi and psi as well, Adam the population risk and `kernel(rho)`, the entry of its noise
    matrix K_A. Rules are sign, sgd, power(p) and adam(beta1, beta2): those whose risk ODE has modes.

    `law` is LAW text, a `sympy.stats` variable, a frozen `scipy.stats` law or a `NoiseLaw`, with numbers as
    parameters. The code needs nothing of this package. With `lr`, an expression in t and R, it also has
    `learning_rate(t, R)`. With `run` it is built and run, and the largest error
    found against ball arithmetic stands in its header. With `path` it is written there.

    Raises:
        ParameterError: an unknown target; a law with symbolic parameters; a path that exists (without
            `force`) or cannot be written.
        TargetError: the target lacks a function that the formula needs.
        RuleError: a rule whose risk ODE has no modes.
        InfiniteVariance: SGD, or a power, under noise without the moment that it needs.
        NotConverged: a rewriting was refuted or could not be decided, or the code does not build.

    >>> code = generate("Uniform(-2, 2)", run=False)
    >>> float(code.phi(1.0))
    0.4754430094296636
    """
    source_of(target)
    if not seconds > 0:
        raise ParameterError(f"seconds is {seconds}; it must be positive.")
    file = None if path is None else writable(Path(path), force)
    noise = read_law(law)
    prove_density(noise)
    rule = as_optimizer(optimizer)
    eta = None if lr is None else Schedule.of(lr)
    if rule in (SIGN, SGD):
        code = _of_problem(make_problem(rule, noise, seconds=seconds), rule, target, eta, run)
    else:
        code = _of_rule(rule, noise, target, eta, run, seconds)
    if file is not None:
        write_file(file, code.source)
    return code


def _of_problem(
    problem: Problem, rule: Optimizer, target: str, eta: Schedule | None, run: bool
) -> GeneratedCode:
    """Code for the sign rule and for SGD, phi in the forms of its plan."""
    noise, printer = problem.law, source_of(target)
    rewritings = _judged(problem)
    if rewritings is not None and (wrong := rewritings.first_wrong) is not None:
        raise NotConverged(
            f"a form in which phi of {noise.text} would be computed is {wrong.verdict.value}: "
            f"{wrong.evidence.summary()}; no code is handed over."
        )
    module = _scheduled(problem.generated, eta, target)
    if rewritings is not None and rewritings.judgements:
        module = module.with_evidence(f"{module.facts.evidence}; the forms below {rewritings.verdict.value}")
    measured: Measured | str = "it was not run"
    if run and target != "latex" and problem.plan is not None:
        values = references(problem)
        measured = measure(target, printer(module), *values) if values else "no certified values were found"
    if isinstance(measured, Measured):
        module = module.with_measured(_stated(problem, measured))
    elif problem.plan is not None and target != "latex":
        module = module.with_measured(f"{module.facts.measured} (in an emulation: {measured})")
    return GeneratedCode(
        noise, rule, target, printer(module), measured, rewritings, problem.functions, problem
    )


def _of_rule(
    rule: Optimizer, noise: NoiseLaw, target: str, eta: Schedule | None, run: bool, seconds: float
) -> GeneratedCode:
    """Code for Adam and for powers: their module, measured against what it was made from."""
    made, printer = rule_code(rule, noise, target, seconds), source_of(target)
    if target in made.refused:
        raise TargetError(made.refused[target])
    module = _scheduled(made.generated, eta, target)
    measured: Measured | str = "it was not run"
    if run and target != "latex":
        names, values = zip(*made.references, strict=True)
        measured = measure(target, printer(module), *values, names=names, against=made.against)
    text = measured.text if isinstance(measured, Measured) else f"not measured: {measured}"
    source = printer(module.with_measured(text))
    return GeneratedCode(noise, rule, target, source, measured, None, module.exact, None)


def _scheduled(module: Module, schedule: Schedule | None, target: str) -> Module:
    """The module with `learning_rate`; raises `TargetError` where the target cannot express it."""
    if schedule is None:
        return module
    made: dict[str, Module] = {}
    lacking = ""
    try:
        made |= dict.fromkeys(set(TARGETS) - EXACT, scheduled(module, schedule.expr))
    except CannotLower as missing:
        lacking = missing.name
    exact = module.with_step(schedule.expr, None)
    for name, printer in (("mpmath", MpmathPrinter), ("flint", FlintPrinter)):
        try:
            printer({**FORMULA_NAMES, t: "t"})(schedule.expr)
        except CannotPrint as missing:
            lacking = missing.name if name == target else lacking
        else:
            made[name] = exact
    made["latex"] = exact
    if target in made:
        return made[target]
    able = ", ".join(name for name in TARGETS if name in made)
    raise TargetError(
        f"the {target} target cannot express {lacking}, which the step size {schedule.expr} contains; "
        f"{able} can."
    )


def _stated(problem: Problem, measured: Measured) -> str:
    """The measured error, after the proved one where there is one."""
    plan = problem.plan
    return measured.text if plan is None or plan.ulp is not None else f"{plan.accuracy}; {measured.text}"


def _judged(problem: Problem) -> Report | None:
    """The verdicts on the rewritings in use."""
    if problem.plan is None or problem.phi is None:
        return None
    return check_derivation(problem.plan.derivation(problem.phi), seed=0, points=5, digits=30)


def references(problem: Problem) -> tuple[Reference, Reference] | None:
    """Certified values of phi and of the rate: those of the plan, or of the integral at fewer points."""
    plan = problem.plan
    if plan is None:
        return None
    if plan.reference is not None:
        return plan.reference
    integral = over(phi_as_mean(), problem.law)
    try:
        found = reference.of_expression(integral, problem.functions.factor, FEW, skip=True)
    except Unsupported:
        return None
    return found if len(found[0].risks) else None


def writable(path: Path, force: bool) -> Path:
    """`path`, if it may be written.

    Raises `ParameterError` for a file that exists, unless `force`, and for a folder that is missing.
    """
    try:
        return _writable(path, force)
    except OSError as error:
        raise ParameterError(f"cannot write {path}: {error.strerror}; give another name.") from None


def _writable(path: Path, force: bool) -> Path:
    if path.is_dir():
        raise ParameterError(f"{path} is a folder; give a file name, such as {path / 'risk'}{SUFFIXES['c']}.")
    if path.exists() and not force:
        raise ParameterError(f"{path} exists already; give --force to replace it, or another name.")
    if path.exists() and not path.is_file():
        raise ParameterError(f"{path} is not a regular file; give another name.")
    if not path.absolute().parent.is_dir():
        raise ParameterError(f"{path.parent} is not a folder; make it first, or give another name.")
    check_directory(path.absolute().parent)
    return path
