"""The four effects as a figure: a panel each, and the shares beside them where there is a curve."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from signsgd_sym.derive.effects import COMPRESSION, EFFECTS, PRECONDITIONING, RATE, RESHAPING
from signsgd_sym.report import plots
from signsgd_sym.report.text import law_label
from signsgd_sym.solve.attribution import Attribution
from signsgd_sym.solve.effects import Effects
from signsgd_sym.solve.matrices import MatrixSpectrum

COLORS = {
    RATE: plots.BLUE,
    COMPRESSION: plots.VERMILION,
    PRECONDITIONING: plots.GREEN,
    RESHAPING: plots.PURPLE,
}
DASHES: dict[str, Any] = {
    RATE: "-",
    COMPRESSION: "--",
    PRECONDITIONING: "-.",
    RESHAPING: (0, (4, 1, 1, 1, 1, 1)),
}
DECADES = 3
"""How far R is shown on both sides of R(0) where there is no curve."""


def effects_figure(found: Effects) -> Any:
    """Four panels, one an effect; with curves their risk beside them, and the shares in their ratio."""
    columns = 2 if found.course is None else 3
    figure, axes = plots.new_figure(4.1 * columns, 6.2, rows=2, columns=columns)
    draw_rate(axes[0, 0], found)
    draw_compression(axes[0, 1], found)
    draw_spectra(axes[1, 0], (("K", found.spectra.K), (r"\bar{K}", found.spectra.Kbar)))
    axes[1, 0].set_title("diagonal preconditioning", fontsize=10)
    draw_spectra(axes[1, 1], (("K", found.spectra.K), (r"K_\sigma", found.spectra.K_sigma)))
    axes[1, 1].set_title("noise reshaping", fontsize=10)
    if found.course is not None:
        draw_ends(axes[0, 2], found)
        if found.course.attribution is None:  # no SGD to share a ratio with
            axes[1, 2].set_axis_off()
        else:
            draw_shares(axes[1, 2], found.course.attribution)
    figure.suptitle(f"{law_label(found.law)}, {found.covariance.name}", fontsize=10.5)
    return figure


def _risks(found: Effects) -> NDArray[np.float64]:
    """Where R is of interest: what the curve runs through, or decades around R(0)."""
    if found.course is None:
        return np.asarray(found.start * np.logspace(-DECADES, DECADES, 200))
    risk = found.course.sign.risk
    return np.geomspace(risk.min() / 10, risk.max() * 10, 200)


def _mark_start(ax: Any, found: Effects, value: float) -> None:
    ax.plot([found.start], [value], "o", color="black", markersize=4, zorder=5, label=r"$\mathcal{R}(0)$")


def draw_rate(ax: Any, found: Effects) -> Any:
    """phi/sqrt(2 R), and (2/pi)/sqrt(2 P) without noise compression."""
    R = _risks(found)
    rate = found.effective_rate(R)
    ax.plot(R, rate, color=plots.BLUE, label=r"$\phi/\sqrt{2\mathcal{R}}$")
    if found.has_variance:
        plain = rate / found.psi(R)
        ax.plot(R, plain, "--", color=plots.SKY, label=r"$(2/\pi)/\sqrt{2\mathcal{P}}$")
    _mark_start(ax, found, float(found.effective_rate(found.start)))
    ax.set(xscale="log", yscale="log", xlabel=r"risk $\mathcal{R}$", ylabel=r"$\eta_{\mathrm{eff}}/\eta$")
    ax.set_title("effective learning rate", fontsize=10)
    ax.legend(frameon=False)
    return ax


def draw_compression(ax: Any, found: Effects) -> Any:
    """psi(R), or phi(R) where psi is infinite."""
    R = _risks(found)
    ax.set(xscale="log", xlabel=r"risk $\mathcal{R}$")
    ax.set_title("noise compression", fontsize=10)
    if found.has_variance:
        ax.plot(R, found.psi(R), color=plots.VERMILION, label=r"$\psi(\mathcal{R})$")
        ax.axhline(1, color=plots.GREY, linewidth=0.8, linestyle=":", label=r"$\psi = 1$: Gaussian noise")
        ax.set_ylabel(r"$\psi(\mathcal{R})$")
        low, high = ax.get_ylim()
        low, high = min(low, 0.9), max(high, 1.1)
        ax.set_ylim(low, high + 0.6 * (high - low))  # the legend stands above the curves
        _mark_start(ax, found, float(found.psi(found.start)))
    else:
        ax.plot(R, found.phi(R), color=plots.VERMILION, label=r"$\phi(\mathcal{R})$; $\psi = \infty$")
        ax.set_ylabel(r"$\phi(\mathcal{R})$")
        _mark_start(ax, found, float(found.phi(found.start)))
    ax.legend(frameon=False, loc="upper right" if found.has_variance else "best")
    return ax


def draw_spectra(ax: Any, pairs: tuple[tuple[str, MatrixSpectrum], ...]) -> Any:
    """Eigenvalues in descending order, each spectrum divided by its mean."""
    styles = ((plots.BLUE, "-"), (plots.VERMILION, "--"))
    for (symbol, spectrum), (color, dash) in zip(pairs, styles, strict=True):
        lam = spectrum.eigenvalues[::-1]
        index = np.arange(1, len(lam) + 1)
        label = rf"${symbol}$, $\lambda_{{\max}}/\lambda_{{\min}} = {_short(spectrum.condition)}$"
        ax.plot(index, lam / lam.mean(), dash, color=color, label=label)
    ax.set(xlabel=r"index $i$", ylabel=r"$\lambda_i\, d/\mathrm{tr}$", yscale="log")
    low, high = ax.get_ylim()
    ax.set_ylim(min(low, 0.5), max(high, 2.0))
    ax.legend(frameon=False)
    return ax


def _short(number: float) -> str:
    if number < 1000:
        return f"{number:.3g}"
    exponent = int(np.floor(np.log10(number)))
    return rf"{number / 10**exponent:.2g} \cdot 10^{{{exponent}}}"


def draw_ends(ax: Any, found: Effects) -> Any:
    """The risk of signSGD; where SGD has one, at its own step and at the matched step as well."""
    course = found.course
    assert course is not None
    t = course.sign.t
    plots.risk_axes(ax)
    plots.draw_curve(ax, t, course.sign.risk, "signSGD")
    if course.attribution is None or course.matched is None:
        ax.set_title("SGD has no risk curve", fontsize=10)
        ax.legend(frameon=False)
        return ax
    plots.draw_curve(ax, t, course.attribution.sgd, r"SGD, step $\eta_0$", plots.ORANGE, "--")
    plots.draw_curve(ax, t, course.matched, "SGD, matched step", plots.GREEN, ":")
    ax.legend(frameon=False)
    return ax


def draw_shares(ax: Any, shares: Attribution) -> Any:
    """Shapley's share of each effect in log(R_sign(t)/R_SGD(t)), and their sum."""
    t = shares.times
    for effect in EFFECTS:
        ax.plot(t, shares.shapley(effect), color=COLORS[effect], linestyle=DASHES[effect], label=effect)
    ax.plot(t, np.log(shares.sign / shares.sgd), color="black", linewidth=1.0, label="together")
    ax.axhline(0, color=plots.GREY, linewidth=0.6)
    ax.set(
        xlabel=r"time $t = k/d$",
        ylabel=r"share in $\log(\mathcal{R}_{\mathrm{sign}}/\mathcal{R}_{\mathrm{SGD}})$",
    )
    ax.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2, fontsize=8)
    return ax
