"""The contract for what a run gives: time, named values with units, and how it went."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quantal.errors import UsageError, did_you_mean, unwritable
from quantal.units import Unit, parse_unit, quotient

if TYPE_CHECKING:
    import xarray

TIME_UNIT = "ms"
LONGEST_CLEANING = 5.0
"""Seconds after which a folder that cannot be removed is left."""


@dataclass(eq=False)
class Trajectory:
    """The result of one run.

    `time` (n,) in ms. `trajectory["ampa.open"]` gives values (n,) in the unit that
    `units` states; they are computed when first asked for, through `compute`, which maps
    names to arrays in internal units. `status` is a sentence; `statistics` counts steps
    and the like; `made_by` says which mechanisms, engine and versions.

    A run of several trials has their numbers in `trials` (k,), and values (k, n); `trial`
    and `mean` give one of them, and their mean, as a Trajectory of its own. `firings` holds
    for reactions whose single events were kept, such as the fusion of vesicles, the times
    (ms) in each trial.

    A run with sensitivities has in `varied` what was varied, with units, and in `tangent` the
    function that gives a name's derivatives (n, varied) in internal units.
    """

    time: np.ndarray
    units: dict[str, Unit]
    compute: Callable[[Iterable[str]], Mapping[str, np.ndarray]]
    events: dict[str, list[float]] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    status: str = "The run reached its end."
    statistics: dict[str, float] = field(default_factory=dict)
    made_by: dict[str, Any] = field(default_factory=dict)
    trials: np.ndarray | None = None
    firings: dict[str, list[np.ndarray]] = field(default_factory=dict)
    varied: dict[str, Unit] = field(default_factory=dict)
    tangent: Callable[[str], np.ndarray] | None = field(default=None, repr=False)
    _held: dict[str, np.ndarray] = field(default_factory=dict, repr=False)

    def names(self) -> list[str]:
        """Every name that can be asked for."""
        return list(self.units)

    def internal(self, name: str) -> np.ndarray:
        """Values (n,), or (trials, n), of one name in internal units (ms, um, mV, pA, K).

        Raises:
            UsageError: nothing has this name; the nearest one is given.
        """
        if name not in self.units:
            raise UsageError(f"nothing is called `{name}`{did_you_mean(name, self.units)}")
        if name not in self._held:
            self._held.update(self.compute([name]))
        return self._held[name]

    def __getitem__(self, name: str) -> np.ndarray:
        values = self.internal(name)
        unit = self.units[name]
        return (values - unit.offset) / unit.scale

    def sensitivity(self, name: str, parameter: str) -> np.ndarray:
        """d(name)/d(parameter) (n,), or (trials, n), in the unit that `sensitivity_unit` gives.

        Raises:
            UsageError: nothing is called so, or the run was not asked for it.
        """
        by = self._varied(name, parameter)
        assert self.tangent is not None
        found = self.tangent(name)[..., list(self.varied).index(parameter)]
        return np.asarray(found * (by.scale / self.units[name].scale))

    def sensitivity_unit(self, name: str, parameter: str) -> Unit:
        """The unit of `sensitivity(name, parameter)`.

        Raises:
            UsageError: nothing is called so, or the run was not asked for it.
        """
        return quotient(self.units[name], self._varied(name, parameter))

    def _varied(self, name: str, parameter: str) -> Unit:
        if name not in self.units:
            raise UsageError(f"nothing is called `{name}`{did_you_mean(name, self.units)}")
        if parameter not in self.varied:
            known = f"{did_you_mean(parameter, self.varied)}" if self.varied else (
                "; name it in `sensitivities` of `quantal.run`"
            )  # fmt: skip
            raise UsageError(f"this run has no sensitivity to `{parameter}`{known}")
        return self.varied[parameter]

    def __contains__(self, name: str) -> bool:
        return name in self.units

    def to_xarray(self, names: Iterable[str] | None = None) -> xarray.Dataset:
        """An xarray Dataset with dimensions `trial` (where there are several) and `time`.

        Variables carry `units` and `long_name`.
        """
        import xarray

        chosen = list(names) if names is not None else self.names()
        self.hold(chosen)
        dimensions = ("time",) if self.trials is None else ("trial", "time")
        variables = {
            name: (dimensions, self[name], {"units": self.units[name].text, "long_name": name})
            for name in chosen
        }
        time = ("time", self.time, {"units": TIME_UNIT, "long_name": "time"})
        attributes = {
            "status": self.status,
            "statistics": json.dumps(self.statistics),
            "made_by": json.dumps(self.made_by),
            "events": json.dumps(self.events),
            "roles": json.dumps(self.roles),
            "firings": json.dumps({k: [t.tolist() for t in v] for k, v in self.firings.items()}),
        }
        coordinates: dict[str, Any] = {"time": time}
        if self.trials is not None:
            coordinates["trial"] = ("trial", self.trials, {"long_name": "trial"})
        return xarray.Dataset(variables, coords=coordinates, attrs=attributes)

    def trial(self, number: int) -> Trajectory:
        """The trial of this number as a run by itself.

        Raises:
            UsageError: there is no such trial.
        """
        if self.trials is None or number not in self.trials:
            raise UsageError(f"there is no trial {number}")
        place = int(np.flatnonzero(self.trials == number)[0])
        return self._reduced(
            lambda values: values[place], f"Trial {number}. {self.status}",
            {name: [times[place]] for name, times in self.firings.items()},
        )  # fmt: skip

    def mean(self) -> Trajectory:
        """The mean over trials, of every name."""
        if self.trials is None:
            return self
        return self._reduced(
            lambda values: values.mean(axis=0), f"The mean of {len(self.trials)} trials.", {}
        )

    def _reduced(
        self, reduce: Callable[[np.ndarray], np.ndarray], status: str,
        firings: dict[str, list[np.ndarray]],
    ) -> Trajectory:  # fmt: skip
        def compute(names: Iterable[str]) -> dict[str, np.ndarray]:
            wanted = list(names)
            self.hold(wanted)
            return {name: reduce(self._held[name]) for name in wanted}

        of = self.tangent
        return Trajectory(
            self.time, self.units, compute, self.events, self.roles, status,
            self.statistics, self.made_by, firings=firings, varied=self.varied,
            tangent=None if of is None else lambda name: reduce(of(name)),
        )  # fmt: skip

    def hold(self, names: Iterable[str]) -> None:
        """Compute several names at once, in one pass over the samples."""
        missing = [name for name in names if name not in self._held]
        for name in missing:
            if name not in self.units:
                raise UsageError(f"nothing is called `{name}`{did_you_mean(name, self.units)}")
        if missing:
            self._held.update(self.compute(missing))

    def save(self, path: str | Path, names: Iterable[str] | None = None) -> Path:
        """Write a zarr store. It appears under its name only once it is whole.

        Raises:
            UsageError: something that is no trajectory has that name already, or nothing can
                be written there.
        """
        target = Path(path)
        if target.exists() and not (target / "zarr.json").is_file():
            raise UsageError(f"{target}: this exists and is no trajectory; choose another name")
        dataset = self.to_xarray(names)
        try:
            return _write(dataset, target)
        except OSError as error:
            raise UsageError(unwritable(target, error)) from error

    @classmethod
    def load(cls, path: str | Path) -> Trajectory:
        """Read a store that `save` wrote.

        Raises:
            UsageError: there is no such store, or it is not a trajectory.
        """
        import xarray

        if not Path(path).exists():
            raise UsageError(f"{path}: no such trajectory")
        try:
            dataset = xarray.open_zarr(Path(path), consolidated=False, chunks=None).load()
            time = dataset["time"].values
            variables = dataset.data_vars.items()
            units = {str(name): parse_unit(values.attrs["units"]) for name, values in variables}
        except Exception as cause:
            raise UsageError(f"{path}: not a trajectory that Quantal wrote ({cause})") from cause
        held: dict[str, np.ndarray] = {
            name: dataset[name].values * unit.scale + unit.offset for name, unit in units.items()
        }
        loads = {
            key: json.loads(dataset.attrs.get(key, "{}"))
            for key in ("events", "roles", "statistics", "made_by")
        }
        fired = json.loads(dataset.attrs.get("firings", "{}"))
        loads["firings"] = {
            name: [np.array(times) for times in trials] for name, trials in fired.items()
        }
        member = next((word for word in ("trial", "instance") if word in dataset.coords), None)
        loads["trials"] = None if member is None else dataset[member].values
        return cls(
            time, units, lambda names: {name: held[name] for name in names},
            status=dataset.attrs.get("status", ""), **loads, _held=dict(held),
        )  # fmt: skip


@contextmanager
def _scratch(beside: Path) -> Iterator[Path]:
    """A folder that is gone afterwards, whatever ended its use."""
    import shutil
    import tempfile
    import time

    folder = Path(tempfile.mkdtemp(prefix=".quantal-", dir=beside))
    try:
        yield folder
    finally:
        # After an interrupt zarr's own threads finish the array at hand, and may put a file
        # back while its folder is being removed.
        give_up = time.monotonic() + LONGEST_CLEANING
        while folder.exists() and time.monotonic() < give_up:
            shutil.rmtree(folder, ignore_errors=True)
            if folder.exists():
                time.sleep(0.01)


def _write(dataset: xarray.Dataset, target: Path) -> Path:
    """A zarr store, made beside its place and moved there whole."""
    import shutil

    target.parent.mkdir(parents=True, exist_ok=True)
    with _scratch(target.parent) as folder:
        part = folder / "part.zarr"
        dataset.to_zarr(part, mode="w", consolidated=False)
        old = folder / "old"
        if target.exists():
            shutil.move(target, old)
        try:
            shutil.move(part, target)
        finally:
            # An interrupt or an error between the two moves must not cost the old store.
            if old.exists() and not target.exists():
                shutil.move(old, target)
    return target
