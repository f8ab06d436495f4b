"""Scaling laws of the risk ODE under power-law spectra, lambda_i(K) = i^(-2 alpha), target i^(-beta).

Left: the risk without the noise of the steps, 10^9 modes, with the derived exponents as dotted lines. Right:
the least risk that a constant step size reaches at time t, and that step size.
"""

from pathlib import Path

import numpy as np

from signsgd_sym import SGD, SIGN, noise_law
from signsgd_sym.derive.scaling import scaling_exponents
from signsgd_sym.files import write_file
from signsgd_sym.notation import alpha, beta
from signsgd_sym.report import plots
from signsgd_sym.solve.functions import make_problem
from signsgd_sym.solve.scaling import best_constant_step, clock_curve, power_law_modes
from signsgd_sym.solve.spectrum import Spectrum

A, B = 1.2, 0.3
NOISY, QUIET = "Normal(0, 1)", "Dirac(0)"
CURVES = [
    ("SGD", "sgd", "eigenbasis", NOISY, 1e7, plots.ORANGE, "-"),
    ("sign, constant diagonal", "sign", "constant-diagonal", NOISY, 1e7, plots.BLUE, "--"),
    ("the same, no label noise", "sign", "constant-diagonal", QUIET, 1e7, plots.SKY, "-."),
    ("sign, eigenbasis", "sign", "eigenbasis", NOISY, 1e5, plots.VERMILION, "-"),
]


def exponent(rule, basis, noisy):
    """The derived exponents (in the clock, in time) as numbers."""
    found = scaling_exponents(rule, basis, noisy=noisy)
    return [float(value.subs({alpha: A, beta: B})) for value in (found.clock, found.time)]


def guide(ax, x, y, slope):
    """A dotted power law above the points, with its exponent."""
    line = 1.6 * y[-1] * (x / x[-1]) ** -slope
    ax.plot(x, line, ":", color=plots.GREY, linewidth=1)
    middle = len(x) // 2
    ax.text(x[middle], 1.5 * line[middle], f" $t^{{-{slope:.2f}}}$", color=plots.GREY, fontsize=8.5)


def draw_curves(ax, problems):
    """R(t) and its exponents."""
    for name, rule, basis, law, last, color, dash in CURVES:
        modes = power_law_modes(rule, basis, A, B, 10**9)
        curve = clock_curve(problems[rule, law], Spectrum(modes.lam, 0 * modes.forcing, modes.r0), 1.0, last)
        shown = curve.t > 0.1
        ax.plot(curve.t[shown], curve.risk[shown], dash, color=color, label=name)
        slope = exponent(rule, basis, law == NOISY)[1]
        end = curve.t > curve.t[-1] / 300
        if name != "SGD":  # whose exponent is that of signSGD at a constant diagonal
            guide(ax, curve.t[end], curve.risk[end], slope)
    ax.set(xscale="log", yscale="log", xlabel=r"time $\eta t$", ylabel=r"risk $\mathcal{R}$")
    ax.legend(frameon=False, loc="lower left", fontsize=8)


def draw_best(ax, problems):
    """The least risk, and its step size, against time."""
    times = np.geomspace(1e4, 1e8, 9)
    for rule, name, color in (("sgd", "SGD", plots.ORANGE), ("sign", "sign, eigenbasis", plots.VERMILION)):
        modes = power_law_modes(rule, "eigenbasis", A, B, 10**6)
        best = [best_constant_step(problems[rule, NOISY], modes, time, (1e-6, 1e4)) for time in times]
        risks, steps = (np.array([getattr(one, what) for one in best]) for what in ("risk", "eta"))
        ax.plot(times, risks, "o-", color=color, markersize=3.5, label=f"least risk, {name}")
        ax.plot(
            times,
            steps,
            "s--",
            color=color,
            markersize=3.5,
            markerfacecolor="white",
            label=rf"best $\eta$, {name}",
        )
        p = exponent(rule, "eigenbasis", noisy=True)[0]
        for values in (risks, steps):
            guide(ax, times, values, p / (p + 1))
    ax.set(
        xscale="log",
        yscale="log",
        xlabel="time $t$",
        ylabel=r"$\min_\eta \mathcal{R}(t)$ and the $\eta$ there",
    )
    ax.legend(frameon=False, loc=(0.02, 0.42), fontsize=8)


def figure():
    """Two panels."""
    rules = {"sign": SIGN, "sgd": SGD}
    problems = {
        (name, law): make_problem(rule, noise_law(law))
        for name, rule in rules.items()
        for law in (NOISY, QUIET)
    }
    fig, (left, right) = plots.new_figure(9.2, 3.8, columns=2)
    draw_curves(left, problems)
    draw_best(right, problems)
    return fig


if __name__ == "__main__":
    write_file(Path(__file__).with_suffix(".svg"), plots.svg(figure()))
