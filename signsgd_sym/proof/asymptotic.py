"""Limits and orders, measured: the remainder at arguments that shrink doubly exponentially.

With h_m = 2^(-2^m) and x = point + c h_m (or c/h_m for a point at infinity), the remainder |lhs - rhs| is
enclosed in as much precision as it takes and compared with the order that is claimed. Write e_m =
log2(remainder/claimed), maximum over a few multiples c, and d_m = e_(m+1) - e_m. A wrong power makes d_m grow
in proportion to 2^m; a factor log^p x makes it tend to p; a sharp claim to 0; a cautious one makes it
negative. So no higher order than measured passes, nor one that misses a logarithm.

A limit is the claim that the remainder tends to 0. It passes on a power of h, or on a power of log h once d_m
has settled; slower than that (log log) is UNKNOWN; a remainder that stays is REFUTED.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Any

import sympy as sp
from flint import arb

from signsgd_sym.balls import PointRejected, Undecided, enclose
from signsgd_sym.balls.ball import upper
from signsgd_sym.proof.setting import Setting, Site
from signsgd_sym.proof.verdict import Evidence, Verdict


@dataclass(frozen=True)
class Effort:
    """How far and how often to look: m of h = 2^(-2^m) goes from 4 to `deepest`, at `samples` points.

    At least `ENOUGH` values of m are needed for a verdict. What is expensive to enclose is measured less
    deep.
    """

    deepest: int = 10
    samples: int = 5

    @property
    def exponents(self) -> range:
        """The values of m."""
        return range(4, self.deepest + 1)


MULTIPLES = (sp.Integer(1), sp.Rational(7, 5), sp.Rational(17, 9))
DIGITS = 12
MAX_BITS = 40_000
SHARP = 0.05
ENOUGH = 4
"""Values of m that have to be evaluated for a verdict."""


@dataclass(frozen=True)
class Approach:
    """How `variable` tends to `point`, from the side `direction` ("+" or "-")."""

    variable: Any
    point: Any
    direction: str

    def at(self, m: int, multiple: Any) -> Any:
        """The argument at h_m."""
        h = sp.Integer(2) ** -(2**m)
        if self.point.is_infinite:
            value = multiple / h if not self.variable.is_integer else sp.ceiling(multiple / h)
            return value if self.point is sp.oo else -value
        return self.point + multiple * h if self.direction == "+" else self.point - multiple * h

    def words(self) -> str:
        """For evidence and witnesses."""
        side = "" if self.point.is_infinite else f" from {'above' if self.direction == '+' else 'below'}"
        return f"{self.variable} -> {self.point}{side}"


def sides_of(variable: Any, point: Any, direction: str) -> list[Approach]:
    """The sides from which the variable can come, given its sign."""
    if point.is_infinite:
        return [Approach(variable, point, "+")]
    allowed = direction or "+-"
    if variable.is_nonnegative and point == 0:
        allowed = "+"
    if variable.is_nonpositive and point == 0:
        allowed = "-"
    return [Approach(variable, point, sign) for sign in allowed]


@dataclass(frozen=True)
class Measured:
    """log2 of the remainder (or remainder/claimed) for m in `ms`; -inf where it is 0 to all digits."""

    ms: tuple[int, ...]
    logs: tuple[float, ...]

    def changes(self) -> list[float]:
        """d_m for successive m."""
        return [b - a for a, b in zip(self.logs, self.logs[1:], strict=False)]

    def rate(self) -> float:
        """Exponent q of remainder ~ h^q, from the last two values."""
        return -(self.logs[-1] - self.logs[-2]) / (2 ** self.ms[-1] - 2 ** self.ms[-2])


def measure(site: Site, approach: Approach, exponents: Iterable[int]) -> Measured:
    """log2 |remainder/scale|, the two sides of `site`, along the approach, as far as the kernel reaches."""
    remainder, scale = site.sides
    ms: list[int] = []
    logs: list[float] = []
    for m in exponents:
        worst = -math.inf
        try:
            for multiple in MULTIPLES:
                point = {**site.point, approach.variable: approach.at(m, multiple)}
                claimed = enclose(scale, point, digits=DIGITS, max_bits=MAX_BITS).ball
                size = upper(claimed)
                tiny = size * arb(2) ** -(2 ** (m + 4))
                found = enclose(remainder, point, digits=DIGITS, max_bits=MAX_BITS, absolute=tiny).ball
                # The quotient first: the logarithms of both may agree in all digits of a float.
                quotient = math.inf if size.is_zero() else _log2(upper(found) / size)
                worst = max(worst, quotient)
        except (PointRejected, Undecided):
            if ms:
                break
            continue
        ms.append(m)
        logs.append(worst)
    return Measured(tuple(ms), tuple(logs))


def _log2(x: arb) -> float:
    """log2 of a positive arb of any magnitude; -inf for 0."""
    if x.is_zero():
        return -math.inf
    return float((x.log() / arb(2).log()).mid())


def judge_order(found: Measured) -> tuple[Verdict, str]:
    """Verdict on `remainder = O(claimed)` from log2(remainder/claimed)."""
    if len(found.ms) < ENOUGH:
        return Verdict.UNKNOWN, "the remainder could not be evaluated close enough to the point"
    if found.logs[-1] < -(2 ** (found.ms[-1] + 2)):
        return Verdict.ASYMPTOTIC, "the remainder vanishes to all digits"
    change = found.changes()[-1]
    step = 2 ** found.ms[-1] - 2 ** found.ms[-2]
    if change / step > 0.01:
        return Verdict.REFUTED, f"the remainder exceeds the claim by a power {change / step:.3f} of 1/h"
    if change > SHARP:
        return Verdict.REFUTED, f"the remainder exceeds the claim by a logarithm to the power {change:.2f}"
    if change < -SHARP:
        return Verdict.ASYMPTOTIC, f"smaller than claimed, by a power {-change / step:.3f} of h"
    return Verdict.ASYMPTOTIC, "sharp"


def judge_limit(found: Measured) -> tuple[Verdict, str]:
    """Verdict on `remainder -> 0` from log2(remainder)."""
    if len(found.ms) < ENOUGH:
        return Verdict.UNKNOWN, "the remainder could not be evaluated close enough to the point"
    if found.logs[-1] < -(2 ** (found.ms[-1] + 2)):
        return Verdict.ASYMPTOTIC, "the remainder vanishes to all digits"
    changes = found.changes()
    if found.rate() > 0.01:
        return Verdict.ASYMPTOTIC, f"rate: remainder ~ h^{found.rate():.3f}"
    last, before = changes[-1], changes[-2]
    if last > SHARP:
        return Verdict.REFUTED, "the remainder grows"
    settled = changes[-3:]
    if last < -SHARP and max(settled) - min(settled) < 0.1 * abs(last):
        return Verdict.ASYMPTOTIC, f"rate: remainder ~ |log h|^{last:.2f}"
    if abs(last) <= 0.6 * abs(before) or (abs(last) < 1e-9 and abs(before) < 1e-9):
        return Verdict.REFUTED, f"the remainder stays near {2.0 ** found.logs[-1]:.3g}"
    return Verdict.UNKNOWN, "the remainder falls too slowly to tell (slower than any power of a logarithm)"


def judge(
    setting: Setting, is_limit: bool, approach: Approach, seed: int, effort: Effort = Effort()
) -> tuple[Verdict, Evidence]:
    """Measure at admissible values of the other symbols; the weakest of the verdicts.

    The sides of `setting` are the remainder and the order that is claimed, 1 for a limit. Raises
    `Unsupported` for what the kernel cannot compile.
    """
    rng, region = Random(seed), setting.region()
    verdict, words, done, tries = Verdict.ASYMPTOTIC, "", 0, 0
    while done < effort.samples and tries < 200:
        tries += 1
        site = setting.draw(rng, False)
        if site is None:
            continue
        found = measure(site, approach, effort.exponents)
        one, sentence = judge_limit(found) if is_limit else judge_order(found)
        done += 1
        if one is Verdict.REFUTED:
            witness = dict(site.shown)
            m = found.ms[-1]
            witness[str(approach.variable)] = f"{approach.at(m, MULTIPLES[0])}" if m < 6 else f"h = 2^-{2**m}"
            evidence = Evidence(
                "remainder at shrinking arguments", region, done, order=sentence, witness=witness,
                reason=f"{approach.words()}: {sentence}",
            )  # fmt: skip
            return one, evidence
        if one.rank > verdict.rank or not words:
            verdict, words = Verdict.weakest([verdict, one]), sentence
    if not done:
        return Verdict.UNKNOWN, Evidence(region=region, reason="no admissible point was found")
    evidence = Evidence(
        "remainder at shrinking arguments",
        region,
        done,
        order=f"{words}, h to 2^-{2**effort.deepest}, {approach.words()}",
    )
    if verdict is Verdict.UNKNOWN:
        evidence = Evidence(region=region, points=done, reason=f"{approach.words()}: {words}")
    return verdict, evidence
