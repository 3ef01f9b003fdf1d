"""Every text of the library: it says where it comes from, and reproduces what it promises."""

import re
from collections import Counter

import pytest

from quantal.experiments import validate as validation
from quantal.experiments.loading import load
from quantal.library.catalogue import catalogue

ENTRIES = catalogue()
CONDUCTING = [entry for entry in ENTRIES if entry.stage in ("channels", "receptors")]

each = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)


def statements(entry, word):
    """What stands behind a word at the start of a line, in the file's own text."""
    return re.findall(rf"^{word}\s+(\S.*)$", entry.path.read_text(encoding="utf-8"), re.MULTILINE)


def test_there_is_a_library():
    assert len(ENTRIES) > 30


def test_last_names_are_unique():
    counts = Counter(entry.name.rpartition("/")[2] for entry in ENTRIES)
    assert [name for name, count in counts.items() if count > 1] == []


@each
def test_it_says_where_it_comes_from(entry):
    assert entry.title
    assert entry.name.rpartition("/")[2] == load(entry.path).name
    assert all(re.search(r"\b(18|19|20)\d\d\b", source) for source in statements(entry, "source"))
    assert statements(entry, "source")
    assert statements(entry, "preparation")
    assert statements(entry, "temperature")
    assert all(re.fullmatch(r"10\.\d{4,9}/\S+", doi) for doi in statements(entry, "doi"))


@each
def test_it_reproduces_its_published_numbers(entry):
    rows = validation.validate(entry.path)
    assert rows
    missed = [f"{row.target}: {row.simulated} for {row.expected}" for row in rows if not row.passed]
    assert missed == []


@pytest.mark.parametrize("entry", CONDUCTING, ids=lambda entry: entry.name)
def test_a_channel_or_receptor_has_the_role_open(entry):
    assert "open" in {role.name for role in load(entry.path).roles}


NOT_A_RECEPTOR = {
    "conductance_alpha", "conductance_biexponential", "nmda_magnesium_jahr_1990",
    "nmda_magnesium_spruston_1995",
}  # fmt: skip


@pytest.mark.parametrize(
    "entry",
    [
        entry
        for entry in ENTRIES
        if entry.stage == "receptors" and entry.name.rpartition("/")[2] not in NOT_A_RECEPTOR
    ],
    ids=lambda entry: entry.name,
)
def test_a_receptor_says_its_subunits_and_the_conductance_of_one(entry):
    """In its own text, or as a variant in its parent's."""
    text = entry.path.read_text(encoding="utf-8")
    parent = re.match(r"mechanism \w+ from (\w+)", text)
    if parent:
        text += catalogue_text(parent.group(1))
    assert re.search(r"subunit|tetramer|pentamer|trimer", text)
    assert re.search(r"^parameter g\w* = [\d.]+ \[pS\]", text, re.MULTILINE)


def catalogue_text(name):
    """The text of the mechanism with this last name."""
    found = next(entry for entry in ENTRIES if entry.name.rpartition("/")[2] == name)
    return found.path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["sensor_schneggenburger_2000", "sensor_lou_2005"])
def test_sensors_are_exchangeable(name):
    model = load(name)
    assert {(port.kind, port.name, port.side) for port in model.ports} == {
        ("input", "Ca", "inside")
    }
    assert {"release", "fused"} <= {role.name for role in model.roles}
    assert {"n", "kon", "koff", "b"} <= {parameter.name for parameter in model.parameters}


def test_a_micromolar_for_millimolar_slip_is_caught(tmp_path):
    """Every dimension passes; only the published numbers see a factor of a thousand."""
    entry = next(entry for entry in ENTRIES if entry.name == "receptors/ampa_jonas_1993")
    text = entry.path.read_text(encoding="utf-8")
    slip = text.replace("C0 + glu <-> C1 : 4.59 [/mM/ms]", "C0 + glu <-> C1 : 4.59 [/uM/ms]")
    assert slip != text
    copy = tmp_path / "ampa_jonas_1993.syn"
    copy.write_text(slip, encoding="utf-8")
    missed = [row for row in validation.validate(copy) if not row.passed]
    assert "peak(open)" in {row.target for row in missed}
