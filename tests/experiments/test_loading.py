"""Loading: what was read is read again when any of its files has changed."""

import os

import pytest

import quantal
from quantal.errors import ModelError

RECEPTOR = """mechanism mine
input glu [mM] outside
parameter k = 5 [/mM/ms]
scheme r = C O count 10
  C + glu <-> O : k, 2 [/ms]
role open = O
"""
SYNAPSE = """synapse whole
place cell
place cleft volume = 1 [fL]
place psd between cell and cleft
species glu = 1 [mM] in cleft
use part = mine at psd
role open = part.open
"""


def written(path, text, stamp):
    path.write_text(text)
    os.utime(path, ns=(stamp, stamp))


def test_a_used_file_that_changed_is_read_again(tmp_path):
    written(tmp_path / "mine.syn", RECEPTOR, 10**18)
    written(tmp_path / "whole.syn", SYNAPSE, 10**18)
    first = quantal.run(tmp_path / "whole.syn", until=20.0, record="open")
    assert first["open"][-1] == pytest.approx(5 / 7, rel=1e-6)
    assert quantal.load(tmp_path / "whole.syn") is quantal.load(tmp_path / "whole.syn")
    written(tmp_path / "mine.syn", RECEPTOR.replace("= 5", "= 2"), 10**18 + 10**9)
    second = quantal.run(tmp_path / "whole.syn", until=20.0, record="open")
    assert second["open"][-1] == pytest.approx(2 / 4, rel=1e-6)


def test_the_parent_of_a_variant_that_changed_is_read_again(tmp_path):
    written(tmp_path / "mine.syn", RECEPTOR, 10**18)
    written(tmp_path / "other.syn", 'mechanism other from mine "another"\n', 10**18)
    assert quantal.load(tmp_path / "other.syn").parameters[0].value.text == "5 [/mM/ms]"
    written(tmp_path / "mine.syn", RECEPTOR.replace("= 5", "= 2"), 10**18 + 10**9)
    assert quantal.load(tmp_path / "other.syn").parameters[0].value.text == "2 [/mM/ms]"


def test_a_variant_of_itself_is_refused(tmp_path):
    (tmp_path / "a.syn").write_text('mechanism a from b "x"\n')
    (tmp_path / "b.syn").write_text('mechanism b from a "x"\n')
    with pytest.raises(ModelError, match="`a` is a variant of itself: a -> b -> a"):
        quantal.load(tmp_path / "a.syn")
