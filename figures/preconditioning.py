"""Diagonal preconditioning: spectra of K and of Kbar = D^-1 K, on a power law and on photographs.

Each spectrum is divided by its mean, so that its lower end is the inverse of the averaged condition number.
On a diagonal power law preconditioning halves the exponent; the pixels of photographs have nearly one
variance, and nothing happens.
"""

from pathlib import Path

from signsgd_sym import Covariance
from signsgd_sym.files import write_file
from signsgd_sym.report import plots
from signsgd_sym.report.effects_plot import draw_spectra
from signsgd_sym.solve.matrices import Spectra

COVARIANCES = [
    (r"$K_{ii} \sim i^{-1.5}$, diagonal", Covariance.powerlaw(200, 1.5)),
    ("correlated, unequal variances", Covariance.random_unequal(200, seed=1, log_sd=1.0)),
    ("patches of photographs", Covariance.from_spec("patches:size=10")),
]


def figure():
    """A panel a covariance."""
    fig, axes = plots.new_figure(11, 3.5, columns=len(COVARIANCES))
    for ax, (title, K) in zip(axes, COVARIANCES, strict=True):
        spectra = Spectra.of(K)
        draw_spectra(ax, (("K", spectra.K), (r"\bar{K}", spectra.Kbar)))
        ax.set_title(title, fontsize=10)
    return fig


if __name__ == "__main__":
    write_file(Path(__file__).with_suffix(".svg"), plots.svg(figure()))
