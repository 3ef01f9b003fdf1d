"""What cannot be run is said before it runs, of the instance that it concerns; others finish."""

import numpy as np
import pytest
from typer.testing import CliRunner

import quantal
from quantal import protocols
from quantal.cli.application import application
from quantal.engines.population.ensemble import PopulationError
from quantal.errors import RunError, UsageError
from quantal.protocols.protocol import Protocol
from quantal.protocols.text import parse_action

TERMINAL = """synapse terminal "Calcium that spikes bring in, and what it binds to"
source a test
event spike
parameter entry = 20 [uM]
parameter tau = 0.5 [ms]
parameter limit = 2 between 1 and 3
state Ca = 0 [uM]
  Ca' = -Ca/tau
scheme sensor = free bound
  free <-> bound : 0.1 [/uM/ms]*Ca, limit/1 [ms]
let deficit = log(1 - Ca/40 [uM])
state drained = 0
  drained' = deficit/1 [ms]
on spike
  Ca += entry
"""
SPIKES = [[1.0], [1.0, 1.0, 1.0], [1.0]]
"""Three at once bring more than 40 uM: the logarithm has no value in instance 1."""


@pytest.fixture(scope="module")
def terminal():
    return quantal.load(TERMINAL)


def population(model, **more):
    """The message, and whether the others finished with what they give by themselves."""
    given = {"size": 3, "until": "3 ms", "sample": "1 ms", "record": ["bound", "Ca"]} | more
    with pytest.raises(PopulationError) as caught:
        quantal.run_population(model, **given)
    result = caught.value.result
    assert [each.instance for each in result.failures] == [1]
    assert np.isnan(result["bound"][1, -1])
    sound = {
        name: {key: [value[0], value[0], value[2]] for key, value in given[name].items()}
        for name in ("parameters", "spikes", "initial")
        if name in given
    }
    expected = quantal.run_population(model, **(given | sound))
    for name in given["record"]:
        assert np.array_equal(result[name][[0, 2]], expected[name][[0, 2]])
    return str(caught.value)


def single(model, *actions, **more):
    protocol = Protocol(tuple(parse_action(*action) for action in actions))
    given = {"until": "3 ms", "sample": "1 ms", "record": ["bound"]} | more
    return quantal.run(model, protocol, **given)


def test_a_value_that_is_no_number(terminal):
    said = population(terminal, spikes={"spike": SPIKES}, record=["bound", "Ca", "drained"])
    assert "instance 1: at t = 1.025 ms: `drained` is not finite" in said
    thrice = protocols.recorded(SPIKES[1], "spike")
    with pytest.raises(RunError, match=r"at t = 1 ms: .*`drained`.*`deficit`"):
        quantal.run(terminal, thrice, until="3 ms", sample="1 ms")


def test_an_overflow_in_single_precision(terminal):
    given = {"parameters": {"entry": [20.0, 1e39, 20.0]}, "spikes": {"spike": [[1.0]] * 3}}
    said = population(terminal, **given, precision="single")
    assert "instance 1: at t = 1 ms: `Ca` is not finite; single precision ends at 3.4e38" in said


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("tau", -0.5, "`tau` = -0.5 [ms] is negative, which it cannot be"),
        ("limit", 3.5, "`limit` = 3.5 [1] is not between 1 and 3"),
        ("tau", np.nan, "`tau` = nan [ms] is not a number"),
    ],
)
def test_a_parameter_that_is_not_physical(terminal, name, value, message):
    sound = {"tau": 0.5, "limit": 2.0}[name]
    said = population(terminal, parameters={name: [sound, value, sound]})
    assert f"instance 1: {message}" in said


@pytest.mark.parametrize(
    ("verb", "written", "message"),
    [
        ("set", "tau = -0.5 [ms]", r"`tau` = -0\.5 \[ms\] is not possible; expected at least 0"),
        ("step", "tau = -0.5 [ms] at 1 [ms]", r"`tau` = -0\.5 \[ms\] is not possible"),
        ("set", "limit = 3.5", r"`limit` = 3\.5 \[1\] is not possible; expected between 1 and 3"),
        ("set", "tau = nan [ms]", "is no number"),
    ],
)
def test_a_parameter_that_is_not_physical_in_one_run(terminal, verb, written, message):
    with pytest.raises(UsageError, match=message):
        single(terminal, (verb, written))


def test_a_spike_before_time_zero(terminal):
    said = population(terminal, spikes={"spike": [[1.0], [-1.0, 1.0], [1.0]]})
    assert "instance 1: `spike` at -1 ms lies before the run starts (0 ms)" in said
    early = protocols.recorded([-1.0, 1.0], "spike")
    with pytest.raises(UsageError, match=r"`spike` at -1 ms lies before the run starts \(0 ms\)"):
        quantal.run(terminal, early, until="3 ms")


def test_spikes_out_of_order(terminal):
    said = population(terminal, spikes={"spike": [[1.0], [2.0, 1.0], [1.0]]})
    assert "instance 1: the times of `spike` are not in order: 1 ms comes after 2 ms" in said
    with pytest.raises(UsageError, match="`spike` are not in order: 1 ms comes after 2 ms"):
        protocols.recorded([2.0, 1.0], "spike")


def test_a_start_beyond_what_a_share_can_be(terminal):
    said = population(terminal, initial={"free": [1.0, 2.0, 1.0]})
    assert "instance 1: `free` cannot start at 2 [1]" in said


@pytest.mark.parametrize("spacing", [3e-12, 1e-320, "3e-12 ms", np.broadcast_to(1.0, (10**12,))])
def test_more_samples_than_memory_holds(terminal, spacing):
    with pytest.raises(UsageError, match=r"(1e\+12|inf) samples of 1 names in 3 instances"):
        quantal.run_population(
            terminal, size=3, until="3 ms", sample=spacing, record=["bound"]
        )  # fmt: skip
    with pytest.raises(UsageError, match=r"(1e\+12|inf) samples of 4 states, .* GB; sample more"):
        single(terminal, sample=spacing)


@pytest.mark.parametrize("spacing", [0.0, -1.0, np.inf, np.nan])
def test_a_spacing_that_is_none(terminal, spacing):
    with pytest.raises(UsageError, match="output spacing must be longer than zero"):
        single(terminal, sample=spacing)
    with pytest.raises(UsageError, match="output spacing must be longer than zero"):
        quantal.run_population(terminal, size=3, until="3 ms", sample=spacing)


def test_the_command_line_says_it_in_one_line(tmp_path):
    file = tmp_path / "terminal.syn"
    file.write_text(TERMINAL)
    arguments = ["run", str(file), "--until", "3 ms", "--sample", "3e-12 ms"]
    done = CliRunner().invoke(application(), arguments)
    assert done.exit_code != 0
    assert "1e+12 samples of 4 states" in done.output
    assert "Traceback" not in done.output
