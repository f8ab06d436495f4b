"""Which effect does what: shares in log(R_sign/R_SGD) along the way, on synthetic spectra and on photographs.

A share is the mean over all 24 orders in which the four effects can be switched on. SGD starts at the matched
step, so at first the optimizers move at one pace.
"""

from pathlib import Path

from signsgd_sym import effects
from signsgd_sym.files import write_file
from signsgd_sym.model.patches import patch_regression
from signsgd_sym.report import plots
from signsgd_sym.report.effects_plot import draw_shares


def figure():
    """Three panels: heavy tails and unequal variances, Gaussian noise and correlations, photographs."""
    patches = patch_regression(10)
    # A law with a variance, of the size of the photographs' own residuals.
    scale = f"{patches.residuals.std() / 3**0.5:.4f}"
    cases = [
        ("t noise, power law", "0.3*StudentT(3)", "powerlaw:d=100,alpha=1", "1/4", 8, None),
        ("Gaussian noise, AR(1)", "Normal(0, 1/2)", "ar1:d=100,rho=0.7", "1/4", 8, None),
        (
            "t noise, photographs",
            f"{scale}*StudentT(3)",
            patches.covariance,
            "1/100",
            60,
            -patches.theta_star,
        ),
    ]
    fig, axes = plots.new_figure(11.5, 4.0, columns=len(cases))
    for ax, (title, law, K, lr, time, start) in zip(axes, cases, strict=True):
        found = effects(law, K, lr, time, points=240, delta0=start)
        draw_shares(ax, found.course.attribution)
        ax.set_title(title, fontsize=10)
        ax.get_legend().remove()
    fig.legend(
        *axes[0].get_legend_handles_labels(), frameon=False, loc="outside lower center", ncols=5, fontsize=9
    )
    return fig


if __name__ == "__main__":
    write_file(Path(__file__).with_suffix(".svg"), plots.svg(figure()))
