"""The benchmark table and the page that shows it."""

import importlib
import json
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
COLUMNS = {"problem", "ours", "peer", "ratio", "error", "memory", "machine"}


@pytest.fixture
def module(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield importlib.import_module
    for name in ("row", "run", "document", "scaling"):
        sys.modules.pop(name, None)


def test_a_row_has_the_columns_of_the_table(module):
    row = module("row").Row("P", 2.0, "ms", "other", 30.0, 1e-6, 2e-6, 100.0)
    plain = json.loads(json.dumps(row.as_dict()))
    assert set(plain) > COLUMNS
    assert (plain["peer"], plain["against"], plain["ratio"]) == (30.0, "other", 15.0)
    assert module("run").cells(plain)[:6] == [
        "P", "2 ms", "30 ms (other)", "15x", "1.0e-06 (peer 2.0e-06)", "100 MB",
    ]  # fmt: skip


def test_a_peer_that_is_not_installed_is_named(module):
    row = module("row").Row("P", 2.0, "ms", "other", note="other is not installed").as_dict()
    assert row["peer"] is None
    assert row["ratio"] is None
    table = module("document").table([row], module("run").cells)
    assert table.splitlines()[-1] == "| P | 2 ms | other is not installed |"


def test_a_benchmark_that_fails_is_told_in_one_line(module):
    run = module("run")
    with pytest.raises(RuntimeError, match="No module named 'no_such'"):
        run.rows_of("no_such", 60.0)
    with pytest.raises(RuntimeError, match="ten minutes are over"):
        run.rows_of("startup", 0.0)


def test_every_place_on_the_page_is_closed(module):
    document = module("document")
    text = document.PAGE.read_text()
    assert text.count("<!-- bench: ") == len(document.SECTION.findall(text))
    assert "scaling" in {found[1] for found in document.SECTION.findall(text)}
