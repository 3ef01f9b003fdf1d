"""The table of stages against closed forms, and for the complete calyx."""

import math

import numpy as np
import pytest

import quantal
from quantal import protocols
from quantal.observables import role_stages, stage_rows
from quantal.trajectory import Trajectory
from quantal.units import parse_unit


def recorded():
    time = np.linspace(-5.0, 40.0, 9001)
    after = np.clip(time - 2.0, 0.0, None)
    values = {
        "fast.x": after / 0.5 * np.exp(1.0 - after / 0.5),
        "still": np.full_like(time, 3.0),
    }
    return Trajectory(
        time,
        {name: parse_unit("1" if name == "still" else "mM") for name in [*values, "quick_one"]},
        lambda names: {
            name: parse_unit("mM").to_internal(values["fast.x"])
            if name in ("fast.x", "quick_one")
            else values[name]
            for name in names
        },
        roles={"quick_one": "fast.x", "still": "still", "used.open": "fast.x"},
    )


def test_only_the_own_roles_are_stages_in_the_order_of_the_text():
    assert [stage.names for stage in role_stages(recorded())] == [("quick_one",), ("still",)]


def test_times_and_height_of_an_alpha_function():
    run = recorded()
    row, still = stage_rows(run, role_stages(run), stimulus=1.0, until=20.0)
    assert (row.stage, row.name, row.unit) == ("quick one", "quick_one", "mM")
    assert row.rest == 0.0
    assert row.peak == pytest.approx(1.0, rel=1e-4)
    assert row.time_of_peak == pytest.approx(1.5, abs=0.01)
    # Width of t exp(1 - t) at one half: 2.4464 time constants.
    assert row.half_width == pytest.approx(0.5 * 2.4464, rel=1e-3)
    lambertw = pytest.importorskip("scipy.special").lambertw
    low, high = (-0.5 * lambertw(-share / math.e).real for share in (0.2, 0.8))
    assert row.onset == pytest.approx(1.0 + low - (high - low) / 3.0, abs=1e-3)
    assert still.rest == still.peak == 3.0
    assert math.isnan(still.onset)
    assert math.isnan(still.time_of_peak)


def test_the_calyx_has_all_its_stages():
    protocol = protocols.train("stimulus", rate="100 Hz", count=1)
    result = quantal.run(
        "synapses/calyx_of_held", protocol + protocols.Protocol(rest=300.0), until=12.0
    )
    rows = {row.stage: row for row in stage_rows(result, role_stages(result))}
    assert list(rows) == [
        "terminal V", "calcium current", "domain calcium", "residual calcium", "release",
        "docked", "quantal content", "mean glutamate", "glutamate", "glial uptake", "ampa open",
        "nmda open", "epsc", "soma V", "hillock V",
    ]  # fmt: skip
    follow = [
        "terminal V", "calcium current", "domain calcium", "release", "mean glutamate",
        "ampa open",
    ]  # fmt: skip
    starts = [rows[stage].onset for stage in follow]
    assert starts == sorted(starts)
    follow += ["soma V"]
    peaks = [rows[stage].time_of_peak for stage in follow]
    assert peaks == sorted(peaks)
    assert rows["terminal V"].half_width == pytest.approx(0.44, rel=0.05)
