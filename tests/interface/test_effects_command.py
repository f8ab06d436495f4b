"""Claim: `effects` gives each effect as formula, number and share, and says in words what does not exist."""

import json

import numpy as np
import pytest

from signsgd_sym import cli, effects
from signsgd_sym.derive.effects import EFFECTS
from signsgd_sym.errors import ParameterError
from signsgd_sym.report.effects_command import (
    EffectsRequest,
    effects_data,
    effects_plot,
    run_effects,
)
from signsgd_sym.report.effects_plot import effects_figure
from signsgd_sym.report.effects_text import effects_text

ASKED = ["effects", "Laplace(0, 1/2)", "--covariance", "powerlaw:d=30,alpha=1"]
COURSE = ["--lr", "1/4", "--time", "3", "--points", "6"]


def run(arguments, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["signsgd-sym", *arguments])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    captured = capsys.readouterr()
    return stop.value.code, captured.out, captured.err


def test_as_data(monkeypatch, capsys):
    status, out, _ = run([*ASKED, *COURSE, "--json"], monkeypatch, capsys)
    answer = json.loads(out)
    assert status == 0
    assert answer["verdict"] == "CERTIFIED"
    assert [shown["effect"] for shown in answer["effects"]] == list(EFFECTS)
    course = answer["course"]
    assert len(course["t"]) == len(course["sgd"]) == len(course["psi"]) == len(course["sgd_matched"]) == 7
    shares = course["attribution"]
    total = np.log(course["sign"][-1] / course["sgd"][-1])
    assert sum(shares[effect]["shapley"] for effect in EFFECTS) == pytest.approx(total, abs=1e-12)
    found = effects("Laplace(0, 1/2)", "powerlaw:d=30,alpha=1", "1/4", 3, points=6)
    assert course["sign"] == pytest.approx(found.course.sign.risk.tolist(), rel=1e-12)
    assert answer["rate_advantage"] == pytest.approx(found.rate_advantage)
    psi_at_rest = float(found.psi(found.course.sign.stationary))
    assert answer["rest_advantage"] == pytest.approx((2 * psi_at_rest / np.pi) ** 2)
    numbers = {shown["effect"]: shown["numbers"] for shown in answer["effects"]}
    assert numbers[EFFECTS[1]]["psi"] == pytest.approx(float(found.psi(found.start)), rel=1e-12)
    assert numbers[EFFECTS[2]]["averaged_condition_K"] == pytest.approx(found.spectra.K.averaged_condition)


def test_as_text_with_a_plot(monkeypatch, capsys, tmp_path):
    path = tmp_path / "effects.svg"
    gaussian = [ASKED[0], "Normal(0, 1)", *ASKED[2:]]
    status, out, err = run([*gaussian, *COURSE, "--plot", str(path)], monkeypatch, capsys)
    assert (status, err) == (0, "")
    assert all(effect in out for effect in EFFECTS)
    assert "24 orders" in out
    # Variances like 1/i are not spread enough at d = 30; under Gaussian noise SGD rests lower.
    assert "signSGD is faster" not in out
    assert "SGD is faster" in out
    assert "(4/pi^2) psi^2 = 0.40528 where signSGD rests: at equal pace SGD rests" in out
    assert path.read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize(
    "law", ["Laplace(0, 1/2)", "Mixture((9/10, Laplace(0, 1/10)), (1/10, Normal(0, 10)))"]
)
def test_as_text_for_a_narrow_terminal(law):
    """No line is wider than the terminal, and none says less than it does on a wide one."""
    request = EffectsRequest.parse(law, ASKED[3], "1/4", "3", None, 6, 0, None)
    answer = run_effects(request)
    wide = effects_text(answer, width=1000)
    assert max(map(len, wide.splitlines())) > 80
    for width in (60, 80, 100):
        out = effects_text(answer, width=width)
        assert max(map(len, out.splitlines())) <= width
        assert out.split() == wide.split()


def test_a_law_without_a_variance_has_no_sgd_beside_it(tmp_path):
    request = EffectsRequest.parse("Cauchy(0, 1)", ASKED[3], "1/4", "3", None, 6, 0, None)
    answer = run_effects(request)
    out = effects_text(answer)
    assert "psi is infinite at every R" in out
    assert "no risk curve" in out
    assert "inf" not in out.replace("infinite", "")
    data = json.loads(json.dumps(effects_data(answer), allow_nan=False))
    assert data["psi"] is None
    assert data["effects"][0]["numbers"]["population_risk"] is None
    assert data["course"]["attribution"] is None
    assert data["course"]["sign"][-1] > 0
    curve = effects_figure(answer.found).axes[2].lines
    assert [list(line.get_ydata()) for line in curve] == [answer.found.course.sign.risk.tolist()]
    effects_plot(answer, tmp_path / "effects.png")
    assert (tmp_path / "effects.png").stat().st_size > 0


BAD = {
    "a step without a time": ([*ASKED, "--lr", "1/4"], "--time is missing"),
    "a time without a step": ([*ASKED, "--time", "3"], "--lr is missing"),
    "a step of SGD alone": ([*ASKED, "--sgd-lr", "1"], "--sgd-lr is 1"),
    "a negative step of SGD": ([*ASKED, *COURSE, "--sgd-lr", "-1"], "-1"),
    "a negative time": ([*ASKED, "--lr", "1", "--time", "-3"], "-3"),
    "a law that is not numeric": (["effects", "Normal(0, v)", *ASKED[2:]], "symbolic parameter v"),
    "no covariance": (ASKED[:2], "--covariance"),
    "a negative seed": ([*ASKED, "--seed", "-1"], "--seed is -1"),
    "a plot in a format that is not known": ([*ASKED, "--plot", "effects.gif"], ".svg"),
    "noise beyond float64": (["effects", "Normal(0, 1e200)", *ASKED[2:]], "E[eps^2] = 1.00e+400"),
    "noise below float64": (["effects", "Normal(0, 1e-200)", *ASKED[2:]], "take Dirac(0)"),
    "no points": ([*ASKED, *COURSE[:4], "--points", "0"], "points is 0"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_sentence(name, monkeypatch, capsys):
    arguments, named = BAD[name]
    status, out, err = run(arguments, monkeypatch, capsys)
    assert (status, out) == (2, "")
    assert err.startswith("signsgd-sym: ")
    assert named in err
    assert err.count("\n") == 1


def test_an_ode_that_cannot_be_followed_is_named(monkeypatch, capsys):
    """SGD diverges at this step, and the sentence says which of the sixteen it was."""
    asked = ["effects", "Normal(0, 1)", "--covariance", "identity:d=20", "--lr", "1/4", "--time", "2000"]
    status, _, err = run([*asked, "--sgd-lr", "9"], monkeypatch, capsys)
    assert status == 1
    assert "with SGD itself" in err


def test_in_python_step_and_time_belong_together():
    with pytest.raises(ParameterError, match="a step is given without a time"):
        effects("Normal(0, 1)", "identity:d=20", 1)
    with pytest.raises(ParameterError, match="give all three"):
        effects("Normal(0, 1)", "identity:d=20", sgd_lr=1)
