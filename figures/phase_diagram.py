"""Where signSGD wins: at rest, in the rate without label noise, and in the risk after a while.

Orange is signSGD's advantage, blue SGD's; on the black line they are equal. Hatched: the noise has no
variance and SGD no risk curve.
"""

from pathlib import Path

import numpy as np

from signsgd_sym.files import write_file
from signsgd_sym.report import plots
from signsgd_sym.report.phase_diagram import phase_figure
from signsgd_sym.solve.phase import Conditions, phase_diagram


def figure():
    """At rest and the risk at T over noise scale and tail index; rates over spectrum exponent and spread."""
    base = Conditions(noise=0.3, tail=3, exponent=1, spread=0.5, lr=0.2, time=10, d=48)
    tails = np.geomspace(1.6, 20, 24).tolist()
    at_rest = phase_diagram(
        "noise", np.geomspace(0.01, 10, 24).tolist(), "tail", tails, base, with_risk=False
    )
    exponents, spreads = np.linspace(0, 2, 20).tolist(), np.linspace(0, 1.5, 20).tolist()
    rates = phase_diagram("exponent", exponents, "spread", spreads, base, with_risk=False)
    risks = phase_diagram(
        "noise", np.geomspace(0.03, 3, 16).tolist(), "tail", np.geomspace(1.6, 20, 16).tolist(), base
    )
    return phase_figure([(at_rest, "rest"), (rates, "rate"), (risks, "risk")])


if __name__ == "__main__":
    write_file(Path(__file__).with_suffix(".svg"), plots.svg(figure()))
