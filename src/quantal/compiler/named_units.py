"""Names with units as the scope of an expression that stands outside a model's text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quantal.errors import UsageError, Where, did_you_mean
from quantal.units import TIME, Dimension, Unit


@dataclass(frozen=True)
class NamedUnits:
    """The names of a run, or a program's parameters; `time` is always there."""

    units: Mapping[str, Unit]

    def dimension_of(self, name: str, where: Where) -> Dimension:
        """The dimension of a name.

        Raises:
            UsageError: nothing is called that.
        """
        if name == "time":
            return TIME
        if name not in self.units:
            raise UsageError(f"nothing is called `{name}`{did_you_mean(name, self.units)}")
        return self.units[name].dimension

    def unit_of(self, name: str) -> Unit | None:
        return self.units.get(name)

    def like(self, where: Where) -> str:
        return ""
