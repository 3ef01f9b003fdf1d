"""A run whose trajectory knows how every trace changes with parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from quantal import engines
from quantal.compiler.bind import bind
from quantal.engines.base import Settings
from quantal.engines.sensitivity.solve import Solution, solve
from quantal.errors import UsageError, did_you_mean
from quantal.experiments.vary import Chosen, chosen
from quantal.program import Program
from quantal.protocols.protocol import Protocol
from quantal.stimulus import Stimulus
from quantal.trajectory import Trajectory

REASON = "The engine `stiff` was chosen: it carries derivatives along."
MAX_BYTES = 8e9
"""Sensitivities that would take more memory are refused before the run."""


@dataclass(frozen=True, eq=False)
class Problem:
    """A Program with what is done to it, and what its derivatives are to."""

    program: Program
    protocol: Protocol
    stimulus: Stimulus
    record: tuple[str, ...] | None
    unknown: frozenset[str]
    varied: tuple[Chosen, ...]
    relative: float
    absolute: float
    progress: Callable[[float], None] | None = None

    def solve(self, sample: np.ndarray, *, backwards: bool = False) -> Solution:
        """Run with derivatives at these times (n,), in ms."""
        settings = Settings(
            self.relative, self.absolute, separate(sample), record=self.record,
            progress=self.progress,
        )  # fmt: skip
        varied = [each.varied for each in self.varied]
        return solve(self.program, self.stimulus, settings, varied, backwards=backwards)


def problem(
    program: Program, protocol: Protocol, names: Iterable[str], *, engine: str = "auto",
    record: Iterable[str] | None = None, relative: float = 1e-6, absolute: float = 1e-10,
    progress: Callable[[float], None] | None = None,
) -> Problem:  # fmt: skip
    """Bind a protocol and find what is varied.

    Raises:
        UsageError: names that do not exist or cannot be varied, or an engine without gradients.
    """
    refuse_engine(engine)
    wanted = None if record is None else tuple(dict.fromkeys(record))
    known = {**program.units()}
    for name in wanted or ():
        if name not in known:
            raise UsageError(f"nothing is called `{name}`{did_you_mean(name, known)}")
    bound = bind(program, protocol, wanted)
    varied = chosen(program, protocol, bound.stimulus, names)
    return Problem(
        program, protocol, bound.stimulus, wanted, bound.unknown, tuple(varied), relative,
        absolute, progress,
    )  # fmt: skip


_WHY = {
    **dict.fromkeys(("ssa", "leap", "langevin", "hybrid"), "its runs differ by chance"),
    "algebraic": "it solves nothing",
}


def refuse_engine(engine: str) -> None:
    """Refuse an engine that gives no gradients, with the reason.

    Raises:
        UsageError: it gives none, or does not exist.
    """
    if engine in ("auto", "stiff"):
        return
    engines.get(engine)
    why = _WHY.get(engine, "it does not carry derivatives")
    raise UsageError(
        f"engine `{engine}` gives no gradients: {why}; use `stiff`, or leave the engine out"
    )


def separate(times: np.ndarray) -> np.ndarray:
    """Of two samples at one time the first stands just before it, as at a jump."""
    times = np.array(times, dtype=float)
    same = np.flatnonzero(np.diff(times) == 0.0)
    times[same] = np.nextafter(times[same], -np.inf)
    return times


def trajectory_of(given: Problem, solution: Solution) -> Trajectory:
    """A solution as a trajectory."""
    program = given.program
    units = {k: u for k, u in program.units().items() if k not in given.unknown}
    steps = int(solution.statistics["steps"])
    result = Trajectory(
        solution.time, units, solution.observer().compute, solution.events, dict(program.roles),
        f"The run reached its end at {given.stimulus.end:g} ms in {steps} steps.",
        solution.statistics, _made_by(given),
        varied={each.name: each.unit for each in given.varied},
        tangent=None if solution.tangents is None else solution.tangent,
    )  # fmt: skip
    if given.record is not None:
        result.hold(given.record)
    return result


def _made_by(given: Problem) -> dict[str, object]:
    """What made a run with derivatives."""
    import llvmlite

    from quantal.engines.rosenbrock import RODAS5P

    program = given.program
    return {
        "engine": "stiff", "method": RODAS5P.name, "source": RODAS5P.source,
        "program": program.name, "model": program.name, "choice": REASON,
        "mechanisms": list(program.mechanisms), "notes": list(program.notes),
        "relative": given.relative, "absolute": given.absolute,
        "varied": [each.name for each in given.varied],
        "versions": {"numpy": np.__version__, "llvmlite": llvmlite.__version__},
    }  # fmt: skip


def run_differentiated(
    program: Program, protocol: Protocol, names: Iterable[str], *,
    sample: str | float | np.ndarray | None = None, record: Iterable[str] | None = None,
    engine: str = "auto", relative: float = 1e-6, absolute: float = 1e-10,
    progress: Callable[[float], None] | None = None,
) -> Trajectory:  # fmt: skip
    """Run, with sensitivities; without sample times, at those of the plain engine's rows.

    Raises:
        UsageError: names, times or an engine that do not fit.
        RunError: the run failed.
    """
    from quantal.experiments.run import run_program, sample_times

    given = problem(
        program, protocol, names, engine=engine, record=record, relative=relative,
        absolute=absolute, progress=progress,
    )  # fmt: skip
    times = sample_times(sample, given.stimulus.end, len(program.states))
    if times is None:
        plain = run_program(
            program, protocol, record=given.record, engine="stiff", relative=relative,
            absolute=absolute,
        )  # fmt: skip
        times = plain.time
    size = 8.0 * len(times) * len(program.states) * len(given.varied)
    if size > MAX_BYTES:
        raise UsageError(
            f"{len(given.varied)} sensitivities of {len(program.states)} states at "
            f"{len(times):.3g} times are {size / 1e9:.3g} GB; sample more coarsely"
        )
    return trajectory_of(given, given.solve(times))
