"""The stationary risk against the step: signSGD, and SGD at the matched step, for three laws of one variance.

At the matched step signSGD rests lower where psi exceeds pi/2: never under Gaussian noise, at small steps
under Laplace noise, and up to a step of 0.4 under heavy tails.
"""

from pathlib import Path

import numpy as np

from signsgd_sym import SGD, SIGN, Covariance, derive_risk_ode, derive_sde, noise_law
from signsgd_sym.files import write_file
from signsgd_sym.report import plots
from signsgd_sym.solve.attribution import typical_deviation
from signsgd_sym.solve.curve import stationary_risk
from signsgd_sym.solve.functions import make_problem

LAWS = [
    ("Normal", "Normal(0, 1)"),
    ("Laplace", "2**(-1/2)*Laplace(0, 1)"),
    (r"Student t, $\nu = 5/2$", "5**(-1/2)*StudentT(5/2)"),
]


def figure():
    """A panel a law of variance 1; R at rest for steps over three decades."""
    K, steps = Covariance.powerlaw(200, 1.0), np.logspace(-2.5, 0.5, 60)
    unit = typical_deviation(K)
    odes = {rule: derive_risk_ode(derive_sde(rule)) for rule in (SIGN, SGD)}
    fig, axes = plots.new_figure(11, 3.5, columns=len(LAWS), sharey=True)
    for ax, (title, text) in zip(axes, LAWS, strict=True):
        sign, sgd = (make_problem(rule, noise_law(text), ode=odes[rule]) for rule in (SIGN, SGD))
        of_sign = np.array([stationary_risk(sign, K.trace_D, step, K.d) for step in steps])
        matched = steps * sign.module.drift_rate(of_sign) / unit
        of_sgd = [stationary_risk(sgd, K.trace, step, K.d) or np.nan for step in matched]
        ax.plot(steps, of_sign, color=plots.BLUE, label="signSGD")
        ax.plot(steps, of_sgd, "--", color=plots.VERMILION, label="SGD, matched step")
        ax.set(xscale="log", yscale="log", xlabel=r"step $\eta$")
        ax.set_title(title, fontsize=10)
        ax.grid(True, color="#dddddd", linewidth=0.6)
    axes[0].set_ylabel(r"stationary risk $\mathcal{R}_\infty$")
    axes[0].legend(frameon=False)
    return fig


if __name__ == "__main__":
    write_file(Path(__file__).with_suffix(".svg"), plots.svg(figure()))
