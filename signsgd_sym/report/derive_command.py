"""The command `derive`: the list, one derivation with its verdicts, or the graph of all."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from signsgd_sym.errors import ParameterError
from signsgd_sym.report.show import FORMATS, derivation_as, derivation_data, list_data, list_text

Progress = Callable[[str, float], object]
GRAPH_FORMATS = ("text", "html")


@dataclass(frozen=True)
class DeriveRequest:
    """What `derive` was asked for."""

    id: str | None
    style: str
    graph: bool
    without: str | None
    seed: int
    as_json: bool

    @staticmethod
    def parse(
        derivation_id: str | None, style: str, graph: bool, without: str | None, seed: int, as_json: bool
    ) -> DeriveRequest:
        """Refuse what cannot be done before anything is derived. Raises `ParameterError`."""
        if style not in FORMATS:
            raise ParameterError(f"the format {style!r} is not known; use one of {', '.join(FORMATS)}.")
        if graph and derivation_id is not None:
            raise ParameterError(f"--graph is of all derivations; leave out {derivation_id!r}, or --graph.")
        if graph and style not in GRAPH_FORMATS:
            raise ParameterError(f"the graph has no format {style!r}; use one of {', '.join(GRAPH_FORMATS)}.")
        if without is not None and not graph:
            raise ParameterError(f"--without {without!r} speaks of the graph; add --graph.")
        if seed < 0:
            raise ParameterError(f"--seed is {seed}; take 0 or a positive whole number.")
        return DeriveRequest(derivation_id, style, graph, without, seed, as_json)


def derive_content(request: DeriveRequest, progress: Progress, *, colour: bool, width: int) -> str:
    """What is printed, or written to the file."""
    if request.graph:
        from signsgd_sym.report.graph_command import graph_content

        return graph_content(request.without, request.style, request.as_json, request.seed, progress, width)
    if request.id is None:
        listed = list_data()
        return json.dumps(listed, indent=2) if request.as_json else list_text(listed)

    from signsgd_sym.derive.catalogue import derive
    from signsgd_sym.report.check_run import safe_check

    progress(f"deriving {request.id}", 0.0)
    derivation = derive(request.id)
    progress(f"checking {len(derivation.steps)} steps of {request.id}", 0.0)
    report = safe_check(derivation, seed=request.seed)
    if request.as_json:
        return json.dumps({**derivation_data(derivation, report), "seed": request.seed}, indent=2)
    return derivation_as(derivation, request.style, report, seed=request.seed, colour=colour, width=width)
