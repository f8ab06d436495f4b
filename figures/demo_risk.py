"""Risk of signSGD and SGD on patches of photographs: the derived ODE, and rungs of simulation beside it.

Takes about a minute; the same numbers as `signsgd-sym demo`.
"""

from pathlib import Path

from signsgd_sym.files import write_file
from signsgd_sym.report.demo import run_demo
from signsgd_sym.report.demo_page import demo_figure
from signsgd_sym.report.plots import svg


def figure():
    """The figure of the demo."""
    return demo_figure(run_demo())


if __name__ == "__main__":
    write_file(Path(__file__).with_suffix(".svg"), svg(figure()))
