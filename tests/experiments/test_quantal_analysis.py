"""A quantal analysis of trials whose every number is known."""

import numpy as np
import pytest

from quantal.errors import UsageError
from quantal.experiments import spontaneous as minis_of
from quantal.experiments.measured_trials import rows_of
from quantal.experiments.quantal_analysis import analyse
from quantal.observables.minis import event_template
from quantal.trajectory import Trajectory
from quantal.units import parse_unit

INTERVAL, QUANTUM, SITES, P, MINIS = 0.1, -10.0, 8, (0.5, 0.8), 2.0
TRIALS, DELAY = 300, 1.3
TIME = np.arange(0.0, 800.0, INTERVAL)
STIMULI = [600.0, 650.0]
WAVE = event_template(INTERVAL, 0.3, 3.0, decays=10.0)


def made(seed=4, trials=TRIALS):
    """Minis at 2 /s, then eight sites with p 0.5 that are refilled, then with p 0.8."""
    rng = np.random.default_rng(seed)
    releases, currents = [], np.zeros((trials, len(TIME)))
    for row in currents:
        times = [rng.uniform(0.0, 600.0, rng.poisson(0.6 * MINIS))]
        for stimulus, p in zip(STIMULI, P, strict=True):
            times.append(stimulus + DELAY + rng.exponential(0.05, rng.binomial(SITES, p)))
        # On the grid, so that a quantum is the same wherever it falls.
        released = np.sort(np.round(np.concatenate(times) / INTERVAL) * INTERVAL)
        for time in released:
            place = round(time / INTERVAL)
            row[place : place + len(WAVE)] += QUANTUM * WAVE[: len(TIME) - place]
        releases.append(released)
    return Trajectory(
        TIME, {"epsc": parse_unit("pA")}, lambda names: {"epsc": currents},
        events={"stimulus": STIMULI}, made_by={"released": ["fusion"]},
        trials=np.arange(trials), firings={"fusion": releases},
    )  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return analyse(made())


def values(found):
    return {row.what.partition(",")[0] + row.what.partition(",")[2]: row for row in rows_of(found)}


def holds(row, exact):
    assert row.low <= exact <= row.high, row


def test_the_numbers_of_the_table_are_the_true_ones(found):
    rows = {row.what: row for row in rows_of(found)}
    peak = QUANTUM * WAVE.max()
    holds(rows["first response, mean"], SITES * P[0] * peak)
    cv = np.sqrt(SITES * P[0] * (1 - P[0])) / (SITES * P[0])
    assert rows["first response, coefficient of variation"].value == pytest.approx(cv, rel=0.1)
    holds(rows["failures of the first response"], 100 * (1 - P[0]) ** SITES)
    ratio = rows["paired-pulse ratio, of means"].value
    assert ratio == pytest.approx(P[1] / P[0], rel=0.05)
    assert next(r for r in rows.values() if "mean of" in r.what and "ratios" in r.what).value > 1.7
    size = next(row for row in rows.values() if row.what.startswith("quantal size"))
    assert size.value == pytest.approx(peak, rel=0.02)
    holds(rows["minis per second"], MINIS)
    assert rows["intervals of minis, coefficient of variation"].value == pytest.approx(
        1.0, abs=0.15
    )
    for what in ("quantal content, response over quantum", "quantal content, vesicles counted"):
        holds(rows[what], SITES * P[0])
    holds(rows["quantal content, variance of the count"], SITES * P[0] * (1 - P[0]))
    holds(rows["q, of the parabola"], peak)
    holds(rows["N, of the parabola"], SITES)
    holds(rows["p of the first, of the parabola"], P[0])
    assert rows["first latency, median from stimulus"].value == pytest.approx(DELAY, abs=0.1)
    assert rows["synaptic delay, from stimulus"].value == pytest.approx(DELAY, abs=0.15)


def test_minis_are_found_in_the_current_and_none_besides(found):
    # Some lie within 5 ms of another, or too near the first stimulus to be whole.
    assert 0.93 * found.minis.released < len(found.minis.times) <= found.minis.released
    assert found.minis.duration == pytest.approx(600.0 * TRIALS)


def test_the_mean_of_quanta_that_were_alone_is_the_quantum(found):
    after = found.minis.offsets > -INTERVAL / 2
    exact = QUANTUM * WAVE[: np.count_nonzero(after)]
    assert found.minis.waveform[after] == pytest.approx(exact, abs=0.05)


def test_the_release_rate_is_that_of_the_vesicles(found):
    def released(rate, times, step):
        part = (times > 600.0) & (times < 620.0)
        return rate[part].sum() * step

    exact = SITES * P[0]
    counted = released(found.rate, found.edges[:-1], found.edges[1] - found.edges[0])
    assert counted == pytest.approx(exact, rel=0.06)
    # The kernel ends 12 ms after the onset, with 2 % of the quantum still to come.
    assert released(found.deconvolved, TIME, INTERVAL) == pytest.approx(counted, rel=0.05)


def test_a_template_with_the_onset_misplaced_is_caught(monkeypatch):
    right = minis_of.detect
    monkeypatch.setattr(minis_of, "detect", lambda *a, **k: right(*a, **(k | {"onset": 30.0})))
    late = analyse(made(trials=40)).minis.times
    monkeypatch.undo()
    assert abs(np.median(late - analyse(made(trials=40)).minis.times)) > 10.0


def test_what_varies_from_nothing_cannot_be_analysed(found):
    many = made(trials=3)
    with pytest.raises(UsageError, match="run several"):
        analyse(many.trial(0))
    many.events.clear()
    with pytest.raises(UsageError, match="nothing was stimulated"):
        analyse(many)


def test_without_single_events_there_are_still_responses():
    many = made(trials=30)
    many.made_by.clear()
    rows = {row.what for row in rows_of(analyse(many))}
    assert "first response, mean" in rows
    assert not any("minis" in what for what in rows)
