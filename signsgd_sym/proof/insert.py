"""Definitions inserted into a statement, and the certified forms of what was defined.

A name (`E[f(r x_i)]`, `phi(R)`) is replaced by its meaning before anything is evaluated. Where the meaning
itself is outside the kernel (an integral of an integral), an equality that an earlier step states for it
takes its place: that is what "insert step 3" means on paper, and the evidence says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from signsgd_sym.proof.derivation import Assumption, Derivation, Step

MAX_DEPTH = 20


def insert(expr: Any, definitions: Mapping[Any, Any]) -> Any:
    """`expr` with every defined name replaced, until none is left.

    A name f(x) stands for a function: f(2*x) becomes the meaning with 2*x for x.

    >>> x, y = sp.symbols("x y", positive=True)
    >>> f = sp.Function("f")(x)
    >>> insert(f.subs(x, 2 * x) + y, {f: x**2, y: sp.Integer(3)})
    4*x**2 + 3
    """
    functions = {name.func: name for name in definitions if isinstance(name, AppliedUndef)}
    for _ in range(MAX_DEPTH):
        found: dict[Any, Any] = {}
        for node in expr.atoms(AppliedUndef):
            if node.func in functions:
                name = functions[node.func]
                found[node] = definitions[name].subs(dict(zip(name.args, node.args, strict=True)))
        for node in expr.free_symbols | expr.atoms(sp.Symbol):
            if node in definitions and definitions[node] != node:
                found[node] = definitions[node]
        if not found:
            return expr
        expr = expr.xreplace(found)
    raise ValueError(f"the definitions of {', '.join(map(str, found))} go round in a circle")


def equations(given: tuple[Assumption, ...], violate: str = "") -> dict[Any, Any]:
    """Name -> value of the equations among the assumptions, but for the one labelled `violate`.

    >>> x, y = sp.symbols("x y", positive=True)
    >>> equations((Assumption("x is known", sp.Eq(x, 2 * y)), Assumption("y < 1", y < 1)))
    {x: 2*y}
    """
    relations = [a.relation for a in given if a.label != violate and isinstance(a.relation, sp.Equality)]
    return {r.lhs: r.rhs for r in relations if isinstance(r.lhs, sp.Symbol | AppliedUndef)}


def levels(derivation: Derivation, before: Step) -> Iterator[tuple[dict[Any, Any], str]]:
    """Ways to read the names in a step, the definitions first, then the forms earlier steps found for them.

    Each is a table name -> expression, and a sentence that says which equalities it rests on ("" for
    the definitions alone). A form is found by following the chain: name := a, a = b, b = c.
    """
    chains: dict[Any, list[tuple[Any, str]]] = {}
    _follow(derivation, chains, before, set())
    chains = _reachable(chains, before)
    deepest = max((len(chain) for chain in chains.values()), default=1)
    previous = None
    for level in range(deepest):
        chosen = {name: chain[min(level, len(chain) - 1)] for name, chain in chains.items()}
        table = {name: form for name, (form, _) in chosen.items()}
        if table != previous:
            sources = sorted({source for _, source in chosen.values() if source})
            yield table, ("with " + ", ".join(sources)) if sources else ""
        previous = table


def _reachable(chains: dict[Any, list[tuple[Any, str]]], step: Step) -> dict[Any, list[tuple[Any, str]]]:
    """The chains of names that occur in the step, or in a form of one that does."""
    queue, found = [step.lhs, step.rhs], {}
    while queue:
        expr = queue.pop()
        functions = {node.func for node in expr.atoms(AppliedUndef)}
        for name, chain in chains.items():
            occurs = name.func in functions if isinstance(name, AppliedUndef) else expr.has(name)
            if occurs and name not in found:
                found[name] = chain
                queue += [form for form, _ in chain]
    return found


def _follow(
    derivation: Derivation, chains: dict[Any, list[tuple[Any, str]]], before: Step | None, seen: set[str]
) -> None:
    for other in derivation.uses:
        if other.id not in seen:
            seen.add(other.id)
            _follow(other, chains, None, seen)
    for step in derivation.steps:
        if step is before or (before is not None and step.id == before.id):
            break
        if step.relation == ":=":
            chains[step.lhs] = [(step.rhs, "")]
        elif step.relation == "=" and not step.reference:
            for name, chain in chains.items():
                if step.lhs in (name, chain[-1][0]) and step.rhs != chain[-1][0]:
                    where = f"step {step.id}" + ("" if before is not None else f" of {derivation.id}")
                    chain.append((step.rhs, where))
