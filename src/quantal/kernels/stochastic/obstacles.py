"""Why a Program cannot be counted in whole numbers, by name."""

from __future__ import annotations

from collections.abc import Iterable

from quantal.expression import is_number
from quantal.kernels.stochastic.network import counted
from quantal.program import Program


def obstacles(program: Program) -> list[str]:
    """Reasons why a Program cannot be counted in whole numbers, each by name."""
    reasons = []
    for kinds, phrase in (
        (("voltage",), "a membrane"),
        (("gate",), "a gate"),
    ):
        named = [state.name for state in program.states if state.kind in kinds]
        if named:
            reasons.append(f"{_listed(named)} {'is' if len(named) == 1 else 'are each'} {phrase}, "
                           "which is continuous: use `hybrid`")  # fmt: skip
    equations = [
        state.name
        for state, derivative in zip(program.states, program.derivatives, strict=True)
        if state.kind == "number" and not is_number(derivative, 0.0)
    ]
    if equations:
        reasons.append(
            f"{_listed(equations)} follows an equation of its own, which is continuous: "
            "use `hybrid`"
        )
    return [*reasons, *sizeless(program, range(len(program.states)))]


def sizeless(program: Program, among: Iterable[int]) -> list[str]:
    """Which of these counted states have no size, in the words of the language."""
    reasons = []
    wanted = set(among)
    missing = [i for i in counted(program) if i in wanted and program.states[i].size is None]
    scheme_of = {i: item.name for item in program.invariants for i in item.indices}
    schemes = list(dict.fromkeys(scheme_of[i] for i in missing if i in scheme_of))
    species = [program.states[i].name for i in missing if i not in scheme_of]
    if species:
        reasons.append(
            f"a stochastic run counts molecules, but {_listed(species)} "
            f"{'has' if len(species) == 1 else 'have'} a concentration and no volume: "
            f"give {'its' if len(species) == 1 else 'their'} place a volume"
        )
    reasons += [
        f"a stochastic run counts molecules, but the scheme `{name}` has no count: "
        f"write `scheme {name} = ... count n`"
        for name in schemes
    ]
    unsized = [
        row.name
        for row in program.reactions
        if any(i in wanted for i, _ in row.changes)
        and (row.forward_size is None or (row.backward is not None and row.backward_size is None))
    ]
    if unsized and not missing:
        reasons.append(
            f"a stochastic run counts events, but the place of {_listed(unsized)} has no size: "
            "give it a volume or a surface"
        )
    return reasons


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:6])
    return shown + (f" and {len(names) - 6} more" if len(names) > 6 else "")
