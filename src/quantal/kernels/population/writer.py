"""Instructions on the slots that the population's loop shares with its Python driver."""

from __future__ import annotations

from collections.abc import Sequence

from quantal.kernels.generate.ir import INTEGER, POINTER, Function
from quantal.kernels.population.lanes import Lanes
from quantal.kernels.population.layout import Layout
from quantal.kernels.population.slots import SLOTS


class Writer:
    """Instructions on the slots, for one layout."""

    def __init__(self, layout: Layout, lanes: Lanes, name: str, more: Sequence[str]) -> None:
        self.layout, self.v = layout, lanes
        arguments = [(POINTER, "context"), *((INTEGER, each) for each in more)]
        self.f = Function(name, arguments, internal=False)

    def slot(self, name: str, kind: str = POINTER) -> str:
        """The content of a slot."""
        return self.f.load("%context", SLOTS[name], kind)

    def count(self, name: str) -> str:
        """A slot that holds a whole number."""
        return self.slot(name, INTEGER)

    def item(self, name: str, index: str) -> str:
        """Entry `index` of an array of whole numbers."""
        return self.f.load(self.slot(name), index, INTEGER)

    def row(self, name: str, index: str) -> str:
        """The address of one row of drives."""
        place = self.f.emit(f"mul i64 {index}, {self.layout.row}")
        return self.f.address(self.slot(name), place, self.v.element)

    def element(self, base: str, index: str) -> str:
        """The address of one number of an array."""
        return self.f.address(base, index, self.v.element)

    def load(self, where: str) -> str:
        """One number."""
        return self.f.emit(f"load {self.v.element}, ptr {where}, align {self.v.bits // 8}")

    def store(self, value: str, where: str) -> None:
        """Write one number."""
        self.f.do(f"store {self.v.element} {value}, ptr {where}, align {self.v.bits // 8}")

    def lane(self, array: str, stride: int, instance: str, index: str) -> str:
        """The address of entry `index` of one instance in an array of vectors."""
        f, width = self.f, self.v.width
        vector = f.emit(f"udiv i64 {instance}, {width}")
        inside = f.emit(f"urem i64 {instance}, {width}")
        first = f.emit(f"mul i64 {vector}, {stride}")
        place = f.emit(f"mul i64 {f.integer_add(first, index)}, {width}")
        return self.element(self.slot(array), f.integer_add(place, inside))

    def inside(self, instance: str) -> str:
        """An instance's place in the group that is in work."""
        return self.f.emit(f"sub i64 {instance}, {self.count('first')}")

    def call(self, name: str, state: str, own: str, shared: str, row: str, count: str) -> None:
        """One of the Program's functions."""
        values = [state, own, shared, row, self.slot("scratch")]
        self.f.call(name, *((POINTER, value) for value in values), (INTEGER, count))

    def between(self, condition: str, other: str) -> str:
        """Both truths."""
        return self.f.emit(f"and i1 {condition}, {other}")
