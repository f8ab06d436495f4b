"""Risk curves: signSGD, the SDE signHSGD and the risk ODE, with SGD beside them, on synthetic and real data.

Bands hold the middle 80 % of the runs, signHSGD's between dashed lines; points are means with 3 standard
errors. signHSGD spreads wider than signSGD where residuals are large: its diffusion keeps the square of the
mean step, which is small in high dimension. SGD starts at the matched step. Right: real patches with their
real labels, neither Gaussian nor with independent noise.
"""

from pathlib import Path

import numpy as np

from signsgd_sym import SGD, SIGN, Covariance, noise_law, risk_curve
from signsgd_sym.files import write_file
from signsgd_sym.model.fit import fit_noise
from signsgd_sym.model.patches import patch_regression
from signsgd_sym.report import plots
from signsgd_sym.simulate import GaussianStream, PoolStream, simulate
from signsgd_sym.solve.attribution import typical_deviation
from signsgd_sym.solve.euler_maruyama import euler_maruyama

SEED, RUNS, POINTS = 41, 48, 120
SYNTHETIC = [
    (r"$K_{ii} \sim i^{-1}$, Laplace noise", "Laplace(0, 1/2)", Covariance.powerlaw(200, 1.0), "1/4", 12),
    (r"$K_{ij} = 0.7^{|i-j|}$, Student t noise", "StudentT(5)/2", Covariance.ar1(200, 0.7), "1/2", 8),
]
LEGEND = (
    *("signSGD, 80 % of runs", "SGD, 80 % of runs", "signSGD, mean", "SGD, mean"),
    *("risk ODE of signSGD", "risk ODE of SGD", "signHSGD, 80 % of paths"),
)
COLORS = {SIGN: plots.BLUE, SGD: plots.VERMILION}
MARKERS = {SIGN: "o", SGD: "s"}


def middle(risks):
    """The middle 80 % of runs (runs, points) at every time."""
    return np.quantile(risks, (0.1, 0.9), axis=0)


def draw(ax, result, stream, name):
    """The ODE, the SDE (for signSGD) and runs of the recursion of one optimizer."""
    rule, color = result.rule, COLORS[result.rule]
    start, t = result.delta0, result.t
    runs = simulate(rule, stream, result.schedule, start, times=t, runs=RUNS, seed=SEED)
    band = {"color": color, "alpha": 0.22, "linewidth": 0}
    ax.fill_between(t, *middle(runs.risk), label=f"{name}, 80 % of runs", **band)
    plots.draw_simulation(ax, t, runs.mean, runs.stderr, f"{name}, mean", color, MARKERS[rule])
    if rule == SIGN:
        paths = euler_maruyama(
            result.problem, result.covariance, result.schedule, start, t, runs=RUNS, seed=SEED
        )
        for edge, label in zip(middle(paths), ("signHSGD, 80 % of paths", None), strict=True):
            ax.plot(t, edge, color="black", linestyle=(0, (3, 2)), linewidth=0.8, label=label, zorder=3)
    plots.draw_curve(ax, t, result.risk, f"risk ODE of {name}", color, "-" if rule == SIGN else "-.")


def draw_both(ax, laws, covariance, lr, time, start, streams):
    """signSGD, and SGD at the step that makes their drifts of one trace at time 0."""
    sign = risk_curve(laws[0], covariance, lr, time, points=POINTS, delta0=start)
    rate = float(sign.problem.module.drift_rate(sign.risk[0])) / typical_deviation(covariance)
    matched = float(sign.schedule.value) * rate
    sgd = risk_curve(laws[1], covariance, matched, time, points=POINTS, delta0=start, optimizer="sgd")
    for result, stream, name in zip((sign, sgd), streams, ("signSGD", "SGD"), strict=True):
        draw(ax, result, stream, name)


def figure():
    """Three panels: a power law, an AR(1) process, photographs."""
    fig, axes = plots.new_figure(11.5, 4.4, columns=3)
    for ax, (title, law, K, lr, time) in zip(axes, SYNTHETIC, strict=False):
        draw_both(ax, (law, law), K, lr, time, None, [GaussianStream(K, noise_law(law))] * 2)
        ax.set_title(title, fontsize=10)
    patches = patch_regression(10)
    fit = fit_noise(patches.residuals)
    laws = (fit.law, fit.best_with_variance.law)  # SGD's ODE needs a variance
    stream = PoolStream(patches.X, patches.residuals)
    draw_both(axes[2], laws, patches.covariance, "1/100", 40, -patches.theta_star, [stream] * 2)
    axes[2].set_title("photographs, real labels", fontsize=10)
    for ax in axes:
        plots.plain_decades(plots.risk_axes(ax))
    for ax in axes[1:]:
        ax.set_ylabel("")
    handles, labels = axes[0].get_legend_handles_labels()
    shown = dict(zip(labels, handles, strict=True))
    fig.legend([shown[name] for name in LEGEND], LEGEND, frameon=False, loc="outside lower center", ncols=4)
    return fig


if __name__ == "__main__":
    write_file(Path(__file__).with_suffix(".svg"), plots.svg(figure()))
