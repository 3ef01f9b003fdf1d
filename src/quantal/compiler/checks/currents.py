"""Check currents: of the whole place or per surface, between which membranes, of which ion."""

from __future__ import annotations

from quantal.compiler.symbols import Symbols
from quantal.errors import a_or_an, did_you_mean
from quantal.expression import to_text
from quantal.model.processes import Current
from quantal.model.quantities import Membrane
from quantal.units import CAPACITANCE, CURRENT, SURFACE, Dimension

CURRENT_READINGS = {CURRENT: "whole", CURRENT.over(SURFACE): "surface"}


class CurrentChecks:
    """`readings` gains `whole` or `surface` for each current."""

    def __init__(self, symbols: Symbols, capacitances: dict[str, Dimension]) -> None:
        self.symbols = symbols
        self.infer = symbols.infer
        self.say = symbols.infer.say
        self.capacitances = capacitances
        model = symbols.model
        self.membranes = {membrane.name: membrane for membrane in model.membranes}
        self.species = {species.name: species for species in model.species}
        self.surfaces = {place.name for place in model.places if place.surface is not None}
        self.readings: dict[str, str] = {}

    def run(self) -> None:
        for current in self.symbols.model.currents:
            reading = self._reading(current)
            self.readings[current.name] = reading or "whole"
            self._carries(current)
            for end in (current.from_membrane, current.to_membrane):
                if end is not None:
                    self._end(current, end, reading)

    def _reading(self, current: Current) -> str | None:
        found = self.infer.of(current.expression, current.where)
        if found is None:
            return None
        reading = CURRENT_READINGS.get(found)
        if reading is None:
            self.infer.report(
                current.where,
                f"the current `{current.name}` comes to {self.say.named(found, current.where)}; "
                "expected [pA] or [uA/cm2]",
            )
        elif current.unit is not None and current.unit.dimension != found:
            self.infer.report(
                current.where,
                f"`{current.name}` is stated in {current.unit}, but "
                f"`{to_text(current.expression)}` is {self.say.named(found, current.where)}",
            )
        return reading

    def _carries(self, current: Current) -> None:
        ion = current.carries
        if ion is None:
            return
        kind = self.symbols.kind(ion)
        if kind is None:
            self.symbols.unknown(ion, current.where)
        elif kind not in ("species", "exchange", "input"):
            self.infer.report(
                current.where,
                f"`{current.name}` carries `{ion}`, which is {a_or_an(kind)}; expected a species",
            )
        elif kind == "species" and not self.species[ion].charge:
            self.infer.report(
                current.where,
                f"`{current.name}` carries `{ion}`, whose charge is not stated: "
                f"write `charge 2` where `{ion}` is declared",
            )

    def _end(self, current: Current, end: str, reading: str | None) -> None:
        kind = self.symbols.kind(end)
        if kind is None:
            known = [*self.membranes, *(p.name for p in self.symbols.model.ports)]
            self.infer.report(
                current.where, f"no membrane is called `{end}`{did_you_mean(end, known)}"
            )
        elif end in self.membranes and reading is not None:
            self._surfaces(current, self.membranes[end], reading)

    def _surfaces(self, current: Current, membrane: Membrane, reading: str) -> None:
        """A density meets an absolute value only through a known surface."""
        capacitance = self.capacitances.get(f"{membrane.name}.capacitance")
        if capacitance is None:
            return
        whole = capacitance == CAPACITANCE
        if whole == (reading == "whole"):
            return
        place = current.site if whole else membrane.place
        place = place or membrane.place
        if place in self.surfaces:
            return
        one, other = ("per surface", "is of the whole place")
        first = other if reading == "whole" else f"is {one}"
        second = other if whole else f"is {one}"
        home = f"`{place}` has no surface" if place else "neither has a place"
        self.infer.report(
            current.where,
            f"the current `{current.name}` {first} and the capacitance of `{membrane.name}` "
            f"{second}, but {home}: write `place {place or 'soma'} surface = …`",
        )


def capacitance_reading(dimension: Dimension) -> str:
    """`whole` for a capacitance in pF, `surface` for one in uF/cm2."""
    return "whole" if dimension == CAPACITANCE else "surface"
