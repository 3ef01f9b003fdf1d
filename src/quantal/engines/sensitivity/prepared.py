"""What depends on a Program and a choice of names alone, kept for the next run."""

from __future__ import annotations

import weakref
from collections import OrderedDict

from quantal.engines.sensitivity.reduced import Reduced, reduced
from quantal.engines.sensitivity.traces import Names
from quantal.program import Program

MOST = 32

_Key = tuple[int, tuple[int, ...], tuple[str, ...]]
_known: OrderedDict[_Key, tuple[weakref.ref[Program], Reduced, Names]] = OrderedDict()


def prepared(
    program: Program, clamped: tuple[int, ...], names: tuple[str, ...]
) -> tuple[Reduced, Names]:
    """The Program without its clamped states, and the derivatives of some names.

    The smaller Program is the same object for all names, as kernels are known by it.
    """
    key = (id(program), clamped, names)
    found = _known.get(key)
    if found is None or found[0]() is not program:
        small = _reduced(program, clamped)
        found = (weakref.ref(program), small, Names(small.program, names))
        _known[key] = found
        if len(_known) > MOST:
            _known.popitem(last=False)
    return found[1], found[2]


def _reduced(program: Program, clamped: tuple[int, ...]) -> Reduced:
    for (number, held, _), (known, small, _) in _known.items():
        if number == id(program) and held == clamped and known() is program:
            return small
    return reduced(program, clamped)
