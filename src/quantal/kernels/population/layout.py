"""What a population's kernel is made for, and how its arrays are laid out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Choice:
    """What a kernel is made for, beside the Program.

    `own_parameters` and `own_drives` are indices of what each instance has a value of its
    own for; `clamped` of states that are given from outside. `handlers` are compiled.
    """

    own_parameters: tuple[int, ...] = ()
    own_drives: tuple[int, ...] = ()
    clamped: tuple[int, ...] = ()
    handlers: tuple[int, ...] = ()
    method: str = "midpoint"
    element: str = "double"


@dataclass(frozen=True)
class Layout:
    """The sizes of the arrays, in vectors; `width` numbers of `element` make one.

    `shared` holds the step's length, then the shared parameters in the order of the Program,
    then what follows from them; `own` the instances' own parameters, drives, and what follows.
    `row` (numbers, not vectors): the middle of the step; drives; clamped states' means; ends.
    """

    element: str
    width: int
    register: int
    states: int
    own: int
    shared: int
    row: int
    scratch: int

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for the cache."""
        return asdict(self)
