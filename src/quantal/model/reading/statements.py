"""What the statements of one text declare, collected into a model; loops are unrolled here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from quantal.errors import Where
from quantal.expression import Number
from quantal.model.model import Model
from quantal.model.processes import Connect, Current, On, Reaction, Use
from quantal.model.quantities import (
    Q10,
    Counting,
    EventPort,
    Gate,
    Let,
    Membrane,
    Parameter,
    Place,
    Port,
    Role,
    Scheme,
    Species,
    State,
)
from quantal.model.reading import handlers, parameters, processes, quantities, targets
from quantal.model.reading.context import Context, Unreadable
from quantal.model.reading.expressions import expect, literal
from quantal.model.reading.names import RESERVED, new_name, turns
from quantal.model.reading.parser import Token, Tree
from quantal.model.target import Target
from quantal.units import TEMPERATURE

MOST_STATEMENTS = 100_000
"""A file whose loops unroll to more is refused."""

_FIELDS: dict[type, str] = {
    Parameter: "parameters", Let: "lets", Place: "places", Species: "species",
    Scheme: "schemes", State: "states", Gate: "gates", Membrane: "membranes", Port: "ports",
    EventPort: "events", Reaction: "reactions", Current: "currents", On: "handlers",
    Role: "roles", Q10: "q10s", Counting: "countings", Use: "uses", Connect: "connections",
    Target: "targets",
}  # fmt: skip

_SEVERAL: dict[str, Callable[[Tree, Context], Iterator[Any]]] = {
    "parameter": parameters.parameter,
    "let": quantities.let,
    "place": quantities.place,
    "species": quantities.species,
    "state": quantities.state,
    "gate": quantities.gate,
    "membrane": quantities.membrane,
    "input": quantities.port,
    "exchange": quantities.port,
    "event": quantities.event,
}
_SINGLE: dict[str, Callable[[Tree, Context], Any]] = {
    "current": processes.current,
    "on": handlers.on,
    "role": processes.role,
    "q10": processes.q10,
    "discrete": processes.counting,
    "continuous": processes.counting,
    "use": processes.use,
    "connect": processes.connect,
    "target": targets.target,
}


class Collector:
    """Collects what the statements of one text declare."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.header: Tree | None = None
        self.items: dict[str, list[Any]] = {field: [] for field in _FIELDS.values()}
        self.texts: dict[str, list[str]] = {}
        self.temperature: Number | None = None
        self.count = 0

    def take(self, tree: Tree | Token) -> None:
        """Read one statement; its problems are noted in the context."""
        assert isinstance(tree, Tree)
        try:
            if tree.rule == "header":
                self._header(tree)
            elif tree.rule == "text":
                self._text(tree)
            elif tree.rule == "temperature":
                self._temperature(tree)
            else:
                self._declare(tree, self.context)
        except Unreadable:
            pass

    def model(self) -> Model:
        """The model of all that was read."""
        context, header = self.context, self.header
        if header is None:
            kind = name = title = ""
            parent = None
            where = Where(context.file)
        else:
            where = context.where(header)
            kind, name = str(header.parts[0]), str(header.parts[1])
            parent = (
                None if header.parts[2] is None else processes.path_text(header.parts[2], context)
            )
            title = quantities.string(header.parts[3])
        self.items["q10s"] = [replace(q, reference=self.temperature) for q in self.items["q10s"]]
        model = Model(
            kind,
            name,
            where,
            title,
            parent,
            tuple(self.texts.get("source", ())),
            " ".join(self.texts.get("doi", ())),
            " ".join(self.texts.get("preparation", ())),
            tuple(self.texts.get("note", ())),
            self.temperature,
        )
        declared: dict[str, Any] = {field: tuple(items) for field, items in self.items.items()}
        return replace(model, **declared)

    def _header(self, tree: Tree) -> None:
        name = tree.parts[1]
        assert isinstance(name, Token)
        if self.header is not None:
            self.context.report(
                tree, f"a second header; `{self.header.parts[1]}` is already on line "
                f"{self.header.line}, and a file holds one"
            )  # fmt: skip
            return
        self.header = tree
        new_name(name, self.context)

    def _text(self, tree: Tree) -> None:
        word, _, text = str(tree.parts[0]).partition(" ")
        if not text.strip():
            self.context.report(tree, f"`{word}` says nothing")
        self.texts.setdefault(word, []).append(text.strip())

    def _temperature(self, tree: Tree) -> None:
        value = literal(tree.parts[0], self.context)
        if self.temperature is not None:
            self.context.report(tree, "a second `temperature`; a file has one")
        self.temperature = expect(value, TEMPERATURE, tree, self.context, "the temperature")

    def _declare(self, tree: Tree, context: Context) -> None:
        if tree.rule == "for_declarations":
            self._loop(tree, context, self._declare)
        elif tree.rule == "scheme":
            scheme = processes.scheme(tree, context)
            self._add(scheme, tree)
            block = tree.parts[-1]
            for line in block.parts if isinstance(block, Tree) else ():
                self._transition(line, context, scheme.name)
        elif tree.rule == "reaction":
            transition = tree.parts[0]
            assert isinstance(transition, Tree)
            self._add(processes.reaction(transition, context), tree)
        elif tree.rule in _SINGLE:
            self._add(_SINGLE[tree.rule](tree, context), tree)
        else:
            for item in _SEVERAL[tree.rule](tree, context):
                self._add(item, tree)

    def _transition(self, tree: Any, context: Context, scheme: str) -> None:
        if tree.rule == "for_transitions":
            self._loop(tree, context, lambda line, at: self._transition(line, at, scheme))
        else:
            self._add(processes.reaction(tree, context, scheme), tree)

    def _loop(self, tree: Tree, context: Context, read: Callable[[Tree, Context], None]) -> None:
        loop, *lines = tree.parts
        if isinstance(lines[0], Tree) and lines[0].rule == "transitions":
            lines = lines[0].parts
        assert isinstance(loop, Tree)
        word, first, last = loop.parts
        assert isinstance(word, Token)
        assert isinstance(first, Tree)
        assert isinstance(last, Tree)
        if word in RESERVED or "{" in word or "." in word:
            raise context.stop(loop, f"`{word}` cannot count a loop; use a letter such as `i`")
        for number in turns(first, last, context):
            for line in lines:
                assert isinstance(line, Tree)
                read(line, context.with_loop(str(word), number))

    def _add(self, item: Any, tree: Tree) -> None:
        self.count += 1
        if self.count > MOST_STATEMENTS:
            raise self.context.stop(tree, f"loops unroll to more than {MOST_STATEMENTS} lines")
        self.items[_FIELDS[type(item)]].append(item)
