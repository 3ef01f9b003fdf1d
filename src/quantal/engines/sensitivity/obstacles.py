"""What cannot be differentiated, and why."""

from __future__ import annotations

from collections.abc import Sequence

from quantal.engines.sensitivity.varied import Varied
from quantal.kernels.sensitivity.events import after_crossings
from quantal.kernels.symbolic.dag import CONSTANT, Graph
from quantal.kernels.symbolic.derivative import gradients
from quantal.kernels.symbolic.equations import PARAMETER, STATE, Equations
from quantal.program import Program
from quantal.stimulus import Stimulus


def obstacles(program: Program, stimulus: Stimulus, varied: Sequence[Varied]) -> list[str]:
    """Reasons why the solution has no derivative to what is varied; empty where it has."""
    if not program.states:
        return ["it has no states"]
    found = _of_what_is_varied(program, stimulus, varied)
    found += _of_delays(program, varied)
    return found


def _of_what_is_varied(program: Program, stimulus: Stimulus, varied: Sequence[Varied]) -> list[str]:
    stepped = {index for _, index, _ in stimulus.changes}
    at_rest = {index for rest in program.equilibria for index in rest.indices}
    found = []
    for each in varied:
        if each.parameter in stepped:
            found.append(f"`{each.name}` takes a new value on the way; start there instead")
        if each.initial is None:
            continue
        if each.initial in stimulus.clamps:
            found.append(f"`{each.name}`: the state is held, and has no start of its own")
        elif each.initial in at_rest:
            found.append(
                f"`{each.name}`: the scheme starts at rest; differentiate to its rates instead"
            )
    return found


def _of_delays(program: Program, varied: Sequence[Varied]) -> list[str]:
    """A moment that moves is followed only where it comes at once."""
    delays = [h.delay for h in program.handlers] + [link.delay for link in program.links]
    late = [delay for delay in delays if delay is not None]
    if not late:
        return []
    if after_crossings(program)[1]:
        return ["an event that follows a crossing after a delay has no fixed time"]
    graph = Graph()
    equations = Equations(graph, program)
    nodes = [equations.node(delay) for delay in late]
    names = {graph.leaf(STATE, i): each.name for i, each in enumerate(program.states)}
    for each in varied:
        if each.parameter is not None:
            names[graph.leaf(PARAMETER, each.parameter, CONSTANT)] = each.name
    partial = gradients(graph, nodes, set(names))
    used = sorted({names[leaf] for node in nodes for leaf in partial[node]})
    return [f"a delay depends on `{name}`, so that events move with it" for name in used]
