"""The small pieces of the command line: options, printing, progress."""

import json
import math

import numpy as np

from quantal.cli.options import listed
from quantal.cli.printing import print_json, print_table, words
from quantal.cli.progress import progress_bar


def test_names_come_one_by_one_or_with_commas():
    assert listed(["open", "i, glu", "open"]) == ["open", "i", "glu"]
    assert listed(None) is None
    assert listed([""]) is None


def test_json_has_no_nan(capsys):
    print_json({"a": [1.5, math.nan], "b": np.array([1.0, math.inf]), "c": np.float64(2.0)})
    assert json.loads(capsys.readouterr().out) == {"a": [1.5, None], "b": [1.0, None], "c": 2.0}


def test_a_table_keeps_lines_whole_and_numbers_right(capsys):
    print_table(("name", "value"), [("x" * 200, 1.23456), ("y", 10.0)])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[1].rstrip().endswith("1.235")
    assert lines[2].rstrip().endswith("   10")


def test_words():
    assert words(True) == "yes"
    assert words(False) == "NO"
    assert words(math.nan) == "-"
    assert words(None) == "-"


def test_no_bar_where_nobody_watches(capsys):
    with progress_bar("work") as advance:
        assert advance is None
    assert capsys.readouterr().err == ""
