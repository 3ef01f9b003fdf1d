"""Put an assembly together: Model with uses -> flat Model with dotted names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from quantal.assembly.local import complete
from quantal.errors import ModelError, Problem
from quantal.model.model import Model

Lookup = Callable[[str, Path | None], Model]


def flatten(model: Model, lookup: Lookup) -> Model:
    """The flat Model of a mechanism or an assembly.

    Raises:
        ModelError: connections that are missing or ambiguous, names that do not exist.
    """
    problems: list[Problem] = []
    flat = complete(model, problems)
    if problems:
        raise ModelError(problems)
    return flat
