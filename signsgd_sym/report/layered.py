"""A layered drawing of what rests on what: places for boxes, lines that bend around them.

Sugiyama's three passes. Layers first: each box below everything it rests on, and as close above what rests on
it as it can be. Then the order in a layer: lines cross least when a box sits near the mean of its
neighbours, seen from above and from below in turn. Then coordinates: the same means, kept apart by least
squares, which for a fixed order is isotonic regression.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

SWEEPS = 24
Slot = tuple[str, int]
"""A box (name, -1), or the bend of a line: (name of the line, its layer)."""


@dataclass(frozen=True)
class Drawing:
    """Centres of the boxes and the points of each line from `above` to `below`, in the units of the sizes."""

    centres: dict[str, tuple[float, float]]
    lines: dict[tuple[str, str], tuple[tuple[float, float], ...]]
    width: float
    height: float


def depths(rests_on: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The layer of each name; the mapping lists names after those they rest on.

    >>> depths({"a": [], "b": ["a"], "c": [], "d": ["b", "c"]})
    {'a': 0, 'b': 1, 'c': 1, 'd': 2}
    """
    depth: dict[str, int] = {}
    for name, above in rests_on.items():
        depth[name] = 1 + max((depth[other] for other in above), default=-1)
    for name in reversed(list(rests_on)):  # pull down what would hang far above all that uses it
        below = [depth[other] for other, above in rests_on.items() if name in above]
        if below and not rests_on[name]:
            depth[name] = min(below) - 1
    return depth


def draw(
    rests_on: Mapping[str, Sequence[str]],
    box: tuple[float, float],
    gap: tuple[float, float],
    width: float = 1000.0,
) -> Drawing:
    """Place boxes of size `box`, `gap` apart; the mapping lists names after those they rest on.

    What is not connected is drawn side by side, in shelves of about `width`.

    >>> draw({"a": [], "b": ["a"]}, (10, 4), (2, 6)).centres
    {'a': (5.0, 2.0), 'b': (5.0, 12.0)}
    """
    centres: dict[str, tuple[float, float]] = {}
    lines: dict[tuple[str, str], tuple[tuple[float, float], ...]] = {}
    x = y = right = below = 0.0
    for names in _components(rests_on):
        part = _connected({name: rests_on[name] for name in names}, box, gap)
        if x and x + part.width > width:
            x, y = 0.0, below + gap[1]
        centres.update({name: (cx + x, cy + y) for name, (cx, cy) in part.centres.items()})
        lines.update(
            {ends: tuple((px + x, py + y) for px, py in points) for ends, points in part.lines.items()}
        )
        right, below = max(right, x + part.width), max(below, y + part.height)
        x += part.width + 2 * gap[0]
    return Drawing({name: centres[name] for name in rests_on}, lines, right, below)


def _components(rests_on: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Names that are connected, in the order of the mapping; the largest first, single boxes last."""
    of: dict[str, list[str]] = {}
    for name, above in rests_on.items():
        joined = [name]
        for part in {id(of[other]): of[other] for other in above}.values():
            joined = part + joined
        of.update(dict.fromkeys(joined, joined))
    parts = {id(part): part for part in of.values()}
    order = {name: k for k, name in enumerate(rests_on)}
    return sorted((sorted(part, key=order.__getitem__) for part in parts.values()), key=len, reverse=True)


def _connected(
    rests_on: Mapping[str, Sequence[str]], box: tuple[float, float], gap: tuple[float, float]
) -> Drawing:
    depth = depths(rests_on)
    rows: list[list[Slot]] = [[] for _ in range(1 + max(depth.values()))]
    links: dict[Slot, list[Slot]] = {}
    paths: dict[tuple[str, str], list[Slot]] = {}
    for name in rests_on:
        rows[depth[name]].append((name, -1))
    for name, above in rests_on.items():
        for other in above:
            bends = [(f"{other} {name}", level) for level in range(depth[other] + 1, depth[name])]
            for bend in bends:
                rows[bend[1]].append(bend)
            path = [(other, -1), *bends, (name, -1)]
            paths[other, name] = path
            for a, b in pairwise(path):
                links.setdefault(a, []).append(b)
                links.setdefault(b, []).append(a)
    level_of = {slot: level for level, row in enumerate(rows) for slot in row}
    rows = _ordered(rows, links, level_of)
    x = _spread(rows, links, level_of, box[0], gap[0])
    left = min(x[slot] - _width(slot, box[0]) / 2 for slot in x)
    right = max(x[slot] + _width(slot, box[0]) / 2 for slot in x)
    place = {slot: (x[slot] - left, box[1] / 2 + level_of[slot] * (box[1] + gap[1])) for slot in x}
    return Drawing(
        {name: place[name, -1] for name in rests_on},
        {ends: tuple(place[slot] for slot in path) for ends, path in paths.items()},
        right - left,
        len(rows) * box[1] + (len(rows) - 1) * gap[1],
    )


def _width(slot: Slot, box: float) -> float:
    return box if slot[1] < 0 else 0.0


def _neighbours(
    slot: Slot, links: Mapping[Slot, Sequence[Slot]], level_of: Mapping[Slot, int], side: int
) -> list[Slot]:
    """Neighbours one layer above (`side` -1) or below (1)."""
    return [other for other in links.get(slot, ()) if level_of[other] == level_of[slot] + side]


def _crossings(
    rows: list[list[Slot]], links: Mapping[Slot, Sequence[Slot]], level_of: Mapping[Slot, int]
) -> int:
    total = 0
    for upper, lower in pairwise(rows):
        place = {slot: k for k, slot in enumerate(lower)}
        ends = [
            (k, place[other])
            for k, slot in enumerate(upper)
            for other in _neighbours(slot, links, level_of, 1)
        ]
        total += sum((a - c) * (b - d) < 0 for k, (a, b) in enumerate(ends) for c, d in ends[:k])
    return total


def _ordered(
    rows: list[list[Slot]], links: Mapping[Slot, Sequence[Slot]], level_of: Mapping[Slot, int]
) -> list[list[Slot]]:
    """The order with the fewest crossings that the sweeps have met."""
    best, fewest = rows, _crossings(rows, links, level_of)
    for sweep in range(SWEEPS):
        side = -1 if sweep % 2 == 0 else 1
        rows = [list(row) for row in rows]
        for row in rows if side < 0 else reversed(rows):
            place = {slot: k for other in rows for k, slot in enumerate(other)}

            def mean(slot: Slot, place: dict[Slot, int] = place, side: int = side) -> float:
                near = _neighbours(slot, links, level_of, side)
                return fmean(place[other] for other in near) if near else float(place[slot])

            row.sort(key=mean)
        crossings = _crossings(rows, links, level_of)
        if crossings < fewest:
            best, fewest = rows, crossings
    return best


def _spread(
    rows: list[list[Slot]],
    links: Mapping[Slot, Sequence[Slot]],
    level_of: Mapping[Slot, int],
    box: float,
    gap: float,
) -> dict[Slot, float]:
    """Horizontal places, near the mean of the neighbours and at least `gap` apart."""
    offsets = []
    for row in rows:
        places = [0.0]
        for a, b in pairwise(row):
            places.append(places[-1] + (_width(a, box) + _width(b, box)) / 2 + gap)
        offsets.append(places)
    widest = max(places[-1] for places in offsets)
    x = {
        slot: place + (widest - places[-1]) / 2
        for row, places in zip(rows, offsets, strict=True)
        for slot, place in zip(row, places, strict=True)
    }
    for sweep in range(SWEEPS):
        order = list(zip(rows, offsets, strict=True))
        for row, places in order if sweep % 2 == 0 else reversed(order):
            wanted = [fmean([x[other] for other in links.get(slot, ())] or [x[slot]]) for slot in row]
            settled = isotonic([w - p for w, p in zip(wanted, places, strict=True)])
            x.update({slot: s + p for slot, s, p in zip(row, settled, places, strict=True)})
    return x


def isotonic(values: Sequence[float]) -> list[float]:
    """The nondecreasing sequence nearest to `values` in least squares.

    >>> isotonic([1.0, 4.0, 2.0, 5.0])
    [1.0, 3.0, 3.0, 5.0]
    """
    blocks: list[tuple[float, int]] = []
    for value in values:
        blocks.append((value, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, m), (b, n) = blocks[-2:]
            blocks[-2:] = [((a * m + b * n) / (m + n), m + n)]
    return [mean for mean, count in blocks for _ in range(count)]
