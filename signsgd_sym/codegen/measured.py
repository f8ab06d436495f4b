"""How far a target is from certified values, found by running it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from signsgd_sym.codegen.harness import RUNNERS
from signsgd_sym.codegen.reference import Reference

LOWEST, HIGHEST = 1e-12, 1e12
PHI_AND_RATE = ("phi", "drift_rate")
EXACT = "against ball arithmetic"


@dataclass(frozen=True)
class Measured:
    """Largest errors of the functions `names` on `interval`, in ulp and relative, at `points` R.

    Where phi < 1e-290 errors are counted as if it were 1e-290. `tool` is what ran the code, `against` what it
    was compared with; errors are shown relative where that is not exact.
    """

    target: str
    ulp: tuple[float, ...]
    relative: tuple[float, ...]
    points: int
    tool: str
    names: tuple[str, ...] = PHI_AND_RATE
    interval: tuple[float, float] = (LOWEST, HIGHEST)
    against: str = EXACT

    @property
    def text(self) -> str:
        """One line for a header."""
        if self.against == EXACT:
            errors = ", ".join(f"{e:.1f} ulp in {name}" for e, name in zip(self.ulp, self.names, strict=True))
        else:
            pairs = zip(self.relative, self.names, strict=True)
            errors = ", ".join(f"{e:.1e} relative in {name}" for e, name in pairs)
        low, high = self.interval
        # Names such as 1e-12 are read more easily than 0.000000000001.
        where = f"R in [{low:.4g}, {high:.4g}]".replace("e+", "e")
        small = " (absolute where phi < 1e-290)" if "phi" in self.names else ""
        return f"at most {errors} at {self.points} points {where}{small}, run by {self.tool}, {self.against}"


def measure(
    target: str,
    source: str,
    *references: Reference,
    names: tuple[str, ...] = PHI_AND_RATE,
    against: str = EXACT,
) -> Measured | str:
    """Run `source`, its functions `names`, each with its reference; what is missing on this machine, in
    words, where it cannot be run.

    Raises `NotConverged` when the code does not build or crashes.
    """
    runner = RUNNERS[target]
    missing = runner.missing()
    if missing:
        return missing
    risks = references[0].risks
    inner = (risks >= LOWEST) & (risks <= HIGHEST)
    values = runner.run(source, risks[inner], names)
    ulp, relative = [], []
    for column, reference in enumerate(references):
        found = values[:, column]
        part = reference.where(inner)
        ulp.append(float(np.max(part.ulp(found))))
        relative.append(float(np.max(part.relative(found))))
    interval = (LOWEST, HIGHEST) if against == EXACT else (float(risks.min()), float(risks.max()))
    points = int(inner.sum())
    return Measured(target, tuple(ulp), tuple(relative), points, runner.tool(), names, interval, against)
