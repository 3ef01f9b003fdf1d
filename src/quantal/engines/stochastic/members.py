"""Trials in which hidden members move together over intervals, and the rest event by event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from quantal.engines.stochastic.cells import Cells
from quantal.engines.stochastic.chunk import Chunk, Plan, Stopped
from quantal.engines.stochastic.failure import explain, too_many
from quantal.engines.stochastic.hidden import Hidden, Key, hidden
from quantal.engines.stochastic.propagators import Tables, tables
from quantal.kernels.members.kernel import members_kernel
from quantal.kernels.members.loop import MARGIN
from quantal.kernels.stochastic import slots as codes
from quantal.kernels.stochastic.kernel import stochastic_kernel
from quantal.kernels.stochastic.network import write_network

Array = np.ndarray[Any, np.dtype[np.float64]]

LONGEST = 1.0
"""ms: within a longer interval nobody new would move."""
NEAR = (0.4, 0.02)
"""In an interval no drive changes by more than such a share of itself, or of its largest value."""
MOST_EXITS = 200_000
"""Members that may leave in one interval: more are never counted one by one."""
ROOM = 4 * MARGIN
"""Firings that are kept between two looks at the run."""
WORTH = 20.0
"""So many hidden events are expected in an interval before it is worth while."""


@dataclass(frozen=True, eq=False)
class Members:
    """A plan for the rest, the loop, and what it needs to know of the hidden members."""

    plan: Plan
    sweep: Callable[[int], int]
    found: Hidden
    tables: Tables
    why: str


def members(plan: Plan, visible: set[int], key_of: Callable[[Key], int]) -> Members | None:
    """The hidden members of a counted part, if there are any whose events are many.

    Args:
        plan: the counted part, every event by itself; it watches what is handed over.
        visible: counted states whose values are wanted.
        key_of: how the plan names one direction of a reaction.
    """
    program = plan.program
    watched = set(plan.watched.values())
    network = write_network(program, plan.clamped)
    found = hidden(network, visible, lambda key: key_of(key) in watched)
    if not found.groups or plan.clamped:
        return None
    longest = np.linspace(
        plan.stimulus.start, plan.stimulus.end,
        int(np.ceil((plan.stimulus.end - plan.stimulus.start) / LONGEST)) + 1,
    )  # fmt: skip
    edges = np.union1d(_joined(plan.cells), longest)
    edges = edges[np.append(True, np.diff(edges) > 1e-9)]
    edges[-1] = plan.stimulus.end
    kept = [n for n in range(len(program.reactions)) if n not in {row for row, _ in found.keys}]
    rest = replace(program, reactions=tuple(program.reactions[n] for n in kept))
    chunk = Chunk(plan, range(1))
    slow, _ = stochastic_kernel(rest, plan.clamped)
    places = {
        place: key_of((kept[row], bool(backward)))
        for place, row, backward in slow.layout.members
        if key_of((kept[row], bool(backward))) in watched
    }
    exits = {
        slow.layout.places + n: key_of(step.key) for n, step in enumerate(found.exits)
    }  # fmt: skip
    calm = replace(plan, program=rest, kernel=slow, watched=places | exits, sweep_lanes=None)
    saved = chunk.estimate() - Chunk(calm, range(1)).estimate()
    if saved < WORTH * len(edges):
        return None
    made = tables(program, plan.stimulus, found, chunk.sizes, edges)
    names = ", ".join(
        f"`{program.states[group[0]].name}` to `{program.states[group[-1]].name}`"
        for group in found.groups
    )
    why = (
        f"Members in {names} were moved together by their propagators over {len(edges) - 1} "
        "intervals, each exit at an instant inside."
    )
    return Members(calm, members_kernel(rest, plan.clamped), found, made, why)


def _joined(cells: Cells) -> Array:
    """Edges of neighbouring cells put together while the bounds of all drives stay near."""
    share, floor = NEAR
    low, high = cells.low[:, :-1], cells.high[:, :-1]
    smallest = floor * np.maximum(np.abs(low), np.abs(high)).max(axis=0, initial=0.0)
    edges, least, largest = [float(cells.edges[0])], low[0], high[0]
    for number in range(1, len(low)):
        a, b = np.minimum(least, low[number]), np.maximum(largest, high[number])
        wide = b - a > np.maximum(share * np.maximum(np.abs(a), np.abs(b)), smallest)
        if wide.any():
            edges.append(float(cells.edges[number]))
            a, b = low[number], high[number]
        least, largest = a, b
    return np.array([*edges, float(cells.edges[-1])])


class MembersChunk(Chunk):
    """One chunk under way, trial after trial."""

    def __init__(self, known: Members, trials: range) -> None:
        self._known = known
        super().__init__(known.plan, trials)

    def _lay_arrays(self) -> None:
        super()._lay_arrays()
        made, found, context = self._known.tables, self._known.found, self._context
        place = {int(index): number for number, index in enumerate(made.states)}
        width = max((len(step.changes) for step in found.exits), default=1)
        changes = np.full((max(len(found.exits), 1), width), -1, dtype=np.int64)
        amounts = np.zeros(changes.shape)
        for number, step in enumerate(found.exits):
            for column, (index, amount) in enumerate(step.changes):
                changes[number, column], amounts[number, column] = index, amount
        homes = np.array([place[step.start] for step in found.exits] or [0], dtype=np.int64)
        whole: dict[str, Any] = {
            "member_states": made.states, "member_targets": made.targets,
            "member_numbers": made.numbers, "exit_firsts": made.first,
            "exit_numbers": made.exits, "exit_homes": homes, "exit_changes": changes,
            "exit_codes": np.zeros(MOST_EXITS, dtype=np.int64),
        }  # fmt: skip
        real = {
            "member_gains": np.zeros(len(made.states)), "member_odds": made.odds,
            "member_edges": made.edges, "exit_times": np.zeros(MOST_EXITS),
            "exit_amounts": amounts,
        }  # fmt: skip
        real["fire_times"] = np.zeros(ROOM)
        for name in ("fire_channels", "fire_trials"):
            whole[name] = np.zeros(ROOM, dtype=np.int64)
        for name, values in {**whole, **real}.items():
            self._array(name, values)
        stride = made.odds.shape[2]
        for name, value in (
            ("interval_count", len(made.edges) - 1), ("member_count", len(made.states)),
            ("member_width", made.width), ("member_stride", stride),
            ("exit_width", width),
            ("first_exit", self._plan.kernel.layout.places), ("fire_capacity", ROOM),
        ):  # fmt: skip
            context.set_count(name, value)

    def _segment(self, t: float, horizon: float) -> None:
        context, plan = self._context, self._plan
        self._start_segment(t, horizon)
        for trial in range(len(self._trials)):
            context.set_count("trial", trial)
            context.set_count("fresh", 1)
            context.set_real("horizon", horizon)
            while True:
                status = self._known.sweep(context.address)
                self._drain()
                if not plan.goes_on():
                    raise Stopped
                if status == codes.REACHED:
                    break
                if status == codes.CROWDED:
                    raise too_many(plan, context)
                if status != codes.BUDGET:
                    raise explain(plan, context, status, self._trials[trial])
            if int(context.array("fired").sum()) > plan.max_events:
                raise too_many(plan, context)
