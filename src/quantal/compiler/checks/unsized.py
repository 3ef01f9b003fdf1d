"""Named reactions whose size is not known."""

from __future__ import annotations

from quantal.compiler.checks.reactions import READINGS, Reading
from quantal.compiler.symbols import Symbols
from quantal.model.processes import Reaction
from quantal.units import Dimension


def unsized_rates(symbols: Symbols, readings: dict[int, Reading]) -> dict[str, Dimension]:
    """Dimensions of named reactions that are events per time *and size*.

    A text that stands alone often does not know its volume. What is computed from the
    name is checked as if it did; the name itself must not claim a unit that it has not.
    """
    places = {place.name: place for place in symbols.model.places}
    homes = {species.name: species.place for species in symbols.model.species}
    found = {}
    for index, reaction in enumerate(symbols.model.reactions):
        reading = readings[index][0]
        if reaction.name is None or reading == "whole":
            continue
        home = places.get(_home(reaction, reading, homes) or "")
        size = None if home is None else home.volume if reading == "volume" else home.surface
        if size is None:
            found[reaction.name] = next(d for d, word in READINGS.items() if word == reading)
    return found


def _home(reaction: Reaction, reading: str, homes: dict[str, str | None]) -> str | None:
    """The place whose size a rate is per, where one is named."""
    stated = reaction.place or (reaction.site if reading == "surface" else None)
    placed = [homes.get(name) for _, name in (*reaction.left, *reaction.right)]
    return stated or next((place for place in placed if place is not None), None)
