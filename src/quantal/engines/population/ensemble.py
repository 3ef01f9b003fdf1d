"""What the run of a population gives."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from quantal.engines.population.instances import Failure
from quantal.errors import RunError, UsageError
from quantal.trajectory import Trajectory

if TYPE_CHECKING:
    import xarray

MOST_NAMED = 10
"""So many failures are listed in a message."""


@dataclass(eq=False)
class Ensemble(Trajectory):
    """A Trajectory of many instances: values are (instance, time), in the order of instances.

    `trials` are the numbers of the instances, None where only means were kept: values are
    then the means (n,) over the `finished` instances, and `deviation` gives the standard
    deviations. `failures` are the instances that did not run, or not to the end; their
    values are NaN from then on.
    """

    size: int = 0
    failures: tuple[Failure, ...] = ()
    deviations: dict[str, np.ndarray] | None = None

    @property
    def finished(self) -> np.ndarray:
        """Whether each instance (size,) ran to its end."""
        good = np.ones(self.size, dtype=bool)
        good[[failure.instance for failure in self.failures]] = False
        return good

    def instance(self, number: int) -> Trajectory:
        """One instance as a run by itself.

        Raises:
            UsageError: there is no such instance, or only means were kept.
        """
        if self.trials is None:
            raise UsageError("only means over the instances were kept; run with `keep='all'`")
        if not 0 <= number < self.size:
            raise UsageError(f"there is no instance {number}; there are 0 to {self.size - 1}")
        return self._reduced(lambda values: values[number], f"Instance {number}.", {})

    def mean(self) -> Trajectory:
        """The mean over all instances that finished."""
        if self.trials is None:
            return self
        good = self.finished
        count = int(good.sum())
        return self._reduced(
            lambda values: values[good].mean(axis=0), f"The mean of {count} instances.", {}
        )

    def deviation(self, name: str) -> np.ndarray:
        """The standard deviation (n,) over the instances that finished, in the name's unit."""
        if self.trials is None and self.deviations is None:
            raise UsageError("no deviations were kept: fixed steps with `keep='mean'` give them")
        if self.deviations is not None:
            self.internal(name)
            return self.deviations[name] / self.units[name].scale
        values: np.ndarray = self[name][self.finished].std(axis=0)
        return values

    def to_xarray(self, names: Iterable[str] | None = None) -> xarray.Dataset:
        """An xarray Dataset with dimensions `instance` (where they were kept) and `time`."""
        dataset = super().to_xarray(names)
        dataset.attrs["failures"] = json.dumps([str(failure) for failure in self.failures])
        if self.trials is None:
            return dataset
        return dataset.rename(trial="instance")


class PopulationError(RunError):
    """Some instances failed. `result` holds what all others did."""

    def __init__(self, result: Ensemble) -> None:
        self.result = result
        listed = [str(failure) for failure in result.failures[:MOST_NAMED]]
        more = len(result.failures) - len(listed)
        if more:
            listed.append(f"and {more} more: see `result.failures` of this error")
        head = f"{len(result.failures)} of {result.size} instances failed; the others finished"
        super().__init__("\n".join([head, *listed]))
