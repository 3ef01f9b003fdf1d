"""What depends on a name through definitions, and how expressions are written for one copy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from quantal.expression import Expression, Name, names_in, substitute
from quantal.program import Definition, Program


def depending(program: Program, roots: Iterable[str]) -> list[str]:
    """The definitions that use any of these names, directly or through others, in their order."""
    known = set(roots)
    found = []
    for item in program.definitions:
        if names_in(item.expression) & known:
            known.add(item.name)
            found.append(item.name)
    return found


def used_by(program: Program, expressions: Iterable[Expression]) -> set[str]:
    """Every name that these expressions use, directly or through definitions."""
    table = {item.name: item.expression for item in program.definitions}
    found: set[str] = set()
    stack = [name for each in expressions for name in names_in(each)]
    while stack:
        name = stack.pop()
        if name not in found:
            found.add(name)
            if name in table:
                stack.extend(names_in(table[name]))
    return found


def renamed(expression: Expression, table: Mapping[str, Expression]) -> Expression:
    """An expression with names replaced."""
    return substitute(expression, lambda name: table.get(name.name, name))


def numbered(name: str, number: int) -> str:
    """The name of one copy or class: `O[3]`, counted from 1."""
    return f"{name}[{number + 1}]"


def as_names(names: Iterable[str], number: int) -> dict[str, Expression]:
    """Names and those of one copy."""
    return {name: Name(numbered(name, number)) for name in names}


def ordered(items: list[Definition]) -> tuple[Definition, ...]:
    """Each after what it uses."""
    table = {item.name: item for item in items}
    done: dict[str, Definition] = {}
    stack = [item.name for item in reversed(items)]
    while stack:
        name = stack[-1]
        missing = [
            other for other in names_in(table[name].expression)
            if other in table and other not in done
        ]  # fmt: skip
        if name in done or not missing:
            done.setdefault(name, table[name])
            stack.pop()
        else:
            stack += missing
    return tuple(done.values())
