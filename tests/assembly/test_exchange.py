"""One word exchanges a part of a synapse."""

import pytest

import quantal
from quantal.errors import UsageError

CALYX = "synapses/calyx_of_held"
JONAS = {"ampa": "receptors/ampa_jonas_1993"}


def test_another_receptor_is_another_word() -> None:
    usual = quantal.load(CALYX)
    exchanged = quantal.load(CALYX, use=JONAS)
    names = [{model.name for model in assembly.used} for assembly in (usual, exchanged)]
    assert names[0] - names[1] == {"ampa_raman_1992"}
    assert names[1] - names[0] == {"ampa_jonas_1993"}
    assert quantal.load(CALYX) is usual


def test_a_part_that_is_not_there_is_named() -> None:
    with pytest.raises(UsageError, match="uses nothing called `amp`; did you mean `ampa`"):
        quantal.load(CALYX, use={"amp": "receptors/ampa_jonas_1993"})
    with pytest.raises(UsageError, match="`ampa_jonas_1993` uses no other mechanism"):
        quantal.load("receptors/ampa_jonas_1993", use=JONAS)
