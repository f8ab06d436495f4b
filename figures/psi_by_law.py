"""Noise compression psi(R) for laws of equal interquartile range, against the risk.

Gaussian noise has psi = 1. Above pi/2, the dashed line, signSGD rests lower than SGD at the matched step; a
law without a variance would lie at infinity.
"""

from pathlib import Path

import numpy as np

from signsgd_sym import SIGN, derive_risk_ode, derive_sde, noise_law
from signsgd_sym.files import write_file
from signsgd_sym.report import plots
from signsgd_sym.solve.functions import make_problem

# Half of the mass within [-1, 1], but for Rademacher, whose mass is at -1 and 1.
LAWS = [
    ("Student t, $\\nu = 3$", "1.3074*StudentT(3)", plots.GREEN, "-."),
    ("Laplace", "Laplace(0, 1.4427)", plots.VERMILION, "--"),
    ("Normal", "Normal(0, 1.4826)", plots.BLUE, "-"),
    ("Uniform", "Uniform(-2, 2)", plots.PURPLE, ":"),
    ("Rademacher", "Rademacher(1)", plots.ORANGE, (0, (5, 1, 1, 1, 1, 1))),
]


def figure():
    """Two panels: phi, which is at most 2/pi, and psi, which is not bounded."""
    R = np.logspace(-3, 3, 300)
    ode = derive_risk_ode(derive_sde(SIGN))
    fig, (left, right) = plots.new_figure(9.2, 3.6, columns=2)
    for name, text, color, dash in LAWS:
        module = make_problem(SIGN, noise_law(text), ode=ode).module
        left.plot(R, module.phi(R), color=color, linestyle=dash, label=name)
        right.plot(R, module.psi(R), color=color, linestyle=dash, label=name)
    right.axhline(np.pi / 2, color=plots.GREY, linewidth=0.9, linestyle="--")
    right.text(R[-1], np.pi / 2, r"$\pi/2$", va="bottom", ha="right", color=plots.GREY)
    left.set(xscale="log", xlabel=r"risk $\mathcal{R}$", ylabel=r"$\phi(\mathcal{R})$")
    right.set(xscale="log", ylim=(0, 2), xlabel=r"risk $\mathcal{R}$", ylabel=r"$\psi(\mathcal{R})$")
    left.legend(frameon=False)
    return fig


if __name__ == "__main__":
    write_file(Path(__file__).with_suffix(".svg"), plots.svg(figure()))
