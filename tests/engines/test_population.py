"""Populations against the stiff engine and closed forms; what they do not depend on."""

import numpy as np
import pytest
from tests.engines.programs import call, names, program, stimulus

import quantal
from quantal import protocols
from quantal.engines.population import run as engine
from quantal.engines.population.ensemble import PopulationError
from quantal.engines.population.instances import Instances
from quantal.engines.population.settings import Settings
from quantal.errors import UsageError
from quantal.program import Assignment, Crossing, Handler

SYNAPSE = """synapse small "Sensor, cleft, receptor"
source a test
event spike
parameter jump = 20 [uM]
parameter tau = 0.3 [ms]
parameter kon = 0.09 [/uM/ms]
state Ca = 0.05 [uM]
  Ca' = (0.05 [uM] - Ca)/tau
scheme sensor = S{0..2} E
  for i in 0 .. 1
    S{i} <-> S{i+1} : (2 - i)*kon*Ca, (i + 1)*9.5 [/ms]*0.25^i
  S2 -> E : 6 [/ms]
  E -> S0 : 0.02 [/ms]
state G = 0 [mM]
  G' = 12 [mM]*6 [/ms]*S2 - G/0.1 [ms]
scheme receptor = C O
  C <-> O : 4 [/mM/ms]*G, 0.9 [/ms]
on spike
  Ca += jump
let twice = 2*O
"""


@pytest.fixture(scope="module")
def synapse():
    return quantal.load(SYNAPSE)


def exact(model, protocol, until, sample, record):
    return quantal.run(
        model, protocol, until=until, sample=sample, record=record,
        relative=1e-10, absolute=1e-13,
    )  # fmt: skip


def off(simulated, true):
    """The largest departure as a share of the range."""
    return np.abs(simulated - true).max() / np.ptp(true)


CASES = {
    "receptors/ampa_jonas_1993": (
        protocols.pulse("glu", "1 mM", "1 ms", at="1 ms"), "10 ms", ["open", "C0"], 1e-3),
    "release/sensor_schneggenburger_2000": (
        protocols.hold("Ca", "0.05 uM") + protocols.pulse("Ca", "20 uM", "0.5 ms", at="1 ms"),
        "5 ms", ["fused", "release"], 2e-3),
    "plasticity/tsodyks_markram_1998": (
        protocols.train("spike", rate="20 Hz", count=10), "460 ms", ["u", "x", "released"], 1e-11),
    "channels/hodgkin_huxley_1952": (
        protocols.train("stimulus", rate="50 Hz", count=2, start="1 ms"), "30 ms", ["V", "n"],
        5e-3),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_agrees_with_the_stiff_engine_and_four_times_better_at_half_the_step(name):
    protocol, until, record, tolerance = CASES[name]
    model = quantal.load(name)
    true = exact(model, protocol, until, "0.1 ms", record)
    error = []
    for dt in ("0.025 ms", "0.0125 ms"):
        simulated = quantal.run_population(
            model, protocol, size=2, until=until, sample="0.1 ms", record=record, dt=dt
        )
        error.append(max(off(simulated[n][1], true[n]) for n in record))
    assert error[0] < tolerance
    assert error[1] < max(error[0] / 3.5, 1e-11)


@pytest.mark.parametrize("sample", ["0.5 ms", "0.37 ms"])
def test_each_instance_has_its_own_spikes_parameters_and_start(synapse, sample):
    trains = [[], [1.0, 4.0131], [2.00707, 2.1, 2.11, 7.9]]
    jumps, starts = [10.0, 20.0, 35.0], [0.05, 0.3, 1.0]
    simulated = quantal.run_population(
        synapse, size=3, spikes={"spike": trains}, parameters={"jump": jumps},
        initial={"Ca": starts}, until="9 ms", sample=sample, record=["O", "E", "Ca", "twice"],
        dt="0.02 ms",
    )  # fmt: skip
    for i, train in enumerate(trains):
        text = SYNAPSE.replace("state Ca = 0.05 [uM]", f"state Ca = {starts[i]} [uM]")
        model = quantal.load(text.replace("jump = 20", f"jump = {jumps[i]}"))
        fired = protocols.recorded(train, "spike") if train else protocols.Protocol()
        true = exact(model, fired, "9 ms", sample, ["O", "E", "Ca"])
        assert simulated.time == pytest.approx(true.time)
        for name in ("O", "E"):
            assert off(simulated[name][i], true[name]) < 2e-3
        assert simulated["Ca"][i] == pytest.approx(true["Ca"], rel=1e-9)
        assert simulated["twice"][i] == pytest.approx(2.0 * simulated["O"][i])


def test_inputs_may_have_a_level_of_their_own_and_equilibria_follow_it():
    model = quantal.load("channels/hodgkin_huxley_1952")
    levels = np.array([-80.0, -65.0, -40.0])
    start = quantal.run_population(model, size=3, initial={"V": levels}, until="1 ms",
                                   sample=np.array([0.0]), record=["m", "V"])  # fmt: skip
    assert start["V"][:, 0] == pytest.approx(levels)
    for i, level in enumerate(levels):
        held = exact(model, protocols.hold("V", f"{level} mV"), "1 ms", [0.0], ["m"])
        assert start["m"][i, 0] == pytest.approx(held["m"][0], rel=1e-12)
    receptor = quantal.load("receptors/ampa_jonas_1993")
    doses = np.array([0.01, 0.1, 1.0, 10.0])
    simulated = quantal.run_population(
        receptor, size=4, parameters={"glu": doses}, until="5 ms", record=["open", "glu"]
    )
    assert simulated["glu"][:, 0] == pytest.approx(doses)
    for i, dose in enumerate(doses):
        true = exact(receptor, protocols.hold("glu", f"{dose} mM"), "5 ms", [5.0], ["open"])
        assert simulated["open"][i, 0] == pytest.approx(true["open"][0], rel=2e-4)


@pytest.fixture(scope="module")
def crowd(synapse):
    rng = np.random.default_rng(3)
    size = 700
    trains = [np.sort(rng.uniform(0.0, 6.0, rng.poisson(1.5))) for _ in range(size)]
    given = {
        "size": size, "spikes": {"spike": trains}, "until": "6 ms", "sample": "0.7 ms",
        "parameters": {"tau": rng.uniform(0.2, 0.5, size)}, "record": ["O", "E", "twice"],
    }  # fmt: skip
    return given, quantal.run_population(synapse, threads=1, **given)


@pytest.mark.parametrize("more", [
    {"threads": 2}, {"tile": 256, "threads": 2}, {"tile": 10_000}, {"tile": 1, "threads": 3},
])  # fmt: skip
def test_results_are_the_same_bits_for_any_threads_and_tiles(synapse, crowd, more):
    given, once = crowd
    again = quantal.run_population(synapse, **given, **more)
    for name in given["record"]:
        assert np.array_equal(again[name], once[name])


def test_an_instance_does_not_depend_on_its_neighbours(synapse, crowd):
    given, once = crowd
    chosen = np.array([5, 699, 123, 5])
    fewer = quantal.run_population(
        synapse, size=4, until="6 ms", sample="0.7 ms", record=given["record"],
        spikes={"spike": [given["spikes"]["spike"][i] for i in chosen]},
        parameters={"tau": given["parameters"]["tau"][chosen]},
    )  # fmt: skip
    for name in given["record"]:
        assert np.array_equal(fewer[name], once[name][chosen])


def test_means_need_no_instances_and_are_the_same_bits_too(synapse, crowd):
    given, once = crowd
    means = [
        quantal.run_population(synapse, **given, keep="mean", **more)
        for more in ({"threads": 1}, {"threads": 2, "tile": 256}, {"tile": 5_000})
    ]
    for name in given["record"]:
        assert means[0][name] == pytest.approx(once.mean()[name], rel=1e-12)
        assert means[0].deviation(name) == pytest.approx(once.deviation(name), rel=1e-9)
        for other in means[1:]:
            assert np.array_equal(other[name], means[0][name])
            assert np.array_equal(other.deviation(name), means[0].deviation(name))
    with pytest.raises(UsageError, match="only means"):
        means[0].instance(3)


def test_single_precision_is_near_and_keeps_what_is_conserved(synapse, crowd):
    given, once = crowd
    single = quantal.run_population(synapse, **given, precision="single")
    assert single["O"].dtype == np.float32
    for name in given["record"]:
        assert off(single[name], once[name]) < 1e-5


def test_occupancies_sum_to_one_after_many_steps(synapse):
    rng = np.random.default_rng(1)
    trains = [np.sort(rng.uniform(0.0, 400.0, 40)) for _ in range(4)]
    for precision, drift in (("double", 1e-12), ("single", 1e-4)):
        simulated = quantal.run_population(
            synapse, size=4, spikes={"spike": trains}, until="400 ms", precision=precision,
            record=["S0", "S1", "S2", "E"],
        )  # fmt: skip
        total = sum(simulated[name] for name in simulated.units)
        assert np.abs(total - 1.0).max() < drift


def test_an_instance_is_a_trajectory_and_all_save_and_load(synapse, crowd, tmp_path):
    given, once = crowd
    one = once.instance(17)
    assert np.array_equal(one["O"], once["O"][17])
    assert quantal.measure(one, "peak(O)") == pytest.approx(once["O"][17].max())
    dataset = once.to_xarray(["O"])
    assert dataset["O"].dims == ("instance", "time")
    assert dataset["O"].shape == (given["size"], len(once.time))
    again = quantal.Trajectory.load(once.save(tmp_path / "crowd.zarr", ["O"]))
    assert np.array_equal(again["O"], once["O"])


def test_stiff_programs_are_damped_and_the_reason_is_said():
    """Two states that exchange at 1e4 /ms while their sum decays: x + y = exp(-t/2)."""
    x, y = names("x y")
    made = program({"x": (1e4 * (y - x) - x, 1.0), "y": (1e4 * (x - y), 0.0)})
    settings = Settings(0.05, np.array([0.1, 1.0]), ("x", "y"))
    simulated = engine.run(made, stimulus(made, 1.0), Instances(1), settings)
    assert simulated.made_by["method"] == "damped"
    assert "/ms" in simulated.made_by["choice"]
    total = simulated["x"][0] + simulated["y"][0]
    assert total == pytest.approx(np.exp(-simulated.time / 2.0), rel=1e-4)
    assert simulated["x"][0] == pytest.approx(simulated["y"][0], rel=1e-3)


def test_a_parameter_may_change_on_the_way():
    x, k = names("x k")
    made = program({"x": (-k * x, 1.0)}, {"k": 1.0})
    changed = stimulus(made, 3.0, changes=((1.5, 0, 3.0),), stops=(1.5,))
    settings = Settings(0.1, np.array([1.5, 3.0]), ("x",))
    simulated = engine.run(made, changed, Instances(2), settings)["x"]
    assert simulated[1] == pytest.approx([np.exp(-1.5), np.exp(-6.0)], rel=1e-12)


def test_a_clamped_state_follows_the_protocol():
    model = quantal.load("channels/hodgkin_huxley_1952")
    protocol = protocols.voltage_step("-65 mV", "0 mV", at="1 ms", duration="3 ms")
    true = exact(model, protocol, "6 ms", "0.1 ms", ["m", "h", "V"])
    simulated = quantal.run_population(
        model, protocol, size=2, until="6 ms", sample="0.1 ms", record=["m", "h", "V"]
    )
    for name in ("m", "h"):
        assert off(simulated[name][1], true[name]) < 1e-3


def test_what_a_crossing_changes_cannot_run_and_is_refused():
    (v,) = names("v")
    reset = Handler(
        Crossing((v - 1.0).tree, "up"), (Assignment(0, (0.0 * v).tree),), line="l.syn:4"
    )
    made = program({"v": (2.0 - v, 0.0)}, handlers=[reset])
    settings = Settings(0.1, np.array([1.0]), ("v",))
    with pytest.raises(UsageError, match=r"crossed threshold changes states \(l\.syn:4\)"):
        engine.run(made, stimulus(made, 1.0), Instances(1), settings)


# -- faults: the instance is named, the others finish ------------------------------------


def run_of(synapse, **more):
    given = {"size": 5, "until": "3 ms", "record": ["O", "Ca"], "sample": "1 ms"} | more
    with pytest.raises(PopulationError) as caught:
        quantal.run_population(synapse, **given)
    return str(caught.value), caught.value.result


def others_finished(result, failed):
    good = [i for i in range(5) if i not in failed]
    assert [each.instance for each in result.failures] == list(failed)
    assert np.isfinite(result["O"][good]).all()
    assert np.isfinite(result["Ca"][good]).all()
    assert np.isnan(result["O"][list(failed), -1]).all()


def test_a_spike_before_time_zero(synapse):
    said, result = run_of(synapse, spikes={"spike": [[1.0], [], [-0.5, 1.0], [2.0], [0.0]]})
    assert "instance 2: `spike` at -0.5 ms lies before the run starts (0 ms)" in said
    assert "1 of 5 instances failed; the others finished" in said
    others_finished(result, [2])


def test_unsorted_spikes(synapse):
    said, result = run_of(synapse, spikes={"spike": [[1.0], [2.0, 1.0], [1.0], [], []]})
    assert "instance 1: the times of `spike` are not in order: 1 ms comes after 2 ms" in said
    others_finished(result, [1])


def test_a_time_that_is_no_number(synapse):
    said, result = run_of(synapse, spikes={"spike": [[1.0], [], [], [np.nan], []]})
    assert "instance 3: a time of `spike` is nan" in said
    others_finished(result, [3])


@pytest.mark.parametrize(
    ("value", "message"),
    [(-0.3, "`tau` = -0.3 [ms] is negative, which it cannot be"),
     (np.nan, "`tau` = nan [ms] is not a number"), (np.inf, "`tau` = inf [ms] is not a number")],
)  # fmt: skip
def test_a_parameter_that_cannot_be(synapse, value, message):
    said, result = run_of(synapse, parameters={"tau": [0.3, 0.3, 0.3, 0.3, value]})
    assert f"instance 4: {message}" in said
    others_finished(result, [4])


def test_a_start_that_cannot_be(synapse):
    said, result = run_of(synapse, initial={"O": [0.0, 0.0, -0.2, 0.0, np.nan]})
    assert "instance 2: `O` cannot start at -0.2" in said
    assert "instance 4: `O` cannot start at nan" in said
    others_finished(result, [2, 4])


def test_a_state_that_is_no_number_is_named_with_its_time():
    """y' = log(1 - k t) has no value after 1/k, which only one instance reaches."""
    x, y, k = names("x y k")
    made = program({"x": (-k, 1.0), "y": (call("log", x) + 0.0 * y, 0.0)}, {"k": 0.1})
    settings = Settings(0.01, np.array([0.1, 1.0]), ("x", "y"))
    rates = np.array([0.1, 5.0, 0.2])
    result = engine.run(made, stimulus(made, 1.0), Instances(3, parameters={0: rates}), settings)
    (failure,) = result.failures
    assert failure.instance == 1
    assert failure.time == pytest.approx(0.21)
    assert str(failure) == "instance 1: at t = 0.21 ms: `y` is not finite"
    assert "The first that failed is instance 1" in result.status
    left = 1.0 - rates[[0, 2]]
    integral = -(left * np.log(left) - left + 1.0) / rates[[0, 2]]
    assert result["y"][[0, 2], 1] == pytest.approx(integral, rel=1e-4)
    assert np.isfinite(result["y"][1, 0])
    assert np.isnan(result["y"][1, 1])
    assert np.isnan(result["x"][1, 1])


def test_a_step_too_long_for_a_nonlinear_reaction_is_not_passed_off_as_a_solution():
    """A pump that takes up 1,000 times what is there within a ms: one step ends below zero."""
    model = quantal.load("calcium/pump_decay_destexhe_1993")
    said = r"`Ca` = -11\.4 \[uM\] is no possible value; shorten `dt`"
    with pytest.raises(PopulationError, match=said):
        quantal.run_population(model, size=2, until="1 ms", record=["Ca"])
    short = quantal.run_population(model, size=1, until="0.01 ms", dt=2e-6, record=["Ca"])
    exact_value = quantal.run(model, until="0.01 ms", sample=[0.01], relative=1e-9)["Ca"][-1]
    assert short["Ca"][0, -1] == pytest.approx(exact_value, rel=1e-3)


def test_an_overflow_in_single_precision_says_that_double_may_hold_it():
    x, k = names("x k")
    made = program({"x": (k * x, 1.0)}, {"k": 1.0})
    settings = Settings(0.1, np.array([1.0]), ("x",), precision="single")
    rates = np.array([1.0, 100.0])
    result = engine.run(made, stimulus(made, 1.0), Instances(2, parameters={0: rates}), settings)
    (failure,) = result.failures
    assert failure.instance == 1
    assert failure.time == pytest.approx(0.9)
    assert "`x` is not finite; single precision ends at 3.4e38, double precision may" in str(
        failure
    )
    double = Settings(0.1, np.array([1.0]), ("x",))
    again = engine.run(made, stimulus(made, 1.0), Instances(2, parameters={0: rates}), double)
    assert again["x"][:, 0] == pytest.approx(np.exp(rates), rel=1e-9)


def test_too_much_output_is_refused_at_once(synapse):
    with pytest.raises(UsageError, match=r"1e\+12 samples of 1 names in 5 instances are 4e\+04 GB"):
        quantal.run_population(synapse, size=5, until="1000 ms", sample=1e-9, record=["O"])
    with pytest.raises(UsageError, match=r"sample more coarsely"):
        quantal.run_population(synapse, size=5, until="1 ms", sample=np.zeros(10**9, np.int8))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"size": 0}, "at least one instance"),
        ({"parameters": {"jmp": [1.0] * 5}}, r"`jmp`; did you mean `jump`"),
        ({"parameters": {"jump": [1.0]}}, r"shape \(1,\); expected one for each of the 5"),
        ({"spikes": {"spik": [[]] * 5}}, r"no event is called `spik`; did you mean `spike`"),
        ({"spikes": {"spike": [[]]}}, "1 lists of times; expected one for each of the 5"),
        ({"record": ["Oo"]}, "nothing is called `Oo`"),
        ({"dt": "0 ms"}, "longer than zero"),
        ({"dt": "1e-12 ms"}, "too many; lengthen `dt`"),
        ({"threads": 0}, "at least one thread"),
        ({"keep": "means"}, r"did you mean `mean`"),
        ({"sample": [99.0]}, "after the end"),
    ],
)
def test_calls_that_do_not_fit_are_explained(synapse, more, message):
    with pytest.raises(UsageError, match=message):
        quantal.run_population(synapse, **({"size": 5, "until": "3 ms"} | more))
