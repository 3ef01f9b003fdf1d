"""`quantal show`: one mechanism, as text and as what it offers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from quantal.cli.options import Json, Mechanism

if TYPE_CHECKING:
    from quantal.model.model import Model


def command(name: Mechanism, as_json: Json = False) -> None:
    """Show a mechanism: its text, parameters, ports, roles and targets."""
    import quantal
    from quantal.cli.printing import print_json

    model = quantal.load(name)
    described = describe(model)
    if as_json:
        print_json(described)
        return
    _print_text(model.text)
    _print_offers(described)


def describe(model: Model) -> dict[str, Any]:
    """What a model says of itself, as plain data."""
    from quantal.assembly.connections import connections

    return {
        "name": model.name,
        "kind": model.kind,
        "title": model.title,
        "source": list(model.source),
        "doi": model.doi,
        "preparation": model.preparation,
        "notes": list(model.notes),
        "parameters": [
            {
                "name": parameter.name,
                "value": parameter.unit.from_internal(parameter.value.value),
                "unit": parameter.unit.text,
                "description": parameter.description,
            }
            for parameter in model.parameters
        ],
        "ports": [
            {
                "name": port.name,
                "kind": port.kind,
                "role": port.role,
                "side": port.side,
                "unit": port.unit.text,
                "must be driven": port.default is None,
            }
            for port in model.ports
        ],
        "uses": [part.name for part in model.used],
        "connections": [
            {"port": c.port, "to": c.provider, "place": c.place}
            for c in connections(model)
            if c.provider is not None
        ],
        "events": [event.name for event in model.events],
        "roles": [role.name for role in model.roles],
        "targets": [target.text for target in model.targets],
        "text": model.text,
    }


def _print_text(text: str) -> None:
    if not sys.stdout.isatty():
        print(text.rstrip())
        return
    from rich.console import Console
    from rich.highlighter import RegexHighlighter

    class Language(RegexHighlighter):
        """Words, units, names in quotes and comments."""

        base_style = "repr."
        highlights = [  # noqa: RUF012 (rich's own protocol)
            r"(?m)^(?P<attrib_name>\w+)(?= )",
            r"(?P<str>\"[^\"]*\")",
            r"(?P<number>\[[^\]]*\])",
            r"(?P<ellipsis>#.*)$",
        ]

    Console(highlighter=Language()).print(text.rstrip())


def _print_offers(described: dict[str, Any]) -> None:
    from quantal.cli.printing import print_table, shown_unit

    if described["parameters"]:
        print()
        print_table(
            ("parameter", "value", "unit", ""),
            [
                (p["name"], p["value"], shown_unit(p["unit"]), p["description"])
                for p in described["parameters"]
            ],
        )
    if described["ports"]:
        print()
        print_table(
            ("port", "kind", "side", "unit", ""),
            [
                (p["name"], p["kind"], p["side"] or "", shown_unit(p["unit"]),
                 "must be driven" if p["must be driven"] else "")
                for p in described["ports"]
            ],
        )  # fmt: skip
    if described["connections"]:
        print()
        rows = [(c["port"], c["to"], c["place"] or "") for c in described["connections"]]
        print_table(("port", "is connected to", "in"), rows)
    print()
    for heading in ("uses", "events", "roles"):
        if described[heading]:
            print(f"{heading}: {', '.join(described[heading])}")
    print(f"targets: {len(described['targets'])}; `quantal validate {described['name']}` runs them")
