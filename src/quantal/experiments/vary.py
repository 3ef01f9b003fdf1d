"""Names of what is varied: parameters, initial values, and the values of a protocol."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from quantal.compiler.actions import Binder
from quantal.compiler.amplitudes import Amplitude, amplitudes, shape
from quantal.engines.sensitivity.obstacles import obstacles
from quantal.engines.sensitivity.varied import Varied
from quantal.errors import UsageError, all_at_once, did_you_mean
from quantal.expression import names_in
from quantal.program import Program
from quantal.protocols.protocol import Drive, Protocol
from quantal.stimulus import Stimulus
from quantal.units import Unit

_CALL = re.compile(r"\s*(\w+)\(\s*([^,()]+?)\s*(?:,\s*(\d+)\s*)?\)\s*")


@dataclass(frozen=True, eq=False)
class Chosen:
    """One thing to vary: as the user wrote it, its unit, and its present internal value."""

    name: str
    unit: Unit
    value: float
    varied: Varied


def chosen(
    program: Program, protocol: Protocol, stimulus: Stimulus, names: Iterable[str]
) -> list[Chosen]:
    """What is meant by some names: `k_on`, `initial(V)`, `pulse(glu)`, `hold(V)`.

    Raises:
        UsageError: names that do not exist, with the nearest ones, or to which nothing can be
            differentiated, with the reasons; all of them at once.
    """
    wanted = [names] if isinstance(names, str) else list(names)
    if not wanted:
        raise UsageError("say what to differentiate to: parameters, `initial(...)`, `pulse(...)`")
    binder = Binder(program, stimulus.start, stimulus.end)
    values = amplitudes(program, protocol)
    found = all_at_once(
        [partial(_one, program, protocol, stimulus, binder, values, name) for name in wanted]
    )
    twice = sorted({each.name for each in found if wanted.count(each.name) > 1})
    if twice:
        raise UsageError(f"`{twice[0]}` is named twice")
    reasons = obstacles(program, stimulus, [each.varied for each in found])
    reasons += _driven(protocol, found)
    if reasons:
        raise UsageError(f"`{program.name}` cannot be differentiated so: {'; '.join(reasons)}")
    return found


def _one(
    program: Program, protocol: Protocol, stimulus: Stimulus, binder: Binder,
    values: list[Amplitude], name: str,
) -> Chosen:  # fmt: skip
    call = _CALL.fullmatch(name)
    if call is None:
        return _parameter(program, stimulus, binder, values, name)
    if call[1] == "initial":
        return _initial(program, name, call[2])
    return _amplitude(program, protocol, binder, values, name, call)


def _parameter(
    program: Program, stimulus: Stimulus, binder: Binder, values: list[Amplitude], name: str
) -> Chosen:
    index = parameter_of(program, binder, name, [each.name for each in values])
    unit = program.parameters[index].unit
    return Chosen(name, unit, float(stimulus.parameters[index]), Varied(name, parameter=index))


def parameter_of(
    program: Program, binder: Binder, name: str, amplitudes: Iterable[str] = ()
) -> int:
    """The index of a parameter by its name, or by the end of it.

    Raises:
        UsageError: there is none; what is meant may be a state, or a value of the protocol.
    """
    names = list(binder.parameter_index)
    if name not in names and not any(each.endswith(f".{name}") for each in names):
        meant = [each for each in amplitudes if each.split("(")[1].rstrip(")").startswith(name)]
        hint = f"; did you mean `{meant[0]}`?" if meant else ""
        if not meant and name in binder.drive_index:
            hint = f"; it is an input: hold it in the protocol, and vary `hold({name})`"
        if any(state.name == name for state in program.states):
            hint = f"; did you mean `initial({name})`?"
        raise UsageError(
            f"`{program.name}` has no parameter `{name}`{hint or did_you_mean(name, names)}"
        )
    return binder.parameter_index[binder.resolve(name, names, "parameter")]


def _initial(program: Program, name: str, written: str) -> Chosen:
    index = initial_of(program, written)
    return Chosen(name, program.states[index].unit, float("nan"), Varied(name, initial=index))


def initial_of(program: Program, written: str) -> int:
    """The index of a state by its name or role.

    Raises:
        UsageError: there is none; the nearest one is given.
    """
    states = [state.name for state in program.states]
    meant = program.roles.get(written, written)
    if meant not in states:
        raise UsageError(
            f"`{program.name}` has no state `{written}`{did_you_mean(written, states)}"
        )
    return states.index(meant)


def _amplitude(
    program: Program, protocol: Protocol, binder: Binder, values: list[Amplitude], name: str,
    call: re.Match[str],
) -> Chosen:  # fmt: skip
    word, written, number = call.groups()
    ports = [*binder.drive_index, *binder.clamp_index]
    meant = [each for each in ports if each == written or each.endswith(f".{written}")]
    target = meant[0] if len(meant) == 1 else program.roles.get(written, written)
    full = f"{word}({target}, {number})" if number else f"{word}({target})"
    known = {each.name: each for each in values}
    if full not in known:
        listed = ", ".join(f"`{each}`" for each in known) or "none"
        raise UsageError(f"the protocol has no value `{name}`; its values: {listed}")
    found = known[full]
    curve = shape(program, protocol, found)
    if found.target in binder.drive_index:
        varied = Varied(name, drives={binder.drive_index[found.target]: curve})
    else:
        varied = Varied(name, clamps={binder.clamp_index[found.target]: curve})
    return Chosen(name, found.unit, found.value, varied)


def _driven(protocol: Protocol, found: list[Chosen]) -> list[str]:
    """Drives written as expressions of what is varied."""
    reasons = []
    for action in protocol.actions:
        if isinstance(action, Drive):
            used = names_in(action.expression)
            reasons += [
                f"the drive of `{action.name}` is written with `{each.name}`"
                for each in found
                if each.name in used
            ]
    return reasons
