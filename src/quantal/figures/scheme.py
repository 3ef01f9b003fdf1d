"""A kinetic scheme as a drawing: its states, and its transitions by number.

The layout is stress majorisation (Gansner, Koren & North 2004): positions whose distances
come as near as they can to the number of transitions between two states. It has no random
start, so that a page changes only when its scheme does.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

STEP = 110.0
"""Pixels between neighbours."""

MARGIN = 40.0
RADIUS = 19.0
CROWDED = 6
"""A state with more transitions than this is left out of a drawing, which it would cover."""

_LETTER = 7.6
"""Pixels that a letter of a state's name takes, at most."""

_ITERATIONS = 300


@dataclass(frozen=True, slots=True)
class Transition:
    """A line of a scheme between two of its states."""

    source: str
    target: str
    reversible: bool


def layout(states: Sequence[str], transitions: Sequence[Transition]) -> np.ndarray:
    """Positions (n, 2) in steps; the longest extent lies along x, the first state to the left."""
    index = {state: i for i, state in enumerate(states)}
    edges = np.array([(index[t.source], index[t.target]) for t in transitions])
    hops = _hops(len(states), edges)
    n = len(states)
    if n == 1:
        return np.zeros((1, 2))
    positions = _classical_scaling(hops)
    weight = np.where(hops > 0, 1.0 / np.maximum(hops, 1.0) ** 2, 0.0)
    laplacian = np.diag(weight.sum(axis=1)) - weight
    inverse = np.linalg.pinv(laplacian)
    for _ in range(_ITERATIONS):
        apart = positions[:, None] - positions[None]
        length = np.maximum(np.linalg.norm(apart, axis=2), 1e-9)
        pull = (weight * hops / length)[..., None] * apart
        positions = inverse @ pull.sum(axis=1)
    return _upright(positions, edges)


def left_out(states: Sequence[str], transitions: Sequence[Transition]) -> list[str]:
    """The states that a drawing leaves out, with all their transitions: see `CROWDED`."""
    ends = Counter(end for line in transitions for end in (line.source, line.target))
    return [state for state in states if ends[state] > CROWDED]


def draw_scheme(
    states: Sequence[str], transitions: Sequence[Transition], conducting: Iterable[str] = ()
) -> str:
    """The scheme as SVG text; transitions carry their number in the order given, from 1.

    `conducting` states are filled. States that `left_out` names are not drawn.
    """
    out = set(left_out(states, transitions))
    drawn = [state for state in states if state not in out]
    lines = {
        number: line
        for number, line in enumerate(transitions, 1)
        if not out & {line.source, line.target}
    }
    widest = max((_half_width(state) for state in drawn), default=RADIUS)
    steps = np.array([STEP + 2.0 * (widest - RADIUS), STEP])
    place = dict(zip(drawn, layout(drawn, list(lines.values())) * steps, strict=True))
    margin = np.array([MARGIN + widest - RADIUS, MARGIN])
    corner = np.min(list(place.values()), axis=0) - margin
    place = {state: position - corner for state, position in place.items()}
    width, height = np.max(list(place.values()), axis=0) + margin
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" style="max-width:100%;height:auto" '
        'font-family="sans-serif" font-size="13" text-anchor="middle">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto-start-reverse">'
        '<path d="M0 0 8 4 0 8z" fill="#667"/></marker></defs>',
    ]
    taken = list(place.values())
    for number, line in lines.items():
        parts.append(_line(number, line, place, taken))
    filled = set(conducting)
    for state, (x, y) in place.items():
        colour = "#bfe3c6" if state in filled else "#e8ecf8"
        half = _half_width(state)
        parts.append(
            f'<rect x="{x - half:.1f}" y="{y - RADIUS:.1f}" width="{2 * half:.1f}" '
            f'height="{2 * RADIUS:g}" rx="{RADIUS:g}" fill="{colour}" stroke="#445"/>'
            f'<text x="{x:.1f}" y="{y + 4.5:.1f}" fill="#112">{state}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _half_width(state: str) -> float:
    """Of the lozenge round a name: a circle for a short one."""
    return max(RADIUS, _LETTER * len(state) / 2 + 6.0)


def _line(
    number: int, transition: Transition, place: dict[str, np.ndarray], taken: list[np.ndarray]
) -> str:
    start, end = place[transition.source], place[transition.target]
    along = (end - start) / max(float(np.linalg.norm(end - start)), 1e-9)
    x1, y1 = start + along * (_reach(transition.source, along) + 3)
    x2, y2 = end - along * (_reach(transition.target, along) + 3)
    x, y = _clear(start, end, along, taken)
    taken.append(np.array([x, y]))
    tail = ' marker-start="url(#tip)"' if transition.reversible else ""
    return (
        f'<path d="M{x1:.1f} {y1:.1f} L{x2:.1f} {y2:.1f}" stroke="#667" fill="none" '
        f'marker-end="url(#tip)"{tail}/>'
        f'<text x="{x:.1f}" y="{y + 4:.1f}" fill="#667" font-size="11">{number}</text>'
    )


def _reach(state: str, along: np.ndarray) -> float:
    """How far the edge of a state is from its middle, in a direction."""
    half = _half_width(state)
    if half == RADIUS:
        return RADIUS
    across, up = np.maximum(np.abs(along), 1e-9)
    return float(min(half / across, RADIUS / up))


def _clear(
    start: np.ndarray, end: np.ndarray, along: np.ndarray, taken: list[np.ndarray]
) -> np.ndarray:
    """Where a line's number stands: beside its middle, or where it is farther from the others."""
    # Above the line, where that has a meaning.
    beside = np.array([along[1], -along[0]])
    offset = 11 * (beside if beside[1] < 0 else -beside)
    spots = [start + share * (end - start) + offset for share in (0.5, 0.38, 0.62)]
    room = [min(float(np.linalg.norm(spot - other)) for other in taken) for spot in spots]
    return np.asarray(spots[0 if room[0] > 22.0 else int(np.argmax(room))])


def _hops(n: int, edges: np.ndarray) -> np.ndarray:
    """The least number of transitions between any two states; n where there is no way."""
    neighbours: list[set[int]] = [set() for _ in range(n)]
    for a, b in edges:
        neighbours[a].add(int(b))
        neighbours[b].add(int(a))
    hops = np.full((n, n), float(n))
    for start in range(n):
        hops[start, start] = 0.0
        seen, queue = {start}, deque([start])
        while queue:
            here = queue.popleft()
            for there in neighbours[here] - seen:
                seen.add(there)
                hops[start, there] = hops[start, here] + 1.0
                queue.append(there)
    return hops


def _classical_scaling(hops: np.ndarray) -> np.ndarray:
    n = len(hops)
    centre = np.eye(n) - 1.0 / n
    values, vectors = np.linalg.eigh(-0.5 * centre @ hops**2 @ centre)
    plane = vectors[:, [-1, -2]] * np.sqrt(np.maximum(values[[-1, -2]], 0.0))
    # A pure chain has no second extent; a whisper of one lets the iteration leave the line.
    return np.asarray(plane + 1e-3 * np.cos(np.arange(2.0 * n)).reshape(n, 2))


def _upright(positions: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Turned so that transitions run along x and y, the longer extent along x."""
    along = _vectors(positions, edges)
    # Fourfold symmetry: the turn by which directions agree best with the two axes.
    angle = np.angle(np.sum(np.exp(4j * np.arctan2(along[:, 1], along[:, 0])))) / 4.0
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = (positions - positions.mean(axis=0)) @ turn
    if np.ptp(turned[:, 1]) > np.ptp(turned[:, 0]):
        turned = turned[:, ::-1]
    turned *= np.where(turned[0] > 1e-6, -1.0, 1.0)
    # A chain is straight but for the whisper: draw it straight.
    if np.ptp(turned[:, 1]) < 0.05:
        turned[:, 1] = 0.0
    return np.asarray(turned)


def _vectors(positions: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The vectors (m, 2) along each pair (m, 2) of indices."""
    return np.asarray(positions[edges[:, 1]] - positions[edges[:, 0]])
