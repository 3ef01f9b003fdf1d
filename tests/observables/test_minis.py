"""Minis put into noise at known times with known sizes are found there, with these sizes."""

import numpy as np
import pytest

from quantal.observables import minis
from quantal.observables.minis import aligned, detect, event_template

INTERVAL = 0.05
NOISE = 2.5
TEMPLATE = event_template(INTERVAL, 0.5, 4.0)


def recording(seed=0, noise=NOISE, drift=0.0):
    """Two seconds with forty minis at least 20 ms apart, of about -20 pA."""
    rng = np.random.default_rng(seed)
    time = np.arange(0.0, 2000.0, INTERVAL)
    onsets = 20.0 + 48.0 * np.arange(40) + rng.uniform(0.0, 25.0, 40)
    onsets = np.round(onsets / INTERVAL) * INTERVAL
    sizes = -rng.gamma(25.0, 20.0 / 25.0, 40)
    current = rng.normal(0.0, noise, len(time)) + drift * np.sin(2 * np.pi * time / 1500.0)
    for onset, size in zip(onsets, sizes, strict=True):
        place = round(onset / INTERVAL)
        current[place : place + len(TEMPLATE)] += size * TEMPLATE
    return time, current, onsets, sizes


def check(time, current, onsets, sizes):
    """All are found, nothing else is, and neither times nor sizes are biased."""
    found = detect(time, current, TEMPLATE)
    assert len(found.times) == 40
    assert np.abs(found.times - onsets).max() < 0.4
    assert abs((found.times - onsets).mean()) < 0.05
    assert found.amplitudes.mean() == pytest.approx(sizes.mean(), rel=0.02)
    assert np.corrcoef(found.amplitudes, sizes)[0, 1] > 0.95


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_all_minis_are_found_where_they_are(seed):
    check(*recording(seed))


def test_a_baseline_that_drifts_costs_none():
    check(*recording(drift=20.0))


def test_without_noise_times_and_sizes_are_exact():
    time, current, onsets, sizes = recording(noise=0.0)
    found = detect(time, current, TEMPLATE, least=8.5)
    assert found.times == pytest.approx(onsets)
    # What the tail of the one before leaves is no straight line.
    assert found.amplitudes == pytest.approx(sizes, rel=1e-2)


def test_noise_alone_holds_no_minis():
    rng = np.random.default_rng(8)
    time = np.arange(0.0, 4000.0, INTERVAL)
    assert len(detect(time, rng.normal(0.0, NOISE, len(time)), TEMPLATE).times) == 0


def test_the_criterion_is_that_of_a_fit_by_least_squares():
    time, current, _, _ = recording()
    place = 12345
    window = current[place : place + len(TEMPLATE)]
    design = np.column_stack([TEMPLATE, np.ones(len(TEMPLATE))])
    (scale, _), rest, _, _ = np.linalg.lstsq(design, window, rcond=None)
    exact = -scale / np.sqrt(rest[0] / (len(TEMPLATE) - 1))
    assert detect(time, current, TEMPLATE).criterion[place] == pytest.approx(exact, rel=1e-9)


def test_a_fit_without_an_offset_is_caught(monkeypatch):
    def without_offset(current, template):
        windows = np.lib.stride_tricks.sliding_window_view(current, len(template))
        scale = windows @ template / (template @ template)
        rest = ((windows - scale[:, None] * template) ** 2).sum(axis=1)
        return scale, np.sqrt(rest / (len(template) - 1))

    monkeypatch.setattr(minis, "_fits", without_offset)
    case = recording(drift=20.0)
    with pytest.raises(AssertionError):
        check(*case)


def test_outward_events_and_templates_with_a_baseline():
    time, current, onsets, sizes = recording()
    template = event_template(INTERVAL, 0.5, 4.0, baseline=2.0)
    found = detect(time, -current, template, onset=2.0, sign=1)
    assert len(found.times) == 40
    assert found.times == pytest.approx(onsets, abs=0.4)
    assert found.amplitudes.mean() == pytest.approx(-sizes.mean(), rel=0.02)


def test_the_mean_of_aligned_minis_is_the_template():
    time, current, onsets, sizes = recording()
    offsets, pieces = aligned(time, current, onsets, before=2.0, after=15.0)
    assert pieces.shape == (40, len(offsets))
    mean = pieces.mean(axis=0) / sizes.mean()
    after = mean[offsets > -INTERVAL / 2]
    assert np.abs(after - TEMPLATE[: len(after)]).max() < 0.1
    # Another mini within the piece, or a piece beyond the trace, is left out.
    assert len(aligned(time, current, np.array([50.0, 51.0, 1995.0]), 2.0, 15.0)[1]) == 0


def test_a_template_peaks_at_one_and_rises_first():
    exact = np.log(4.0 / 0.5) * 4.0 * 0.5 / 3.5
    assert TEMPLATE.max() == pytest.approx(1.0, abs=1e-3)
    assert INTERVAL * np.argmax(TEMPLATE) == pytest.approx(exact, abs=INTERVAL)
    assert event_template(0.1, 0.0, 3.0)[:2] == pytest.approx([1.0, np.exp(-0.1 / 3.0)])


def test_what_cannot_be_a_template_is_refused():
    with pytest.raises(ValueError, match="slower than its rise"):
        event_template(0.1, 4.0, 4.0)
    with pytest.raises(ValueError, match="shorter than the trace"):
        detect(np.arange(5.0), np.zeros(5), np.ones(6))
