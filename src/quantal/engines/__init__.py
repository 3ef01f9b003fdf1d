"""Ways to run a Program. Each engine is one module here with an `ENGINE` object."""

from __future__ import annotations

import pkgutil
from functools import lru_cache
from importlib import import_module

from quantal.engines.base import Engine as Engine
from quantal.engines.base import Settings as Settings
from quantal.errors import UsageError, did_you_mean
from quantal.program import Program
from quantal.stimulus import Stimulus

PREFERRED = ("stiff", "algebraic")
"""Engines that `auto` tries, in this order, where nothing is left to chance."""
BY_CHANCE = ("ssa", "hybrid", "leap", "langevin")
"""Engines whose trials differ."""


@lru_cache(maxsize=1)
def _engines() -> dict[str, Engine]:
    every = (_in_module(module.name) for module in pkgutil.iter_modules(__path__))
    return {engine.name: engine for engine in every if engine is not None}


def _in_module(name: str) -> Engine | None:
    found: Engine | None = getattr(import_module(f"{__name__}.{name}"), "ENGINE", None)
    return found


def names() -> list[str]:
    """The engines there are."""
    return sorted(_engines())


def get(name: str) -> Engine:
    """The engine of this name.

    Raises:
        UsageError: there is none; the nearest one is given.
    """
    if name not in _engines():
        known = ", ".join(f"`{each}`" for each in names())
        raise UsageError(
            f"there is no engine `{name}`{did_you_mean(name, names())}; there are {known}"
        )
    return _engines()[name]


def auto(program: Program) -> tuple[Engine, str]:
    """The engine that suits a program without randomness, and a sentence that says why.

    Raises:
        UsageError: none can run it, each with its reasons.
    """
    refused: list[str] = []
    for name in PREFERRED:
        # Only what is tried is imported: the others are of no use to a short run.
        engine = _in_module(name)
        if engine is None:
            continue
        reasons = engine.supports(program)
        if not reasons:
            because = f" ({'; '.join(refused)})" if refused else ""
            return engine, f"The engine `{name}` was chosen: {engine.title}{because}."
        refused.append(f"`{name}` cannot: {', '.join(reasons)}")
    raise UsageError(f"no engine can run `{program.name}`: {'; '.join(refused)}")


def for_trials(program: Program, stimulus: Stimulus, settings: Settings) -> tuple[Engine, str]:
    """The same for runs whose trials differ by chance."""
    from quantal.engines.chance import suited

    return suited(program, stimulus, settings)
