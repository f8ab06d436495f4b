"""Noise reshaping: spectra of SGD's noise matrix K and of signSGD's K_sigma = (2/pi) arcsin(C).

The arcsine lifts the lower end of the spectrum: a sign is noisy in every direction. On photographs, whose K
spans four decades, signSGD's noise stays where SGD's all but vanishes.
"""

from pathlib import Path

from signsgd_sym import Covariance
from signsgd_sym.files import write_file
from signsgd_sym.report import plots
from signsgd_sym.report.effects_plot import draw_spectra
from signsgd_sym.solve.matrices import Spectra

COVARIANCES = [
    (r"$K_{ij} = \rho^{|i-j|}$, $\rho = 0.9$", Covariance.ar1(200, 0.9)),
    ("identity and 3 spikes", Covariance.spiked(200, 3, 20.0)),
    ("patches of photographs", Covariance.from_spec("patches:size=10")),
]


def figure():
    """A panel a covariance."""
    fig, axes = plots.new_figure(11, 3.5, columns=len(COVARIANCES))
    for ax, (title, K) in zip(axes, COVARIANCES, strict=True):
        spectra = Spectra.of(K)
        draw_spectra(ax, (("K", spectra.K), (r"K_\sigma", spectra.K_sigma)))
        ax.set_title(title, fontsize=10)
    return fig


if __name__ == "__main__":
    write_file(Path(__file__).with_suffix(".svg"), plots.svg(figure()))
