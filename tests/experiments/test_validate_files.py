"""Validation of files and folders, through the real reader, compiler and engine."""

import pytest

import quantal
from quantal.errors import ModelError, UsageError

BINDING = """mechanism binding "One binding step"
source Nobody 1900
temperature 22 [degC]
input glu [mM] outside
scheme receptor = C O
  C + glu <-> O : 2 [/mM/ms], 1 [/ms]
role open = O
target final(open) = 0.6667 +- 0.1 %
  hold glu = 1 [mM]
  until 20 [ms]
# The approach to the steady state has the time constant 1/(2 + 1) ms.
target rise(open) = 0.4621 [ms] +- 0.1 %
  step glu = 1 [mM]
  until 20 [ms]
target ec50(final(open)) = 0.5 [mM] +- 0.5 %
  pulse glu = 1 [mM] for 100 [ms]
  until 50 [ms]
"""


def written(folder, **texts):
    for name, text in texts.items():
        (folder / f"{name}.syn").write_text(text)
    return folder


def test_a_file_that_holds_what_it_promises(tmp_path):
    rows = quantal.validate(written(tmp_path, binding=BINDING) / "binding.syn")
    assert [row.passed for row in rows] == [True] * 3
    assert {row.mechanism for row in rows} == {"binding"}
    assert {row.source for row in rows} == {"Nobody 1900"}


def test_a_factor_of_a_thousand_in_one_rate_is_caught(tmp_path):
    slip = BINDING.replace("2 [/mM/ms]", "2 [/uM/ms]")
    rows = quantal.validate(written(tmp_path, binding=slip) / "binding.syn")
    assert [row.passed for row in rows] == [False] * 3


def test_in_a_folder_a_broken_text_is_a_failed_row(tmp_path):
    folder = written(tmp_path, good=BINDING, broken=BINDING.replace("[/ms]", "[/mss]"))
    rows = quantal.validate(folder)
    assert [row.mechanism for row in rows if row.passed] == ["good"] * 3
    (broken,) = [row for row in rows if not row.passed]
    assert broken.mechanism == "broken"
    assert "unknown unit `mss`" in broken.problem


def test_one_broken_text_is_an_error(tmp_path):
    folder = written(tmp_path, broken=BINDING.replace("[/ms]", "[/mss]"))
    with pytest.raises(ModelError, match="unknown unit `mss`"):
        quantal.validate(folder / "broken.syn")


def test_a_text_whose_units_do_not_fit_is_an_error(tmp_path):
    folder = written(tmp_path, broken=BINDING.replace("2 [/mM/ms]", "2 [/ms]"))
    with pytest.raises(ModelError, match=r"expected \[/mM/ms\]|expected \[/ms\]"):
        quantal.validate(folder / "broken.syn")


def test_a_folder_without_mechanisms_and_a_name_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match=r"end in `\.syn`"):
        quantal.validate(tmp_path)
    with pytest.raises(UsageError, match="did you mean `receptors/ampa_jonas_1993`"):
        quantal.validate("receptors/ampa_jonas_1994")


def test_a_folder_of_the_library_is_meant_by_its_name():
    from quantal.experiments.sources import models_in

    names = [name for name, _ in models_in("uptake")]
    assert "uptake/eaat_binding" in names
    assert all(name.startswith("uptake/") for name in names)


def test_a_long_text_is_no_path():
    text = 'mechanism x "x"\nstate u = 1\n  u\' = -u/1 [ms]\n' + "# filler\n" * 1000
    rows = quantal.validate(text + "target final(u) = 0.3679 +- 0.1 %\n  until 1 [ms]\n")
    assert [(row.mechanism, row.passed) for row in rows] == [("x", True)]
