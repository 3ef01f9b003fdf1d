"""The parser's tables: built from `grammar.lark` by lark, kept beside it as `tables.json`.

Building takes most of a second and importing lark a tenth, so a run reads the finished
tables and needs neither. `python -m quantal.model.reading.tables` writes them anew after
a change of the grammar; a test fails where the two differ.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

GRAMMAR = Path(__file__).parent.parent / "grammar.lark"
TABLES = Path(__file__).parent.parent / "tables.json"
STARTS = ("statement", "splice")


@dataclass(frozen=True, slots=True)
class Rule:
    """How a reduction builds its node.

    `keep` lists (index of the part, whether its children are spliced in, empty places
    before it); `empty_after` counts the empty places at the end. A rule that is
    `transparent` hands on its child where it has exactly one.
    """

    origin: str
    node: str
    length: int
    keep: tuple[tuple[int, bool, int], ...]
    empty_after: int
    transparent: bool


@dataclass(frozen=True, slots=True)
class Tables:
    """An LALR(1) automaton with the terminals that its contextual lexer tries.

    `terminals` are in the order in which the lexer tries them. `actions[state]` maps a
    terminal or a rule's origin to the next state (0 or more), or to a reduction by rule
    `-1 - action`.
    """

    terminals: dict[str, re.Pattern[str]]
    ignored: frozenset[str]
    rules: tuple[Rule, ...]
    actions: tuple[dict[str, int], ...]
    starts: dict[str, int]
    ends: dict[str, int]


@cache
def load() -> Tables:
    """The tables as stored beside the grammar."""
    stored = json.loads(TABLES.read_text(encoding="utf-8"))
    rules = (
        Rule(origin, node, length, tuple((i, bool(s), n) for i, s, n in keep), after, bool(through))
        for origin, node, length, keep, after, through in stored["rules"]
    )
    return Tables(
        {name: re.compile(pattern) for name, pattern in stored["terminals"]},
        frozenset(stored["ignored"]),
        tuple(rules),
        tuple(stored["actions"]),
        stored["starts"],
        stored["ends"],
    )


def build(strict: bool = False) -> dict[str, Any]:
    """The tables as plain data, from the grammar.

    Raises:
        lark.exceptions.LarkError: with `strict`, on any conflict or terminal collision.
    """
    from lark import Lark
    from lark.lark import PostLex

    class Blocks(PostLex):
        """Declares that the indentation tokens come from outside the grammar."""

        always_accept = ()

        def process(self, stream: Any) -> Any:
            return stream

    text = GRAMMAR.read_text(encoding="utf-8")
    parser = Lark(
        text,
        parser="lalr",
        lexer="contextual",
        start=list(STARTS),
        postlex=Blocks(),
        edit_terminals=_whole_words,
        strict=strict,
    )
    table = parser.parser.parser._parse_table
    rules = sorted(parser.rules, key=_rule_order)
    numbers = {rule: index for index, rule in enumerate(rules)}
    order = sorted(
        parser.terminals,
        key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name),
    )
    states = _reached(table)
    names = {state: index for index, state in enumerate(states)}
    return {
        "grammar": hashlib.sha256(text.encode()).hexdigest(),
        "terminals": [[t.name, t.pattern.to_regexp()] for t in order],
        "ignored": sorted(parser.ignore_tokens),
        "rules": [_rule(rule) for rule in rules],
        "actions": [_actions(table.states[state], names, numbers) for state in states],
        "starts": {start: names[table.start_states[start]] for start in STARTS},
        "ends": {start: names[table.end_states[start]] for start in STARTS},
    }


def _whole_words(terminal: Any) -> None:
    """A word of the language ends where the word ends, and goes before a name."""
    from lark.lexer import PatternRE

    if terminal.pattern.type == "str" and terminal.pattern.value.isalnum():
        terminal.pattern = PatternRE(terminal.pattern.value + r"(?!\w)")
        terminal.priority = 1


def _rule_order(rule: Any) -> tuple[str, ...]:
    return (rule.origin.name, rule.alias or "", *(symbol.name for symbol in rule.expansion))


def _reached(table: Any) -> list[Any]:
    """The states in an order that depends on the grammar alone, whatever lark calls them."""
    order = [table.start_states[start] for start in STARTS]
    for state in order:
        for _, (action, argument) in sorted(table.states[state].items()):
            if "Shift" in str(action) and argument not in order:
                order.append(argument)
    return order


def _actions(state: Any, names: dict[Any, int], numbers: dict[Any, int]) -> dict[str, int]:
    actions = {}
    for symbol, (action, argument) in sorted(state.items()):
        shift = "Shift" in str(action)
        actions[symbol] = names[argument] if shift else -1 - numbers[argument]
    return actions


def _rule(rule: Any) -> list[Any]:
    empty = rule.options.empty_indices or (False,) * len(rule.expansion)
    gaps = [len(run) for run in "".join(str(int(e)) for e in empty).split("0")]
    keep, waiting = [], 0
    for index, symbol in enumerate(rule.expansion):
        waiting += gaps[index]
        if not (symbol.is_term and symbol.filter_out):
            keep.append([index, int(not symbol.is_term and symbol.name[0] == "_"), waiting])
            waiting = 0
    waiting += gaps[-1]
    transparent = bool(rule.options.expand1 and not rule.alias)
    name = str(rule.origin.name)
    return [name, rule.alias or name, len(rule.expansion), keep, waiting, int(transparent)]


def write() -> None:
    """Write `tables.json` from `grammar.lark`."""
    TABLES.write_text(json.dumps(build(), separators=(",", ":"), sort_keys=True) + "\n")


if __name__ == "__main__":
    write()
