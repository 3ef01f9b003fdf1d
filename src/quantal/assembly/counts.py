"""Who consumes what it exchanges must be counted: an occupancy alone moves no molecules."""

from __future__ import annotations

from collections import Counter

from quantal.assembly.draft import Draft
from quantal.expression import to_text
from quantal.model.processes import Fire, Reaction
from quantal.model.quantities import Scheme


def uncounted_exchanges(draft: Draft) -> None:
    """Report each exchange of a used mechanism that a scheme without a count consumes."""
    exchanged = {
        port.name: draft.asked_at[port.name]
        for port in draft.model.ports
        if port.kind == "exchange" and port.name in draft.wires
    }
    schemes = {state: scheme for scheme in draft.model.schemes for state in scheme.states}
    for reaction in draft.model.reactions:
        taking_part = [schemes[name] for _, name in reaction.left if name in schemes]
        for scheme in taking_part:
            if scheme.count is None:
                for name in moved(reaction):
                    if name in exchanged:
                        draft.report(exchanged[name], uncounted(name, reaction, scheme))


def moved(step: Reaction | Fire) -> list[str]:
    """The names whose amount an event changes: those not the same on both sides."""
    left = Counter(f"{to_text(coefficient)} {name}" for coefficient, name in step.left)
    right = Counter(f"{to_text(coefficient)} {name}" for coefficient, name in step.right)
    changed = (left - right) + (right - left)
    return list(dict.fromkeys(text.rpartition(" ")[2] for text in changed))


def uncounted(name: str, step: Reaction | Fire, scheme: Scheme) -> str:
    """Says that a scheme moves molecules without being counted."""
    verb = "consumed" if name in {term[1] for term in step.left} else "produced"
    plain = scheme.name.rpartition(".")[2]
    return (
        f"`{name}` is {verb} by the scheme `{scheme.name}`, which has no count: "
        f"write `scheme {plain} = … count n`"
    )
