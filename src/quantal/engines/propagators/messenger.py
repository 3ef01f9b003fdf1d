"""What drives a block after a spike: free states on their way back to rest.

If all of it is one height times one shape, a whole family of pulses is one table. Where the
shape differs, because an earlier pulse is not over, the full scheme is solved.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from quantal.engines.propagators.cascade import Block, Leaf
from quantal.engines.propagators.curves import Equations, end_of_window
from quantal.engines.propagators.decay import Decay, Modes
from quantal.engines.propagators.panels import Coefficients
from quantal.kernels.symbolic.equations import STATE

Array = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

FORGOTTEN = 1e-12
"""What a pulse may still do after its window, as a share of the states."""
ALIKE = 1e-11
"""Departure from the common shape, over the largest height, that counts as none."""
NOTHING = 1e-14
"""A departure so small, over the largest, is none."""


@dataclass(frozen=True, eq=False)
class Free:
    """The free states as one linear system, and where it rests (n,)."""

    indices: tuple[int, ...]
    decay: Decay
    rest: Array


@dataclass(eq=False)
class Messenger:
    """The free states (k of them, at `places` among all free ones) that a block follows.

    `still` are the values of constant inputs, `scales` (n,) the block's natural sizes. States
    of the block carry a one below them where something is added (`added`).
    """

    block: Block
    free: Free
    parameters: Array
    still: Mapping[Leaf, float]
    scales: Array
    places: tuple[int, ...] = field(init=False)
    added: bool = field(init=False)
    shape: Array | None = None
    _equations: Equations = field(init=False)
    _largest: float = 0.0

    def __post_init__(self) -> None:
        self._equations = Equations(self.block)
        matrix = self.free.decay.modes.matrix[:-1, :-1]
        reads = {index for kind, index in self.block.reads if kind == STATE}
        wanted = [at for at, index in enumerate(self.free.indices) if index in reads]
        while True:
            more = {int(c) for row in wanted for c in np.flatnonzero(matrix[row])} | set(wanted)
            if len(more) == len(wanted):
                break
            wanted = sorted(more)
        self.places = tuple(wanted)
        kept = list(self.places)
        self._own = Modes(matrix[np.ix_(kept, kept)])
        self._rest = self.free.rest[kept]
        self._read_at = {
            (STATE, self.free.indices[place]): at
            for at, place in enumerate(self.places) if self.free.indices[place] in reads
        }  # fmt: skip
        at_rest = self._at(np.zeros((1, len(kept))))
        self.added = bool(self._offsets(at_rest).any())
        self.rest = Modes(self._matrices(at_rest)[0])
        if self.added:
            self.scales = np.append(self.scales, 1.0)

    @property
    def size(self) -> int:
        """Of a state vector."""
        return self.block.size + int(self.added)

    @property
    def fastest(self) -> float:
        """The fastest rate (per ms) at which the messengers themselves move."""
        return float(np.abs(self._own.rates).max(initial=0.0))

    def from_spike(self, departure: Array) -> Coefficients:
        """A(t) and no b, when the messengers are `departure` (k,) away from rest at t = 0."""

        def coefficients(times: Array) -> tuple[Array, Array]:
            values = self._at(self._own.at(departure, times))
            return self._matrices(values), np.zeros((len(times), self.size))

        return coefficients

    def of_heights(self, heights: Array, times: Array) -> Array:
        """A (c, m, n, n) at times (m,) after spikes of heights (c,)."""
        assert self.shape is not None
        one = self._own.at(self.shape, times)
        values = (heights[:, None, None] * one).reshape(-1, one.shape[1])
        made = self._matrices(self._at(values))
        return made.reshape(len(heights), len(times), self.size, self.size)

    @property
    def content(self) -> Hashable:
        """Equal where the same pulses do the same."""
        assert self.shape is not None
        parts = (self.parameters, self.scales, self._rest, self._own.matrix, self.shape)
        still = tuple(sorted(self.still.items()))
        return (self._equations.content, still, tuple(self._read_at), *(p.tobytes() for p in parts))

    def of_height(self, height: float) -> Coefficients:
        """The same for a pulse of the common shape."""
        assert self.shape is not None
        return self.from_spike(height * self.shape)

    def later(self, departures: Array, times: Array) -> Array:
        """Departures (m, k) at `times` (m,) after they were `departures`."""
        return self._own.each(departures, times)

    def matrices(self, departures: Array) -> Array:
        """A (m, n, n) while the messengers are `departures` (m, k) away from rest."""
        return self._matrices(self._at(departures))

    def departures(self, free: Array) -> Array:
        """How far (m, k) free states (m, all) are from rest."""
        return np.asarray(free[:, list(self.places)] - self._rest)

    def heights(self, departures: Array) -> tuple[Array, Flags]:
        """Heights (m,) of pulses of the common shape, and which departures have that shape.

        The shape is that of the first departure met that is one; a single messenger has
        no other.
        """
        size = np.abs(departures).max(axis=1, initial=0.0)
        if self.shape is None:
            largest = int(np.argmax(size)) if len(size) else 0
            if not len(size) or size[largest] == 0.0:
                return np.zeros(len(departures)), np.ones(len(departures), dtype=bool)
            self.shape = departures[largest] / size[largest]
        shape = self.shape
        heights = departures @ shape / (shape @ shape)
        away = np.abs(departures - heights[:, None] * shape).max(axis=1)
        self._largest = max(self._largest, float(size.max(initial=0.0)))
        # What is left of pulses long past is no pulse.
        gone = size <= NOTHING * self._largest
        return np.where(gone, 0.0, heights), (away <= ALIKE * self._largest) | gone

    def window(self, highest: float) -> float:
        """How long (ms) a pulse of this height acts; infinite if it never ends."""
        rest = self.rest.matrix
        return end_of_window(
            self.of_height(highest), (rest, np.zeros(self.size)), self.scales, FORGOTTEN
        )

    def _at(self, departures: Array) -> Array:
        return np.asarray(departures + self._rest)

    def _matrices(self, values: Array) -> Array:
        matrices, offsets = self._rates(values)
        if not getattr(self, "added", False):
            return matrices
        whole = np.zeros((len(values), self.size, self.size))
        whole[:, :-1, :-1], whole[:, :-1, -1] = matrices, offsets
        return whole

    def _offsets(self, values: Array) -> Array:
        # Something added at rest or away from it: look at both.
        return np.concatenate([self._rates(values)[1], self._rates(values + 1.0)[1]])

    def _rates(self, values: Array) -> tuple[Array, Array]:
        reads: dict[Leaf, Any] = {leaf: values[:, at] for leaf, at in self._read_at.items()}
        return self._equations.at(self.parameters, {**self.still, **reads}, len(values))
