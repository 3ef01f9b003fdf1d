"""What the machine code of a Program depends on, as one hash.

Structure counts: expressions, which states can be clamped, events, the method, the
generator's own source, LLVM and the processor. Values of parameters, initial values,
scales and everything in a Stimulus do not, so they never cause a compilation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from quantal.expression import Expression, Name, Number
from quantal.kernels.native import host
from quantal.program import Assignment, Crossing, Emission, Handler, Program


def signature(program: Program, method: object) -> str:
    """A hexadecimal SHA-256 that is equal exactly where the same code would be generated."""
    digest = hashlib.sha256()
    for part in (_generator(), *host(), repr(method), "\n".join(_parts(program))):
        digest.update(part.encode())
        digest.update(b"\0")
    return digest.hexdigest()


def network_signature(program: Program) -> str:
    """The same for the stochastic code of a Program: its laws, sizes and changes."""
    digest = hashlib.sha256()
    for part in (_generator(), *host(), "\n".join(_events(program))):
        digest.update(part.encode())
        digest.update(b"\0")
    return digest.hexdigest()


def _events(program: Program) -> Iterator[str]:
    for state in program.states:
        yield f"state {state.name} {state.kind} {_optional(state.size)}"
    for kind, slots in (("parameter", program.parameters), ("drive", program.drives)):
        for slot in slots:
            yield f"{kind} {slot.name}"
    for item in program.definitions:
        yield f"let {item.name} {_written(item.expression)}"
    for row in program.reactions:
        yield f"row {row.forward} {row.backward} {row.reactants} {row.products}"
        yield f"{_optional(row.forward_size)} {_optional(row.backward_size)}"
        for index, change in row.changes:
            yield f"change {index} {_written(change)}"


@lru_cache(maxsize=1)
def _generator() -> str:
    """The versions of what generates and compiles: this package's source, and LLVM."""
    import llvmlite

    digest = hashlib.sha256(str(llvmlite.__version__).encode())
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _parts(program: Program) -> Iterator[str]:
    for state in program.states:
        yield f"state {state.name} {state.clampable}"
    for kind, slots in (("parameter", program.parameters), ("drive", program.drives)):
        for slot in slots:
            yield f"{kind} {slot.name}"
    for item in program.definitions:
        yield f"let {item.name} {_written(item.expression)}"
    for derivative in program.derivatives:
        yield f"rate {_written(derivative)}"
    for handler in program.handlers:
        yield from _handler(handler)
    for link in program.links:
        yield f"link {_optional(link.delay)}"


def _handler(handler: Handler) -> Iterator[str]:
    if isinstance(handler.trigger, Crossing):
        yield f"crossing {_written(handler.trigger.expression)}"
    yield f"handler {_optional(handler.delay)}"
    for action in handler.actions:
        if isinstance(action, Assignment):
            yield f"set {action.index} {_written(action.value)}"
        elif not isinstance(action, Emission):
            yield f"fire {_written(action.times)}"
            for index, share in action.changes:
                yield f"share {index} {_written(share)}"


def _optional(expression: Expression | None) -> str:
    return "" if expression is None else _written(expression)


def _written(expression: Expression) -> str:
    """An expression in prefix notation, without dimensions or the text of numbers."""
    words: list[str] = []
    stack: list[Expression] = [expression]
    while stack:
        node = stack.pop()
        if isinstance(node, Number):
            words.append(float(node.value).hex())
        elif isinstance(node, Name):
            words.append(f"${node.name}")
        else:
            words.append(f"({node.function}/{len(node.arguments)}")
            stack.extend(reversed(node.arguments))
    return " ".join(words)
