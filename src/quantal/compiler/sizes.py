"""Amount divided by size: which size each symbol is of, and how two of them convert.

A concentration is an amount over a volume, a density over a surface, an occupancy over
a count, a number over one. A reaction's rate is per one of these too. What a participant
gains is rate * (size of the reaction) / (its own size); where both are the same size
they cancel, and an unknown size is no error.
"""

from __future__ import annotations

from dataclasses import dataclass

from quantal.compiler.check import Checked
from quantal.compiler.expand import expand
from quantal.errors import Problem, Where
from quantal.expression import ONE, Expression, divide, multiply
from quantal.model.processes import Current, Reaction, Term
from quantal.units import CONCENTRATION, DENSITY


@dataclass(frozen=True, slots=True)
class Size:
    """A size by its identity (`kind`, `of`) and, where known, its value."""

    kind: str
    of: str
    value: Expression | None

    def same_as(self, other: Size) -> bool:
        return (self.kind, self.of) == (other.kind, other.of)

    def __str__(self) -> str:
        return f"the {self.kind} of `{self.of}`" if self.of else "one"


ONE_OF = Size("one", "", ONE)


class Sizes:
    """The sizes of everything in one flat model. `problems` collects what is missing."""

    def __init__(self, checked: Checked) -> None:
        model = checked.model
        self.dimensions = checked.dimensions
        self.counts = checked.count_readings
        self.places = {place.name: place for place in model.places}
        self.membranes = {membrane.name: membrane for membrane in model.membranes}
        self.species = {species.name: species for species in model.species}
        self.schemes = {state: scheme for scheme in model.schemes for state in scheme.states}
        self.problems: list[Problem] = []

    def volume(self, place: str | None) -> Size:
        """The volume of a place; unknown for a place that is implied, or has none."""
        known = self.places.get(place or "")
        value = known.volume if known is not None else None
        return Size("volume", place or "here", expand(value) if value is not None else None)

    def surface(self, place: str | None) -> Size:
        """The surface of a place; unknown for a place that is implied, or has none."""
        known = self.places.get(place or "")
        value = known.surface if known is not None else None
        return Size("surface", place or "here", expand(value) if value is not None else None)

    def count(self, state: str) -> Size:
        """How many of a scheme's things there are: its count, or density times surface."""
        scheme = self.schemes[state]
        value = expand(scheme.count) if scheme.count is not None else None
        if value is not None and self.counts[scheme.name] == "surface":
            surface = self.surface(scheme.site).value
            value = multiply(value, surface) if surface is not None else None
        return Size("count", scheme.name, value)

    def of(self, name: str) -> Size:
        """The size that the symbol `name` is divided by."""
        if name in self.schemes:
            return self.count(name)
        place = self.species[name].place if name in self.species else None
        dimension = self.dimensions[name]
        if dimension == CONCENTRATION:
            return self.volume(place)
        return self.surface(place) if dimension == DENSITY else ONE_OF

    def place_of(self, terms: tuple[Term, ...]) -> str | None:
        """The place in which the first placed species of some terms lives."""
        for _, name in terms:
            if name in self.species and self.species[name].place is not None:
                return self.species[name].place
        return None

    def of_reaction(self, reaction: Reaction, reading: str, backward: bool) -> Size:
        """The size that a direction's rate is per, by the reading of its dimension."""
        here, there = reaction.left, reaction.right
        if backward:
            here, there = there, here
        if reading == "whole":
            for _, name in (*here, *there):
                if name in self.schemes:
                    return self.count(name)
            return ONE_OF
        place = reaction.place or self.place_of(here) or self.place_of(there)
        if reading == "volume":
            return self.volume(place)
        return self.surface(reaction.place or reaction.site or place)

    def of_current(self, current: Current, reading: str) -> Size:
        """One for a whole current; for a density the surface of its site, or of its membrane."""
        if reading == "whole":
            return ONE_OF
        membrane = self.membranes.get(current.from_membrane or "")
        return self.surface(current.site or (membrane.place if membrane is not None else None))

    def ratio(self, numerator: Size, denominator: Size, where: Where, what: str) -> Expression:
        """numerator/denominator; one where they are the same, a problem where unknown."""
        if numerator.same_as(denominator):
            return ONE
        for size in (numerator, denominator):
            if size.value is None:
                self.problems.append(
                    Problem(where, f"{what} needs {size}, which is not given; {_remedy(size)}")
                )
                return ONE
        assert numerator.value is not None
        assert denominator.value is not None
        return divide(numerator.value, denominator.value)


def _remedy(size: Size) -> str:
    if size.kind == "count":
        return f"write `scheme {size.of} = ... count n`"
    return f"write `place {size.of} {size.kind} = ...`"
