"""A name, a path or a text -> one flat, checked model, ready to compile."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from quantal.assembly.exchange import exchange
from quantal.assembly.flatten import assemble
from quantal.compiler.check import Checked, check
from quantal.compiler.lower import lower
from quantal.errors import UsageError
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
        reading = _Reading()
        return _put_together(exchange(read_text(source, lookup=reading.lookup), use or {}), reading)
    path = find(str(source))
    key = (path.resolve(), tuple((use or {}).items()))
    model, stamps = _loaded.get(key, (None, {}))
    if model is None or any(_stamp(file) != stamp for file, stamp in stamps.items()):
        reading = _Reading()
        model = _put_together(exchange(reading.file(path), dict(use or {})), reading)
        _loaded[key] = model, reading.stamps
    return model


_loaded: dict[tuple[Path, tuple[tuple[str, str], ...]], tuple[Model, dict[Path, int]]] = {}
"""What `load` gave, with the files that it was read from and when each last changed."""


def _stamp(file: Path) -> int:
    return file.stat().st_mtime_ns if file.exists() else 0


class _Reading:
    """Reads one model with all that it uses, and remembers from which files."""

    def __init__(self) -> None:
        self.stamps: dict[Path, int] = {}
        self.open: list[Path] = []

    def file(self, path: Path, with_targets: bool = True) -> Model:
        """The model of a file; a variant's parent is read while its own file is open."""
        full = path.resolve()
        if full in self.open:
            chain = " -> ".join(file.stem for file in [*self.open, full])
            raise UsageError(f"`{path.stem}` is a variant of itself: {chain}")
        self.stamps[full] = _stamp(full)
        self.open.append(full)
        try:
            return read_file(path, self.lookup, with_targets)
        finally:
            self.open.pop()

    def lookup(self, name: str, beside: Path | None) -> Model:
        """What a `use` or a `from` names: beside the file first, then in the library."""
        return self.file(find(name, beside), with_targets=False)


def _put_together(model: Model, reading: _Reading) -> Model:
    """The flat, checked model; problems of connections and of dimensions come together."""
    flat, problems = assemble(model, reading.lookup)
    if problems:
        check(flat, problems)
    prepare(flat)
    return flat


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
