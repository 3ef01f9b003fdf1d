"""A name, a path or a text -> one flat, checked model, ready to compile."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from quantal.assembly.exchange import exchange
from quantal.assembly.flatten import assemble
from quantal.compiler.check import Checked, check
from quantal.compiler.lower import lower
from quantal.library.catalogue import find
from quantal.model.model import Model
from quantal.model.reader import read_file, read_text
from quantal.program import Program


def load(source: str | Path, use: Mapping[str, str] | None = None) -> Model:
    """A model by library name, file path, or the text itself (several lines).

    `use` exchanges what an assembly uses: `{"ampa": "receptors/ampa_jonas_1993"}`.

    Raises:
        UsageError: no such mechanism or file; the nearest name is given.
        ModelError: the text is not a valid model; all problems are listed.
    """
    if isinstance(source, str) and "\n" in source:
        return _put_together(exchange(read_text(source, lookup=lookup), use or {}))
    path = find(str(source))
    return _load_file(path, path.stat().st_mtime_ns, tuple((use or {}).items()))


@lru_cache(maxsize=256)
def _load_file(path: Path, _changed: int, use: tuple[tuple[str, str], ...]) -> Model:
    return _put_together(exchange(read_file(path, lookup=lookup), dict(use)))


def _put_together(model: Model) -> Model:
    """The flat, checked model; problems of connections and of dimensions come together."""
    flat, problems = assemble(model, lookup)
    if problems:
        check(flat, problems)
    prepare(flat)
    return flat


def lookup(name: str, beside: Path | None) -> Model:
    """The model a `use` or a `from` names: beside the file first, then in the library."""
    return read_file(find(name, beside), lookup, with_targets=False)


@lru_cache(maxsize=256)
def _prepared(key: _ById) -> tuple[Checked, Program]:
    checked = check(key.model)
    return checked, lower(checked)


class _ById:
    """A model as a cache key by identity: comparing whole models would cost more."""

    __slots__ = ("model",)

    def __init__(self, model: Model) -> None:
        self.model = model

    def __hash__(self) -> int:
        return id(self.model)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and other.model is self.model


def prepare(model: Model) -> Program:
    """The Program of a model; the same model is compiled once.

    Raises:
        ModelError: units, sizes or connections do not fit; all problems are listed.
    """
    return _prepared(_ById(model))[1]


def examine(model: Model) -> Checked:
    """The checked model: dimensions, units, and warnings."""
    return _prepared(_ById(model))[0]
