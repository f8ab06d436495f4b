r"""Theory against simulation, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.report.significance import standardised

if TYPE_CHECKING:  # it would bring Numba with it
    from signsgd_sym.simulate.ensemble import Simulation
    from signsgd_sym.simulate.runner import SignCounts

Array = NDArray[np.float64]

STANDARD_ERRORS = 3.0
RELATIVE_BAND = 0.03
SAME = 1e-12
"""Relative difference that is rounding: at time 0 all runs agree with the curve."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """A curve and the mean of simulated runs at the same times.

    The band is `STANDARD_ERRORS` standard errors of the mean plus `RELATIVE_BAND` of the curve; `signs` says
    how the signs of the residuals were decided.
    """

    risk: Array
    mean: Array
    stderr: Array
    runs: int
    signs: SignCounts

    @property
    def gap(self) -> Array:
        """Signed relative gap (mean - curve)/curve at every time."""
        return np.asarray((self.mean - self.risk) / self.risk)

    @property
    def z(self) -> Array:
        """(mean - curve)/(standard error of the mean) at every time; 0 where both are rounding."""
        return standardised(self.mean - self.risk, self.stderr, SAME * np.abs(self.risk))

    @property
    def in_band(self) -> NDArray[np.bool_]:
        """At which times the mean lies within the band around the curve."""
        band = STANDARD_ERRORS * self.stderr + RELATIVE_BAND * self.risk
        return np.asarray(np.abs(self.mean - self.risk) <= band)

    @property
    def share_in_band(self) -> float:
        """Share of the times at which the mean lies within the band around the curve."""
        return float(np.mean(self.in_band))

    def summary(self) -> dict[str, Any]:
        """The numbers a report shows."""
        return {
            "runs": self.runs,
            "share_in_band": self.share_in_band,
            "median_gap": float(np.median(np.abs(self.gap))),
            "largest_gap": float(np.max(np.abs(self.gap))),
            "final_gap": float(self.gap[-1]),
            "largest_relative_stderr": float(np.max(self.stderr / self.mean)),
        }


def compare(risk: Array, simulation: Simulation) -> Comparison:
    """Compare a curve with a `Simulation` recorded at the same times."""
    return Comparison(risk, simulation.mean, simulation.stderr, simulation.runs, simulation.signs)
