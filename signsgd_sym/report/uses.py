"""What uses what among the built-in derivations, as it was when they were last made.

To say which derivations use one, all have to be made, which takes half a minute; a reader of one
derivation should not wait for that. So the links are kept in `templates/uses.json`, which
`python -m signsgd_sym.report.uses` writes from the derivations themselves; a test holds it against them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from signsgd_sym.proof.graph import Graph, Node, graph_of
from signsgd_sym.report.resources import resource

FILE = "uses.json"


@dataclass(frozen=True)
class Uses:
    """Id -> the ids of the derivations it uses."""

    links: dict[str, tuple[str, ...]]

    @staticmethod
    def shipped() -> Uses:
        """As it was written."""
        return Uses({name: tuple(uses) for name, uses in json.loads(resource(FILE)).items()})

    @staticmethod
    def made() -> Uses:
        """From every built-in derivation, made now."""
        from signsgd_sym.derive.catalogue import CATALOGUE, derive

        return Uses({name: tuple(used.id for used in derive(name).uses) for name in CATALOGUE})

    def graph(self) -> Graph:
        """Nodes without assumptions or verdicts."""
        from signsgd_sym.derive.catalogue import CATALOGUE

        titles = {name: entry.title for name, entry in CATALOGUE.items()}
        return graph_of(Node(name, titles.get(name, ""), uses) for name, uses in self.links.items())

    def write(self, path: Path) -> None:
        """One line a derivation."""
        lines = [f"  {json.dumps(name)}: {json.dumps(uses)}" for name, uses in self.links.items()]
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    Uses.made().write(Path(__file__).parent / "templates" / FILE)
