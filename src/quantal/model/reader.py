"""Text to Model.

`read_text` and `read_file` go through limits, layout, parser, statements and checks
(`quantal.model.reading`); whatever is wrong comes out as one `ModelError` with every
problem of the file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from quantal.errors import ModelError, Problem, UsageError, Where
from quantal.model.model import KINDS, Model
from quantal.model.reading import checks, layout, limits, messages, variant
from quantal.model.reading.context import Context
from quantal.model.reading.parser import SyntaxMistake, parse
from quantal.model.reading.statements import Collector

Lookup = Callable[[str, Path | None], Model]
"""The model of a name, looked for beside a file first: where a variant's parent is found."""


def read_file(path: Path | str, lookup: Lookup | None = None, with_targets: bool = True) -> Model:
    """The model that a file says.

    `lookup` gives the parent of a variant (`mechanism X from Y`) by its name. Without
    targets, those lines are passed over unread: what uses a model never needs them.

    Raises:
        ModelError: with every problem of the file.
    """
    path = Path(path)
    return _read(limits.file_text(path), limits.shown(path), path, lookup, with_targets)


def read_text(text: str, file: str = "<text>", lookup: Lookup | None = None) -> Model:
    """The model that a text says; `file` is the name under which problems are reported.

    Raises:
        ModelError: with every problem of the text.
    """
    return _read(text, file, None, lookup)


def _read(
    text: str, file: str, path: Path | None, lookup: Lookup | None, with_targets: bool = True
) -> Model:
    plain = limits.checked(text, file)
    found: list[Problem] = []
    reading = Collector(Context(file, problems=found))
    statements = layout.statements(plain, file, found)
    for statement in statements:
        if statement.word == "target" and not with_targets:
            continue
        try:
            tree = parse(statement.text, line=statement.line)
        except SyntaxMistake as mistake:
            found.append(messages.problem(mistake, file, statement.word))
            continue
        reading.take(tree)
    model = replace(reading.model(), text=text, path=path)
    if not model.name:
        found += _headless(statements, found, file)
    if model.parent is None:
        found += checks.problems(model)
    else:
        found += variant.problems(model)
    if found:
        raise ModelError(found)
    return model if model.parent is None else _variant(model, lookup)


def _headless(statements: list[layout.Statement], found: list[Problem], file: str) -> list[Problem]:
    """That the header is missing, unless a problem already says what became of it."""
    first = min((problem.where.line or 0 for problem in found), default=None)
    tried = any(statement.word in KINDS for statement in statements)
    if tried or (first is not None and (not statements or first < statements[0].line)):
        return []
    kinds = ", ".join(f"`{kind}`" for kind in KINDS[:-1])
    message = f"no header; a text starts with {kinds} or `{KINDS[-1]}` and a name"
    return [Problem(Where(file, statements[0].line if statements else 1), message)]


def _variant(model: Model, lookup: Lookup | None) -> Model:
    assert model.parent is not None
    if lookup is None:
        message = f"a variant of `{model.parent}`, which cannot be looked up from here"
        raise ModelError([Problem(model.where, f"{message}; read it from the library")])
    try:
        parent = lookup(model.parent, model.path)
    except UsageError as error:
        raise ModelError([Problem(model.where, str(error))]) from None
    except ModelError as error:
        raise ModelError(_used_at(problem, model.where) for problem in error.problems) from None
    merged, found = variant.merged(model, parent)
    if found:
        raise ModelError(found)
    return merged


def _used_at(problem: Problem, where: Where) -> Problem:
    """A problem of a parent, which names the variant's line as well."""
    if problem.where.used_at is not None:
        return problem
    return Problem(replace(problem.where, used_at=where), problem.message)
