"""`with n = 80 [channels], exchange glu`: what a `use` sets in what it uses."""

from __future__ import annotations

from dataclasses import replace

from quantal.assembly.draft import Draft
from quantal.errors import did_you_mean
from quantal.expression import Apply, Expression, Number, negate, to_text
from quantal.model.processes import Use
from quantal.model.quantities import Let


def apply_settings(draft: Draft, use: Use, mechanism: str) -> None:
    """Set parameters and exchanges of a mechanism that has been put under `use.name`.

    A literal replaces the parameter's value. An expression is in the assembly's own names
    and turns the parameter into a let of the same unit.
    """
    for written, value in use.settings:
        _set(draft, use, mechanism, written, value)
    for written in use.exchanges:
        _exchange(draft, use, mechanism, written)


def _set(draft: Draft, use: Use, mechanism: str, written: str, value: Expression) -> None:
    name = f"{use.name}.{written}"
    old = next((item for item in draft.model.parameters if item.name == name), None)
    if old is None:
        known = [item.name[len(use.name) + 1 :] for item in draft.model.parameters]
        message = f"`{mechanism}` has no parameter `{written}`{did_you_mean(written, known)}"
        if any(port.name == name for port in draft.model.ports):
            message += f"; it is a port: write `connect {name} = …`"
        draft.report(use.where, message)
        return
    literal = _literal(value)
    if literal is None:
        let = Let(name, value, old.unit, use.where, old.description)
        rest = tuple(item for item in draft.model.parameters if item is not old)
        draft.model = replace(draft.model, parameters=rest, lets=(*draft.model.lets, let))
        return
    if literal.dimension != old.value.dimension:
        draft.report(
            use.where,
            f"`{name}` is in {old.unit}; `{to_text(value)}` is not",
        )
        return
    new = replace(old, value=literal, where=use.where)
    draft.model = replace(
        draft.model,
        parameters=tuple(new if item is old else item for item in draft.model.parameters),
    )


def _exchange(draft: Draft, use: Use, mechanism: str, written: str) -> None:
    """An input becomes an exchange: what it reads is now consumed as well."""
    ports = draft.model.ports
    chosen = [port for port in ports if port.name == f"{use.name}.{written}"]
    chosen = chosen or [
        port for port in ports if port.role == written and port.name.rpartition(".")[0] == use.name
    ]
    if not chosen or chosen[0].kind == "membrane":
        known = [port.role for port in ports if port.kind != "membrane"]
        draft.report(
            use.where,
            f"`{mechanism}` has no input `{written}` to exchange{did_you_mean(written, known)}",
        )
        return
    draft.model = replace(
        draft.model,
        ports=tuple(replace(port, kind="exchange") if port in chosen else port for port in ports),
    )


def _literal(value: Expression) -> Number | None:
    """A written number, with its minus folded in."""
    if isinstance(value, Apply) and value.function == "neg":
        inner = value.arguments[0]
        if isinstance(inner, Number):
            folded = negate(inner)
            assert isinstance(folded, Number)
            return replace(folded, text=to_text(value))
    return value if isinstance(value, Number) else None
