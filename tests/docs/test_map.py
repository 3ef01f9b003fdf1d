"""The map of the synapse: every label leads somewhere, and every mechanism stands on it."""

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from quantal.library.catalogue import catalogue

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def synapse_map(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS))
    import synapse_map

    yield synapse_map
    sys.modules.pop("synapse_map", None)


def labels():
    drawing = ElementTree.parse(DOCS / "map.svg")
    return [link.attrib["href"] for link in drawing.iter("{http://www.w3.org/2000/svg}a")]


def test_every_label_leads_to_a_heading(synapse_map):
    page = synapse_map.page(catalogue())
    missing = [label for label in labels() if f"{{ {label} }}" not in page]
    assert missing == []


def test_every_part_but_the_last_has_a_label(synapse_map):
    anchors = {f"#{part.anchor}" for part in synapse_map.PARTS[:-1]}
    assert anchors == set(labels())


def test_every_mechanism_stands_on_it(synapse_map):
    page = synapse_map.page(catalogue())
    missing = [entry.name for entry in catalogue() if f"(mechanisms/{entry.name}.md)" not in page]
    assert missing == []


def test_every_mechanism_is_under_a_label_of_the_drawing(synapse_map):
    entries = catalogue()
    labelled = [part for part in synapse_map.PARTS if f"#{part.anchor}" in labels()]
    reached = {e.name for part in labelled for e in synapse_map.members(part, entries)}
    assert [entry.name for entry in entries if entry.name not in reached] == []


def test_what_is_shown_twice_is_in_the_library(synapse_map):
    names = {entry.name for entry in catalogue()}
    assert [n for part in synapse_map.PARTS for n in part.also if n not in names] == []
