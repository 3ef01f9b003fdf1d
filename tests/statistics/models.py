"""Small models with exact answers, written in the language."""

from functools import lru_cache

import numpy as np

import quantal

BIRTH_DEATH = """mechanism birth_death "Every molecule divides and dies"
parameter birth = 0.1 [/ms]
parameter death = 0.11 [/ms]
species X = 100 [molecules] inside
reaction born = X -> 2 X : birth
reaction dies = X -> nothing : death
"""

IMMIGRATION = """mechanism immigration "Molecules arrive and die"
parameter arrival = 1 [/ms]
parameter death = 0.1 [/ms]
species X = 0 [molecules] inside
reaction arrives = nothing -> X rate arrival
reaction dies = X -> nothing : death
"""

DIMER = """mechanism dimer "Two become one"
parameter on = 0.01 [/ms]
parameter off = 0.1 [/ms]
species P = 30 [molecules] inside
species D = 0 [molecules] inside
reaction pair = P + P <-> D : on, off
"""

SENSOR = "release/sensor_schneggenburger_2000"
AMPA = "receptors/ampa_jonas_1993"


@lru_cache
def loaded(text):
    """The model of a text or a library name."""
    return quantal.load(text)


def counts(text, trials, seed=1, protocol=None, **more):
    """A run of the exact engine."""
    return quantal.run(
        loaded(text), protocol, engine="ssa", trials=trials, seed=seed, max_events=1e7, **more
    )


def at(trajectory, name, time, size=1):
    """Whole numbers (trials,) of a name at a time."""
    place = int(np.searchsorted(trajectory.time, time))
    assert trajectory.time[place] == time
    return trajectory.internal(name)[:, place] * size
