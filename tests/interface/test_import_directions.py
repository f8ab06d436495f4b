r"""A folder imports only from the folders that the design puts above it.

The simulation above all: it knows the model and nothing that was derived, so that its agreement with the
theory is evidence. Imports are read from the syntax tree, those inside functions and those by name included;
what the simulation and the model really load is seen in a fresh interpreter.
"""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import signsgd_sym

PACKAGE = Path(signsgd_sym.__file__).parent
BASE = {"notation", "special", "errors"}
MAY_IMPORT = {
    "_callable": set(),
    "errors": set(),
    "files": {"errors"},
    "notation": {"errors"},
    "special": {"notation", "errors"},
    "model": BASE,
    "balls": BASE,
    "proof": BASE | {"balls"},
    "steps": BASE | {"model", "proof"},
    "pytest_plugin": {"errors", "proof", "steps"},
    "derive": BASE | {"_callable", "model", "balls", "proof", "steps"},
    "codegen": BASE | {"balls", "proof"},
    "solve": BASE | {"files", "model", "balls", "proof", "derive", "codegen"},
    "simulate": {"_callable", "notation", "errors", "model", "balls"},
}
LAZY = {("proof", "report"), ("derive", "report")}
"""`Derivation` and `LawFormulas` show themselves in notebooks by calling `report`, inside a method."""
LEAVES = {"report", "cli", "__main__", "__init__"}
"""They may import everything."""


def part_of(path):
    relative = path.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imported_parts(tree, folder=()):
    """(part, is_lazy) for every import of this package, `folder` being where the module lives."""
    found = set()
    nested = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = ("signsgd_sym", *folder)[: 1 + len(folder) - (node.level - 1)]
                base = ".".join([*parents, *([base] if base else [])])
            names = [f"{base}.{alias.name}" for alias in node.names] if base == "signsgd_sym" else [base]
        elif isinstance(node, ast.Constant) and NAME.fullmatch(str(node.value)):  # import_module("...")
            names = [node.value]
        for name in names:
            pieces = name.split(".")
            if pieces[0] == "signsgd_sym":
                found.add((pieces[1] if len(pieces) > 1 else "__init__", id(node) in nested))
    return found


NAME = re.compile(r"signsgd_sym(\.\w+)+")
MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_imports_point_upwards(part):
    allowed, wrong = MAY_IMPORT[part] | {part}, {}
    for path in (path for path in MODULES if part_of(path) == part):
        imports = imported_parts(ast.parse(path.read_text()), path.relative_to(PACKAGE).parts[:-1])
        refused = {
            name for name, lazy in imports if name not in allowed and not (lazy and (part, name) in LAZY)
        }
        if refused:
            wrong[str(path.relative_to(PACKAGE))] = sorted(refused)
    assert not wrong, f"{part} may import {sorted(allowed)}, not {wrong}"


def test_every_folder_has_its_place():
    parts = {part_of(path) for path in MODULES}
    assert parts <= set(MAY_IMPORT) | LEAVES
    assert {"model", "derive", "simulate"} <= parts


@pytest.mark.parametrize(
    ("source", "folder", "part"),
    [
        ("from signsgd_sym.derive.phi import phi_of", ("simulate",), "derive"),
        ("import signsgd_sym.derive.phi", ("simulate",), "derive"),
        ("from signsgd_sym import derive", ("simulate",), "derive"),
        ("from ..derive import phi", ("simulate",), "derive"),
        ("import_module('signsgd_sym.derive.phi')", ("simulate",), "derive"),
        ("def f():\n    from signsgd_sym.solve import curve", ("simulate",), "solve"),
    ],
)
def test_a_forbidden_import_is_seen(source, folder, part):
    assert part in {name for name, _ in imported_parts(ast.parse(source), folder)}
    assert part not in MAY_IMPORT["simulate"]


def parts_loaded(folder):
    """Parts of the package in a fresh interpreter that has imported every module of `folder`."""
    modules = sorted(
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        for path in (PACKAGE / folder).rglob("*.py")
    )
    code = "import sys, importlib; "
    code += f"[importlib.import_module(m.removesuffix('.__init__')) for m in {modules!r}]; "
    code += "print(*{m.split('.')[1] for m in sys.modules if m.startswith('signsgd_sym.')})"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    return set(run.stdout.split())


def allowed_above(folder):
    """What `folder` may import, and what that may import in turn."""
    return {folder}.union(*(allowed_above(part) for part in MAY_IMPORT[folder]))


@pytest.mark.parametrize("folder", ["model", "simulate"])
def test_nothing_derived_is_loaded(folder):
    assert not {"proof", "derive", "codegen", "solve"} & allowed_above(folder)
    assert parts_loaded(folder) <= allowed_above(folder)


def test_the_solver_loads_what_was_derived():
    """The check above can fail."""
    assert "derive" in parts_loaded("solve")
