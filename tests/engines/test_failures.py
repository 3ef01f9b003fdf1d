"""A run that cannot go on says when, where and why; Ctrl-C is heard at once."""

import os
import signal
import threading
import time

import numpy as np
import pytest
from tests.engines.programs import call, names, program, stimulus, tree

from quantal.engines.base import Settings
from quantal.engines.stiff import ENGINE
from quantal.errors import RunError
from quantal.program import ReactionRow


def run(made, end=10.0, **more):
    settings = {"relative": 1e-6, "absolute": 1e-10, "sample": None} | more
    return ENGINE.run(made, stimulus(made, end), Settings(**settings))


def test_a_logarithm_of_a_negative_value_names_time_reaction_and_definition():
    x, t = names("x time")
    made = program(
        {"x": (-1.0 * names("leak")[0], 1.0)},
        definitions={"depth": call("log", 3.0 - t), "leak": names("depth")[0] * x},
        reactions=[ReactionRow("leak_out", "leak", None, ((0, tree(-1)),), "file.syn:7")],
    )
    with pytest.raises(RunError) as caught:
        run(made)
    message = str(caught.value)
    assert message.startswith("at t = 3 ms: the rate of reaction `leak_out` (file.syn:7)")
    assert "`x`" in message
    assert "first of all `depth`" in message


def test_a_division_by_zero_at_the_start_names_the_state():
    (y,) = names("y")
    made = program({"x": (1.0 / y, 1.0), "y": (0.0, 0.0)})
    with pytest.raises(RunError, match=r"at t = 0 ms: the derivative of `x` is not finite"):
        run(made)


def test_a_blow_up_is_told_as_too_fast_with_its_reaction():
    (x,) = names("x")
    made = program(
        {"x": (names("grow")[0], 1.0)}, definitions={"grow": x * x},
        reactions=[ReactionRow("breed", "grow", None, ((0, tree(1)),))],
    )  # fmt: skip
    with pytest.raises(RunError, match=r"at t = 1 ms: .*`x`.*`breed`"):
        run(made)


def test_a_kink_without_derivative_is_passed():
    """abs has no derivative at zero; steps are shortened there until the tolerance is kept."""
    (t,) = names("time")
    made = program({"x": (call("abs", t - 5.0), 0.0)})
    assert run(made)["x"][-1] == pytest.approx(25.0, rel=1e-5)


def test_more_steps_than_allowed_is_an_error():
    x, t = names("x time")
    made = program({"x": (call("tanh", 1e6 * call("exp", -x) * (t - x)), 0.0)})
    with pytest.raises(RunError, match=r"more than the 50 allowed; raise `max_steps`"):
        run(made, end=1e6, max_steps=50, relative=1e-12)


def endless():
    """Some ten million steps: an oscillation at a fine tolerance."""
    x, y = names("x y")
    return program({"x": (1e3 * y, 1.0), "y": (-1e3 * x, 0.0)})


def test_ctrl_c_is_heard_within_half_a_second():
    sent: list[float] = []

    def interrupt():
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    made = endless()
    run(made, end=0.01, relative=1e-9)  # compiled before
    timer = threading.Timer(0.3, interrupt)
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            run(made, end=1e6, relative=1e-9, sample=np.array([1e6]))
    finally:
        timer.cancel()
    assert time.monotonic() - sent[0] < 0.5


def test_progress_rises_and_is_called_often():
    shares: list[float] = []
    run(endless(), end=300.0, relative=1e-9, sample=np.array([300.0]), progress=shares.append)
    assert len(shares) > 3
    assert shares == sorted(shares)
    assert 0.0 <= shares[0] < shares[-1] <= 1.0
