"""Equalities, inequalities and laws, held against the kernel at random admissible points.

CERTIFIED: at every point the balls of both sides overlap and are as small as asked. REFUTED: at one point
they are disjoint; that point is the witness. Points on a pole, a branch cut or a division by zero are drawn
again. Whatever the kernel cannot decide is UNKNOWN with the reason, never a pass.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import sympy as sp

from signsgd_sym.balls import PointRejected, Undecided, compare, enclose
from signsgd_sym.balls.evaluate import entries
from signsgd_sym.proof.setting import Setting, Site
from signsgd_sym.proof.verdict import Evidence, Verdict

MAX_BITS = 3_000
EXTREME_BITS = 640
"""At extreme points a cancellation may cost any number of bits: they get fewer, and are left out beyond."""
SHOWN_DIGITS = 15
JUMPING = 5
"""So many times the points for sides with jumps: two signs agree by chance half of the time."""
QUICK = 5
"""Points at which a difference is sought at 12 digits first: one that holds so far is hardly wrong."""
EXTREME_EVERY = 4
"""One point in four is drawn from wide ranges; moderate points come first, they refute subdominant terms."""

Test = Callable[..., tuple[str, str, str]]
"""At a site, to so many digits: ("equal" | "different" | "undecided", left value, right value or reason)."""


def equality(
    site: Site, digits: int, max_bits: int = MAX_BITS, first_digits: int = 12
) -> tuple[str, str, str]:
    """Both sides enclosed, and whether the balls overlap; sides come in pairs, all of which have to agree."""
    verdict, left, right = "equal", "", ""
    for lhs, rhs in zip(site.sides[::2], site.sides[1::2], strict=True):
        found = compare(lhs, rhs, site.point, digits, max_bits, first_digits)
        verdict, left = found.verdict, _words(found.left.ball)
        right = _words(found.right.ball) if verdict != "undecided" else found.reason
        if verdict != "equal":
            break
    return verdict, left, right


def inequality(
    site: Site, digits: int, max_bits: int = MAX_BITS, first_digits: int = 12
) -> tuple[str, str, str]:
    """lhs <= rhs for real sides: certain, certainly false, or equal to the digits asked."""
    left, right = (enclose(side, site.point, digits=digits, max_bits=max_bits).ball for side in site.sides)
    if not (left.imag.contains(0) and right.imag.contains(0)):
        return "undecided", _words(left), "a side of <= is not real"
    if left.real > right.real:
        return "different", _words(left), _words(right)
    return "equal", _words(left), _words(right)  # surely below, or equal to every digit asked for


def certify(
    setting: Setting, test: Test, seed: int, points: int = 20, digits: int = 40
) -> tuple[Verdict, Evidence]:
    """Test at `points` sites. Raises `Unsupported` when a side is outside the kernel."""
    rng, asked = Random(seed), points
    done, undecided, attempts, undefined = 0, "", 0, 0
    while done < points:
        attempts += 1
        if attempts > 20 * points + 200 or undefined > 10 + done // 2:
            reason = undecided or (
                f"a side is undefined at {undefined} points, defined at {done}; give what keeps it defined"
                if undefined
                else "too few points satisfy what is given; say it by bounds of the symbols"
            )
            return Verdict.UNKNOWN, Evidence(region=setting.region(), points=done, reason=reason)
        wide = done % EXTREME_EVERY == EXTREME_EVERY - 1 and not undecided
        site = setting.draw(rng, wide)
        if site is None:
            continue
        if not done and points <= asked and any(_jumps(side.expr) for side in site.sides):
            points = JUMPING * asked
        try:
            first = 12 if done < QUICK else digits
            verdict, left, right = test(site, digits, EXTREME_BITS if wide else MAX_BITS, first)
        except (PointRejected, ValueError, ZeroDivisionError):
            undefined += 1  # a pole, a cut, eigenvalues that do not separate: another point
            continue
        except (Undecided, ArithmeticError) as limit:  # the latter: a rewriting of SymPy's was caught
            verdict, left, right = "undecided", "", str(limit)
        if verdict == "different":
            witness = {**site.shown, "left": left, "right": right}
            seen = Evidence("balls at random points", setting.region(), done, digits, witness=witness)
            return Verdict.REFUTED, seen
        if verdict == "undecided":
            if undecided or not wide:
                evidence = Evidence(region=setting.region(), points=done, witness=site.shown, reason=right)
                return Verdict.UNKNOWN, evidence
            undecided = right  # an extreme point beyond the kernel's limits: moderate ones from here on
            continue
        done += 1
    region = setting.region() + ("; extreme values left out" if undecided else "")
    if undefined:
        region += f"; {undefined} points where a side is undefined left out"
    return Verdict.CERTIFIED, Evidence("balls at random points", region, done, digits)


def _jumps(expr: Any) -> bool:
    kinds = (sp.sign, sp.Heaviside, sp.Piecewise, sp.floor)
    return bool(expr.has(*kinds)) and not expr.has(sp.Integral, sp.Sum)


def _words(ball: Any) -> str:
    numbers = []
    for z in entries(ball):
        real = z.real.str(SHOWN_DIGITS, radius=False)
        small = z.imag.contains(0)
        numbers.append(real if small else f"{real} + {z.imag.str(SHOWN_DIGITS, radius=False)} i")
    return (
        numbers[0] if len(numbers) == 1 else "[" + ", ".join(numbers[:4]) + (", ...]" if numbers[4:] else "]")
    )
