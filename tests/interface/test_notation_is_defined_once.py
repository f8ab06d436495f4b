"""Claim: every name of the notation is assigned once, and no two names are one symbol.

A second definition would silently take the place of the first; two names of one symbol would let a statement
about one be used for the other.
"""

import ast
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest
import sympy as sp

from signsgd_sym import notation

SOURCE = Path(notation.__file__).read_text()


def assigned(source):
    """Names that the statements of a module bind, one entry for each time."""
    names = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign):
            names += [name.id for target in node.targets for name in ast.walk(target) if hasattr(name, "id")]
        elif isinstance(node, ast.AnnAssign):
            names.append(node.target.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
    return names


def twice(source):
    return [name for name, times in Counter(assigned(source)).items() if times > 1]


def made_by(symbols):
    """Pairs of names whose values are equal."""
    return [(a, b) for (a, one), (b, other) in combinations(symbols.items(), 2) if one == other]


def symbols():
    kinds = sp.Basic, sp.FunctionClass
    return {
        name: vars(notation)[name] for name in assigned(SOURCE) if isinstance(vars(notation)[name], kinds)
    }


def test_no_name_is_assigned_twice():
    assert twice(SOURCE) == []
    assert len(symbols()) > 100


def test_no_two_names_are_one_symbol():
    assert made_by(symbols()) == []


def test_no_function_stands_for_two_things():
    """phi(R) is one name: the same head at another argument would be another value of the same function."""
    heads = {
        name: value.func
        for name, value in symbols().items()
        if isinstance(value, sp.core.function.AppliedUndef)
    }
    assert made_by(heads) == []


@pytest.mark.parametrize(
    "again", ["R = sp.Symbol('S')", "def residual(): ...", "tau, R = 1, 2", "R: int = 1"]
)
def test_a_second_definition_is_seen(again):
    assert len(twice(f"{SOURCE}\n{again}\n")) >= 1


def test_a_second_name_is_seen():
    assert made_by({**symbols(), "risk": sp.Symbol("R", positive=True)}) == [("R", "risk")]
