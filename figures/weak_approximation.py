"""The mean sign of a minibatch gradient: exact, by the error function, linear, and in a simulation of 40 000.

Right: where the error function (from the central limit theorem) and the line (from high dimension) are right
to 5 % at the correlation rho = d^(-1/2) that is typical in dimension d.
"""

from pathlib import Path

import numpy as np

from signsgd_sym.files import write_file
from signsgd_sym.report import plots
from signsgd_sym.solve.minibatch import minibatch_means

SEED, RUNS, TOLERANCE = 17, 40_000, 0.05
BATCHES = [(1, plots.BLUE, "o"), (4, plots.VERMILION, "s"), (32, plots.GREEN, "^")]


def simulated(rng, rho, b):
    """Mean of sign(sum of r_m x_m) over RUNS minibatches of b pairs of correlation rho."""
    r = rng.standard_normal((RUNS, b))
    x = rho * r + np.sqrt(1 - rho**2) * rng.standard_normal((RUNS, b))
    return np.mean(np.sign(np.einsum("nb,nb->n", r, x)))


def draw_means(ax, means):
    """Mean step against correlation, for three batch sizes."""
    rng, rho, few = np.random.default_rng(SEED), np.linspace(0, 0.98, 200), np.linspace(0.05, 0.95, 10)
    for b, color, marker in BATCHES:
        ax.plot(rho, means.exact(rho, b), color=color, label=f"$b = {b}$")
        ax.plot(rho, means.normal(rho, b), color=color, linestyle="--", linewidth=1.1)
        ax.plot(rho, means.linear(rho, b), color=color, linestyle=":", linewidth=1.1)
        seen = [simulated(rng, r, b) for r in few]
        ax.plot(few, seen, marker, color=color, markerfacecolor="white", markersize=4)
    for style, name in (("-", "exact"), ("--", "error function"), (":", "linear")):
        ax.plot([], [], color=plots.GREY, linestyle=style, label=name)
    ax.set(xlabel=r"correlation $\rho$", ylabel=r"mean sign $m_b(\rho)$", xlim=(0, 1), ylim=(0, 1.08))
    ax.legend(frameon=False, ncols=2, loc=(0.46, 0.01), fontsize=8, columnspacing=1.0)


def draw_chart(ax, means):
    """Batch size against dimension: where each form is right to TOLERANCE."""
    b, d = np.meshgrid(np.geomspace(1, 1e4, 240), np.geomspace(2, 1e4, 240))
    exact = means.exact(1 / np.sqrt(d), b)
    errors = (np.abs(form(1 / np.sqrt(d), b) / exact - 1) for form in (means.normal, means.linear))
    for error, color, hatch in zip(errors, (plots.VERMILION, plots.BLUE), ("//", "\\\\"), strict=True):
        inside = np.where(error <= TOLERANCE, 1.0, 0.0)
        ax.contourf(b, d, inside, levels=[0.5, 1.5], colors=[color], alpha=0.18)
        filled = ax.contourf(b, d, inside, levels=[0.5, 1.5], colors="none", hatches=[hatch])
        filled.set(edgecolor=color, linewidth=0)
        ax.contour(b, d, error, levels=[TOLERANCE], colors=[color], linewidths=1.4)
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.9, "pad": 2}
    ax.set_title(f"error below {TOLERANCE:.0%} of the mean sign", fontsize=9.5)
    ax.text(900, 6, "error function", color=plots.VERMILION, ha="center", bbox=box)
    ax.text(1.9, 900, "line", color=plots.BLUE, ha="center", bbox=box)
    ax.text(90, 2500, "both", color="black", ha="center", bbox=box)
    ax.set(xscale="log", yscale="log", xlabel="batch size $b$", ylabel=r"dimension $d = \rho^{-2}$")


def figure():
    """Two panels: the means, and where the approximations hold."""
    means = minibatch_means()
    fig, (left, right) = plots.new_figure(9.2, 3.8, columns=2)
    draw_means(left, means)
    draw_chart(right, means)
    return fig


if __name__ == "__main__":
    write_file(Path(__file__).with_suffix(".svg"), plots.svg(figure()))
