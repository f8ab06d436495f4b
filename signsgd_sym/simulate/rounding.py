r"""What float64 gets wrong: one replicate in three arithmetics, on the same samples.

The recursion in float64 rounds as it comes; the certified run is the trajectory of infinite precision, with a
risk that is proved; the literal run is the definition in N decimal digits, slow, and so on a first stretch
only. As long as every sign(r) of signSGD is right, float64 differs from the truth by its roundings alone,
about k u |Delta| after k steps; after the first wrong sign it is on another trajectory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol

import numpy as np

from signsgd_sym.balls.decimals import CertifiedDecimal
from signsgd_sym.errors import NotConverged, ParameterError, RuleError
from signsgd_sym.notation import R
from signsgd_sym.simulate.arithmetic import runner_factory
from signsgd_sym.simulate.literal import LiteralRunner
from signsgd_sym.simulate.replicate import Path, Recursion
from signsgd_sym.simulate.runner import Runner, SignCounts, Signs
from signsgd_sym.simulate.stream import Array

LITERAL_WORK = 400_000
"""Products in N digits, all steps together: a few seconds at 50 digits."""

LITERAL_RISKS = 8
"""Times at which the risk is computed in N digits: d^2 products each, when K is dense."""

Progress = Callable[[str, float], object]


class ProvedRisk(Protocol):
    """What a certified runner offers beside `Runner`."""

    def exact_risk(self, digits: int) -> CertifiedDecimal:
        """R = Delta^T K Delta/2, proved to so many digits."""


@dataclass(frozen=True, eq=False)
class Rounding:
    """A replicate in three arithmetics.

    Attributes:
        times: (points,), t = k/d.
        digits: N.
        float64: (points,), risks as they round.
        proved: the risks of the exact trajectory at all times; empty when the rule has no certified run.
        counts: how its signs were decided.
        literal: the risks of the definition in N digits, as decimals,
        literal_at: and at which of the times.
        steps, literal_steps: how many were taken; in N digits.
        wrong_signs: how many of the signs of float64 differ from the proved ones, or, without those, from
            those in N digits; None for a rule without signs.
        first_wrong: the first such step.
        first_literal: the first step at which the proved signs and those in N digits differ.
        refusal: why there is no certified run; empty when there is.
    """

    times: Array
    digits: int
    float64: Array
    proved: tuple[CertifiedDecimal, ...]
    counts: SignCounts
    literal: tuple[str, ...]
    literal_at: tuple[int, ...]
    steps: int
    literal_steps: int
    wrong_signs: int | None
    first_wrong: int | None
    first_literal: int | None
    refusal: str

    @property
    def float64_error(self) -> Array:
        """Relative error of the float64 risk: (points,) against the proved one, (len(literal),) without."""
        rough = [repr(float(x)) for x in self.float64]
        if self.proved:
            return _relative([p.text for p in self.proved], rough)
        return _relative(list(self.literal), [rough[k] for k in self.literal_at])

    @property
    def literal_error(self) -> Array:
        """Relative difference of the literal risk from the proved one, (len(literal),); empty without."""
        truth = [self.proved[k].text for k in self.literal_at] if self.proved else []
        return _relative(truth, list(self.literal)[: len(truth)])


class RoundingInterrupted(KeyboardInterrupt):
    """Ctrl-C during the run in N digits; `partial` has what was finished."""

    def __init__(self, partial: Rounding) -> None:
        super().__init__(f"interrupted with {len(partial.literal)} risks in {partial.digits} digits finished")
        self.partial = partial


def rounding_study(
    recursion: Recursion,
    *,
    digits: int,
    seed: int,
    replicate: int = 0,
    literal_steps: int | None = None,
    progress: Progress = lambda stage, share: None,
) -> Rounding:
    """Run one replicate in float64, certified and in N digits.

    Args:
        recursion: the experiment; its recorded times are those of the answer.
        digits: N >= 15, of the literal run and of the proved risks.
        seed, replicate: which samples.
        literal_steps: most steps in N digits; by default as many as take `LITERAL_WORK` products.
        progress: called with the stage under way and its share done.

    Raises:
        ParameterError: digits out of range, `literal_steps` negative.
        NotConverged, StepError, NotFinite: as `Recursion.path`.
        RoundingInterrupted: Ctrl-C during the run in N digits.

    Example:
        >>> from signsgd_sym.model import SIGN, Schedule
        >>> from signsgd_sym.simulate import PoolStream
        >>> from signsgd_sym.simulate.replicate import recursion_of
        >>> pool = PoolStream([[1.0, 1.0]], noise=[0.0])
        >>> case = recursion_of(SIGN, pool, Schedule.of("1/5"), [0.3, -0.3], times=[0, 2])
        >>> study = rounding_study(case, digits=30, seed=0)  # 0.3 - 0.3 = 0: ties, and nothing moves
        >>> study.wrong_signs, study.counts.ties, study.proved[1].text
        (0, 4, '0')
    """
    if literal_steps is None:
        literal_steps = LITERAL_WORK // _products(recursion)
    if literal_steps < 0:
        raise ParameterError(f"literal_steps is {literal_steps}; it must be 0 or more")
    literal = runner_factory(recursion, precision=digits)  # refuses bad digits before any work
    progress("running in float64", 0.0)
    rough = recursion.path(seed, replicate, runner_factory(recursion, certified=False)(), keep_signs=True)
    progress("running certified", 0.0)
    exact: Path | None = None
    proved: tuple[CertifiedDecimal, ...] = ()
    refusal = ""
    try:
        exact, proved = _certified(recursion, digits, seed, replicate)
    except (
        RuleError,
        NotConverged,
    ) as reason:  # no proof for the rule, a tie or an R = 0 that no precision decides
        refusal = str(reason)

    at = _literal_at(recursion, literal_steps)
    stretch = replace(recursion, steps=recursion.steps[list(at)])
    stage, total = f"running in {digits} digits", max(literal_steps, 1)
    risks: list[str] = []

    def answer(signs: Signs) -> Rounding:
        return _study(recursion, digits, rough, exact, proved, tuple(risks), at, signs, refusal)

    def after_block(k: int) -> None:
        progress(stage, k / total)

    def recorded(runner: LiteralRunner) -> float:
        risks.append(runner.risk_digits())
        return float(risks[-1])

    if not at:
        return answer(np.empty(0, dtype=np.int8))
    try:
        path = stretch.path(
            seed,
            replicate,
            _Recorded(literal(), recorded),
            after_block=after_block,
            block_rows=1,
            keep_signs=True,
        )
    except KeyboardInterrupt:
        raise RoundingInterrupted(answer(np.empty(0, dtype=np.int8))) from None
    return answer(path.signs)


def _literal_at(recursion: Recursion, literal_steps: int) -> tuple[int, ...]:
    """Indices of at most `LITERAL_RISKS` of the times within so many steps, evenly spread."""
    within = int(np.count_nonzero(recursion.steps <= literal_steps))
    if within == 0:
        return ()
    return tuple(sorted({round(k) for k in np.linspace(0, within - 1, LITERAL_RISKS)}))


def _certified(
    recursion: Recursion,
    digits: int,
    seed: int,
    replicate: int,
    after_block: Callable[[int], None] = lambda k: None,
) -> tuple[Path, tuple[CertifiedDecimal, ...]]:
    """A certified path and its proved risks."""
    proved: list[CertifiedDecimal] = []

    def recorded(runner: ProvedRisk) -> float:
        proved.append(runner.exact_risk(digits))
        return float(proved[-1].text)

    runner = _Recorded(runner_factory(recursion, certified=True)(), recorded)
    path = recursion.path(seed, replicate, runner, after_block=after_block, keep_signs=True)
    return path, tuple(proved)


def proved_risks(
    recursion: Recursion,
    *,
    digits: int,
    seed: int,
    replicate: int,
    after_block: Callable[[int], None] = lambda k: None,
) -> tuple[CertifiedDecimal, ...]:
    """The risks of a certified replicate at the recorded times, each proved to so many digits.

    Raises:
        RuleError: there is no certified arithmetic for the rule.
        NotConverged: a sign or the risk is not decided in as many bits as are tried.
        StepError, NotFinite: as `Recursion.path`.

    Example:
        >>> from signsgd_sym.model import SIGN, Schedule
        >>> from signsgd_sym.simulate import PoolStream
        >>> from signsgd_sym.simulate.replicate import recursion_of
        >>> case = recursion_of(SIGN, PoolStream([[1.0]], noise=[0.0]), Schedule.of("1/4"), [1.0], times=[1])
        >>> print(*proved_risks(case, digits=15, seed=0, replicate=0))
        0.2812500000000000 +/- 0
    """
    return _certified(recursion, digits, seed, replicate, after_block)[1]


def _products(recursion: Recursion) -> int:
    """Products of a step: d, and those of Delta^T K Delta where the step size depends on R."""
    d = len(recursion.delta0)
    return d + (recursion.stream.second_moment.size if recursion.schedule.expr.has(R) else 0)


def _study(
    recursion: Recursion,
    digits: int,
    rough: Path,
    exact: Path | None,
    proved: tuple[CertifiedDecimal, ...],
    literal: tuple[str, ...],
    literal_at: tuple[int, ...],
    literal_signs: Signs,
    refusal: str,
) -> Rounding:
    has_signs = rough.counts.uncertified > 0
    reference = exact.signs if exact is not None else literal_signs
    wrong = _differences(rough.signs, reference)
    against = _differences(literal_signs, exact.signs) if exact is not None else wrong[:0]
    return Rounding(
        times=recursion.times,
        digits=digits,
        float64=rough.risk,
        proved=proved,
        counts=exact.counts if exact is not None else SignCounts(),
        literal=literal,
        literal_at=literal_at[: len(literal)],
        steps=int(recursion.steps[-1]),
        literal_steps=len(literal_signs),
        wrong_signs=len(wrong) if has_signs else None,
        first_wrong=int(wrong[0]) if has_signs and len(wrong) else None,
        first_literal=int(against[0]) if has_signs and len(against) else None,
        refusal=refusal,
    )


def _differences(one: Signs, other: Signs) -> Any:
    """The steps at which two runs differ, as far as both go."""
    n = min(len(one), len(other))
    return np.flatnonzero(one[:n] != other[:n])


def _relative(truth: list[str], values: list[str]) -> Array:
    """|value - truth|/truth of decimals, in exact arithmetic; 0 where both are 0, infinite where truth is."""

    def error(t: Fraction, v: Fraction) -> float:
        if t == 0:
            return 0.0 if v == 0 else float("inf")
        return float(abs(v - t) / t)

    pairs = zip(truth, values, strict=False)
    return np.array([error(Fraction(Decimal(t)), Fraction(Decimal(v))) for t, v in pairs])


class _Recorded:
    """A runner whose risk is what `risk_of` says and records."""

    def __init__(self, runner: Runner, risk_of: Callable[[Any], float]) -> None:
        self._runner, self._risk_of = runner, risk_of

    def advance(self, x: Array, eps: Array, first: int) -> Signs:
        """As the runner does."""
        return self._runner.advance(x, eps, first)

    def risk(self) -> float:
        """The risk, recorded."""
        return self._risk_of(self._runner)

    def counts(self) -> SignCounts:
        """As the runner does."""
        return self._runner.counts()
