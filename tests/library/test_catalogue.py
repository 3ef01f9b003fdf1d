"""Finding mechanisms by name, beside a file and in the library."""

import os

import pytest

from quantal.errors import UsageError
from quantal.library import catalogue
from quantal.library.catalogue import find, load


@pytest.fixture
def small_library(tmp_path, monkeypatch):
    """A library of four files, two of the same name."""
    for name in ("receptors/ampa", "receptors/nmda", "channels/hh", "release/hh"):
        path = tmp_path / f"{name}.syn"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f'# a comment\nmechanism m "{name}!"\nsource A & B 2000\nsource later\n')
    monkeypatch.setattr(catalogue, "LIBRARY", tmp_path)
    _forget()
    yield tmp_path
    _forget()


def _forget():
    catalogue._paths.cache_clear()
    catalogue._entries.cache_clear()


def message(name, beside=None):
    with pytest.raises(UsageError) as caught:
        find(name, beside)
    return str(caught.value)


def test_entries_come_from_the_first_lines(small_library):
    names = [entry.name for entry in catalogue.catalogue()]
    assert names == ["channels/hh", "receptors/ampa", "receptors/nmda", "release/hh"]
    entry = catalogue.catalogue()[1]
    assert (entry.kind, entry.stage, entry.title) == ("mechanism", "receptors", "receptors/ampa!")
    assert (entry.source, entry.path) == ("A & B 2000", small_library / "receptors/ampa.syn")


def test_a_name_may_have_its_folder_and_its_suffix(small_library):
    expected = small_library / "receptors/ampa.syn"
    assert [find(n) for n in ("ampa", "receptors/ampa", "receptors/ampa.syn")] == [expected] * 3


def test_a_file_beside_goes_before_the_library(small_library, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    own = folder / "ampa.syn"
    own.write_text("mechanism ampa\n")
    assert find("ampa", folder / "synapse.syn") == own
    assert find("ampa", folder) == own
    assert find(str(own)) == own
    assert load("ampa", folder).name == "ampa"


def test_what_is_not_there_is_said_with_the_nearest(small_library, monkeypatch):
    assert message("hh") == "`hh` could be `channels/hh` and `release/hh`: write the folder too"
    assert message("apma") == "nothing in the library is called `apma`; did you mean `ampa`?"
    assert message("receptors") == (
        "`receptors` is a folder of the library; it holds `receptors/ampa`, `receptors/nmda`"
    )
    assert message("cept") == (
        "nothing in the library is called `cept`; it holds `receptors/ampa`, `receptors/nmda`"
    )
    monkeypatch.chdir(small_library / "receptors")
    assert message("apma.syn") == "no file `apma.syn`; did you mean `ampa.syn`?"
    assert message("..") == "`..` is a folder; name one of its `.syn` files"


def test_the_nearest_may_be_a_file_beside(small_library, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "my_receptor.syn").write_text("mechanism my_receptor\n")
    expected = "nothing in the library is called `my_receptr`; did you mean `my_receptor`?"
    assert message("my_receptr", folder) == expected
    assert message("my_receptr", folder / "synapse.syn") == expected


@pytest.mark.parametrize(
    "name", ["", "a\0b", "x" * 5000, "/", "~", "/" * 300, "a/" * 3000, "\ud800"]
)
def test_names_no_file_can_have(name):
    assert message(name)


def test_a_variant_finds_its_parent_beside_itself(tmp_path):
    (tmp_path / "p.syn").write_text("mechanism p\nparameter a = 1 [mM]\nlet b = a\n")
    (tmp_path / "v.syn").write_text("mechanism v from p\nparameter a = 2 [mM]\n")
    model = load(str(tmp_path / "v.syn"))
    assert (model.name, model.parameters[0].value.text) == ("v", "2 [mM]")
    assert model.lets[0].name == "b"


def test_what_is_no_regular_file_is_called_so(tmp_path):
    os.mkfifo(tmp_path / "pipe.syn")
    with pytest.raises(UsageError, match="is no regular file"):
        find(str(tmp_path / "pipe.syn"))
