"""phi(R) and the drift rate phi(R)/sqrt(2 R) for laws of equal interquartile range: light, heavy, discrete.

All phi tend to 2/pi for R -> oo; for R -> 0 the drift rate tends to 2 sqrt(2/pi) times the density at 0.
"""

from pathlib import Path

import numpy as np

from signsgd_sym import SIGN, derive_risk_ode, derive_sde, noise_law
from signsgd_sym.files import write_file
from signsgd_sym.report import plots
from signsgd_sym.solve.functions import make_problem

# Half of the mass within [-1, 1], but for Rademacher, whose mass is at -1 and 1.
LAWS = [
    ("Normal", "Normal(0, 1.4826)", plots.BLUE, "-"),
    ("Laplace", "Laplace(0, 1.4427)", plots.VERMILION, "--"),
    ("Cauchy", "Cauchy(0, 1)", plots.GREEN, "-."),
    ("Uniform", "Uniform(-2, 2)", plots.PURPLE, ":"),
    ("Rademacher", "Rademacher(1)", plots.ORANGE, (0, (5, 1, 1, 1, 1, 1))),
]


def figure():
    """Two panels: phi, and phi/sqrt(2 R)."""
    R = np.logspace(-4, 4, 400)
    ode = derive_risk_ode(derive_sde(SIGN))
    fig, (left, right) = plots.new_figure(9.2, 3.6, columns=2)
    for name, text, color, dash in LAWS:
        module = make_problem(SIGN, noise_law(text), ode=ode).module
        left.plot(R, module.phi(R), color=color, linestyle=dash, label=name)
        right.plot(R, module.drift_rate(R), color=color, linestyle=dash, label=name)
    left.axhline(2 / np.pi, color=plots.GREY, linewidth=0.8, linestyle=":")
    left.text(R[0], 2 / np.pi, r" $2/\pi$", va="bottom", color=plots.GREY)
    left.set(xscale="log", xlabel=r"risk $\mathcal{R}$", ylabel=r"$\phi(\mathcal{R})$")
    right.set(
        xscale="log",
        yscale="log",
        ylim=(1e-3, 2),
        xlabel=r"risk $\mathcal{R}$",
        ylabel=r"$\phi(\mathcal{R})/\sqrt{2\mathcal{R}}$",
    )
    right.legend(frameon=False)
    return fig


if __name__ == "__main__":
    write_file(Path(__file__).with_suffix(".svg"), plots.svg(figure()))
