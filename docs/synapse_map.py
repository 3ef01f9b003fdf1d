"""Write docs/map.md: the synapse drawn, and every mechanism of the library by where it sits.

The drawing is docs/map.svg; its labels link to the headings of the page. Usage:
python docs/synapse_map.py
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from quantal.library.catalogue import Entry, catalogue

DOCS = Path(__file__).parent
PAGE = DOCS / "map.md"
DRAWING = DOCS / "map.svg"
HEAD = """# Map of the synapse

Follow a label to the mechanisms of that place. The library is ordered by process, not by place: a
receptor is there once, and an assembly puts it before or behind the cleft, so a mechanism may
sit elsewhere than it stands here. `quantal list` shows the library as a tree.
"""


@dataclass(frozen=True, slots=True)
class Part:
    """A labelled part of the drawing.

    `stages` are folders of the library; `also` are single mechanisms, shown here as well.
    """

    title: str
    text: str
    stages: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def anchor(self) -> str:
        """What a label of the drawing links to."""
        return self.title.lower().replace(",", "").replace(" ", "-")


PARTS = (
    Part(
        "Axon and terminal membrane",
        "An action potential runs along the axon and opens channels of the terminal.",
        ("channels",),
        ("cells/axon_hodgkin_huxley_1952", "circuits/axon_boutons"),
    ),
    Part(
        "Calcium",
        "It enters within micrometres of its channels, meets buffers, and is pumped out.",
        ("calcium",),
    ),
    Part(
        "Active zone",
        "Calcium binds to the sensor, SNARE proteins join, a docked vesicle fuses; toxins stop it.",
        ("release",),
        ("circuits/botulinum_synapse", "circuits/tetanus_disinhibition"),
    ),
    Part(
        "Vesicles",
        "They dock, fuse, come back by several routes, and are filled.",
        ("vesicles",),
        ("circuits/dense_core_train",),
    ),
    Part(
        "Making transmitter",
        "Synthesis in the terminal, and the way back from what was taken up.",
        ("transmitters",),
    ),
    Part(
        "Short-term plasticity",
        "Depression and facilitation from one spike to the next, in a few equations.",
        ("plasticity",),
    ),
    Part(
        "Cleft",
        "What the receptors see: the fusion pore, diffusion, measured transients.",
        ("cleft",),
    ),
    Part(
        "Glia and uptake",
        "Transporters of glia and of terminals end most signals.",
        ("uptake",),
        ("circuits/uptake_block", "circuits/gaba_uptake_block", "circuits/transmitter_clearance"),
    ),
    Part("Enzymes", "Some transmitters are taken apart where they act.", ("enzymes",)),
    Part("Receptors that open", "The transmitter's binding opens an ion channel.", ("receptors",)),
    Part(
        "Receptors that signal",
        "The transmitter's binding activates a G protein, and that a chain of messengers.",
        ("signalling",),
        ("circuits/camkii_receptor_number",),
    ),
    Part(
        "Back to the terminal",
        "Endocannabinoids are made behind the cleft and act before it.",
        ("retrograde",),
        (
            "signalling/ip3_calcium_cui_2016",
            "enzymes/magl_cui_2016",
            "enzymes/faah_cui_2016",
        ),
    ),
    Part("Gap junctions", "Current from cell to cell without a transmitter.", ("electrical",)),
    Part(
        "Soma and axon hillock",
        "Potentials sum over dendrites and soma; the spike starts in the initial segment.",
        ("cells",),
    ),
    Part("Small circuits", "Several cells, or several mechanisms, put together.", ("circuits",)),
    Part("Complete synapses", "From the current pulse to the postsynaptic spike.", ("synapses",)),
    Part("Elsewhere", "What changes any of these, and what has no place of its own."),
)


def members(part: Part, entries: Iterable[Entry]) -> list[Entry]:
    """The mechanisms of a part; the last part takes every stage that no other names."""
    placed = {stage for each in PARTS for stage in each.stages}
    return [
        entry
        for entry in entries
        if entry.stage in part.stages
        or entry.name in part.also
        or (part is PARTS[-1] and entry.stage not in placed)
    ]


def page(entries: list[Entry]) -> str:
    """The whole page: drawing, then a table for every part that has mechanisms."""
    parts = [HEAD, '<div class="map">', DRAWING.read_text(encoding="utf-8").strip(), "</div>"]
    for part in PARTS:
        found = members(part, entries)
        if not found:
            continue
        parts += [
            "",
            f"## {part.title} {{ #{part.anchor} }}",
            "",
            part.text,
            "",
            "| | |",
            "|---|---|",
        ]
        parts += [
            f"| [{e.name.rpartition('/')[2]}](mechanisms/{e.name}.md) | {e.title} |" for e in found
        ]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(catalogue()), encoding="utf-8")
