"""Quantal simulates neurotransmission: one declaration of a synapse, every fidelity.

>>> import quantal
>>> synapse = quantal.load("receptors/ampa_jonas_1993")
>>> pulse = quantal.protocols.pulse("glu", "1 mM", duration="1 ms")
>>> result = quantal.run(synapse, pulse, until="20 ms", record=["open"])
>>> round(quantal.measure(result, "peak(open)"), 2)
0.59
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantal import protocols as protocols
    from quantal.experiments.cite import cite as cite
    from quantal.experiments.gradient import gradient as gradient
    from quantal.experiments.loading import load as load
    from quantal.experiments.measure import measure as measure
    from quantal.experiments.population import run_population as run_population
    from quantal.experiments.quantal_analysis import analyse as analyse
    from quantal.experiments.run import run as run
    from quantal.experiments.validate import validate as validate
    from quantal.figures.draw import draw as draw
    from quantal.interop.compare import compare as compare
    from quantal.library.catalogue import catalogue as catalogue
    from quantal.trajectory import Trajectory as Trajectory

__version__ = "0.1.0"

# Each public name is loaded when first used, so that `import quantal` costs nothing.
_HOMES = {
    "load": "quantal.experiments.loading",
    "run": "quantal.experiments.run",
    "run_population": "quantal.experiments.population",
    "gradient": "quantal.experiments.gradient",
    "measure": "quantal.experiments.measure",
    "analyse": "quantal.experiments.quantal_analysis",
    "validate": "quantal.experiments.validate",
    "compare": "quantal.interop.compare",
    "cite": "quantal.experiments.cite",
    "draw": "quantal.figures.draw",
    "catalogue": "quantal.library.catalogue",
    "Trajectory": "quantal.trajectory",
}

__all__ = ["__version__", "protocols", *_HOMES]


def __getattr__(name: str) -> Any:
    if name == "protocols":
        return import_module("quantal.protocols")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module `quantal` has no attribute `{name}`")


def __dir__() -> list[str]:
    return sorted(__all__)
