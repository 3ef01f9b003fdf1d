"""Put an assembly together: Model with uses -> flat Model with dotted names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from quantal.assembly.connect import connect_by_hand
from quantal.assembly.counts import uncounted_exchanges
from quantal.assembly.draft import Draft
from quantal.assembly.local import complete
from quantal.assembly.names import used_at
from quantal.assembly.over import multiply_over
from quantal.assembly.places import unknown_places
from quantal.assembly.ports import connect_by_role, missing_exchanges
from quantal.assembly.settings import apply_settings
from quantal.assembly.temperature import common_temperature
from quantal.assembly.use import places_within, put, role_homes
from quantal.assembly.wiring import wire
from quantal.errors import ModelError, Problem, UsageError
from quantal.model.model import Model
from quantal.model.processes import Use

Lookup = Callable[[str, Path | None], Model]
"""A name as a `use` writes it, and the file that writes it, to its Model."""


def flatten(model: Model, lookup: Lookup) -> Model:
    """The flat Model of a mechanism or an assembly.

    Every reference names its provider, every used parameter has a dotted name, and only
    what a protocol must drive is still a port. The places `inside` and `outside` of a
    mechanism that stands alone stay as they are: places of unknown size. `connections`
    keeps the event connections and, for the record, what each port was connected to.

    Raises:
        ModelError: connections that are missing or ambiguous, names that do not exist;
            all problems are listed.
    """
    flat, problems = assemble(model, lookup)
    if problems:
        raise ModelError(problems)
    return flat


def assemble(model: Model, lookup: Lookup) -> tuple[Model, list[Problem]]:
    """The flat Model as far as it goes, and what is wrong with it."""
    draft = _build(model, _remembering(lookup), ())
    missing_exchanges(draft)
    uncounted_exchanges(draft)
    flat = wire(draft)
    used = {used.name: used for used in draft.used}
    temperature = model.temperature or common_temperature(draft)
    return replace(flat, used=tuple(used.values()), temperature=temperature), draft.problems


def _build(model: Model, lookup: Lookup, trail: tuple[str, ...]) -> Draft:
    """A text and all it uses, connected as far as its own lines and places say."""
    problems: list[Problem] = []
    own = replace(complete(model, problems), uses=(), connections=())
    draft = Draft(own, problems=problems)
    children = _children(model, draft, lookup, (*trail, model.name))
    places = {place.name: place for place in model.places}
    for use, child in children:
        places |= {place.name: place for place in places_within(child.model, use)}
    draft.problems += unknown_places(model, places)
    for use, child in children:
        lost = use.place is not None and use.place not in (*places, "inside", "outside")
        used = put(child, replace(use, place=None) if lost else use, places)
        if lost:
            used.quiet |= {port.name for port in used.model.ports}
        apply_settings(used, use, child.model.name)
        draft.absorb(used)
    multiply_over(draft, model.uses)
    draft.homes = role_homes(draft, draft.homes)
    connect_by_hand(draft, model.connections)
    connect_by_role(draft)
    return draft


def _children(
    model: Model, draft: Draft, lookup: Lookup, trail: tuple[str, ...]
) -> list[tuple[Use, Draft]]:
    """The drafts of everything that a text uses; what cannot be found is a problem."""
    found = []
    for use in model.uses:
        try:
            used = lookup(use.mechanism, model.path)
        except UsageError as error:
            draft.report(use.where, str(error))
            continue
        except ModelError as error:
            draft.problems += [
                Problem(used_at(problem.where, use.where), problem.message)
                for problem in error.problems
            ]
            continue
        if used.name in trail:
            draft.report(
                use.where, f"`{used.name}` uses itself: {' -> '.join((*trail, used.name))}"
            )
            continue
        child = _build(used, lookup, trail)
        child.used = [used, *child.used]
        found.append((use, child))
    return found


def _remembering(lookup: Lookup) -> Lookup:
    """A lookup that reads each text once, however many uses it has."""
    found: dict[tuple[str, Path | None], Model] = {}

    def look(name: str, beside: Path | None) -> Model:
        key = (name, beside)
        if key not in found:
            found[key] = lookup(name, beside)
        return found[key]

    return look
