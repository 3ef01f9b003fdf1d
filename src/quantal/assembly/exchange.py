"""Exchange the mechanism behind a `use` for another one, by one word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from quantal.errors import UsageError, did_you_mean
from quantal.model.model import Model


def exchange(model: Model, mechanisms: Mapping[str, str]) -> Model:
    """An assembly that uses other mechanisms under the same names, before it is flattened.

    Args:
        model: as read, with its `use` statements.
        mechanisms: the name of a use to a library name or file, `{"ampa":
            "receptors/ampa_jonas_1993"}`. What stands in `with` must fit the new one.

    Raises:
        UsageError: the model uses nothing of that name; the nearest one is given.
    """
    names = [use.name for use in model.uses]
    for name in mechanisms:
        if name not in names:
            what = f"uses nothing called `{name}`" if names else "uses no other mechanism"
            raise UsageError(f"`{model.name}` {what}{did_you_mean(name, names)}")
    uses = tuple(
        replace(use, mechanism=mechanisms.get(use.name, use.mechanism)) for use in model.uses
    )
    return replace(model, uses=uses)
