"""Figures as data: what is in them, in which units; and that they can be drawn."""

import numpy as np
import pytest

from quantal.errors import UsageError
from quantal.experiments.validate import Row
from quantal.figures.cascade import Stage, TrainFit, cascade
from quantal.figures.draw import draw
from quantal.figures.figure import readable
from quantal.figures.targets import targets_figure
from quantal.trajectory import Trajectory
from quantal.units import parse_unit

TIME = np.linspace(0.0, 30.0, 6001)


def alpha(start, tau):
    s = np.clip(TIME - start, 0.0, None) / tau
    return s * np.exp(1.0 - s)


@pytest.fixture
def run():
    uM = parse_unit("uM")
    values = {
        "V": -70.0 + 110.0 * alpha(10.2, 0.3),
        "soma": -65.0 + 20.0 * alpha(11.5, 3.0),
        "Ca": uM.to_internal(0.05 + 20.0 * alpha(10.6, 0.4)),
        "epsc": -4000.0 * alpha(11.0, 1.0),
        "tiny": -1.0 * alpha(11.0, 1.0),
        "nmda": 1.0 - np.exp(-TIME / 100.0),
    }
    units = {
        "V": "mV", "soma": "mV", "Ca": "uM", "epsc": "pA", "tiny": "pA", "nmda": "1"
    }  # fmt: skip
    return Trajectory(
        TIME,
        {name: parse_unit(unit) for name, unit in units.items()},
        lambda names: {name: values[name] for name in names},
        roles={"epsc": "epsc"},
    )


STAGES = (
    Stage("terminal voltage", ("V",)),
    Stage("domain calcium", ("Ca",)),
    Stage("EPSC", ("epsc",), unit="nA"),
    Stage("NMDA open", ("nmda",)),
)


def test_stages_are_timed_from_the_stimulus_and_in_the_unit_asked_for(run):
    figure = cascade(run, STAGES, stimulus=10.0, until=8.0)
    voltage, calcium, epsc, nmda = figure.stack
    assert [panel.y.text for panel in figure.stack[:3]] == [
        "terminal voltage (mV)", "domain calcium (uM)", "EPSC (nA)"
    ]  # fmt: skip
    x, y, _ = epsc.dots[0]
    assert x == pytest.approx(2.0, abs=1e-3)
    assert y == pytest.approx(-4.0, rel=1e-4)
    assert epsc.notes[0][0] == "\N{MINUS SIGN}4.00 nA at 2.00 ms"
    assert nmda.notes[0][0].endswith("and rising")
    assert voltage.series[0].x.min() == pytest.approx(-0.4)
    assert voltage.series[0].x.max() == 8.0
    assert calcium.series[0].y.max() == pytest.approx(20.05, rel=1e-4)


def test_the_guide_follows_the_onsets(run):
    figure = cascade(run, STAGES[:3], stimulus=10.0, until=8.0)
    guides = [panel.guide for panel in figure.stack]
    assert guides == sorted(guides)
    # The line through 20 % and 80 % of x exp(1 - x), x = 0.0797 and 0.4717, meets 0 there.
    early = 0.0797 - (0.4717 - 0.0797) / 3.0
    exact = [0.2 + 0.3 * early, 0.6 + 0.4 * early, 1.0 + 1.0 * early]
    assert guides == pytest.approx(exact, abs=1e-3)


def test_trains_stand_beside_it(run):
    fit = TrainFit("100 Hz", np.array([1.0, 0.5]), np.array([1.0, 0.55]), 0.035)
    figure = cascade(run, STAGES, stimulus=10.0, trains=[fit, fit])
    assert [panel.corner for panel in figure.column] == ["100 Hz, RMS 0.035"] * 2
    measured, simulated = figure.column[0].series
    assert (measured.look, simulated.look) == ("points", "line")
    assert measured.y[1] == 0.55


def test_an_unknown_stage_is_named(run):
    with pytest.raises(UsageError, match="did you mean `epsc`"):
        cascade(run, [Stage("EPSC", ("epcs",))])


def test_quantities_of_one_unit_and_size_share_a_panel(run):
    figure = draw(run, ["V", "soma", "epsc", "tiny"])
    drawn = [[series.label for series in panel.series] for panel in figure.stack]
    assert drawn == [["V", "soma"], [""], [""]]
    assert [panel.y.quantity for panel in figure.stack] == ["", "epsc", "tiny"]


def test_without_names_the_roles_are_drawn(run):
    assert [panel.y.quantity for panel in draw(run).stack] == ["epsc"]


def test_targets_are_drawn_in_units_of_their_tolerance():
    rows = [
        Row("m", "peak(open)", 0.6, 0.003, 0.597, "1", True, "Fig. 1"),
        Row("m", "decay(open)", 2.0, 0.1, 2.5, "ms", False, "Fig. 1"),
        Row("m", "rise(open)", 2.0, 0.1, None, "ms", False, "Fig. 1", "it never rises"),
    ]
    figure = targets_figure(rows, "m")
    passed, missed = figure.stack[0].series[-2:]
    assert passed.x == pytest.approx([-1.0])
    assert missed.x == pytest.approx([3.0]), "five tolerances away, drawn at the edge"
    assert figure.stack[0].y.tick_labels == ("peak(open)", "decay(open)")
    assert figure.table[3] == ("rise(open)", "2.000 ± 0.10", "it never rises", "ms", "no")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234.5, "1234"), (0.01234, "0.0123"), (1.0, "1.00"), (0.0, "0"), (float("nan"), "-"),
        (-3.5e-7, "\N{MINUS SIGN}3.50\N{MULTIPLICATION SIGN}10⁻⁷"),
    ],
)  # fmt: skip
def test_numbers_are_readable(value, text):
    assert readable(value) == text


@pytest.mark.parametrize("ending", [".png", ".svg", ".pdf"])
def test_a_picture_is_whole_or_absent(run, tmp_path, ending):
    pytest.importorskip("matplotlib")
    path = tmp_path / "deep" / f"picture{ending}"
    draw(run, ["V", "epsc"], path=path)
    assert path.stat().st_size > 2000
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_picture_is_1800_pixels_wide(run, tmp_path):
    image = pytest.importorskip("matplotlib.image")
    fit = TrainFit("100 Hz", np.array([1.0, 0.5]), np.array([1.0, 0.55]), 0.035)
    from quantal.figures.render import render

    path = render(cascade(run, STAGES, stimulus=10.0, trains=[fit]), tmp_path / "cascade.png")
    assert image.imread(path).shape[1] == 1800


def test_another_ending_is_refused(run, tmp_path):
    with pytest.raises(UsageError, match="a picture ends in"):
        draw(run, ["V"], path=tmp_path / "picture.xyz")
