"""A published number that a model must reproduce, and how it is measured."""

from __future__ import annotations

from dataclasses import dataclass

from quantal.errors import Where
from quantal.expression import Expression, Number
from quantal.protocols.protocol import Protocol
from quantal.units import Unit

MEASURED = (
    "peak", "highest", "lowest", "time_of_peak", "rise", "decay", "half_decay", "half_width",
    "onset", "area", "initial", "final", "at", "mean", "least", "ec50", "slope", "count",
    "time_of_first", "response", "train_error",
)  # fmt: skip
"""Measured quantities. In a target's tree `peak(open, since = 10 [ms])` is
`Apply("peak", (Name("open"), Apply("since", (Number(10),))))`; `until` likewise."""


@dataclass(frozen=True, slots=True)
class Target:
    """`target peak(open) = 0.595 +- 0.5 %` with its protocol block.

    `values` has one number, or one for each value of the protocol's sweep. `tolerance`
    is a share of |value| where `relative`, else in internal units.
    """

    measured: Expression
    values: tuple[Number, ...]
    unit: Unit
    tolerance: Number
    relative: bool
    protocol: Protocol
    where: Where
    figure: str = ""
    note: str = ""
    text: str = ""
