"""`use ampa = … over zone`: one scheme in each state of another.

Receptors lie at many active zones, and at any moment few of them have just released. The
mean over zones of "glutamate times free receptors" is not the product of the means, so the
receptors' scheme is multiplied by the zones': `O` becomes `O_quiet` and `O_hit`, the zones'
transitions move both alike, and each half reads its own glutamate (`glu_quiet`, `glu_hit`).
`O` stays as their sum, so that currents, roles and counts need no change. This is the exact
mean of many independent sites, and an ordinary closed scheme for any engine.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from quantal.assembly.draft import Draft
from quantal.assembly.names import Renaming
from quantal.errors import Where, did_you_mean
from quantal.expression import ONE, Apply, Expression, Name, is_number, multiply, names_in
from quantal.model.model import Model
from quantal.model.processes import Assign, Fire, Reaction, Term, Use
from quantal.model.quantities import Let, Port, Scheme

Entry = TypeVar("Entry")


def multiply_over(draft: Draft, uses: tuple[Use, ...]) -> None:
    """Multiply the schemes of every use that says `over` by the scheme it names."""
    for use in uses:
        if use.over is None:
            continue
        schemes = {scheme.name: scheme for scheme in draft.model.schemes}
        zone = schemes.get(use.over)
        if zone is None:
            draft.report(
                use.where, f"no scheme is called `{use.over}`{did_you_mean(use.over, schemes)}"
            )
            continue
        own = [s for s in schemes.values() if s.name.startswith(f"{use.name}.")]
        moves = [r for r in draft.model.reactions if r.scheme == zone.name]
        if not own:
            draft.report(use.where, f"`{use.name}` has no scheme that could be over `{use.over}`")
        for reaction in moves:
            if reaction.law != "mass action" or len(reaction.left) + len(reaction.right) != 2:
                draft.report(
                    reaction.where,
                    f"`{zone.name}` has others multiplied over it: each of its lines must be one "
                    "state to one state with constants",
                )
                return
        if _moved_by_events(draft, zone):
            return
        for scheme in own:
            draft.model = _Product(draft, use, scheme, zone, moves).model()


def _moved_by_events(draft: Draft, zone: Scheme) -> bool:
    """Report events that move the zones: they would leave behind what lies over them."""
    found = False
    for handler in draft.model.handlers:
        for action in handler.actions:
            touched: set[str] = set()
            if isinstance(action, Fire):
                touched = {name for _, name in (*action.left, *action.right)}
            elif isinstance(action, Assign):
                touched = {action.target}
            if touched & set(zone.states):
                found = True
                draft.report(
                    action.where,
                    f"`{zone.name}` has others multiplied over it, which an event cannot move "
                    "with it: write a line of the scheme, with a rate that the event raises",
                )
    return found


class _Product:
    def __init__(
        self, draft: Draft, use: Use, scheme: Scheme, zone: Scheme, moves: list[Reaction]
    ) -> None:
        self.draft, self.use, self.scheme, self.zone, self.moves = draft, use, scheme, zone, moves
        self.branches = {state: state.rpartition(".")[2] for state in zone.states}
        self.mine = [r for r in draft.model.reactions if r.scheme == scheme.name]
        self.split = set(scheme.states) | self._ports()
        self._refuse_what_reads_split_ports()

    def model(self) -> Model:
        model = self.draft.model
        branches = list(self.branches.values())
        states = tuple(f"{s}_{b}" for b in branches for s in self.scheme.states)
        start, shares = self._start()
        product = replace(self.scheme, states=states, start=start, shares=shares)
        where = self.use.where
        lets = [_sum(state, branches, where) for state in self.scheme.states]
        lets += [_sum(r.name, branches, where) for r in self.mine if r.name is not None]
        named = {id(r): r.name or f"{r.scheme} line {n + 1}" for n, r in enumerate(self.mine)}
        scaled = {name for q10 in model.q10s for name in q10.names}
        keep_names = self.scheme.name in scaled
        reactions = [r for r in model.reactions if r.scheme != self.scheme.name]
        for reaction in self.mine:
            name = named[id(reaction)] if keep_names else reaction.name
            reactions += [self._branch(replace(reaction, name=name), b) for b in branches]
        reactions += [self._move(move, s) for move in self.moves for s in self.scheme.states]
        renamed = {r.name: [f"{r.name}_{b}" for b in branches] for r in self.mine if r.name}
        renamed[self.scheme.name] = [f"{name}_{b}" for name in named.values() for b in branches]
        return replace(
            model,
            schemes=tuple(product if s is self.scheme else s for s in model.schemes),
            reactions=tuple(reactions),
            lets=(*model.lets, *lets),
            ports=self._split_ports(),
            q10s=tuple(
                replace(q, names=tuple(n for old in q.names for n in renamed.get(old, [old])))
                for q in model.q10s
            ),
        )

    def _ports(self) -> set[str]:
        """What the scheme's lines read from outside, the membrane potential excepted."""
        open_ports = {p.name for p in self.draft.model.ports if p.kind != "membrane"}
        read: set[str] = set()
        for reaction in self.mine:
            read |= {name for _, name in (*reaction.left, *reaction.right)}
            read |= names_in(reaction.forward)
            read |= set() if reaction.backward is None else names_in(reaction.backward)
        return {n for n in read & open_ports if n.startswith(f"{self.use.name}.")}

    def _refuse_what_reads_split_ports(self) -> None:
        ports = self.split - set(self.scheme.states)
        for let in self.draft.model.lets:
            for name in sorted(names_in(let.expression) & ports):
                self.draft.report(
                    let.where,
                    f"`{let.name}` reads `{name}`, which has one value in each state of "
                    f"`{self.zone.name}`: write it into the scheme's lines",
                )

    def _start(self) -> tuple[str, tuple[Term, ...]]:
        """Each state's share is its own scheme's times the other's: they start independent."""
        if "equilibrium" in (self.scheme.start, self.zone.start):
            return "equilibrium", ()
        zone, own = (
            scheme.shares or ((ONE, scheme.states[0]),) for scheme in (self.zone, self.scheme)
        )
        return "shares", tuple(
            (multiply(a, b), f"{state}_{self.branches[branch]}")
            for a, branch in zone
            for b, state in own
        )

    def _branch(self, reaction: Reaction, branch: str) -> Reaction:
        """One of the scheme's own lines, in one state of the other scheme."""

        def renamed(name: str) -> str:
            return f"{name}_{branch}" if name in self.split else name

        renaming = Renaming(expression=lambda name: Name(renamed(name.name)), name=renamed)
        own = renaming.of(reaction)
        return own if own.name is None else replace(own, name=f"{own.name}_{branch}")

    def _move(self, move: Reaction, state: str) -> Reaction:
        """One of the other scheme's lines, for what is in one state of this scheme."""
        ((one, source),), ((_, sink),) = move.left, move.right
        assert is_number(one, 1.0)
        return replace(
            move,
            name=None,
            left=((one, f"{state}_{self.branches[source]}"),),
            right=((one, f"{state}_{self.branches[sink]}"),),
            scheme=self.scheme.name,
            site=self.scheme.site,
        )

    def _split_ports(self) -> tuple[Port, ...]:
        ports: list[Port] = []
        for port in self.draft.model.ports:
            if port.name not in self.split:
                ports.append(port)
                continue
            for branch in self.branches.values():
                name = f"{port.name}_{branch}"
                ports.append(replace(port, name=name))
                _repeat(self.draft.looks, port.name, name)
                _repeat(self.draft.asked_at, port.name, name)
                _repeat(self.draft.wires, port.name, name)
        return tuple(ports)


def _repeat(table: dict[str, Entry], known: str, name: str) -> None:
    if known in table:
        table[name] = table[known]


def _sum(name: str, branches: list[str], where: Where) -> Let:
    total: Expression = Name(f"{name}_{branches[0]}")
    for branch in branches[1:]:
        total = Apply("+", (total, Name(f"{name}_{branch}")))
    return Let(name, total, None, where, "in all states together")
