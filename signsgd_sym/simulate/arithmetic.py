"""Which arithmetic the replicates of an experiment run in: proved signs, digits asked for, or float64.

A certified way of running exists for some experiments and not for others; `_certified` is the one place that
knows which.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from signsgd_sym.errors import ParameterError, RuleError
from signsgd_sym.model import SGD, SIGN
from signsgd_sym.model.adam import Adam
from signsgd_sym.simulate.adam import AdamRunner
from signsgd_sym.simulate.certified import LatticeRunner
from signsgd_sym.simulate.formula import Formula, rule_formula, schedule_formula
from signsgd_sym.simulate.literal import LiteralRunner
from signsgd_sym.simulate.replicate import Recursion
from signsgd_sym.simulate.runner import BatchRunner, Float64Runner, Runner
from signsgd_sym.simulate.scheduled import ScheduleRunner
from signsgd_sym.simulate.sgd import SgdRunner

RunnerFactory = Callable[[], Runner]
"""Makes a replicate at its start."""


def runner_factory(
    recursion: Recursion, *, certified: bool | None = None, precision: int | None = None
) -> RunnerFactory:
    """The arithmetic of an experiment.

    Args:
        recursion: the experiment.
        certified: True, or refused; False for float64; by default certified where that costs no time.
        precision: decimal digits for the definition in mpmath.

    Raises:
        RuleError: certified, and the rule has no certified arithmetic; or the rule cannot be compiled, or
            not be evaluated in mpmath.
        StepError: the schedule cannot be compiled, not be enclosed, or not be evaluated in mpmath.
        ParameterError: certified and precision together; precision out of range.

    Example:
        >>> from signsgd_sym.model import Schedule
        >>> from signsgd_sym.simulate import PoolStream
        >>> from signsgd_sym.simulate.replicate import recursion_of
        >>> pool = PoolStream([[1.0]], noise=[0.0])
        >>> recursion = recursion_of(SIGN, pool, Schedule.of("1/4"), [1.0], times=[1])
        >>> [type(runner_factory(recursion, certified=c)()).__name__ for c in (None, True, False)]
        ['LatticeRunner', 'LatticeRunner', 'Float64Runner']
    """
    given: object = certified
    if given is not None and not isinstance(given, bool | np.bool_):
        raise ParameterError(f"certified is {given!r}; it must be True, False or None")
    certified = None if given is None else bool(given)
    if certified is not None and precision is not None:
        raise ParameterError(
            f"certified is {certified} and precision is {precision}; give one of them, digits are not a proof"
        )
    if recursion.batch > 1 and (certified or precision is not None):
        raise RuleError(
            f"a batch of {recursion.batch} samples runs in float64 alone; leave certified and precision out, "
            "or take batch=1"
        )
    if recursion.batch > 1:
        return _float64(recursion)
    if precision is not None:
        return _literal(recursion, precision)
    if certified is False:
        return _float64(recursion)
    factory, is_free = _certified(recursion)
    if certified and factory is None:
        raise RuleError(
            f"no certified arithmetic for the update rule {recursion.rule.name}, a rule without a rigorous "
            "evaluation; take sign or SGD, or run with certified=False"
        )
    if certified and factory is not None:
        factory()  # so that bad input is refused at once
    return factory if factory is not None and (certified or is_free) else _float64(recursion)


def _certified(recursion: Recursion) -> tuple[RunnerFactory | None, bool]:
    """The certified arithmetic of an experiment, if there is one, and whether it is as fast as float64.

    What is slower returns False, so that it is used only when asked for.
    """
    rule, schedule, stream, delta0 = recursion.rule, recursion.schedule, recursion.stream, recursion.delta0
    if isinstance(rule, Adam):
        return None, False
    if rule.expr == SIGN.expr and schedule.is_constant:
        eta = float(schedule.value)
        return (lambda: LatticeRunner(eta, stream, delta0)), True
    if rule.expr == SIGN.expr:
        return (lambda: ScheduleRunner(schedule, stream, delta0)), False
    if rule.expr == SGD.expr:
        return (lambda: SgdRunner(schedule, stream, delta0)), False
    return None, False


def _float64(recursion: Recursion) -> RunnerFactory:
    """The compiled recursion; rule and schedule are compiled once for all replicates."""
    optimizer, schedule = recursion.rule, recursion.schedule
    step_size = float(schedule.value) if schedule.is_constant else schedule_formula(schedule.expr)
    needs_risk = isinstance(step_size, Formula) and "R" in step_size.arguments
    K = np.array(recursion.stream.second_moment, order="C") if needs_risk else np.empty(0)
    stream, delta0, batch = recursion.stream, recursion.delta0, recursion.batch
    if isinstance(optimizer, Adam):
        return lambda: AdamRunner(optimizer, step_size, stream, K, delta0)
    rule = rule_formula(optimizer.expr)
    if batch > 1:
        return lambda: BatchRunner(rule, step_size, stream, K, delta0, batch)
    return lambda: Float64Runner(rule, step_size, stream, K, delta0)


def _literal(recursion: Recursion, digits: int) -> RunnerFactory:
    """The definition in mpmath; a first runner is made and dropped, so that bad input is refused at once."""
    rule = recursion.rule
    if isinstance(rule, Adam):
        raise RuleError(f"{rule} runs in float64 only; leave the digits ({digits}) out")

    def runner() -> Runner:
        return LiteralRunner(rule, recursion.schedule, recursion.stream, recursion.delta0, digits)

    runner()
    return runner
