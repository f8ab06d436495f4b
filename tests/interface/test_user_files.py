"""Files of users: `.steps` are parsed, Python is executed; what is wrong with a file is one sentence."""

import json
import sys

import pytest

from signsgd_sym.errors import InputError, ParseError
from signsgd_sym.steps.files import load, python_derivations

HEAD = """
import sympy as sp
from signsgd_sym.proof.derivation import Recorder

x = sp.Symbol("x", positive=True)

def derivation(name, factor=2):
    record = Recorder(name, "A logarithm")
    record.equal(sp.log(x**2), factor * sp.log(x), "x > 0")
    return record.finish()
"""


@pytest.fixture
def file(tmp_path):
    """`file(text, name)`: a file with that text."""

    def write(text, name="mine.py"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def ids(path):
    return [derivation.id for derivation in load(path)]


def test_a_steps_file_is_one_derivation(file):
    (derivation,) = load(file("symbols: x > 0\nsteps:\n log(x**2)\n = 2*log(x)\n", "log.steps"))
    assert derivation.id == "log"
    assert str(load(file("\ufeffsteps:\n 1\n = 1\n", "bom.steps"))[0]["1"].lhs) == "1"


def test_derivations_are_found_in_the_order_in_which_they_are_bound(file):
    assert ids(file(HEAD + "b = derivation('one')\na = derivation('two')\n")) == ["one", "two"]


def test_lists_tuples_and_dictionaries_of_derivations_are_looked_into(file):
    text = (
        "several = [derivation('a'), 3]\nmore = (derivation('b'),)\nnamed = {1: derivation('c'), 2: None}\n"
    )
    assert ids(file(HEAD + text)) == ["a", "b", "c"]


def test_the_same_derivation_under_two_names_counts_once(file):
    assert ids(file(HEAD + "a = derivation('one')\nb = a\nc = [derivation('one')]\n")) == ["one"]


def test_two_different_derivations_may_not_share_an_id(file):
    with pytest.raises(InputError, match="two derivations called one; give each its own id"):
        load(file(HEAD + "a = derivation('one')\nb = derivation('one', 3)\n"))


def test_a_file_is_not_run_as_a_script_and_may_import_its_neighbours(file):
    file("answer = 'neighbour'\n", "signsgd_neighbour.py")
    text = HEAD + "from signsgd_neighbour import answer\na = derivation(answer)\n"
    before = list(sys.path)
    assert ids(file(text + "if __name__ == '__main__':\n    raise SystemExit(3)\n")) == ["neighbour"]
    assert sys.path == before


def test_a_file_may_define_dataclasses(file):
    text = "from __future__ import annotations\nfrom dataclasses import dataclass, field\n" + HEAD
    text += "@dataclass\nclass Name:\n    text: str = field(default='a')\n\na = derivation(Name().text)\n"
    assert ids(file(text)) == ["a"]


def test_what_a_file_prints_does_not_spoil_output(file, capsys):
    load(file(HEAD + "print('hello')\na = derivation('one')\n"))
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "hello\n")


def test_nothing_is_left_beside_the_file(file):
    path = file(HEAD + "a = derivation('one')\n")
    load(path)
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("mine.py", "x = 1\n", "has no Derivation at module level"),
        ("mine.py", "", "has no Derivation at module level"),
        ("mine.py", "x = 1\n1/0\n", r":2: the file raised ZeroDivisionError: division by zero\."),
        ("mine.py", "def f():\n    raise KeyError('a')\nf()\n", r":2: the file raised KeyError: 'a'\."),
        ("mine.py", "import json\njson.loads('{')\n", ":2: the file raised JSONDecodeError"),
        ("mine.py", "raise SystemExit(0)\n", ":1: the file raised SystemExit: 0"),
        ("mine.py", "raise ValueError('two\\nlines')\n", ":1: the file raised ValueError: two lines"),
        ("mine.py", "import no_such_module\n", ":1: the file raised ModuleNotFoundError"),
        ("mine.py", HEAD + "from signsgd_sym import derive\nderive('nothing')\n", ":12: the file raised"),
        ("mine.py", HEAD + "a = Recorder('e', 'empty').finish()\n", "the derivation e has no steps"),
        ("mine.py", b"x = '\xff'\n", "mine.py"),
        ("mine.py", "x = 1\0\n", "mine.py"),
        ("mine.txt", "x", "neither a .steps nor a .py file"),
        ("mine.steps", "", "is empty"),
        ("mine.steps", "title: T\n", "has no steps"),
        ("mine.steps", b"title: T\nsteps:\n \xff\xfe\n", r"mine.steps:3: byte 0xff is not UTF-8"),
        ("mine.steps", b"\x89PNG\r\n\x1a\n", r"mine.steps:1: byte 0x89 is not UTF-8"),
        ("mine.steps", b"steps:\n\x00", "is not a text file"),
        ("mine.steps", "#" * 5_000_000, "at most 4000000"),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence(file, name, text, complaint):
    with pytest.raises(InputError, match=complaint) as caught:
        load(file(text, name))
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_syntax_error_has_a_caret(file):
    with pytest.raises(ParseError, match=r"mine\.py:2: ") as caught:
        load(file("x = 1\ny = (x +\n"))
    assert caught.value.caret().splitlines()[0].startswith("y = (x +")


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(InputError, match="does not exist; check the name"):
        load(tmp_path / "nothing.steps")
    (tmp_path / "folder.py").mkdir()
    with pytest.raises(InputError, match="is a folder; name the files in it"):
        load(tmp_path / "folder.py")


def test_a_python_file_without_derivations_is_no_error_for_the_plugin(file):
    assert python_derivations(file("x = 1\n")) == []


def test_an_exception_of_the_file_keeps_its_cause(file):
    with pytest.raises(InputError) as caught:
        load(file("import json\njson.loads('{')\n"))
    assert isinstance(caught.value.__cause__, json.JSONDecodeError)
