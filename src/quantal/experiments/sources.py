"""Which models are meant: a name, a file, a folder, or the whole library."""

from __future__ import annotations

from pathlib import Path

from quantal.errors import QuantalError, UsageError
from quantal.experiments.loading import load
from quantal.library.catalogue import catalogue
from quantal.model.model import Model


def is_many(what: str | Path | None) -> bool:
    """Whether a folder or the library is meant, of which one broken text is not the end."""
    return what is None or Path(what).is_dir()


def models_in(what: str | Path | None) -> list[tuple[str, Model | QuantalError]]:
    """Names and models, in order; in a folder or the library, an error where one is not valid.

    Raises:
        ModelError: the one text that was asked for is not a valid model.
        UsageError: there is no such mechanism or file, or the folder holds none.
    """
    if what is None:
        return [(entry.name, _or_error(entry.name)) for entry in catalogue()]
    folder = Path(what)
    if not folder.is_dir():
        name = str(what)
        return [(Path(name).stem if name.endswith(".syn") else name, load(what))]
    files = sorted(folder.rglob("*.syn"))
    if not files:
        raise UsageError(f"{folder}: no mechanism here; their files end in `.syn`")
    return [
        (file.relative_to(folder).with_suffix("").as_posix(), _or_error(file)) for file in files
    ]


def _or_error(source: str | Path) -> Model | QuantalError:
    try:
        return load(source)
    except QuantalError as error:
        return error
