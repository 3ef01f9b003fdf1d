"""A drive written as an expression of `time`, checked and turned into one smooth function."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from quantal.compiler.dimensions import Dimensions
from quantal.compiler.expand import CONSTANTS, expand
from quantal.compiler.named_units import NamedUnits
from quantal.compiler.waveforms import fit
from quantal.errors import Problem, UsageError, Where, did_you_mean
from quantal.expression import evaluate, names_in, to_text
from quantal.protocols.protocol import Drive
from quantal.stimulus import Piecewise
from quantal.units import Unit, natural_unit


def followed(
    drive: Drive,
    unit: Unit,
    values: Mapping[str, float],
    units: Mapping[str, Unit],
    span: tuple[float, float],
) -> Piecewise:
    """The drive's expression over `span` (ms) as cubics, in internal units.

    Args:
        drive: an expression of `time` and parameters.
        unit: that of what it drives.
        values, units: the parameters.

    Raises:
        UsageError: a strange name, another dimension, or a time without a finite value.
    """
    expression = expand(drive.expression)
    strange = names_in(expression) - values.keys() - {"time"}
    if strange:
        name = sorted(strange)[0]
        raise UsageError(
            f"a drive is an expression of `time` and parameters; `{name}` is neither"
            f"{did_you_mean(name, [*values, 'time'])}"
        )
    _in_unit(drive, unit, units)

    def function(t: np.ndarray) -> np.ndarray:
        found = evaluate(expression, {**values, "time": t})
        curve = np.broadcast_to(found, t.shape).astype(float)
        bad = ~np.isfinite(curve)
        if bad.any():
            raise UsageError(
                f"the drive of `{drive.name}`, `{to_text(drive.expression)}`, "
                f"has no finite value at {t[bad][0]:g} ms"
            )
        return curve

    start, end = span
    # Fine enough for the fastest transmitter transient, coarse enough for a long run.
    shortest = max(min(0.02, (end - start) / 2000), (end - start) / 20_000)
    return fit(function, start, end, [0.0], shortest)


def _in_unit(drive: Drive, unit: Unit, units: Mapping[str, Unit]) -> None:
    """Refuse an expression whose dimension is not that of what it drives."""
    known = {name: natural_unit(number.dimension) for name, number in CONSTANTS.items()}
    problems: list[Problem] = []
    found = Dimensions(NamedUnits(known | dict(units)), problems).of(drive.expression, Where(""))
    if problems:
        raise UsageError(
            f"the drive of `{drive.name}`: " + "; ".join(problem.message for problem in problems)
        )
    if found is not None and found != unit.dimension:
        raise UsageError(
            f"`{drive.name}` is in [{unit.text}]; `{to_text(drive.expression)}` comes to "
            f"[{natural_unit(found).text}]"
        )
