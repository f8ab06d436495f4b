"""Generated code, reviewed as text: a change of the generator shows here, line by line.

`python -m pytest tests/codegen/test_golden_files.py --refresh-golden` writes the files anew.
"""

import re
from pathlib import Path

import pytest

from signsgd_sym.codegen.targets import SUFFIXES, source_of
from signsgd_sym.model import SGD, SIGN

FOLDER = Path(__file__).with_name("golden")
FILES = {
    "laplace": ("Laplace(0, 1/2)", SIGN, ("numpy", "c", "javascript")),
    "rademacher": ("Rademacher(1)", SIGN, ("numpy", "c", "javascript")),
    "uniform": ("Uniform(-2, 2)", SIGN, ("c",)),
    "normal_sgd": ("Normal(0, 1/4)", SGD, ("numpy", "c", "javascript")),
}
CASES = [(stem, target) for stem, (_, _, targets) in FILES.items() for target in targets]


def comparable(text):
    """Without the measured error, which depends on the exp of the machine in its last digits."""
    return re.sub(r"at most [\d.]+ ulp in\s+(\W*)phi, [\d.]+ ulp", "at most ... ulp", text)


@pytest.mark.parametrize(("stem", "target"), CASES)
def test_the_text_is_the_reviewed_one(problem, refresh_golden, stem, target):
    law, rule, _ = FILES[stem]
    path = FOLDER / f"{stem}_{target}{SUFFIXES[target]}"
    text = source_of(target)(problem(law, rule).generated)
    if refresh_golden:
        path.write_text(text)
    assert comparable(text) == comparable(path.read_text()), (
        "the generated code has changed; look at it, then refresh with --refresh-golden"
    )


def test_no_file_is_left_over():
    expected = {f"{stem}_{target}{SUFFIXES[target]}" for stem, target in CASES}
    assert {path.name for path in FOLDER.iterdir()} == expected
