"""`quantal run --trials`: the table of many trials, and what cannot be asked for."""

import json

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
    for words in ("epsc: its coefficient of variation", "failures", "ratio of means",
                  "fusion", "in 30 trials"):  # fmt: skip
        assert words in said.stdout


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
