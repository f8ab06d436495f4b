"""Adam under Gaussian label noise: its two constants, the kernel of its noise, and its risk curves.

Without momentum Adam goes from signSGD (beta2 -> 0: c1 = 2/pi, c2 = 1, k = (2/pi) arcsin) to a preconditioned
SGD (beta2 -> 1: c1 = c2 = 1, k = rho); on the way both constants have a minimum. Momentum raises both where
beta2 is small and loses its effect as beta2 -> 1. Points are means of 32 runs with 3 standard errors.
"""

from pathlib import Path

import numpy as np

from signsgd_sym import Covariance, noise_law, risk_curve
from signsgd_sym.files import write_file
from signsgd_sym.model.adam import Adam
from signsgd_sym.report import plots
from signsgd_sym.simulate import GaussianStream, simulate
from signsgd_sym.solve.adam_constants import adam_constants
from signsgd_sym.solve.adam_kernel import adam_kernel

SEED, RUNS, LAW = 23, 32, "Normal(0, 1)"
MOMENTUM = ["1/2", "3/5", "3/4", "9/10", "97/100", "99/100", "999/1000"]
KERNELS = [("1/100", plots.BLUE, "-"), ("1/2", plots.VERMILION, "--"), ("9/10", plots.GREEN, "-.")]
CASES = [
    ("0", "1/2", plots.VERMILION, "--", "o"),
    ("9/10", "1/2", plots.PURPLE, ":", "s"),
    ("9/10", "99/100", plots.GREEN, "-", "^"),
]


def decimal(fraction):
    """A fraction as a short decimal."""
    return f"{float(Adam(0, fraction).beta2):g}"


def draw_constants(ax):
    """c1 and c2 against beta2, on a logit scale, without and with momentum."""
    beta2 = 1 / (1 + np.exp(-np.linspace(-11, 6.5, 50)))
    found = [adam_constants(0, f"{value:.8f}", digits=4) for value in beta2]
    old = [adam_kernel(Adam("9/10", value)) for value in MOMENTUM]
    few = [float(Adam(0, value).beta2) for value in MOMENTUM]
    for name, color, dash in (("c1", plots.BLUE, "-"), ("c2", plots.VERMILION, "--")):
        label = f"$c_{name[1]}$"
        ax.plot(beta2, [float(getattr(one, name).text) for one in found], dash, color=color, label=label)
        ax.plot(
            few,
            [getattr(one, name) for one in old],
            "o-",
            color=color,
            markersize=3.5,
            markerfacecolor="white",
            linewidth=0.8,
            label=rf"{label}, $\beta_1 = 0.9$",
        )
    for level, text in ((2 / np.pi, r"$2/\pi$"), (1.0, "$1$")):
        ax.axhline(level, color=plots.GREY, linewidth=0.8, linestyle=":", zorder=1)
        ax.text(beta2[0], level, text, va="bottom", color=plots.GREY)
    ax.set_xscale("logit")
    ax.set(xlabel=r"$\beta_2$", ylabel=r"$c_1$, $c_2$", ylim=(0.55, 2.05))
    ax.legend(frameon=False, loc="upper left")


def draw_kernels(ax):
    """k(rho) for beta1 = 0, and its ends (2/pi) arcsin(rho) and rho."""
    rho = np.sin(np.linspace(0, np.pi / 2, 100))  # dense at 1, where the arcsine is steep
    arcsine = r"$\beta_2 = 0$: $(2/\pi)\arcsin\rho$"
    ax.plot(rho, 2 / np.pi * np.arcsin(rho), color="black", linewidth=1.0, label=arcsine)
    for beta2, color, dash in KERNELS:
        label = rf"$\beta_2 = {decimal(beta2)}$"
        ax.plot(rho, adam_kernel(Adam(0, beta2))(rho), dash, color=color, label=label)
    ax.plot(rho, rho, color=plots.GREY, linewidth=1.0, linestyle=":", label=r"$\beta_2 \to 1$: $\rho$")
    ax.set(xlabel=r"correlation $\rho$", ylabel=r"$k(\rho)$", xlim=(0, 1), ylim=(0, 1))
    ax.legend(frameon=False)


def draw_risks(ax):
    """Simulated Adam against its ODE."""
    K = Covariance.ar1(300, 0.5)
    stream = GaussianStream(K, noise_law(LAW))
    for beta1, beta2, color, dash, marker in CASES:
        adam = Adam(beta1, beta2)
        curve = risk_curve(LAW, K, "1/2", 6, points=60, optimizer=adam)
        runs = simulate(adam, stream, curve.schedule, curve.delta0, times=curve.t, runs=RUNS, seed=SEED)
        label = rf"$\beta_1 = {decimal(beta1)}$, $\beta_2 = {decimal(beta2)}$"
        plots.draw_curve(ax, curve.t, curve.risk, label, color, dash)
        plots.draw_simulation(ax, curve.t, runs.mean, runs.stderr, None, color, marker)
    plots.plain_decades(plots.risk_axes(ax))
    ax.legend(frameon=False)


def figure():
    """Three panels: constants, kernels, risks."""
    fig, (constants, kernels, risks) = plots.new_figure(11.5, 3.9, columns=3)
    draw_constants(constants)
    draw_kernels(kernels)
    draw_risks(risks)
    return fig


if __name__ == "__main__":
    write_file(Path(__file__).with_suffix(".svg"), plots.svg(figure()))
