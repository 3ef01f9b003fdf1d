"""The page of a mechanism, as `make docs` writes it."""

import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def generate(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS))
    import generate

    yield generate
    for name in ("generate", "validation"):
        sys.modules.pop(name, None)


@pytest.fixture
def page(generate):
    import quantal
    from quantal.experiments.validate import bench_of, validate_model

    name = "receptors/ampa_jonas_1993"
    model = quantal.load(name)
    return generate.mechanism_page(name, model, validate_model(model, bench_of(model), name))


def test_a_page_has_its_source_scheme_rates_targets_and_text(page):
    assert "Jonas, Major & Sakmann 1993" in page
    assert "<svg" in page
    assert "| 1 | C0 + glu ⇌ C1 | `4.59 [/mM/ms]` | `4.26 [/ms]` |" in page
    assert "| `n` | 80 | channels |" in page
    assert "| `peak(open)` | 0.595 | ± 0.002975 | 0.5949 |" in page
    assert "scheme receptor = C0 C1 C2 O C3 C4 C5 count n" in page


def test_rates_of_a_ladder_are_folded_open_states_filled_and_a_crowded_state_named(generate):
    import quantal

    sensor = quantal.load("release/sensor_sun_2007")
    section = "\n".join(generate.scheme_section(sensor.schemes[0], sensor))
    assert "| 1 | Y0X0 + Ca ⇌ Y0X1 | `5*kon` | `koff` |" in section
    assert "| 2 | Y0X1 + Ca ⇌ Y0X2 | `4*kon` | `2*koff*b` |" in section
    assert "Not drawn, having too many transitions: `fused`." in section
    assert generate.conducting(quantal.load("receptors/glycine_burzomato_2004")) >= {"AO", "A2O"}


def test_the_page_of_an_assembly_links_its_parts_and_says_what_is_connected(generate):
    import quantal

    page = generate.mechanism_page(
        "synapses/calyx_of_held", quantal.load("synapses/calyx_of_held"), []
    )
    assert "- [ampa_raman_1992](../receptors/ampa_raman_1992.md)" in page
    assert "| `ampa.V` | `soma.V` | postsynaptic_membrane |" in page
    assert "<svg" not in page


def test_a_missed_target_is_said_in_bold(generate):
    from quantal.experiments.validate import Row

    rows = [
        Row("m", "peak(x)", 1.0, 0.1, 2.0, "mV", False, "a paper"),
        Row("m", "decay(x)", 1.0, 0.1, None, "ms", False, "a paper", "not reached"),
    ]
    table = generate.target_table(rows)
    assert table.count("**missed**") == 2
    assert "not reached" in table
