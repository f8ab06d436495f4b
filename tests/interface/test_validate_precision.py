"""`validate --precision` as a user meets it: every number with its error, as text, JSON and plots."""

import json
from fractions import Fraction

import pytest

from signsgd_sym import cli

GOOD = ["validate", "Laplace(0, 1/2)", "--covariance", "ar1:d=20,rho=1/2", "--lr", "1/4", "--time", "2"]
FEW = ["--runs", "4", "--samples", "2000", "--points", "4", "--precision", "--digits", "25"]


def run(arguments, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["signsgd-sym", *arguments])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    captured = capsys.readouterr()
    return stop.value.code, captured.out, captured.err


def test_json_has_an_error_beside_each_number(monkeypatch, capsys):
    _, out, err = run([*GOOD, *FEW, "--json"], monkeypatch, capsys)
    assert err == ""
    data = json.loads(out)
    found = data["precision"]
    assert found["digits"] == 25 and found["refusals"] == []
    run_ = found["run"]
    assert run_["certified"] and run_["steps"] == 40 and run_["wrong_signs"] == 0
    assert run_["signs"]["uncertified"] == 0 and run_["signs"]["float64"] == 40
    assert run_["literal"]["steps"] == 40 and run_["literal"]["first_different_sign"] is None
    assert max(run_["literal"]["error"]) < 1e-22 < max(run_["float64_error"]) < 1e-14
    assert found["curve"]["float64_stated_error"] > max(found["curve"]["float64_gap"]) > 0
    for number in [*run_["proved"], found["step"]["R"], found["step"]["drift_rate"]]:
        assert 0 <= Fraction(number["radius"]) <= Fraction(number["value"]) / 10**25
    # The run beside the curve is the one whose risk is proved: the same samples.
    for gap in found["comparison"]:
        k = round(float(Fraction(gap["t"])) * 2)
        assert float(gap["mean"]["value"]) == pytest.approx(data["simulation"]["mean"][k], rel=1e-12)
        assert float(gap["stderr"]["value"]) == pytest.approx(data["simulation"]["stderr"][k], rel=1e-9)
        assert float(gap["curve"]) == pytest.approx(data["risk"][k], rel=1e-8)


def test_text_and_plots(monkeypatch, capsys, tmp_path):
    plot = tmp_path / "found.svg"
    _, out, err = run([*GOOD, *FEW, "--plot", str(plot)], monkeypatch, capsys)
    assert err == "" and plot.exists() and (tmp_path / "found.precision.svg").exists()
    assert "float64 has 0 of 40 wrong" in out and "two solutions agree to" in out
    assert "linearised" in out and out.splitlines()[-1].startswith("plots: ")


def test_a_law_without_variance_and_a_schedule_are_no_obstacle(monkeypatch, capsys):
    arguments = ["validate", "Cauchy(0, 1/2)", "--covariance", "powerlaw:d=12,alpha=1", "--lr", "1/(3 + t)"]
    _, out, err = run([*arguments, "--time", "1", *FEW, "--json"], monkeypatch, capsys)
    assert err == ""
    assert len(json.loads(out)["precision"]["run"]["literal"]["risk"]) == 5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--precision", "--digits", "14"], "at least 15"),
        (["--precision", "--digits", "99999999"], "ask for at most"),
        (["--digits", "30"], "without --precision; give both"),
    ],
)
def test_bad_digits_are_one_sentence(arguments, words, monkeypatch, capsys):
    status, out, err = run([*GOOD, *arguments], monkeypatch, capsys)
    assert status == 2 and out == "" and len(err.splitlines()) == 1 and words in err


def test_an_interrupted_study_shows_what_is_finished(monkeypatch, capsys):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("signsgd_sym.report.precision.precise_step", interrupted)
    status, out, err = run([*GOOD, *FEW], monkeypatch, capsys)
    assert status == 130 and "interrupted; the verdicts are finished" in err
    assert "risk curve      " in out
    assert "float64 has 0 of 40 wrong" in out and "two solutions agree to" in out and "one step" not in out
    status, out, _ = run([*GOOD, *FEW, "--json"], monkeypatch, capsys)
    data = json.loads(out)
    assert status == 130 and data["interrupted"] and data["precision"]["step"] is None
