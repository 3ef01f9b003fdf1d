"""What a synapse of its own size counts for in a sum: receptors, conductance, a share.

A parameter that each instance has for itself may stand in a recorded name as a factor. The
instance's states then enter the sum so many times.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from quantal.engines.propagators.numeric import Tape
from quantal.expression import Name
from quantal.kernels.symbolic.dag import Graph
from quantal.kernels.symbolic.derivative import gradients
from quantal.kernels.symbolic.equations import PARAMETER, STATE, Equations
from quantal.program import Program

Array = np.ndarray[Any, np.dtype[np.float64]]

SAME = 1e-12
"""Factors of different states or inputs that differ by no more, as a share, are one."""
_AWAY = (1.3, 0.7)
"""Inputs are looked at as they are, and times the first plus the second."""


class NoFactor(Exception):
    """A parameter of each instance is more than a factor of a name."""


def weight(program: Program, name: str, shared: Array, own: Mapping[int, Array]) -> Array | None:
    """The factor (instances,) of a recorded name, over that with the `shared` parameters (n,).

    None where no parameter of the instances' `own` stands in it.

    Raises:
        NoFactor: they do not come as one factor of all states, whatever the inputs are.
    """
    graph = Graph()
    target = Name(program.roles.get(name, name))
    node = Equations(graph, program).node(target)
    used = {graph.leaf_of[each] for each in graph.ancestors([node]) if each in graph.leaf_of}
    if not any((PARAMETER, index) in used for index in own):
        return None
    emptied = Equations(graph, program, dict.fromkeys(range(len(program.states)), graph.zero))
    rest = graph.ancestors([emptied.node(target)])
    if any(graph.leaf_of.get(each) in {(PARAMETER, index) for index in own} for each in rest):
        raise NoFactor(name)
    leaves = {graph.leaf(*leaf) for leaf in used if leaf[0] == STATE}
    slopes = [slope for _, slope in sorted(gradients(graph, [node], leaves)[node].items())]
    tape = Tape(graph, slopes)
    found: Array | None = None
    for factor, shift in ((1.0, 0.0), _AWAY):
        inputs = {leaf: 1.0 * factor + shift for leaf in tape.leaves if leaf[0] != PARAMETER}
        base = tape.values(inputs | {leaf: shared[leaf[1]] for leaf in tape.leaves
                                     if leaf[0] == PARAMETER})  # fmt: skip
        each = tape.values(inputs | {leaf: own.get(leaf[1], shared[leaf[1]])
                                     for leaf in tape.leaves if leaf[0] == PARAMETER})  # fmt: skip
        for one, many in zip(base, each, strict=True):
            ratio = np.asarray(many / one, dtype=float)
            if not np.isfinite(ratio).all():
                raise NoFactor(name)
            ratio = np.broadcast_to(ratio, next(iter(own.values())).shape)
            if found is not None and np.abs(ratio - found).max() > SAME * np.abs(found).max():
                raise NoFactor(name)
            found = ratio
    return found
