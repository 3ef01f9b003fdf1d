"""`quantal run --trials`: the table of many trials, and what cannot be asked for."""

import json

import pytest

TEXT = """mechanism vesicles "Vesicles that fuse after a spike"
event spike
parameter n = 40 [sites]
species hot = 0 [molecules] inside
scheme site = full used count n
  fusion = full -> used : 0.5 [/ms]*hot
current epsc = -n*used*1 [pA]
role epsc = epsc
on spike
  hot = 1 [molecules]
"""


def asked(tmp_path, *more):
    path = tmp_path / "vesicles.syn"
    path.write_text(TEXT)
    return ("run", path, "--until", "2 ms", "--train", "spike every 1 ms count 2", "--sample",
            "0.1 ms", *more)  # fmt: skip


def test_a_run_of_trials_prints_what_they_show(quantal, tmp_path):
    said = quantal(*asked(tmp_path, "--trials", "30", "--seed", "1"))
    assert said.exit_code == 0
    for words in ("epsc, over all trials", "first response, coefficient of variation",
                  "failures of the first response", "paired-pulse ratio, of means",
                  "fusion", "in 30 trials"):  # fmt: skip
        assert words in said.stdout
    assert "drawn" not in said.stdout


def test_the_numbers_of_all_trials_come_as_json(quantal, tmp_path):
    said = quantal(*asked(tmp_path, "--trials", "3", "--json", "--record", "used", "--workers", 1))
    values = json.loads(said.stdout)["used"]["values"]
    assert len(values) == 3
    assert len(values[0]) == 21


def test_no_trials_at_all_is_a_mistake(quantal, tmp_path):
    assert quantal(*asked(tmp_path, "--trials", "0")).exit_code == 2


def test_a_drawing_of_trials_is_made(quantal, tmp_path):
    picture = tmp_path / "x.png"
    assert quantal(*asked(tmp_path, "--trials", "3", "--draw", picture)).exit_code == 0
    assert picture.exists()


def test_what_trials_show_comes_as_json(quantal, tmp_path):
    picture = tmp_path / "x.png"
    said = quantal(*asked(tmp_path, "--trials", "200", "--seed", "1", "--json",
                          "--figure", picture))  # fmt: skip
    data = json.loads(said.stdout)
    rows = {row["what"]: row for row in data["measured"]}
    # Forty sites that fuse with 1 - exp(-1/2) of them, a pA each.
    first = rows["first response, mean"]
    assert first["low"] <= -40 * 0.39347 <= first["high"]
    assert first["unit"] == "pA"
    assert rows["paired-pulse ratio, of means"]["value"] == pytest.approx(0.6065, rel=0.05)
    assert data["figure"] == str(picture)
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "used" not in data


def test_a_synapse_without_a_protocol_is_stimulated_measured_and_drawn(
    quantal, tmp_path, monkeypatch
):
    path = tmp_path / "vesicles.syn"
    path.write_text(TEXT)
    monkeypatch.chdir(tmp_path)
    said = quantal("run", path, "--trials", "20", "--seed", "1")
    assert said.exit_code == 0, said.stderr
    assert "Protocol: train spike every 20 ms count 5 at 500 ms; rest 200 ms" in said.stdout
    assert said.stdout.rstrip().endswith("drawn in vesicles_trials.png")
    assert (tmp_path / "vesicles_trials.png").read_bytes().startswith(b"\x89PNG")


def test_a_receptors_trials_are_drawn_as_noise(quantal, tmp_path):
    picture = tmp_path / "noise.svg"
    said = quantal("run", "receptors/ampa_jonas_1993", "--pulse", "glu = 1 mM for 1 ms", "--hold",
                   "V = -70 mV", "--until", "10 ms", "--sample", "0.1 ms", "--record", "i",
                   "--trials", "50", "--figure", picture)  # fmt: skip
    assert said.exit_code == 0, said.stderr
    drawn = picture.read_text()
    assert "Unitary current" in drawn
    few = quantal("run", "receptors/ampa_jonas_1993", "--pulse", "glu = 1 mM for 1 ms", "--until",
                  "1 ms", "--record", "open", "--trials", "3", "--figure", picture)  # fmt: skip
    assert few.exit_code == 2
    assert "four or more trials" in few.stderr


def test_a_run_without_trials_has_no_figure_of_them(quantal, tmp_path):
    said = quantal(*asked(tmp_path, "--figure", tmp_path / "x.png"))
    assert said.exit_code == 2


def test_what_varies_and_which_engine_is_told(quantal, tmp_path):
    law = "hot ~ gamma(cv = 0.2) per firing"
    said = quantal(*asked(tmp_path, "--trials", "2", "--vary", law))
    assert "has no parameter `hot`" in said.stderr
    said = quantal(*asked(tmp_path, "--trials", "2", "--vary", "n gamma"))
    assert "`n gamma` varies nothing; write `q ~ gamma(cv = 0.3) per firing`" in said.stderr
    said = quantal(*asked(tmp_path, "--trials", "2", "--leap", "0.1", "--engine", "leap"))
    assert "The engine `leap` was asked for." in said.stdout
    said = quantal(*asked(tmp_path, "--trials", "2", "--continuous", "hot", "--discrete", "site"))
    assert "The engine `hybrid` was chosen" in said.stdout
    assert "because `hot` is declared continuous." in said.stdout
    said = quantal(*asked(tmp_path, "--trials", "2", "--discrete", "full"))
    assert "`full` is a state of the scheme `site`: name the scheme" in said.stderr
