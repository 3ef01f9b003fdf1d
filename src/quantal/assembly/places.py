"""Where a `use` puts a mechanism, and what its own words for places mean there.

A place between two others has an inside and an outside; a volume is its own inside and
outside. A mechanism used without `at` shares the nameless place of its assembly; an
assembly used without `at` keeps a nameless place of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from quantal.errors import Problem, did_you_mean
from quantal.model.model import Model
from quantal.model.processes import Use
from quantal.model.quantities import Place

SIDES = ("inside", "outside")


@dataclass(frozen=True, slots=True)
class Site:
    """What `here`, `inside` and `outside` of a used text are, as its assembly names them."""

    prefix: str
    here: str | None
    inside: str | None
    outside: str | None

    def place(self, local: str | None) -> str | None:
        """The assembly's name for a place that the used text names."""
        if local is None:
            return self.here
        if local == "inside":
            return self.inside
        return self.outside if local == "outside" else f"{self.prefix}.{local}"


@dataclass(frozen=True, slots=True)
class Look:
    """Where a port looks: a place, the site it was put at, and whether `at` said so."""

    place: str | None
    site: str | None
    placed: bool

    def sees(self, home: str | None) -> bool:
        """Whether something that lives at `home` is where this port looks."""
        if self.place == home:
            return True
        nameless = (None, *SIDES)
        return not self.placed and home in nameless and None in (home, self.place)


def port_site(use: Use, places: dict[str, Place]) -> Site:
    """The site of a `use` as the ports of the used text see it."""
    if use.place is None:
        return Site(use.name, None, *SIDES)
    place = places.get(use.place)
    if place is None or place.inside is None:
        return Site(use.name, use.place, use.place, use.place)
    return Site(use.name, use.place, place.inside, place.outside)


def own_site(use: Use, kind: str, places: dict[str, Place]) -> Site:
    """The site of a `use` for what the used text declares itself."""
    if use.place is None and kind != "mechanism":
        return Site(use.name, use.name, f"{use.name}.inside", f"{use.name}.outside")
    return port_site(use, places)


def unknown_places(model: Model, known: Iterable[str]) -> list[Problem]:
    """Every place that a text names but does not have, with the nearest one."""
    names = [*known, *SIDES]
    mentioned = [(use.place, use.where) for use in model.uses]
    mentioned += [(place.inside, place.where) for place in model.places]
    mentioned += [(place.outside, place.where) for place in model.places]
    mentioned += [(item.place, item.where) for item in model.species]
    mentioned += [(item.place, item.where) for item in model.membranes]
    mentioned += [(item.place, item.where) for item in model.reactions]
    return [
        Problem(where, f"no place `{place}`{did_you_mean(place, names)}")
        for place, where in mentioned
        if place is not None and place not in names
    ]
