"""Collects the rows of a run: states and drives at sample times, or along the steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantal.engines.workspace import Workspace
from quantal.errors import RunError, UsageError

Array = np.ndarray[Any, np.dtype[np.float64]]

ROWS_PER_BUFFER = 4096
MOST_BYTES = 4e9
"""Rows along the steps of one run may take so much memory."""


class Recorder:
    """Owns the output buffers that the compiled code fills."""

    def __init__(self, workspace: Workspace, sample: Array | None, start: float, end: float):
        self._workspace = workspace
        self._context = workspace.context
        layout = workspace.kernel.layout
        self._states, self._drives, self._offset = layout.states, layout.drives, layout.padded
        self._by_steps = sample is None
        times = np.zeros(0) if sample is None else _checked(sample, start, end)
        capacity = ROWS_PER_BUFFER if sample is None else max(len(times), 1)
        self._times = np.zeros(capacity)
        self._rows = np.zeros((capacity, layout.padded + layout.drives))
        self._done: list[tuple[Array, Array]] = []
        self._done_count = 0
        for name, array in (("times", self._times), ("rows", self._rows), ("samples", times)):
            self._context.point(name, array)
        self._samples = times
        self._context.set_count("row_capacity", capacity)
        self._context.set_count("by_steps", int(self._by_steps))
        self._context.set_count("sample_count", len(times))

    @property
    def count(self) -> int:
        """Rows written so far."""
        return self._done_count + self._context.count("row_count")

    def make_room(self) -> None:
        """Move full rows out of the buffer."""
        used = self._context.count("row_count")
        self._done.append((self._times[:used].copy(), self._rows[:used].copy()))
        self._done_count += used
        if self._done_count * self._rows.itemsize * self._rows.shape[1] > MOST_BYTES:
            raise RunError(
                f"at t = {self._context.real('t'):g} ms: {self._done_count} rows are kept, more "
                "than memory should hold; ask for sample times, or a larger relative tolerance"
            )
        self._context.set_count("row_count", 0)

    def start_segment(self, t: float) -> None:
        """Along the steps: the state from which a segment starts, unless nothing changed."""
        if not self._by_steps:
            return
        used = self._context.count("row_count")
        if used and self._times[used - 1] == t and self._is_current(self._rows[used - 1]):
            return
        self._write(t)

    def finish(self, t: float) -> None:
        """Samples at the very end; along the steps, what an event did there."""
        used = self._context.count("row_count")
        if self._by_steps and not (used and self._has_states(self._rows[used - 1])):
            self._write(t)
        while self._context.count("sample") < len(self._samples):
            self._write(float(self._samples[self._context.count("sample")]))
            self._context.set_count("sample", self._context.count("sample") + 1)

    def _has_states(self, row: Array) -> bool:
        return np.array_equal(row[: self._states], self._workspace.y[: self._states])

    def _is_current(self, row: Array) -> bool:
        drives = self._workspace.drives[: self._drives]
        return self._has_states(row) and np.array_equal(row[self._offset :], drives)

    def _write(self, t: float) -> None:
        if self._context.count("row_count") == len(self._times):
            self.make_room()
        used = self._context.count("row_count")
        self._times[used] = t
        self._rows[used, : self._offset] = self._workspace.y
        self._rows[used, self._offset :] = self._workspace.drives[: self._drives]
        self._context.set_count("row_count", used + 1)

    def rows(self) -> tuple[Array, Array, Array]:
        """Times (n,), states (n, states) and drives (n, drives)."""
        used = self._context.count("row_count")
        self._done.append((self._times[:used], self._rows[:used]))
        if len(self._done) == 1:
            # A sampled run fills one buffer; copying it would hold up an interrupt.
            times, rows = self._done[0]
        else:
            times, rows = self._joined()
        return times, rows[:, : self._states], rows[:, self._offset :]

    def _joined(self) -> tuple[Array, Array]:
        """All pieces in one; each is let go, and an interrupt served, before the next."""
        count = sum(len(times) for times, _ in self._done)
        times, rows = np.empty(count), np.empty((count, self._rows.shape[1]))
        end = count
        while self._done:
            piece_times, piece_rows = self._done.pop()
            start = end - len(piece_times)
            times[start:end], rows[start:end] = piece_times, piece_rows
            end = start
        return times, rows


def _checked(sample: Array, start: float, end: float) -> Array:
    times = np.ascontiguousarray(sample, dtype=float)
    # A comparison with what is no number fails, so that only the ends may be infinite.
    rising = times.ndim == 1 and bool((times[1:] >= times[:-1]).all())
    if not rising or not np.isfinite(times[[0, -1]] if times.size else times).all():
        raise UsageError("sample times must be a rising sequence of numbers, in ms")
    if times.size and (times[0] < start or times[-1] > end):
        raise UsageError(
            f"sample times reach from {times[0]:g} to {times[-1]:g} ms, "
            f"but the run from {start:g} to {end:g} ms"
        )
    return times
