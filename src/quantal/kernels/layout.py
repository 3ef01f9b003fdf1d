"""The sizes on which the generated code and its Python driver agree."""

from __future__ import annotations

from dataclasses import dataclass

LANES = 4
"""Doubles in one vector value; LLVM splits it where the machine's vectors are narrower."""


def padded(count: int) -> int:
    """The count rounded up to whole vectors."""
    return -(-count // LANES) * LANES


@dataclass(frozen=True)
class Layout:
    """The sizes of the arrays that the compiled functions share."""

    states: int
    drives: int
    parameters: int
    constants: int
    factors: int
    crossings: int
    handlers: int
    delays: int
    scratch: int
    pivots: tuple[int, ...]

    @property
    def padded(self) -> int:
        """Length of a state vector in memory."""
        return padded(self.states)
