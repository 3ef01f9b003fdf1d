"""What a run takes as discrete or continuous, whatever its mechanisms declare."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from quantal.errors import UsageError, did_you_mean
from quantal.program import Program


def declare(
    program: Program, discrete: str | Iterable[str] = (), continuous: str | Iterable[str] = ()
) -> Program:
    """A Program in which these schemes and species are counted one by one, or continuous.

    Raises:
        UsageError: names that are neither, or both.
    """
    wanted = dict.fromkeys(_names(discrete), True)
    both = [name for name in _names(continuous) if name in wanted]
    if both:
        raise UsageError(f"`{both[0]}` cannot be both discrete and continuous")
    wanted |= dict.fromkeys(_names(continuous), False)
    if not wanted:
        return program
    schemes = {scheme.name: scheme.indices for scheme in program.invariants}
    within = {i: name for name, indices in schemes.items() for i in indices}
    species = {
        state.name: (i,)
        for i, state in enumerate(program.states)
        if state.kind in ("amount", "concentration")
    }
    states = list(program.states)
    for name, counted in wanted.items():
        indices = schemes.get(name) or species.get(name)
        if indices is None:
            raise UsageError(_unknown(program, name, [*schemes, *species], within))
        for i in indices:
            states[i] = replace(states[i], counted=counted)
    return replace(program, states=tuple(states))


def _names(given: str | Iterable[str]) -> list[str]:
    return [given] if isinstance(given, str) else list(given)


def _unknown(program: Program, name: str, known: list[str], within: dict[int, str]) -> str:
    for i, scheme in within.items():
        if program.states[i].name == name:
            return f"`{name}` is a state of the scheme `{scheme}`: name the scheme"
    return (
        f"`{program.name}` has no scheme or species `{name}` that could be discrete or "
        f"continuous{did_you_mean(name, known)}"
    )
