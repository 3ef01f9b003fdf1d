"""Targets on a model whose every answer is known: first-order binding."""

import math

import numpy as np
import pytest

from quantal.errors import RunError, TargetMissed, Where
from quantal.experiments.targets import Bench
from quantal.experiments.validate import require_all_passed, validate_model
from quantal.expression import Apply, Name, Number
from quantal.model.model import Model
from quantal.model.target import Target
from quantal.program import ParameterSlot
from quantal.protocols.protocol import Hold, Protocol, Pulse, Set, Sweep
from quantal.trajectory import Trajectory
from quantal.units import CONCENTRATION, parse_unit

UM = parse_unit("uM")
ONE = parse_unit("1")
HERE = Where("binding.syn", 1)
K, RATE = 50.0, 0.5
TIME = np.linspace(0.0, 40.0, 4001)
PEAK = Apply("peak", (Name("open"),))


def micromolar(value):
    return Number(UM.to_internal(value), CONCENTRATION, f"{value:g} [uM]")


def simulate(protocol, names=frozenset()):
    """open(t) = n/(n + K) (1 - exp(-RATE t)) at dose n, scaled by the parameter `gain`."""
    values = {a.name: a.value.value for a in protocol.actions if isinstance(a, (Hold, Pulse, Set))}
    if values.get("fault"):
        raise RunError("at 3 ms `open` is not a number")
    dose = UM.from_internal(values.get("glu", 0.0))
    level = dose / (dose + K) * values.get("gain", 1.0)
    held = {"open": level * (1.0 - np.exp(-RATE * TIME))}
    return Trajectory(TIME, {"open": ONE}, lambda names: {n: held[n] for n in names})


GAIN = ParameterSlot("gain", 1.0, ONE)
BENCH = Bench(simulate, {"gain": GAIN, "fault": ParameterSlot("fault", 0.0, ONE)})
PULSE = Protocol((Pulse("glu", micromolar(K), Number(40.0)),), until=40.0)


def target(measured, *values, protocol=PULSE, share=0.005, unit=ONE, absolute=None, figure=""):
    tolerance = Number(share if absolute is None else absolute)
    numbers = tuple(Number(unit.to_internal(v), unit.dimension) for v in values)
    return Target(measured, numbers, unit, tolerance, absolute is None, protocol, HERE, figure)


def rows_of(*targets, bench=BENCH, progress=None):
    model = Model("mechanism", "binding", HERE, source=("Nobody 1900",), targets=targets)
    return validate_model(model, bench, "receptors/binding", progress)


def test_a_right_target_passes_and_carries_its_source():
    (row,) = rows_of(target(PEAK, 0.5, figure="Fig. 3"))
    assert row.passed
    assert row.simulated == pytest.approx(0.5, rel=1e-6)
    assert (row.mechanism, row.target) == ("receptors/binding", "peak(open)")
    assert row.source == "Nobody 1900, Fig. 3"
    assert row.tolerance == pytest.approx(0.0025)
    assert set(row.as_dict()) >= {
        "mechanism", "target", "expected", "tolerance", "simulated", "unit", "passed", "source"
    }  # fmt: skip


def test_a_wrong_target_is_missed_and_named():
    rows = rows_of(target(PEAK, 0.5), target(PEAK, 0.51))
    assert [row.passed for row in rows] == [True, False]
    with pytest.raises(TargetMissed, match=r"peak\(open\) is 0.5, expected 0.51 \+- 0.00255"):
        require_all_passed(rows)
    require_all_passed(rows[:1])


def test_an_absolute_tolerance_is_in_the_unit_of_the_target():
    def measured(tolerance):
        rise = Apply("rise", (Name("open"),))
        ms = parse_unit("ms")
        return rows_of(target(rise, 2.8, unit=ms, absolute=tolerance))[0]

    assert measured(0.1).simulated == pytest.approx(math.log(4.0) / RATE, rel=1e-4)
    assert measured(0.1).passed
    assert not measured(0.01).passed


def test_a_sweep_gives_one_row_for_each_value():
    doses = (10.0, 50.0, 450.0)
    protocol = Protocol(until=40.0, sweep=Sweep("glu", tuple(map(micromolar, doses))))
    rows = rows_of(target(PEAK, 10 / 60, 0.6, 0.9, protocol=protocol))
    assert [row.passed for row in rows] == [True, False, True]
    assert rows[2].target == "peak(open) at glu = 450 [uM]"


def test_a_swept_parameter_is_set():
    protocol = Protocol(PULSE.actions, until=40.0, sweep=Sweep("gain", (Number(2.0),)))
    assert rows_of(target(PEAK, 1.0, protocol=protocol))[0].passed


def test_ec50_with_a_pulse_alone():
    (row,) = rows_of(target(Apply("ec50", (PEAK,)), 51.0, unit=UM, share=0.05))
    assert row.simulated == pytest.approx(K, rel=5e-3)


def test_ec50_over_a_written_sweep():
    doses = np.geomspace(1.0, 1e5, 60)
    protocol = Protocol(until=40.0, sweep=Sweep("glu", tuple(map(micromolar, doses))))
    (row,) = rows_of(target(Apply("ec50", (PEAK,)), K, unit=UM, protocol=protocol))
    assert row.passed


def test_slopes_between_neighbouring_values_of_a_sweep():
    doses = (1.0, 10.0, 100.0)
    protocol = Protocol(until=40.0, sweep=Sweep("glu", tuple(map(micromolar, doses))))
    exact = [math.log10((10 / 60) / (1 / 51)), math.log10((100 / 150) / (10 / 60))]
    rows = rows_of(target(Apply("slope", (PEAK,)), *exact, protocol=protocol))
    assert [row.passed for row in rows] == [True, True]
    assert rows[0].target == "slope(peak(open)) from glu = 1 [uM] to 10 [uM]"


@pytest.mark.parametrize(
    "slot",
    [
        ParameterSlot("gain", 1.0, ONE),
        ParameterSlot("gain", 100.0, ONE),
        ParameterSlot("gain", 1.0, ONE, 0.1, 30.0),
        ParameterSlot("gain", 0.0, ONE),
    ],
)
def test_a_threshold_is_found_with_and_without_bounds(slot):
    condition = Apply(">", (PEAK, Number(1.6)))
    bench = Bench(simulate, {"gain": slot})
    (row,) = rows_of(target(Apply("least", (Name("gain"), condition)), 3.2), bench=bench)
    assert row.simulated == pytest.approx(3.2, rel=2e-4)
    assert row.passed


def test_a_threshold_of_a_pulse_height():
    condition = Apply(">", (PEAK, Number(0.75)))
    least = Apply("least", (Name("glu"), condition))
    (row,) = rows_of(target(least, 3.0 * K, unit=UM))
    assert row.simulated == pytest.approx(3.0 * K, rel=1e-3)


def test_a_condition_that_never_holds_is_said():
    condition = Apply(">", (PEAK, Number(1.6)))
    bench = Bench(simulate, {"gain": ParameterSlot("gain", 1.0, ONE, 0.1, 3.0)})
    (row,) = rows_of(target(Apply("least", (Name("gain"), condition)), 3.2), bench=bench)
    assert not row.passed
    assert row.simulated is None
    assert "does not hold even at the upper bound of `gain`" in row.problem


def test_an_error_in_one_target_leaves_the_others():
    faulty = Protocol((Set("fault", Number(1.0)),), until=40.0)
    rows = rows_of(
        target(PEAK, 0.5, protocol=faulty),
        target(Apply("peak", (Name("opne"),)), 0.5),
        target(Apply("decay", (Name("open"),)), 0.5),
        target(PEAK, 0.5),
    )
    assert [row.passed for row in rows] == [False, False, False, True]
    assert rows[0].problem == "at 3 ms `open` is not a number"
    assert "did you mean `open`" in rows[1].problem
    assert rows[2].problem == "the run ends before this quantity is reached"
    with pytest.raises(TargetMissed, match="at 3 ms `open` is not a number"):
        require_all_passed(rows)


def test_as_many_values_as_the_sweep_gives():
    protocol = Protocol(until=40.0, sweep=Sweep("glu", (micromolar(50.0),)))
    rows = rows_of(target(PEAK, 0.5, 0.6, protocol=protocol))
    assert len(rows) == 2
    assert rows[0].problem == "2 values are expected, but the sweep gives 1"


def test_a_model_without_a_target_does_not_pass():
    (row,) = rows_of()
    assert not row.passed


def test_targets_with_one_protocol_share_a_run():
    runs = []

    def counted(protocol, names):
        runs.append(protocol)
        return simulate(protocol, names)

    rows_of(target(PEAK, 0.5), target(PEAK, 0.5), bench=Bench(counted))
    assert len(runs) == 1


def test_progress_is_told_before_each_target():
    told = []
    rows_of(target(PEAK, 0.5), target(PEAK, 0.6), progress=lambda *a: told.append(a))
    assert told == [
        (0, 2, "receptors/binding: peak(open)"),
        (1, 2, "receptors/binding: peak(open)"),
    ]


def test_a_misspelt_threshold_parameter_names_the_nearest():
    condition = Apply(">", (PEAK, Number(1.6)))
    (row,) = rows_of(target(Apply("least", (Name("gian"), condition)), 3.2))
    assert "did you mean `gain`" in row.problem
