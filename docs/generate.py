"""Write docs/mechanisms/, one page per library mechanism and their index, and docs/map.md.

A page holds the scheme drawn, its rates, parameters, ports, the published targets beside
the simulation, and the text itself. Usage: python docs/generate.py
"""

from __future__ import annotations

import shutil
from itertools import groupby
from pathlib import Path

from synapse_map import PAGE as MAP_PAGE
from synapse_map import page as map_page
from validation import page as validation_page
from validation import table as target_table

import quantal
from quantal.assembly.connections import connections
from quantal.experiments.validate import Row, bench_of, validate_model
from quantal.expression import (
    ONE,
    Apply,
    Expression,
    Number,
    evaluate,
    is_number,
    names_in,
    to_text,
)
from quantal.figures.scheme import Transition, draw_scheme, left_out
from quantal.model.model import Model
from quantal.model.processes import Reaction, Term
from quantal.model.quantities import Scheme
from quantal.units import NUMBER

DOCS = Path(__file__).parent
MECHANISMS = DOCS / "mechanisms"
MOST_STATES = 40
"""A larger scheme is no drawing any more."""

MOST_CONNECTIONS = 80


def main() -> None:
    """Write every page anew."""
    shutil.rmtree(MECHANISMS, ignore_errors=True)
    MECHANISMS.mkdir()
    entries = quantal.catalogue()
    every: list[Row] = []
    for entry in entries:
        model = quantal.load(entry.name)
        rows = validate_model(model, bench_of(model), entry.name)
        every += rows
        path = MECHANISMS / f"{entry.name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(mechanism_page(entry.name, model, rows), encoding="utf-8")
    (MECHANISMS / "index.md").write_text(index_page(entries), encoding="utf-8")
    MAP_PAGE.write_text(map_page(entries), encoding="utf-8")
    (DOCS / "validation.md").write_text(validation_page(every), encoding="utf-8")
    print(f"{len(entries)} mechanism pages")


def index_page(entries: list) -> str:
    """The library by process."""
    parts = ["# Mechanisms", "", "What is published, by the process it describes."]
    for stage, members in groupby(entries, key=lambda entry: entry.stage):
        parts += ["", f"## {stage}", "", "| | | source |", "|---|---|---|"]
        parts += [
            f"| [{e.name.rpartition('/')[2]}]({e.name}.md) | {e.title} | {e.source} |"
            for e in members
        ]
    return "\n".join(parts) + "\n"


def mechanism_page(name: str, model: Model, rows: list[Row]) -> str:
    """One mechanism."""
    parts = [f"# {model.title or model.name}", "", f"`{name}`", ""]
    parts += [f"- **Source** {source}" for source in model.source]
    if model.doi:
        parts.append(f"- **doi** [{model.doi}](https://doi.org/{model.doi})")
    if model.preparation:
        parts.append(f"- **Preparation** {model.preparation}")
    if model.temperature is not None:
        parts.append(f"- **Temperature** {model.temperature.value - 273.15:.4g} °C")
    parts += [f"- **Note** {note}" for note in model.notes]
    for scheme in model.schemes:
        # Schemes of used mechanisms have dotted names, and pages of their own.
        if "." not in scheme.name:
            parts += ["", *scheme_section(scheme, model)]
    parts += ["", *part_section(name, model), "", *parameter_section(model)]
    parts += ["", *port_section(model)]
    parts += ["", "## Targets", "", target_table(rows)]
    parts += ["", "## Text", "", "```", model.text.rstrip(), "```", ""]
    return "\n".join(parts)


def scheme_section(scheme: Scheme, model: Model) -> list[str]:
    """A scheme drawn, and its rates by the numbers in the drawing."""
    lines = [r for r in model.reactions if r.scheme == scheme.name]
    states = set(scheme.states)
    transitions = [
        Transition(_within(line.left, states), _within(line.right, states), bool(line.backward))
        for line in lines
    ]
    parts = [f"## Scheme `{scheme.name}`", ""]
    if transitions and len(scheme.states) <= MOST_STATES:
        parts += [draw_scheme(scheme.states, transitions, conducting(model) & states), ""]
        out = left_out(scheme.states, transitions)
        if out:
            names = " and ".join(f"`{name}`" for name in out)
            parts += [f"Not drawn, having too many transitions: {names}. The table has them.", ""]
    parts += ["| | transition | forward | backward |", "|---|---|---|---|"]
    for number, line in enumerate(lines, 1):
        backward = f"`{to_text(folded(line.backward))}`" if line.backward else ""
        forward = to_text(folded(line.forward))
        parts.append(f"| {number} | {_equation(line)} | `{forward}` | {backward} |")
    return parts


def folded(value: Expression) -> Expression:
    """A rate for reading: a loop's `(5 - 0)*kon` as `5*kon`, `(0 + 1)*koff*b^0` as `koff`."""
    if not isinstance(value, Apply):
        return value
    arguments = tuple(folded(argument) for argument in value.arguments)
    if len(arguments) != 2 or value.function not in ("+", "-", "*", "^"):
        return Apply(value.function, arguments)
    pure = [isinstance(a, Number) and a.dimension == NUMBER for a in arguments]
    if all(pure):
        return Number(float(evaluate(Apply(value.function, arguments), {})))
    left, right = arguments
    if value.function == "*" and pure[0] and is_number(left, 1.0):
        return right
    if pure[1] and is_number(right, 1.0) and value.function in ("*", "^"):
        return left
    if value.function == "^" and pure[1] and is_number(right, 0.0):
        return ONE
    return Apply(value.function, arguments)


def conducting(model: Model) -> set[str]:
    """What the role `open` is made of, through every `let` on the way."""
    lets = {item.name: names_in(item.expression) for item in model.lets}
    found: set[str] = set()
    waiting = {n for r in model.roles if r.name == "open" for n in names_in(r.expression)}
    while waiting:
        found |= waiting
        waiting = {n for name in waiting for n in lets.get(name, ())} - found
    return found


def part_section(name: str, model: Model) -> list[str]:
    """Of an assembly: the mechanisms it uses, and what is connected to what."""
    if not model.used:
        return []
    pages = {entry.name.rpartition("/")[2]: entry.name for entry in quantal.catalogue()}
    up = "../" * name.count("/")
    parts = ["## Parts", ""]
    for used in dict.fromkeys(part.name for part in model.used):
        page = pages.get(used)
        parts.append(f"- [{used}]({up}{page}.md)" if page else f"- {used}")
    wired = [wire for wire in connections(model) if wire.provider is not None]
    if len(wired) > MOST_CONNECTIONS:
        return [*parts, "", f"{len(wired)} connections: `quantal show {name}` prints them."]
    parts += ["", "| port | is connected to | in |", "|---|---|---|"]
    return parts + [f"| `{w.port}` | `{w.provider}` | {w.place or ''} |" for w in wired]


def parameter_section(model: Model) -> list[str]:
    """The parameters with their values."""
    if not model.parameters:
        return []
    rows = [
        f"| `{p.name}` | {p.unit.from_internal(p.value.value):.6g} | {_unit(p.unit.text)} "
        f"| {p.description} |"
        for p in model.parameters
    ]
    return ["## Parameters", "", "| | value | unit | |", "|---|---:|---|---|", *rows]


def port_section(model: Model) -> list[str]:
    """What it asks of its surroundings, and the roles it offers."""
    rows = [
        f"| `{p.name}` | {p.kind} | {p.side or ''} | {_unit(p.unit.text)} "
        f"| {'has a default' if p.default is not None else 'must be given'} |"
        for p in model.ports
    ]
    rows += [f"| `{e.name}` | event {'out' if e.out else 'in'} | | | |" for e in model.events]
    rows += [f"| `{r.name}` | role | | | `{to_text(r.expression)}` |" for r in model.roles]
    if not rows:
        return []
    return ["## Ports and roles", "", "| | kind | side | unit | |", "|---|---|---|---|---|", *rows]


def _within(terms: tuple[Term, ...], states: set[str]) -> str:
    return next(name for _, name in terms if name in states)


def _equation(line: Reaction) -> str:
    arrow = "⇌" if line.backward else "→"
    return f"{_side(line.left)} {arrow} {_side(line.right)}"


def _side(terms: tuple[Term, ...]) -> str:
    written = []
    for coefficient, name in terms:
        factor = to_text(coefficient)
        written.append(name if factor == "1" else f"{factor} {name}")
    return " + ".join(written) or "∅"


def _unit(text: str) -> str:
    return "" if text == "1" else text


if __name__ == "__main__":
    main()
