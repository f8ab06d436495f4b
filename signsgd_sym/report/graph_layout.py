"""A drawing of a layered graph: what a node rests on stands above it.

Four passes. *Layers*: a node is one below the lowest it rests on, sources just above their first user, so
that edges are short. *Chains*: an edge over several layers gets a waypoint in each, so that
it has a lane of its own. *Order*: sweeps that put a node at the median of its neighbours, kept when they
lessen the crossings. *Places*: nodes move towards their neighbours without overlapping.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

SWEEPS = 24
RELAXATIONS = 40


@dataclass(frozen=True)
class Placed:
    """Centre of every node, and for every edge the points it passes, ends included."""

    centres: dict[str, tuple[float, float]]
    edges: dict[tuple[str, str], tuple[tuple[float, float], ...]]
    width: float
    height: float


def place(
    above: Mapping[str, Sequence[str]],
    widths: Mapping[str, float],
    *,
    gap: float = 18.0,
    lane: float = 14.0,
    row: float = 74.0,
) -> Placed:
    """Place the nodes of `above` (node -> those it rests on, all of them keys).

    >>> placed = place({"a": [], "b": [], "c": ["a", "b"]}, {"a": 40, "b": 40, "c": 40})
    >>> placed.centres["a"][1] == placed.centres["b"][1] < placed.centres["c"][1]
    True
    """
    layer = _layers(above)
    chains: dict[tuple[str, str], list[str]] = {}
    rows: list[list[str]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    for name in above:
        rows[layer[name]].append(name)
    up: dict[str, list[str]] = {name: [] for name in above}
    room = {name: widths[name] + gap for name in above}
    for name, parents in above.items():
        for parent in parents:
            chain = [parent]
            for level in range(layer[parent] + 1, layer[name]):
                waypoint = f"{parent}\0{name}\0{level}"
                rows[level].append(waypoint)
                room[waypoint] = lane
                up[waypoint] = [chain[-1]]
                chain.append(waypoint)
            up[name].append(chain[-1])
            chains[parent, name] = [*chain, name]
    down: dict[str, list[str]] = {name: [] for name in up}
    for name, parents in up.items():
        for parent in parents:
            down[parent].append(name)
    rows = _ordered(rows, up, down)
    x = _relaxed(rows, up, down, room)
    y = {name: (level + 0.5) * row for level, names in enumerate(rows) for name in names}
    left = min((x[n] - room[n] / 2 for n in x), default=0.0)
    right = max((x[n] + room[n] / 2 for n in x), default=0.0)
    at = {name: (x[name] - left, y[name]) for name in x}
    edges = {edge: tuple(at[n] for n in chain) for edge, chain in chains.items()}
    return Placed({n: at[n] for n in above}, edges, right - left, len(rows) * row)


def _layers(above: Mapping[str, Sequence[str]]) -> dict[str, int]:
    depth: dict[str, int] = {}

    def of(name: str) -> int:
        if name not in depth:
            depth[name] = 1 + max((of(parent) for parent in above[name]), default=-1)
        return depth[name]

    for name in above:
        of(name)
    below: dict[str, list[str]] = {name: [] for name in above}
    for name, parents in above.items():
        for parent in parents:
            below[parent].append(name)
    for name in sorted(above, key=lambda n: -depth[n]):
        if not above[name] and below[name]:
            depth[name] = min(depth[user] for user in below[name]) - 1
    return depth


def _crossings(rows: Sequence[Sequence[str]], up: Mapping[str, Sequence[str]]) -> int:
    total = 0
    for upper, lower in pairwise(rows):
        place_of = {name: k for k, name in enumerate(upper)}
        ends = [place_of[parent] for name in lower for parent in sorted(up[name], key=place_of.__getitem__)]
        total += sum(a > b for k, a in enumerate(ends) for b in ends[k + 1 :])
    return total


def _ordered(
    rows: list[list[str]], up: Mapping[str, Sequence[str]], down: Mapping[str, Sequence[str]]
) -> list[list[str]]:
    best, fewest = [list(r) for r in rows], _crossings(rows, up)
    current = [list(r) for r in rows]
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        levels = range(1, len(current)) if downwards else range(len(current) - 2, -1, -1)
        for level in levels:
            fixed = current[level - 1 if downwards else level + 1]
            place_of = {name: k for k, name in enumerate(fixed)}
            links = up if downwards else down
            own = {name: k for k, name in enumerate(current[level])}

            def median(
                name: str,
                links: Mapping[str, Sequence[str]] = links,
                place_of: dict[str, int] = place_of,
                own: dict[str, int] = own,
                scale: float = len(fixed) / max(len(current[level]), 1),
            ) -> float:
                ends = sorted(place_of[other] for other in links[name])
                return sum(ends) / len(ends) if ends else own[name] * scale

            current[level].sort(key=median)
        crossings = _crossings(current, up)
        if crossings < fewest:
            best, fewest = [list(r) for r in current], crossings
    return best


def _relaxed(
    rows: Sequence[Sequence[str]],
    up: Mapping[str, Sequence[str]],
    down: Mapping[str, Sequence[str]],
    room: Mapping[str, float],
) -> dict[str, float]:
    x: dict[str, float] = {}
    for names in rows:
        total, at = sum(room[name] for name in names), 0.0
        for name in names:
            x[name] = at + room[name] / 2 - total / 2
            at += room[name]
    for turn in range(RELAXATIONS):
        order = rows if turn % 2 == 0 else list(reversed(rows))
        for names in order:
            wanted = []
            for name in names:
                near = [x[other] for other in (*up[name], *down[name])]
                wanted.append(sum(near) / len(near) if near else x[name])
            for name, value in zip(names, _apart(names, wanted, room), strict=True):
                x[name] = value
    return x


def _apart(names: Sequence[str], wanted: Sequence[float], room: Mapping[str, float]) -> list[float]:
    """The places nearest to those wanted, in this order and without overlap (blocks are merged)."""
    blocks: list[tuple[float, int]] = []  # sum of wanted offsets, members
    offsets, shift = [], 0.0
    for k, name in enumerate(names):
        shift += room[name] / 2 + (room[names[k - 1]] / 2 if k else 0.0)
        offsets.append(shift)
        blocks.append((wanted[k] - shift, 1))
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            value, count = blocks.pop()
            blocks[-1] = (blocks[-1][0] + value, blocks[-1][1] + count)
    places: list[float] = []
    for value, count in blocks:
        places += [value / count + offsets[len(places) + k] for k in range(count)]
    return places
