"""A variant: the model it comes from, with restated numbers and its own source and targets."""

from __future__ import annotations

from dataclasses import fields, replace

from quantal.errors import Problem, did_you_mean
from quantal.model.model import Model
from quantal.model.quantities import Parameter
from quantal.units import natural_unit

OWN = {
    "kind", "name", "where", "title", "parent", "source", "doi", "preparation", "notes",
    "temperature", "parameters", "q10s", "targets", "text", "path", "used",
}  # fmt: skip
"""What a variant says itself; everything else comes from its parent."""


def problems(variant: Model) -> list[Problem]:
    """What a variant says that it may not."""
    found = []
    for part in fields(variant):
        for item in getattr(variant, part.name) if part.name not in OWN else ():
            message = (
                "a variant restates parameters, temperature, q10, source and targets only; "
                "write a mechanism of its own"
            )
            found.append(Problem(item.where, message))
    return found


def merged(variant: Model, parent: Model) -> tuple[Model, list[Problem]]:
    """The parent with the variant's numbers, and what is wrong with them."""
    found = []
    known = {parameter.name: parameter for parameter in parent.parameters}
    restated: dict[str, Parameter] = {}
    for parameter in variant.parameters:
        original = known.get(parameter.name)
        if original is None:
            hint = did_you_mean(parameter.name, known)
            message = f"`{variant.parent}` has no parameter `{parameter.name}`{hint}"
            found.append(Problem(parameter.where, message))
        elif original.unit.dimension != parameter.unit.dimension:
            wanted = natural_unit(original.unit.dimension, like=original.unit.text)
            message = (
                f"`{parameter.name}` is {original.unit} in `{variant.parent}`; "
                f"`{parameter.value.text}` is {parameter.unit}, expected {wanted}"
            )
            found.append(Problem(parameter.where, message))
        else:
            restated[parameter.name] = _inheriting(parameter, original)
    again = {name for q10 in variant.q10s for name in q10.names}
    kept = (
        replace(q10, names=tuple(name for name in q10.names if name not in again))
        for q10 in parent.q10s
    )
    model = replace(parent, **{name: getattr(variant, name) for name in OWN})
    temperature = variant.temperature or parent.temperature
    own = (replace(q10, reference=temperature) for q10 in variant.q10s)
    model = replace(
        model,
        parameters=tuple(restated.get(p.name, p) for p in parent.parameters),
        q10s=(*(q10 for q10 in kept if q10.names), *own),
        temperature=temperature,
        used=(parent,),
    )
    return model, found


def _inheriting(parameter: Parameter, original: Parameter) -> Parameter:
    """The restated parameter, with the original's description where it gives none."""
    return replace(parameter, description=parameter.description or original.description)
