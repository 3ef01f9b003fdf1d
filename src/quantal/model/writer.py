"""Model to canonical text, which reads back to an equal model.

Equal means: the same declarations in the same order with the same numbers; only lines,
comments and layout may differ. Loops come out unrolled. Flat models have dotted names,
which no text declares: write the models they were made of.
"""

from __future__ import annotations

from quantal.model.model import Model
from quantal.model.quantities import Q10
from quantal.model.writing.numbers import number_text, quoted, words
from quantal.model.writing.processes import process_lines, q10_line
from quantal.model.writing.quantities import declaration_lines, parameter_line
from quantal.model.writing.targets import target_lines


def write(model: Model) -> str:
    """The canonical text of a model."""
    parent = _parent(model)
    lines = _texts(model, parent)
    if parent is not None:
        own = _own(model, parent)
        lines += [parameter_line(parameter) for parameter in own.parameters]
        lines += [q10_line(q10) for q10 in own.q10s]
    else:
        lines += declaration_lines(model)
        lines += process_lines(model)
    for target in model.targets:
        lines += target_lines(target)
    return "\n".join(lines) + "\n"


def _parent(model: Model) -> Model | None:
    """The model that a variant comes from, where it is known."""
    name = (model.parent or "").rpartition("/")[2]
    return next((used for used in model.used if used.name == name), None)


def _own(model: Model, parent: Model) -> Model:
    """What a variant says itself: the numbers that differ from its parent's."""
    numbers = {parameter.name: parameter.value for parameter in parent.parameters}
    return Model(
        model.kind,
        model.name,
        model.where,
        parameters=tuple(p for p in model.parameters if p.value != numbers.get(p.name)),
        q10s=tuple(q for q in model.q10s if not any(_part_of(q, old) for old in parent.q10s)),
    )


def _part_of(q10: Q10, old: Q10) -> bool:
    same = (q10.factor, q10.reference) == (old.factor, old.reference)
    return same and set(q10.names) <= set(old.names)


def _texts(model: Model, parent: Model | None) -> list[str]:
    origin = f"from {model.parent}" if parent is not None else ""
    lines = [words(model.kind, model.name, origin, quoted(model.title))]
    lines += [f"source {source}" for source in model.source]
    lines += [f"doi {model.doi}"] if model.doi else []
    lines += [f"preparation {model.preparation}"] if model.preparation else []
    if model.temperature is not None:
        lines.append(f"temperature {number_text(model.temperature)}")
    return lines + [f"note {note}" for note in model.notes]
