"""`quantal list`, `show`, `check`, `validate`, `cite`."""

import json
import os

import pytest

AMPA = "receptors/ampa_jonas_1993"


def test_list_as_rows(quantal):
    done = quantal("list", "--json")
    rows = json.loads(done.stdout)
    wanted = {"name", "kind", "stage", "title", "source", "transmitters"}
    assert all(set(row) == wanted for row in rows)
    found = {row["name"]: row for row in rows}[AMPA]
    assert found["stage"] == "receptors"
    assert found["kind"] == "mechanism"
    assert "Jonas" in found["source"]
    assert found["transmitters"] == ["glutamate"]


def test_list_as_tree(quantal):
    done = quantal("list", "--stage", "receptors")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    members = [line for line in lines if line.startswith("  ")]
    assert lines[0] == f"receptors ({len(members)})"
    assert any(line.startswith("  ampa_jonas_1993 ") for line in members)
    assert not any(line.startswith("channels") for line in lines)
    assert lines[-1].startswith(f"{len(members)} mechanisms.")


def test_the_counts_of_the_stages_add_up(quantal):
    lines = quantal("list").stdout.splitlines()
    counts = [int(line.rpartition("(")[2].rstrip(")")) for line in lines if line.endswith(")") and
              line[:1].strip()]  # fmt: skip
    members = sum(line.startswith("  ") for line in lines)
    assert sum(counts) == members
    assert lines[-1].startswith(f"{members} mechanisms in {len(counts)} stages.")


def names(quantal, *options):
    return {row["name"] for row in json.loads(quantal("list", *options, "--json").stdout)}


def test_list_by_transmitter(quantal):
    """By the ports of a mechanism, those of its parent and of its parts, and by its title."""
    found = names(quantal, "--transmitter", "GABA")
    receptors = names(quantal, "--stage", "receptors", "--transmitter", "GABA")
    assert receptors == {name for name in found if name.startswith("receptors/")}
    assert receptors == {n for n in names(quantal, "--stage", "receptors") if "/gabaa_" in n}
    assert {"signalling/gabab_destexhe_1995", "uptake/gat1"} <= found
    assert "circuits/gaba_uptake_block" in found
    assert "receptors/glycine_legendre_1998" not in found
    assert "receptors/nmda_lester_jahr_1992" in names(quantal, "--transmitter", "glutamate")
    assert names(quantal, "--transmitter", "gaba") == found
    assert names(quantal, "--transmitter", "glu") == names(quantal, "--transmitter", "glutamate")


def test_every_receptor_has_a_transmitter(quantal):
    rows = json.loads(quantal("list", "--stage", "receptors", "--json").stdout)
    without = {row["name"].rpartition("/")[2] for row in rows if not row["transmitters"]}
    assert without == {
        "conductance_alpha", "conductance_biexponential", "nmda_magnesium_jahr_1990",
        "nmda_magnesium_spruston_1995",
    }  # fmt: skip


def test_list_of_an_unknown_transmitter(quantal):
    done = quantal("list", "--transmitter", "glutamat")
    assert done.exit_code == 2
    assert "did you mean `glutamate`" in done.stderr


def test_list_of_an_unknown_stage(quantal):
    done = quantal("list", "--stage", "receptor")
    assert done.exit_code == 2
    assert "did you mean `receptors`" in done.stderr


def test_show_says_what_it_is_and_what_it_offers(quantal):
    done = quantal("show", AMPA)
    assert done.exit_code == 0
    assert "C0 + glu <-> C1" in done.stdout
    assert "must be driven" in done.stdout
    described = json.loads(quantal("show", AMPA, "--json").stdout)
    parameters = {row["name"]: row for row in described["parameters"]}
    assert parameters["g"] == {
        "name": "g", "value": 8.0, "unit": "pS", "description": "one open channel",
    }  # fmt: skip
    assert described["roles"] == ["open"]
    assert len(described["targets"]) > 5


def test_check_of_a_good_file(quantal, tmp_path):
    text = json.loads(quantal("show", AMPA, "--json").stdout)["text"]
    path = tmp_path / "good.syn"
    path.write_text(text)
    done = quantal("check", path)
    assert done.exit_code == 0
    assert done.stdout.strip().endswith(f"{path}: no problems")
    assert json.loads(quantal("check", path, "--json").stdout) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_check_goes_past_what_is_no_regular_file(quantal, tmp_path):
    os.mkfifo(tmp_path / "a_pipe.syn")
    (tmp_path / "b.syn").write_text("mechanism b\nsource A 2000\nparameter k = 1 [/ms]\n")
    done = quantal("check", tmp_path)
    assert done.exit_code == 0, done.output
    assert f"{tmp_path / 'b.syn'}: no problems" in done.stdout
    assert f"{tmp_path / 'a_pipe.syn'}: skipped, it is no regular file" in done.stderr


def test_validate_one(quantal):
    done = quantal("validate", AMPA, "--json")
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)
    wanted = {
        "mechanism", "target", "expected", "tolerance", "simulated", "unit", "passed", "source",
    }  # fmt: skip
    assert all(set(row) == wanted for row in rows)
    assert all(row["passed"] is True for row in rows)


def test_validate_ends_with_a_count(quantal):
    rows = json.loads(quantal("validate", AMPA, "--json").stdout)
    last = quantal("validate", AMPA).stdout.splitlines()[-1]
    assert last == f"1 mechanism, {len(rows)} targets: {len(rows)} reproduced, 0 missed."


def test_the_slip_that_every_unit_passes_is_caught_by_a_target(quantal, tmp_path):
    """A published scheme circulates with its binding rate in /uM/ms instead of /mM/ms."""
    text = json.loads(quantal("show", AMPA, "--json").stdout)["text"]
    path = tmp_path / "slip.syn"
    path.write_text(text.replace("4.59 [/mM/ms]", "4.59 [/uM/ms]"))
    assert quantal("check", path).exit_code == 0
    picture = tmp_path / "held.svg"
    done = quantal("validate", path, "--draw", picture)
    assert done.exit_code == 4, done.output
    assert "NO" in done.stdout
    assert "ampa_jonas_1993: peak(open) is " in done.stderr
    assert "expected 0.595 +- 0.00297 (Jonas" in done.stderr
    assert "missed" in picture.read_text()
    assert "Traceback" not in done.output


def test_cite(quantal):
    done = quantal("cite", AMPA)
    assert "Jonas, Major & Sakmann 1993" in done.stdout
    assert quantal("cite", AMPA, "--bibtex").stdout.startswith("@misc{ampa_jonas_1993,")
    row = json.loads(quantal("cite", AMPA, "--json").stdout)[0]
    assert set(row) == {"mechanism", "source", "doi"}


def test_measure_of_nothing(quantal, tmp_path):
    done = quantal("measure", tmp_path / "none.zarr", "peak(open)")
    assert done.exit_code == 2
    assert "no such trajectory" in done.stderr
