"""Drawn schemes: positions that show the topology, and a drawing that holds everything."""

import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pytest

from quantal.figures.scheme import STEP, Transition, draw_scheme, layout, left_out

AMPA = ("C0", "C1", "C2", "O", "C3", "C4", "C5")
LINES = [
    Transition(*pair, reversible=True)
    for pair in (
        ("C0", "C1"), ("C1", "C2"), ("C2", "O"), ("C1", "C3"), ("C3", "C4"), ("C2", "C4"),
        ("C4", "C5"), ("O", "C5"),
    )
]  # fmt: skip
SVG = "{http://www.w3.org/2000/svg}"


def chain(n: int) -> tuple[list[str], list[Transition]]:
    states = [f"S{i}" for i in range(n)]
    return states, [Transition(a, b, True) for a, b in pairwise(states)]


@pytest.mark.parametrize("n", [2, 3, 8])
def test_a_chain_is_a_straight_line_of_even_steps_from_the_left(n):
    placed = layout(*chain(n))
    assert np.allclose(placed[:, 1], 0.0)
    assert np.allclose(np.diff(placed[:, 0]), 1.0, atol=1e-3)


def test_one_state_alone():
    assert layout(["R"], []).shape == (1, 2)
    assert "R" in draw_scheme(["R"], [])


def test_neighbours_are_nearer_than_strangers():
    placed = dict(zip(AMPA, layout(AMPA, LINES), strict=True))
    joined = {frozenset((line.source, line.target)) for line in LINES}
    lengths = {
        frozenset((a, b)): float(np.linalg.norm(placed[a] - placed[b]))
        for a in AMPA
        for b in AMPA
        if a < b
    }
    near = [length for pair, length in lengths.items() if pair in joined]
    far = [length for pair, length in lengths.items() if pair not in joined]
    assert max(near) < min(far)
    assert min(lengths.values()) * STEP > 2 * 19 + 10


def test_the_drawing_holds_every_state_and_numbers_every_transition():
    root = ET.fromstring(draw_scheme(AMPA, [*LINES[:-1], Transition("O", "C5", False)], ["O"]))
    words = [text.text for text in root.iter(f"{SVG}text")]
    assert sorted(words) == sorted([*AMPA, *(str(i) for i in range(1, 9))])
    one_way = [
        p for p in root.iter(f"{SVG}path") if p.get("marker-end") and not p.get("marker-start")
    ]
    assert len(one_way) == 1
    filled = [c for c in root.iter(f"{SVG}rect") if c.get("fill") == "#bfe3c6"]
    assert len(filled) == 1


def test_parts_that_never_meet_are_drawn_apart():
    states = ["A", "B", "X", "Y"]
    placed = layout(states, [Transition("A", "B", True), Transition("X", "Y", True)])
    assert np.isfinite(placed).all()
    assert np.linalg.norm(placed[0] - placed[2]) > 1.0


def test_a_long_name_fits_into_its_lozenge_and_neighbours_stay_apart():
    states = ["free", "translocated", "inward_bound"]
    lines = [Transition(a, b, True) for a, b in pairwise(states)]
    root = ET.fromstring(draw_scheme(states, lines))
    boxes = [(float(r.get("x")), float(r.get("width"))) for r in root.iter(f"{SVG}rect")]
    assert all(w > 7.0 * len(state) for (_, w), state in zip(boxes, states, strict=True))
    assert all(x + width + 40.0 < next_x for (x, width), (next_x, _) in pairwise(boxes))


def test_a_state_that_all_others_lead_to_is_left_out_and_named():
    states, lines = chain(8)
    lines += [Transition(state, "fused", False) for state in states]
    assert left_out([*states, "fused"], lines) == ["fused"]
    root = ET.fromstring(draw_scheme([*states, "fused"], lines))
    words = {text.text for text in root.iter(f"{SVG}text")}
    assert words == {*states, *(str(i) for i in range(1, 8))}


def test_numbers_of_lines_that_cross_stand_apart():
    square = ("A", "B", "C", "D")
    pairs = [("A", "B"), ("B", "C"), ("C", "D"), ("D", "A"), ("A", "C"), ("B", "D")]
    root = ET.fromstring(draw_scheme(square, [Transition(*pair, True) for pair in pairs]))
    at = np.array([
        (float(t.get("x")), float(t.get("y"))) for t in root.iter(f"{SVG}text") if t.text.isdigit()
    ])  # fmt: skip
    apart = np.linalg.norm(at[:, None] - at[None], axis=2) + 1e3 * np.eye(len(at))
    assert apart.min() > 14.0
