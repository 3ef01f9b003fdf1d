"""Connect ports by role and side: one provider there, none, or too many."""

from __future__ import annotations

from collections.abc import Iterator

from quantal.assembly.draft import Draft, Named, Wire
from quantal.expression import Name
from quantal.model.quantities import Port


def connect_by_role(draft: Draft) -> None:
    """Connect every port of a used mechanism that finds exactly one provider.

    Two providers are a problem that asks for `connect`. None is left open here: a place
    further out may provide it.
    """
    search = _Search(draft)
    for port in draft.model.ports:
        if "." not in port.name or port.name in draft.wires or port.name in draft.quiet:
            continue
        found = search.providers(port)
        where = draft.asked_at[port.name]
        if len(found) == 1:
            draft.wires[port.name] = Wire(found[0], where)
        elif found:
            several = " or ".join(f"`{name}`" for name in found)
            draft.report(
                where,
                f"`{port.name}` could be {several}: write `connect {port.name} = {found[0]}`",
            )
            draft.quiet.add(port.name)


def missing_exchanges(draft: Draft) -> None:
    """Report every exchange port of a used mechanism that found no species anywhere."""
    for port in draft.model.ports:
        settled = port.name in draft.wires or port.name in draft.quiet
        if port.kind != "exchange" or "." not in port.name or settled:
            continue
        place = draft.looks[port.name].place
        where = f"lives in `{place}`" if place else "is at hand; say where it is with `at PLACE`"
        draft.report(
            draft.asked_at[port.name],
            f"`{port.name}` exchanges {port.role}, but no species `{port.role}` {where}",
        )


class _Search:
    """Looks for what has a role in a place."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.names = Named(draft.model)

    def providers(self, port: Port) -> list[str]:
        """The names of everything that could provide a port, each thing once."""
        found: dict[str, str] = {}
        for name in self._candidates(port):
            meaning = self.names.meaning(name)
            key = meaning.name if isinstance(meaning, Name) else name
            if self._fits(port, key):
                # A species and its role are one provider; the quantity's own name is shown.
                found.setdefault(key, key if key in self.names.kinds else name)
        membranes = [key for key in found if self.names.kinds.get(key) == "membrane"]
        if port.kind == "membrane" and membranes:
            return [found[key] for key in membranes]
        return list(found.values()) or self._sideless(port)

    def _candidates(self, port: Port) -> Iterator[str]:
        """Species, membranes, roles, and the assembly's own ports, where the port looks."""
        model, look = self.draft.model, self.draft.looks[port.name]
        owner = port.name.partition(".")[0]
        homes = [(species.name, species.place) for species in model.species]
        homes += [(membrane.name, membrane.place) for membrane in model.membranes]
        homes += [(role.name, self.draft.homes.get(role.name)) for role in model.roles]
        for name, home in homes:
            on_site = port.kind == "membrane" and home is not None and home == look.site
            if _last(name) == port.role and _owner(name) != owner and (look.sees(home) or on_site):
                yield name
        for own in model.ports:
            is_own = "." not in own.name and own.side is not None
            if is_own and own.role == port.role and look.sees(own.side):
                yield own.name

    def _sideless(self, port: Port) -> list[str]:
        """The assembly's own port of this role, where it names no side: it is everywhere."""
        return [
            own.name
            for own in self.draft.model.ports
            if "." not in own.name
            and own.side is None
            and own.role == port.role
            and self._fits(port, own.name)
        ]

    def _fits(self, port: Port, provider: str) -> bool:
        """Only a species can be exchanged, and only an exchange passes one on."""
        if port.kind == "exchange":
            return self.names.kinds.get(provider) in ("species", "exchange")
        return True


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _owner(name: str) -> str | None:
    """The `use` that a dotted name belongs to; None for the assembly's own names."""
    return name.partition(".")[0] if "." in name else None
