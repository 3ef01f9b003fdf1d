"""Which engine runs trials, where none is asked for: by what is declared, and by what it costs."""

from __future__ import annotations

from quantal import engines
from quantal.engines.base import Engine, Settings
from quantal.errors import UsageError
from quantal.program import Program
from quantal.stimulus import Stimulus


def suited(program: Program, stimulus: Stimulus, settings: Settings) -> tuple[Engine, str]:
    """The engine for trials of a program, and a sentence that says why.

    Exact where all is counted and the events can be afforded; else hybrid where something
    can be counted; else leaps.

    Raises:
        UsageError: none can run it, each with its reasons.
    """
    exact, hybrid, leap = (engines.get(name) for name in ("ssa", "hybrid", "leap"))
    against: list[str] = []
    reasons = exact.supports(program)
    declared = [state.name for state in program.states if state.counted is False]
    if declared:
        against.append(f"`{declared[0]}` is declared continuous")
    elif reasons:
        against.append(f"`ssa` cannot: {', '.join(reasons)}")
    else:
        events = expected_events(program, stimulus, settings)
        if events <= settings.max_events:
            return exact, _said(exact, f"all is counted, in about {events:.2g} events")
        against.append(
            f"`ssa` would take about {events:.2g} events, more than the "
            f"{settings.max_events:.2g} allowed"
        )
    obstacles = hybrid.supports(program)
    if not obstacles:
        return hybrid, _said(hybrid, "; ".join(against))
    against.append(f"`hybrid` cannot: {', '.join(obstacles)}")
    if not reasons and not declared:
        return leap, _said(leap, "; ".join(against))
    raise UsageError(f"no engine can run `{program.name}`: {'; '.join(against)}")


def expected_events(program: Program, stimulus: Stimulus, settings: Settings) -> float:
    """Single events that all trials would take, were rates to stay as they are at the start."""
    import threading

    from quantal.engines.stochastic.chunk import Chunk
    from quantal.engines.stochastic.trials import make_plan

    plan, _ = make_plan(program, stimulus, settings, threading.Event())
    return Chunk(plan, range(1)).estimate() * (settings.trials or 1)


def _said(engine: Engine, why: str) -> str:
    return f"The engine `{engine.name}` was chosen ({engine.title}) because {why}."
