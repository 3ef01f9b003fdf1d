"""Figures of trials: what they hold is checked as data, and they are drawn."""

import numpy as np
import pytest
from tests.experiments.test_quantal_analysis import QUANTUM, SITES, TRIALS, P, made
from tests.observables.test_variance import channels

from quantal.experiments.quantal_analysis import analyse
from quantal.figures.histograms import amplitude_panel, interval_panel, latency_panel, mini_panel
from quantal.figures.parabola import noise_figure, parabola_panel
from quantal.figures.render import render
from quantal.figures.trials import draw_trials, trials_figure
from quantal.observables.laws import binomial_law


@pytest.fixture(scope="module")
def found():
    return analyse(made())


def bars_and_law(panel):
    bars, law = panel.series
    assert bars.look == "bars"
    assert len(bars.x) == len(bars.y) + 1
    return bars, law


@pytest.mark.parametrize("panel", [amplitude_panel, latency_panel, mini_panel, interval_panel])
def test_a_law_holds_as_many_as_its_bars(panel, found):
    bars, law = bars_and_law(panel(found))
    expected = np.trapezoid(law.y, law.x)
    assert expected == pytest.approx(bars.y.sum() * np.diff(bars.x)[0], rel=0.1)


def test_amplitudes_peak_at_whole_quanta_as_the_fitted_binomial_says(found):
    _, law = bars_and_law(amplitude_panel(found))
    sites, p = round(found.parabola.n), found.parabola.p[0]
    size = found.heights[:, 0].mean() / (sites * p)
    # Near the truth, as far as 300 trials tell.
    assert sites * p == pytest.approx(SITES * P[0], rel=0.25)
    exact = binomial_law(sites, p)
    away = law.x / size
    shares = np.array([law.y[np.abs(away - k) < 0.5].sum() for k in range(1, 5)]) / law.y.sum()
    assert shares == pytest.approx(exact[1:5], abs=0.03)
    # With valleys between whole quanta.
    assert np.interp(2.5 * size, law.x, law.y) < 0.6 * np.interp(3.0 * size, law.x, law.y)


def test_the_raster_shows_every_vesicle_of_its_trials(found):
    raster, currents, rates = trials_figure(found).stack
    (ticks,) = raster.series
    low, high = raster.x.low, raster.x.high
    shown = [np.count_nonzero((t >= low) & (t <= high)) for t in found.releases[:60]]
    assert ticks.look == "ticks"
    assert len(ticks.x) == sum(shown)
    assert np.bincount(ticks.y.astype(int))[1:].tolist() == shown[: int(ticks.y.max())]
    assert raster.marks == currents.marks == rates.marks == (600.0, 650.0)
    assert currents.series[-1].label == f"mean of {TRIALS}"


def test_the_parabola_has_its_points_its_curve_and_its_band(found):
    panel = parabola_panel(found.parabola, TRIALS, "pA", "Train", "parabola", labels=True)
    band, curve, points = panel.series
    assert band.look == "ribbon"
    assert (band.error >= 0.0).all()
    assert points.x == pytest.approx(np.abs(found.heights.mean(axis=0)))
    # N p (1 - p) q^2 at the top, half way to N q, and the truth within the band.
    top = curve.x[np.argmax(curve.y)]
    assert top == pytest.approx(SITES / 2 * abs(QUANTUM), rel=0.15)
    exact = abs(QUANTUM) * curve.x - curve.x**2 / SITES
    assert (np.abs(curve.y - exact) <= band.error + 1e-9).all()
    assert panel.title.startswith("Train, q ")


def test_noise_is_drawn_with_its_unitary_current(tmp_path):
    time = np.linspace(0.1, 8.0, 30)
    figure = noise_figure(time, channels(np.random.default_rng(5)), "pA", "channels")
    assert "Unitary current" in figure.caption
    assert figure.stack[1].series[0].y.max() > 0.0
    assert render(figure, tmp_path / "noise.png").read_bytes().startswith(b"\x89PNG")


def test_the_whole_figure_is_drawn_and_tells_how_many_minis(found, tmp_path):
    figure = trials_figure(found, "made")
    assert len(figure.column) == 6
    assert f"{len(found.minis.times)} found in 180 s" in figure.caption
    assert draw_trials(found, tmp_path / "x.svg", "made").read_text().startswith("<?xml")


def test_trials_without_single_events_are_drawn_with_what_there_is(tmp_path):
    many = made(trials=12)
    many.made_by.clear()
    figure = trials_figure(analyse(many))
    assert len(figure.column) == 3
    assert render(figure, tmp_path / "x.png").exists()
