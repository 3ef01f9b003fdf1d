"""`quantal compare`: a recording drives the synapse."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

RECORDINGS = Path(__file__).parents[3] / "shared" / "data" / "recordings"
TRAINS = RECORDINGS / "evoked_epsc_trains_50hz.abf"
CALYX = "synapses/calyx_of_held"

recorded = pytest.mark.skipif(
    not TRAINS.exists(), reason="the recordings of ../shared/data are not here"
)


@recorded
def test_stimuli_are_found_and_both_sides_measured_alike(quantal, tmp_path):
    picture = tmp_path / "compared.png"
    done = quantal("compare", CALYX, TRAINS, "-o", picture, "--json")
    assert done.exit_code == 0, done.output
    compared = json.loads(done.stdout)
    times = [row["time"] for row in compared["stimuli"]]
    assert len(times) == 5
    assert [b - a for a, b in pairwise(times)] == pytest.approx([20] * 4)
    ratios = [row["simulated_ratio"] for row in compared["stimuli"]]
    assert ratios[0] == 1.0
    assert ratios == sorted(ratios, reverse=True)
    assert compared["unit"] == "pA"
    assert picture.read_bytes().startswith(b"\x89PNG")


@recorded
def test_the_table_has_a_row_for_each_stimulus(quantal, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = quantal("compare", CALYX, TRAINS)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].startswith("stimulus")
    assert [line.split()[0] for line in lines[1:6]] == ["1", "2", "3", "4", "5"]
    assert (tmp_path / f"{TRAINS.stem}.png").exists()


@pytest.mark.skipif(not RECORDINGS.exists(), reason="the recordings of ../shared/data are not here")
def test_a_recording_without_stimuli_is_refused(quantal):
    done = quantal("compare", CALYX, RECORDINGS / "nmda_application.abf")
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1
    assert "stimulus artefacts" in done.stderr


def test_a_file_that_is_no_recording(quantal, tmp_path):
    page = tmp_path / "page.abf"
    page.write_text("<html>")
    done = quantal("compare", CALYX, page)
    assert done.exit_code == 2
    assert "not an ABF file" in done.stderr
    assert quantal("compare", CALYX, tmp_path / "none.abf").exit_code == 2
