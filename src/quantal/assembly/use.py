"""Put a used mechanism in its place, under its name in the assembly."""

from __future__ import annotations

from dataclasses import replace

from quantal.assembly.draft import Draft, Wire
from quantal.assembly.names import under, used_at
from quantal.assembly.places import Look, own_site, port_site
from quantal.expression import Name, names_in
from quantal.model.model import Model
from quantal.model.processes import Use
from quantal.model.quantities import Place, Role


def put(child: Draft, use: Use, places: dict[str, Place]) -> Draft:
    """A draft in the frame of the assembly that uses it: `O` is `ampa.O` from here on."""
    kind = child.model.kind
    site = own_site(use, kind, places)
    seen_from = port_site(use, places)
    renaming = under(use.name, use.where, site.place)
    model = _on_site(renaming.of_model(child.model), site.here)

    def dotted(name: str) -> str:
        return f"{use.name}.{name}"

    looks = {
        dotted(port): Look(site.place(look.place), site.place(look.site), True)
        for port, look in child.looks.items()
    }
    for port in child.model.ports:
        if port.name not in child.looks:
            place = seen_from.place(port.side or _default_side(port.kind))
            looks[dotted(port.name)] = Look(place, seen_from.here, use.place is not None)
    return Draft(
        model=model,
        looks=looks,
        homes={dotted(role): site.place(home) for role, home in child.homes.items()},
        wires={
            dotted(port): Wire(renaming.name(wire.source), used_at(wire.where, use.where))
            for port, wire in child.wires.items()
        },
        asked_at={dotted(port.name): use.where for port in child.model.ports}
        | {dotted(port): used_at(at, use.where) for port, at in child.asked_at.items()},
        quiet={dotted(port) for port in child.quiet},
        used=list(child.used),
        problems=[
            replace(problem, where=used_at(problem.where, use.where)) for problem in child.problems
        ],
    )


def places_within(model: Model, use: Use) -> tuple[Place, ...]:
    """The places of a used assembly, under the names by which its user may put things there."""
    renaming = under(use.name, use.where, own_site(replace(use, place=None), "cell", {}).place)
    return tuple(renaming.of(place) for place in model.places)


def _default_side(kind: str) -> str | None:
    """A membrane potential belongs to the inside; anything else has no side by itself."""
    return "inside" if kind == "membrane" else None


def _on_site(model: Model, here: str | None) -> Model:
    """Schemes, reactions and currents that are not placed further in stand on this site."""
    return replace(
        model,
        schemes=tuple(replace(item, site=item.site or here) for item in model.schemes),
        reactions=tuple(replace(item, site=item.site or here) for item in model.reactions),
        currents=tuple(replace(item, site=item.site or here) for item in model.currents),
    )


def role_homes(draft: Draft, known: dict[str, str | None]) -> dict[str, str | None]:
    """Where each role of a draft lives: with the species it names, else inside.

    A role that only passes on one of the text's own ports lives nowhere: it provides
    nothing that was not there.
    """
    homes = {item.name: item.place for item in draft.model.species}
    homes |= {item.name: item.place for item in draft.model.membranes}
    homes |= known
    ports = {port.name for port in draft.model.ports}
    computed = "inside" if draft.model.kind == "mechanism" else None
    found = dict(known)
    for role in draft.model.roles:
        if role.name not in found and not _passes_on(role, ports):
            places = {homes[name] for name in names_in(role.expression) if name in homes}
            found[role.name] = places.pop() if len(places) == 1 else computed
    return found


def _passes_on(role: Role, ports: set[str]) -> bool:
    return isinstance(role.expression, Name) and role.expression.name in ports
