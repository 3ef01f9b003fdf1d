"""Responses to a train, through the words that a target uses."""

import pytest

import quantal
from quantal.errors import ModelError, UsageError

TRAIN = """mechanism pool "depleting pool"
event stimulus
state pool = 1
state i = 0 [pA]
  i' = -i/1 [ms]
on stimulus after 1 [ms]
  i += 10 [pA]*pool
  pool = 0.5*pool
"""
PROTOCOL = "  train stimulus every 20 [ms] count 4 at 5 [ms]\n  until 80 [ms]\n"


def rows(target: str) -> list[tuple[float | None, bool]]:
    text = TRAIN + target + "\n" + PROTOCOL
    return [(row.simulated, row.passed) for row in quantal.validate(text)]


def test_a_response_is_read_from_its_own_stimulus() -> None:
    # Jumps of 10, 5, 2.5 and 1.25 pA; what is left of the one before is in the baseline.
    ((simulated, passed),) = rows("target response(i, stimulus, 3) = 2.5 [pA] +- 0.01 %")
    assert passed, simulated


def test_a_train_is_compared_share_by_share_and_at_its_end() -> None:
    assert rows("target train_error(i, stimulus, 0.5, 0.25, 0.125) = 0 +- 1e-4")[0][1]
    # Two shares: the second stimulus and the last one.
    assert rows("target train_error(i, stimulus, 0.5, 0.125) = 0 +- 1e-4")[0][1]
    ((error, passed),) = rows("target train_error(i, stimulus, 0.5, 0.25) = 0 +- 1e-4")
    assert not passed
    assert error == pytest.approx(0.125 / 2**0.5, rel=1e-3)


def test_what_a_train_cannot_answer_is_said() -> None:
    with pytest.raises(ModelError, match="no event is called `stimulos`; did you mean `stimulus`"):
        quantal.load(TRAIN + "target response(i, stimulos, 1) = 1 [pA] +- 1 %\n" + PROTOCOL)
    with pytest.raises(ModelError, match="takes a quantity, an event and"):
        quantal.load(TRAIN + "target response(i, 1) = 1 [pA] +- 1 %\n" + PROTOCOL)
    trajectory = quantal.run(quantal.load(TRAIN), until="10 ms")
    with pytest.raises(UsageError, match=r"asks for 2 stimuli; there were 0"):
        quantal.measure(trajectory, "response(i, stimulus, 2)")
