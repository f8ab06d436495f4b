"""Claim: `figures` makes the figures again, the same each time, and lists them without writing."""

import ast
import json

import numpy as np
import pytest

from signsgd_sym import cli
from signsgd_sym.report import plots
from signsgd_sym.report.figures_command import Script, list_text, scripts
from signsgd_sym.report.phase_diagram import phase_figure
from signsgd_sym.solve.phase import Conditions, PhaseDiagram


def run(arguments, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["signsgd-sym", "figures", *arguments])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    captured = capsys.readouterr()
    return stop.value.code, captured.out, captured.err


def test_every_script_has_a_title_a_figure_and_its_output():
    found = scripts()
    wanted = "psi_by_law", "preconditioning", "reshaping", "attribution", "stationary_risk", "phase_diagram"
    assert {"adam", "risk_curves", *wanted} <= {script.name for script in found}
    for script in found:
        assert script.title.endswith((".", ":"))
        assert script.path.with_suffix(".svg").stat().st_size > 0
        defined = ast.parse(script.path.read_text()).body
        assert [node.name for node in defined if isinstance(node, ast.FunctionDef)][-1] == "figure"


def test_the_list_writes_nothing(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    status, out, err = run(["--list"], monkeypatch, capsys)
    assert (status, err) == (0, "")
    named = [line.split()[0] for line in out.splitlines() if not line.startswith(" ")]
    assert named == [script.name for script in scripts()]
    assert list(tmp_path.iterdir()) == []
    _, out, _ = run(["reshaping", "--list", "--json"], monkeypatch, capsys)
    [shown] = json.loads(out)
    assert (shown["name"], shown["file"]) == ("reshaping", None)


def test_the_list_fits_a_narrow_terminal():
    whole = " ".join(f"{script.name} {script.title}" for script in scripts()).split()
    for width in (60, 80):
        out = list_text(scripts(), width=width)
        assert max(map(len, out.splitlines())) <= width
        assert out.split() == whole


def test_a_figure_is_the_same_each_time(monkeypatch, capsys, tmp_path):
    contents = []
    for name in ("one", "two"):
        status, out, _ = run(["reshaping", "-o", str(tmp_path / name), "--json"], monkeypatch, capsys)
        [shown] = json.loads(out)
        assert status == 0
        contents.append((tmp_path / name / "reshaping.svg").read_bytes())
        assert shown["file"] == str(tmp_path / name / "reshaping.svg")
    assert contents[0] == contents[1]
    assert contents[0].startswith(b"<?xml")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(["psi_by_lw"], "did you mean psi_by_law"), (["reshaping", "-o", "/dev/null/figures"], "/dev/null")],
)
def test_bad_input_is_one_sentence(arguments, named, monkeypatch, capsys):
    # It is said before the work, not after it.
    monkeypatch.setattr(Script, "figure", lambda self: pytest.fail("the figure was made all the same"))
    status, out, err = run(arguments, monkeypatch, capsys)
    assert (status, out) == (2, "")
    assert named in err
    assert err.count("\n") == 1


def test_a_short_logarithmic_axis_has_plain_numbers():
    _, ax = plots.new_figure()
    plots.plain_decades(plots.risk_axes(ax)).set_ylim(0.04, 0.6)
    shown = [float(tick) for tick in ax.get_yticks() if 0.04 <= tick <= 0.6]
    assert shown == pytest.approx([0.05, 0.1, 0.2, 0.5])
    assert {"0.05", "0.1", "0.2", "0.5"} <= {label.get_text() for label in ax.get_yticklabels()}
    assert not any(label.get_text() for label in ax.get_yticklabels(minor=True))


def test_a_phase_diagram_shows_where_sgd_has_no_curve():
    """The map of a plane, with a row where SGD has nothing to set against signSGD."""
    value = np.add.outer(np.linspace(-1, 1, 6), np.linspace(-1, 1, 5))
    value[0] = np.inf
    diagram = PhaseDiagram(
        "noise",
        "tail",
        np.geomspace(0.1, 10, 5),
        np.geomspace(1.6, 20, 6),
        Conditions(),
        value,
        -value,
        value,
    )
    figure = phase_figure([(diagram, "rest"), (diagram, "rate")])
    text = plots.svg(figure)
    assert text == plots.svg(phase_figure([(diagram, "rest"), (diagram, "rate")]))
    assert "<pattern" in text  # the hatching
    left, right = figure.axes[:2]
    assert left.get_xscale() == left.get_yscale() == "log"
    assert right.get_xlabel() == r"scale $v$ of the noise $v\,t_\nu$"
    assert [words.get_text() for words in left.texts] == ["no variance: SGD has no risk curve"]
