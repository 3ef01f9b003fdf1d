"""What was worked out once and may be asked for again: tables of pulses, by their content."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

Made = TypeVar("Made")

MOST = 64
"""Tables that are kept; the one that was not asked for longest goes first."""

_tables: OrderedDict[Hashable, object] = OrderedDict()


def kept(key: Hashable, make: Callable[[], Made]) -> Made:
    """What was made for this key, or what `make` gives."""
    if key in _tables:
        _tables.move_to_end(key)
    else:
        _tables[key] = make()
        if len(_tables) > MOST:
            _tables.popitem(last=False)
    return cast("Made", _tables[key])


def forget() -> None:
    """Drop all of it."""
    _tables.clear()
