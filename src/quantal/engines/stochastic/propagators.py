"""How the members of hidden states are dealt out over intervals: tables for all trials.

Over a part of an interval rates are those of its middle; products and integrals of exponentials
of rate matrices give where a member is at the end, by which exit it left, and in which part
(Van Loan 1978). Both are of second order in the parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from quantal.engines.observe import Observer
from quantal.engines.stochastic.hidden import Hidden, Step
from quantal.expression import evaluate
from quantal.kernels.members.loop import PARTS
from quantal.program import Program
from quantal.stimulus import Stimulus

Array = np.ndarray[Any, np.dtype[np.float64]]
Whole = np.ndarray[Any, np.dtype[np.int64]]

TERMS = 8
"""Of the series of an exponential whose argument is at most a half."""


@dataclass(frozen=True, eq=False)
class Tables:
    """For hidden states, in the order of `states`: see `kernels.members.loop`.

    `odds` (intervals, states, width + exits * PARTS): the chance to leave by any exit; if not,
    to be in another state at the end; conditional probabilities of these, whose numbers are
    `targets` (states, width - 2), `numbers` (states,) of them, the commonest first; cumulative
    shares of the exits of the group, each in each part of the interval. `first` and `exits`
    (states,) are the first exit of the group and how many it has.
    """

    states: Whole
    edges: Array
    odds: Array
    targets: Whole
    numbers: Whole
    first: Whole
    exits: Whole

    @property
    def width(self) -> int:
        """Chances of a state: of any exit, of moving, and of each other state."""
        return int(self.targets.shape[1]) + 2


def tables(
    program: Program, stimulus: Stimulus, found: Hidden, sizes: dict[int, float], edges: Array
) -> Tables:  # fmt: skip
    """The tables of all groups over intervals between edges (n + 1,), ms."""
    rates = _Rates(program, stimulus, sizes, edges)
    order = [i for group in found.groups for i in group]
    place = {index: number for number, index in enumerate(order)}
    width = max(len(group) for group in found.groups) + 1
    most = max(sum(e.start in g for e in found.exits) for g in found.groups)
    count, states = len(edges) - 1, len(order)
    odds = np.zeros((count, states, width + most * PARTS))
    targets = np.zeros((states, width - 2), dtype=np.int64)
    numbers, first, exits = (np.zeros(states, dtype=np.int64) for _ in range(3))
    for group in found.groups:
        ways = [step for step in found.exits if step.start in group]
        inner = [step for step in found.steps if step.start in group]
        moved, left = _dealt(group, inner, ways, rates, edges)
        for row, index in enumerate(group):
            s, others = place[index], [c for c in range(len(group)) if c != row]
            often = moved[:, row].sum(axis=0)
            others = sorted(others, key=often.__getitem__, reverse=True)
            ways_of = left[:, row].reshape(count, -1)
            gone, across = ways_of.sum(axis=1, keepdims=True), moved[:, row, others]
            # Of those that are still to be dealt out: sums from the rarest state on.
            rest = np.cumsum(across[:, ::-1], axis=1)[:, ::-1]
            with np.errstate(all="ignore"):
                share = np.where(rest > 0.0, across / rest, 0.0)
                moves = np.where(gone < 1.0, rest[:, :1] / (1.0 - gone), 0.0)
                ways_on = np.where(gone > 0.0, np.cumsum(ways_of, axis=1) / gone, 1.0)
            chances = np.concatenate([gone, moves, share], axis=1)
            odds[:, s, : chances.shape[1]] = np.clip(chances, 0.0, 1.0)
            odds[:, s, width : width + ways_of.shape[1]] = ways_on
            targets[s, : len(others)] = [place[group[c]] for c in others]
            numbers[s], exits[s] = len(others), len(ways)
            first[s] = found.exits.index(ways[0]) if ways else 0
    return Tables(
        np.array(order, dtype=np.int64), edges, odds, targets, numbers, first, exits
    )  # fmt: skip


class _Rates:
    """Rates of single members (intervals * parts,), per ms, in the middles of the parts."""

    def __init__(
        self, program: Program, stimulus: Stimulus, sizes: dict[int, float], edges: Array
    ) -> None:  # fmt: skip
        self._program, self._sizes = program, sizes
        self._parameters = np.asarray(stimulus.parameters, dtype=float)
        within = (np.arange(PARTS) + 0.5) / PARTS
        self._times = (edges[:-1, None] + np.diff(edges)[:, None] * within).reshape(-1)
        self._drives = np.stack([d.at(self._times) for d in stimulus.drives], axis=1) if (
            stimulus.drives) else np.zeros((len(self._times), 0))  # fmt: skip

    def of(self, step: Step) -> Array:
        row = self._program.reactions[step.key[0]]
        law, size = (row.backward, row.backward_size) if step.key[1] else (
            row.forward, row.forward_size)  # fmt: skip
        assert law is not None
        assert size is not None
        states = np.zeros((len(self._times), len(self._program.states)))
        states[:, step.start] = 1.0 / self._sizes[step.start]
        known = Observer(self._program, self._times, states, self._drives, self._parameters)
        value = np.asarray(known[law]) * evaluate(size, known)
        return np.broadcast_to(np.asarray(value, dtype=float), self._times.shape)


def _dealt(
    group: tuple[int, ...], inner: list[Step], ways: list[Step], rates: _Rates, edges: Array
) -> tuple[Array, Array]:  # fmt: skip
    """Chances (intervals, states, states), and (intervals, states, exits, PARTS)."""
    place = {index: number for number, index in enumerate(group)}
    size, count = len(group), len(edges) - 1
    q = np.zeros((count * PARTS, size, size))
    out = np.zeros((count * PARTS, size, len(ways)))
    for step in inner:
        rate, a = rates.of(step), place[step.start]
        assert step.end is not None
        if step.end in place:
            q[:, a, place[step.end]] += rate
        q[:, a, a] -= rate
    for number, step in enumerate(ways):
        rate, a = rates.of(step), place[step.start]
        out[:, a, number] += rate
        q[:, a, a] -= rate
    length = np.repeat(np.diff(edges) / PARTS, PARTS)
    stay, spent = _exponentials(q, length)
    gone = (spent @ out).reshape(count, PARTS, size, len(ways))
    stay = stay.reshape(count, PARTS, size, size)
    moved = np.broadcast_to(np.eye(size), (count, size, size))
    left = np.zeros((count, size, len(ways), PARTS))
    for part in range(PARTS):
        left[..., part] = moved @ gone[:, part]
        moved = moved @ stay[:, part]
    return np.clip(moved, 0.0, None), np.clip(left, 0.0, None)


def _exponentials(q: Array, length: Array) -> tuple[Array, Array]:
    """exp(q h) and its integral from 0 to h, by scaling and doubling."""
    largest = float((np.abs(q).sum(axis=2).max(axis=1) * length).max(initial=0.0))
    doublings = max(int(np.ceil(np.log2(max(largest, 1e-300) / 0.5))), 0)
    h = length / 2.0**doublings
    a = q * h[:, None, None]
    eye = np.broadcast_to(np.eye(q.shape[1]), q.shape)
    power, integral = eye, eye
    for term in range(TERMS, 0, -1):
        power = eye + a @ power / term
        # The sum of a^k/(k + 1)!, whose product with h is the integral.
        integral = eye + a @ integral / (term + 1)
    spent = integral * h[:, None, None]
    for _ in range(doublings):
        spent = spent + power @ spent
        power = power @ power
    return power, spent
