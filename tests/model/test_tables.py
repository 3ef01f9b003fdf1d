"""The grammar: free of conflicts, and the stored tables are made from it."""

import json

import pytest

from quantal.model.reading import tables


def test_the_grammar_has_no_conflict_and_no_collision():
    pytest.importorskip("interegular", reason="lark's strict mode needs interegular")
    tables.build(strict=True)


def test_the_stored_tables_are_those_of_the_grammar():
    stored = json.loads(tables.TABLES.read_text(encoding="utf-8"))
    assert stored == json.loads(json.dumps(tables.build())), (
        "run `python -m quantal.model.reading.tables` after a change of the grammar"
    )


def test_strict_mode_would_notice_a_conflict(monkeypatch, tmp_path):
    lark = pytest.importorskip("lark")
    pytest.importorskip("interegular", reason="lark's strict mode needs interegular")
    ambiguous = tmp_path / "grammar.lark"
    text = tables.GRAMMAR.read_text(encoding="utf-8")
    ambiguous.write_text(text.replace("?product: signed", "?product: signed\n    | sum PLUS sum"))
    monkeypatch.setattr(tables, "GRAMMAR", ambiguous)
    with pytest.raises(lark.exceptions.LarkError):
        tables.build(strict=True)
