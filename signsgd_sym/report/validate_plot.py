"""The two panels of a validation: the risk, and the mean step coordinate by coordinate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from signsgd_sym.files import write_file
from signsgd_sym.report import plots
from signsgd_sym.report.one_step import OneStep
from signsgd_sym.report.risk_command import draw_risk
from signsgd_sym.report.validation import Validation


def draw_mean_step(ax: Any, steps: tuple[OneStep, ...]) -> Any:
    """z of the sample means of f(r x_i) against their exact values, with the threshold."""
    looks = ((plots.BLUE, "o"), (plots.VERMILION, "x"))
    for step, (color, marker) in zip(steps, looks, strict=False):
        *coordinates, along = step.drift.z
        ax.plot(
            np.arange(len(coordinates)),
            coordinates,
            marker,
            color=color,
            markersize=3.0,
            markerfacecolor="none",
            markeredgewidth=0.8,
            label=rf"$t = {step.time:.4g}$ (along $\mathbb{{E}}[F]$: $z = {along:.1f}$)",
            zorder=3,
        )
    bound = steps[0].drift.threshold
    for level in (-bound, bound):
        label = "threshold" if level > 0 else None
        ax.axhline(level, color=plots.GREY, linewidth=1.0, linestyle="--", label=label, zorder=2)
    ax.axhline(0.0, color="#dddddd", linewidth=0.6, zorder=1)
    reach = 1.25 * max(bound, *(step.drift.largest_z for step in steps))
    ax.set_ylim(-reach, 1.7 * reach)  # with room for the legend
    ax.set_xlabel("coordinate $i$")
    ax.set_ylabel(r"$z$ of the mean of $F_i = f(r x_i)$")
    samples = steps[0].drift.samples
    ax.set_title(f"one step, {samples:,} samples against the exact mean", fontsize=10.5)
    ax.legend(frameon=False, loc="upper right")
    return ax


def validation_plot(found: Validation, path: Path) -> None:
    """Write the plot; the format follows the file's ending."""
    figure, (left, right) = plots.new_figure(11.0, 3.8, columns=2)
    draw_risk(left, found.theory, found.comparison)
    draw_mean_step(right, found.steps)
    write_file(path, plots.image_bytes(figure, str(path)))
