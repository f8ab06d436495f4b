r"""Plots that take and return Matplotlib axes, with the symbols of the text.

Colours are those of Okabe and Ito, distinguishable with every common colour vision; lines differ in
dash as well, so that print in grey stays readable.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.errors import ParameterError

Array = NDArray[np.float64]

BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, GREY = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#CC79A7",
    "#56B4E9",
    "#555555",
)
STYLE: Any = {
    "font.size": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.labelsize": 10.5,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.6,
    "mathtext.fontset": "cm",
    "svg.hashsalt": "signsgd-sym",  # the same data give the same file
    "svg.fonttype": "path",
}


def new_figure(
    width: float = 7.0, height: float = 3.8, rows: int = 1, columns: int = 1, **layout: Any
) -> tuple[Any, Any]:
    """A figure and its axes in the house style, without touching Matplotlib's global state."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(rows, columns, **layout)
    return figure, axes


def risk_axes(ax: Any) -> Any:
    """Label axes for risk against time, the risk logarithmic."""
    ax.set_xlabel(r"time $t = k/d$")
    ax.set_ylabel(r"risk $\mathcal{R}(t)$")
    ax.set_yscale("log")
    ax.grid(True, which="major", color="#dddddd", linewidth=0.6)
    ax.set_axisbelow(True)
    return ax


def plain_decades(ax: Any) -> Any:
    """Ticks at 1, 2 and 5 times the powers of ten, as plain numbers: for a logarithmic y of two decades."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _position: f"{value:g}"))
    ax.yaxis.set_minor_formatter(NullFormatter())
    return ax


def draw_curve(ax: Any, t: Array, risk: Array, label: str, color: str = BLUE, dash: str = "-") -> Any:
    """The solution of the risk ODE."""
    ax.plot(t, risk, dash, color=color, label=label, zorder=3)
    return ax


def draw_simulation(
    ax: Any, t: Array, mean: Array, stderr: Array, label: str, color: str, marker: str = "o"
) -> Any:
    """Means of simulated runs with bars of 3 standard errors, at a readable number of times."""
    step = max(1, (len(t) - 1) // 20)
    at = slice(None, None, step)
    bars = np.nan_to_num(3 * stderr[at])
    ax.errorbar(
        t[at],
        mean[at],
        yerr=np.minimum(bars, 0.999 * mean[at]),
        fmt=marker,
        markersize=3.6,
        color=color,
        markerfacecolor="white",
        elinewidth=0.9,
        capsize=1.5,
        label=label,
        zorder=4,
    )
    return ax


def draw_level(ax: Any, level: float | None, label: str, *, near: Array, color: str = GREY) -> Any:
    """A horizontal line at `level`, unless it is a decade or more away from `near` and would squeeze it."""
    if level is not None and 0.1 * float(np.min(near)) <= level <= 10 * float(np.max(near)):
        ax.axhline(level, color=color, linewidth=0.9, linestyle=":", label=label, zorder=2)
    return ax


def draw_gap(
    ax: Any, t: Array, gap: Array, half_width: Array, label: str, color: str, marker: str = "o"
) -> Any:
    """Relative gap between simulation and curve in per cent, with the half-width of its band as bars."""
    step = max(1, (len(t) - 1) // 20)
    at = slice(step, None, step)
    ax.errorbar(
        t[at],
        100 * gap[at],
        yerr=100 * np.nan_to_num(half_width[at]),
        fmt=marker + "-",
        markersize=3.2,
        color=color,
        markerfacecolor="white",
        linewidth=0.8,
        elinewidth=0.8,
        capsize=1.5,
        label=label,
        zorder=4,
    )
    return ax


def checked_format(path: str) -> str:
    """The format that the ending of `path` names: svg, pdf or png; raises `ParameterError` for another."""
    kind = path.rsplit(".", 1)[-1].lower() if "." in path else ""
    if kind not in ("svg", "pdf", "png"):
        raise ParameterError(f"the plot file {path!r} must end in .svg, .pdf or .png.")
    return kind


def _rendered(figure: Any, kind: str) -> bytes:
    import matplotlib as mpl

    buffer = io.BytesIO()
    metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}[kind]
    with mpl.rc_context(STYLE):
        figure.savefig(buffer, format=kind, dpi=160, metadata=metadata)
    return buffer.getvalue()


def svg(figure: Any) -> str:
    """The figure as SVG text, the same for the same data."""
    return _rendered(figure, "svg").decode()


def image_bytes(figure: Any, path: str) -> bytes:
    """The figure in the format of the file name's ending."""
    return _rendered(figure, checked_format(path))
