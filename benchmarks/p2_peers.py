"""The population of P2 in the languages of Brian2, NEURON and Arbor, kept ready to run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from peers import Peer, python_of

SCRIPTS = Path(__file__).parent / "peer_scripts"
DT = 0.025
REACTIONS = [
    *((f"S{i}", f"S{i + 1}", f"{(5 - i) * 0.09}*Ca", f"{(i + 1) * 9.5 * 0.25**i}")
      for i in range(5)),
    ("S5", "E", "6", "0"), ("E", "S0", "0.0002", "0"),
    ("C0", "C1", "4.59*G", "4.26"), ("C1", "C2", "28.4*G", "3.26"), ("C2", "O", "4.24", "0.9"),
    ("C1", "C3", "2.89", "0.0392"), ("C2", "C4", "0.172", "0.000727"),
    ("O", "C5", "0.0177", "0.004"), ("C3", "C4", "1.27*G", "0.0457"),
    ("C4", "C5", "0.0168", "0.1904"), ("N0", "N1", "5*G", "0.0129"),
    ("N1", "N2", "5*G", "0.0129"), ("N2", "NO", "0.0465", "0.0738"),
    ("N2", "ND", "0.0084", "0.0068"),
]  # fmt: skip
"""From, to, forward and backward constant; times in ms, G in mM, Ca in uM."""
FULL_AT_START = ("S0", "C0", "N0")


@dataclass
class Ready:
    """A peer: its process (None where it is not installed), and how much it runs."""

    label: str
    peer: Peer | None
    size: int = 0
    until: float = 0.0
    note: str = ""
    released: float | None = None
    nanoseconds: list[float] = field(default_factory=list)

    def wait(self) -> None:
        """Until it is prepared; a peer that cannot be is left out and says why."""
        if self.peer is None:
            return
        name = self.label.split()[0]
        try:
            version = self.peer.ready()["version"]
        except RuntimeError as error:
            self.peer, self.note = None, f"{name} failed: {error}"
        else:
            self.label = self.label.replace(name, f"{name} {version}")

    def measure(self) -> None:
        """One more run: ns per synapse and step; E after three spikes where it was read."""
        if self.peer is None:
            return
        found = self.peer.measure()
        self.nanoseconds.append(found["seconds"] / (self.size * self.until / DT) * 1e9)
        if found["released"] is not None:
            self.released = found["released"]


@contextmanager
def ready() -> Iterator[list[Ready]]:
    """All three; those that are not installed, or do not build, say so in their note."""
    written = {
        "brian2": ("Brian2 C++ rk4", brian2_equations(), 10_000, 60.0),
        "arbor": ("Arbor sparse", nmodl("popsyn", kinetic=False), 10_000, 10.0),
        "neuron": ("NEURON sparse", nmodl("PopSyn", kinetic=True), 2_000, 25.0),
    }
    with ExitStack() as stack:
        found = []
        for module, (label, text, size, until) in written.items():
            python = python_of(module)
            if python is None:
                note = f"{label.split()[0]} is not installed"
                found.append(Ready(label, None, note=note))
                continue
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            (folder / "model.txt").write_text(text)
            work = folder / "work"
            work.mkdir()
            arguments = [str(work), str(folder / "model.txt"), str(size), str(until)]
            peer = Peer(python, SCRIPTS / f"p2_{module}.py", *arguments)
            stack.callback(peer.close)
            found.append(Ready(label, peer, size, until))
        for each in found:
            each.wait()
        yield found


def _changes() -> dict[str, list[str]]:
    """For each state the signed numbers of the reactions that change it."""
    changes: dict[str, list[str]] = {}
    for number, (left, right, _, _) in enumerate(REACTIONS):
        changes.setdefault(left, []).append(f"-r{number}")
        changes.setdefault(right, []).append(f"+r{number}")
    return changes


def _flux(reaction: Sequence[str]) -> str:
    left, right, forward, backward = reaction
    back = f" - {backward}*{right}" if backward != "0" else ""
    return f"{forward}*{left}{back}"


def brian2_equations() -> str:
    """Each reaction's rate once, then the states."""
    lines = ["dCa/dt = (0.05 - Ca)/0.3/ms : 1", "dG/dt = (72*S5 - G/0.1)/ms : 1"]
    lines += [f"r{number} = {_flux(each)} : 1" for number, each in enumerate(REACTIONS)]
    lines += [f"d{name}/dt = ({' '.join(terms)})/ms : 1" for name, terms in _changes().items()]
    return "\n".join(lines)


def nmodl(name: str, kinetic: bool) -> str:
    """NMODL: reactions for NEURON (`kinetic`), derivatives for Arbor."""
    changes = _changes()
    states = ["Ca", "G", *changes]
    start = " ".join(f"{s} = {'1' if s in FULL_AT_START else '0'}" for s in states[1:])
    if kinetic:
        body = ["~ Ca -> (1/0.3)", "~ Ca << (0.05/0.3)", "~ G << (72*S5)", "~ G -> (10)"]
        body += [f"~ {a} <-> {b} ({on}, {off})" for a, b, on, off in REACTIONS]
        kind = "KINETIC"
    else:
        fluxes = {f"r{number}": f"({_flux(each)})" for number, each in enumerate(REACTIONS)}
        body = ["Ca' = (0.05 - Ca)/0.3", "G' = 72*S5 - G/0.1"]
        for state, terms in changes.items():
            body.append(f"{state}' = " + " ".join(f"{t[0]} {fluxes[t[1:]]}" for t in terms))
        kind = "DERIVATIVE"
    unit = "ASSIGNED { v (mV) i (nA) }" if kinetic else ""
    lines = [
        f"NEURON {{ POINT_PROCESS {name} NONSPECIFIC_CURRENT i }}", unit,
        f"STATE {{ {' '.join(states)} }}", f"INITIAL {{ Ca = 0.05 {start} }}",
        "BREAKPOINT { SOLVE scheme METHOD sparse", "  i = 0.000001*(O + NO)*v }",
        "NET_RECEIVE(w) { Ca = Ca + w }", f"{kind} scheme {{", *body, "}",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"
