"""The compiled functions of one network for steps of many events, callable from Python."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from quantal.kernels.cache import remembered
from quantal.kernels.native import Native
from quantal.kernels.stochastic.kernel import NetworkKernel, key_of
from quantal.program import Program


@dataclass(frozen=True)
class Layout:
    """Sizes of the arrays, and what each channel (a direction of a reaction) does.

    `members` are (channel, row of the reaction, 1 if backward); `jumps` for each channel
    [state, change], or [state, None, number of a computed change]; `reactants` the counts that its
    propensity depends on; `checked` the channels whose rate constants must not be negative;
    `driven` the drives that any propensity depends on, time last.
    """

    states: int
    constants: int
    scratch: int
    tables: int
    counted: list[int]
    members: list[list[int]]
    jumps: list[list[list[Any]]]
    reactants: list[list[int]]
    checked: list[int]
    changes: list[list[int]]
    driven: list[int]

    @property
    def places(self) -> int:
        """How many channels there are."""
        return len(self.members)


class LeapKernel(NetworkKernel):
    """A network whose events are taken many at a time."""

    def __init__(self, native: Native, fields: dict[str, Any]) -> None:
        super().__init__(native)
        self.layout = Layout(**fields)


def leap_kernel(program: Program, clamped: Iterable[int]) -> tuple[LeapKernel, bool]:
    """The kernel of a Program in which these states follow the stimulus; True if it was found.

    Raises:
        ValueError: something that must depend on parameters alone does not.
    """
    held = tuple(sorted(clamped))

    def write() -> tuple[str, dict[str, Any]]:
        from quantal.kernels.leap.module import write_module
        from quantal.kernels.stochastic.network import write_network

        return write_module(write_network(program, held))

    return remembered(key_of(program, held, "leap"), write, LeapKernel)
