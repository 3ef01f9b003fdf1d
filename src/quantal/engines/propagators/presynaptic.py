"""What each spike of each member does: free states and deciding blocks, spike after spike.

Members are taken together: the k-th happening of all of them at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantal.engines.propagators.driven import Driven
from quantal.engines.propagators.messenger import Free
from quantal.engines.propagators.timeline import Timeline
from quantal.expression import evaluate
from quantal.program import Assignment, Emission, Program

Array = np.ndarray[Any, np.dtype[np.float64]]
Whole = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, eq=False)
class Presynaptic:
    """A population's free states and deciding blocks; `values` are its parameters and inputs,
    a number or an array (size,) each."""

    program: Program
    free: Free
    deciding: tuple[Driven, ...]
    values: Mapping[str, Any]

    def run(self, line: Timeline, start: float, free: Array, deciding: list[Array]) -> Array:
        """Free states (k, n) after each happening, from those of all members (size, n)."""
        after = np.empty((len(line.times), free.shape[1]))
        last = np.full(len(free), start)
        for members, places in rounds(line.offsets):
            times = line.times[places]
            passed = times - last[members]
            here, blocks = self._moved(free[members], [b[members] for b in deciding], passed)
            self._act(line, members, places, here, blocks)
            free[members] = here
            for block, new in zip(deciding, blocks, strict=True):
                block[members] = new
            last[members] = times
            after[places] = here
        return after

    def _moved(self, free: Array, blocks: list[Array], passed: Array) -> tuple[Array, list[Array]]:
        moved = [
            driven.advance(states, driven.messenger.departures(free), passed)
            for driven, states in zip(self.deciding, blocks, strict=True)
        ]
        return self.free.decay.each(free, passed), moved

    def _act(
        self, line: Timeline, members: Whole, places: Whole, free: Array, blocks: list[Array]
    ) -> None:
        """Handlers on the states of some members, in place."""
        if line.kinds is None:
            self._handle(line.acts[0], members, line.times[places], free, blocks)
            return
        kinds = line.kinds[places]
        for kind in np.unique(kinds):
            of = np.flatnonzero(kinds == kind)
            part, parts = free[of], [block[of] for block in blocks]
            self._handle(line.acts[kind], members[of], line.times[places[of]], part, parts)
            free[of] = part
            for block, new in zip(blocks, parts, strict=True):
                block[of] = new

    def _handle(
        self, handlers: tuple[int, ...], members: Whole, times: Array, free: Array,
        blocks: list[Array],
    ) -> None:  # fmt: skip
        columns: dict[int, Array] = {
            index: free[:, at] for at, index in enumerate(self.free.indices)
        }
        for driven, block in zip(self.deciding, blocks, strict=True):
            columns |= {
                index: block[:, at] for at, index in enumerate(driven.messenger.block.indices)
            }
        for number in handlers:
            for action in self.program.handlers[number].actions:
                if isinstance(action, Emission):
                    continue
                here = _Here(self.program, self.values, members, times, columns)
                if isinstance(action, Assignment):
                    columns[action.index][:] = evaluate(action.value, here)
                    continue
                count = evaluate(action.times, here)
                shares = [(index, evaluate(share, here)) for index, share in action.changes]
                for index, share in shares:
                    columns[index][:] += share * count


class _Here(Mapping[str, Any]):
    """Every name's value for some members at their own moments."""

    def __init__(
        self, program: Program, values: Mapping[str, Any], members: Whole, times: Array,
        columns: Mapping[int, Array],
    ) -> None:  # fmt: skip
        self._values, self._members = values, members
        self._known: dict[str, Any] = {"time": times}
        self._known |= {program.states[index].name: column for index, column in columns.items()}
        self._definitions = {item.name: item.expression for item in program.definitions}

    def __getitem__(self, name: str) -> Any:
        if name in self._known:
            return self._known[name]
        if name in self._values:
            value = self._values[name]
            return value[self._members] if isinstance(value, np.ndarray) else value
        self._known[name] = evaluate(self._definitions[name], self)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._known, **self._values, **self._definitions})

    def __len__(self) -> int:
        return len(list(iter(self)))


def rounds(offsets: Whole) -> Iterator[tuple[Whole, Whole]]:
    """Members that have a k-th happening, and where it stands; k = 0, 1, 2 and so on."""
    counts = np.diff(offsets)
    members = np.argsort(-counts, kind="stable")
    falling = counts[members]
    for number in range(int(counts.max(initial=0))):
        active = members[: int(np.searchsorted(-falling, -number, side="left"))]
        yield active, offsets[active] + number
