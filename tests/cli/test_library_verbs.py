"""`quantal list`, `show`, `check`, `validate`, `cite`."""

import json

AMPA = "receptors/ampa_jonas_1993"


def test_list_as_rows(quantal):
    done = quantal("list", "--json")
    rows = json.loads(done.stdout)
    assert all(set(row) == {"name", "kind", "stage", "title", "source"} for row in rows)
    found = {row["name"]: row for row in rows}[AMPA]
    assert found["stage"] == "receptors"
    assert found["kind"] == "mechanism"
    assert "Jonas" in found["source"]


def test_list_as_tree(quantal):
    done = quantal("list", "--stage", "receptors")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "receptors"
    assert any(line.startswith("  ampa_jonas_1993 ") for line in lines)
    assert "channels" not in lines


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


def test_validate_one(quantal):
    done = quantal("validate", AMPA, "--json")
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)
    wanted = {
        "mechanism", "target", "expected", "tolerance", "simulated", "unit", "passed", "source",
    }  # fmt: skip
    assert all(wanted <= set(row) for row in rows)
    assert all(row["passed"] is True for row in rows)


def test_the_slip_that_every_unit_passes_is_caught_by_a_target(quantal, tmp_path):
    """A published scheme circulates with its binding rate in /uM/ms instead of /mM/ms."""
    text = json.loads(quantal("show", AMPA, "--json").stdout)["text"]
    path = tmp_path / "slip.syn"
    path.write_text(text.replace("4.59 [/mM/ms]", "4.59 [/uM/ms]"))
    assert quantal("check", path).exit_code == 0
    done = quantal("validate", path)
    assert done.exit_code == 4, done.output
    assert "NO" in done.stdout
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
