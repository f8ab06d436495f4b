"""Phase diagrams as figures: where signSGD wins, and by how much."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from signsgd_sym.report import plots
from signsgd_sym.solve.phase import PhaseDiagram

Advantage = Literal["rest", "rate", "risk"]
LABELS = {
    "noise": r"scale $v$ of the noise $v\,t_\nu$",
    "tail": r"tail index $\nu$",
    "exponent": r"spectrum exponent $\alpha$",
    "spread": r"spread of the diagonal $s$",
}
LOGARITHMIC = {"noise", "tail"}
TITLES = {
    "rest": r"at rest: $\log(q_{\mathrm{SGD}}/q_{\mathrm{sign}})$, $q = \mathcal{R}/\mathcal{P}$",
    "rate": r"rate: $\log(4\kappa_{\mathrm{SGD}}/(\pi^2\kappa_{\mathrm{sign}}))$",
    "risk": r"risk: $\log(\mathcal{R}_{\mathrm{SGD}}(T)/\mathcal{R}_{\mathrm{sign}}(T))$",
}


def draw_phase(ax: Any, diagram: PhaseDiagram, advantage: Advantage, limit: float | None = None) -> Any:
    """One map on axes: orange where signSGD wins, blue where SGD does, a black line where they are equal.

    Hatched where SGD has no curve. `limit` is the end of the colour scale, the largest finite value without.
    Returns the mappable, for a colour bar.
    """
    from matplotlib.colors import LinearSegmentedColormap, ListedColormap

    value = getattr(diagram, advantage)
    finite = np.ma.masked_invalid(value)
    bound = limit or max(float(np.abs(finite).max()) if finite.count() else 1.0, 1e-3)
    # Blue to white to orange: the palette's two ends, told apart with every common colour vision.
    colors = LinearSegmentedColormap.from_list("wins", [plots.BLUE, "#FFFFFF", plots.VERMILION])
    mesh = ax.pcolormesh(
        diagram.x, diagram.y, finite, cmap=colors, vmin=-bound, vmax=bound, shading="nearest", rasterized=True
    )
    if finite.count() and finite.min() < 0 < finite.max():
        ax.contour(diagram.x, diagram.y, finite, levels=[0.0], colors="black", linewidths=1.4)
    if np.isposinf(value).any():
        lost = np.ma.masked_where(~np.isposinf(value), np.ones_like(value))
        grey = ListedColormap(["#eeeeee"])
        ax.pcolor(
            diagram.x,
            diagram.y,
            lost,
            cmap=grey,
            hatch="////",
            edgecolor="#999999",
            linewidth=0,
            shading="nearest",
        )
        rows = np.flatnonzero(np.isposinf(value).all(axis=1))
        if len(rows):
            ax.text(
                float(diagram.x[len(diagram.x) // 2]),
                float(np.median(diagram.y[rows])),
                "no variance: SGD has no risk curve",
                ha="center",
                va="center",
                fontsize=8,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
            )
    for name, values, axis in (
        (diagram.horizontal, diagram.x, ax.xaxis),
        (diagram.vertical, diagram.y, ax.yaxis),
    ):
        if name in LOGARITHMIC:
            _logarithmic(axis, values)
    ax.set(xlabel=LABELS[diagram.horizontal], ylabel=LABELS[diagram.vertical])
    ax.set_title(TITLES[advantage], fontsize=9.5)
    return mesh


def _logarithmic(axis: Any, values: Any) -> None:
    """A logarithmic axis; with plain numbers where it has less than two decades."""
    from matplotlib.ticker import FixedLocator, NullFormatter, ScalarFormatter

    getattr(axis.axes, f"set_{axis.axis_name}scale")("log")
    if values.max() < 100 * values.min():
        marks = [
            mark
            for mark in (0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 50, 100)
            if values.min() <= mark <= values.max()
        ]
        axis.set_major_locator(FixedLocator(marks))
        axis.set_major_formatter(ScalarFormatter())
        axis.set_minor_formatter(NullFormatter())


def phase_figure(panels: list[tuple[PhaseDiagram, Advantage]]) -> Any:
    """Maps side by side, each with its colour bar; positive is signSGD's advantage."""
    figure, axes = plots.new_figure(4.3 * len(panels), 3.7, columns=len(panels), squeeze=False)
    for ax, (diagram, advantage) in zip(axes[0], panels, strict=True):
        mesh = draw_phase(ax, diagram, advantage)
        bar = figure.colorbar(mesh, ax=ax, shrink=0.75)
        bar.outline.set_visible(False)
        bar.ax.set_title("signSGD", fontsize=8, loc="left")
        bar.ax.set_xlabel("SGD", fontsize=8, loc="left")
    return figure
