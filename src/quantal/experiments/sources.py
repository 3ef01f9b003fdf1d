"""Which models are meant: a name, a text, a file, a folder, or all of the library."""

from __future__ import annotations

from pathlib import Path

from quantal.errors import QuantalError, UsageError
from quantal.experiments.loading import load
from quantal.library.catalogue import catalogue
from quantal.model.model import Model


def is_many(what: str | Path | None) -> bool:
    """Whether a folder or the library is meant, of which one broken text is not the end."""
    return what is None or _is_folder(what) or bool(_stage(what))


def _is_folder(what: str | Path) -> bool:
    # A text of a model is no path, and may be too long to be asked for as one.
    return "\n" not in str(what) and Path(what).is_dir()


def _stage(what: str | Path) -> list[str]:
    """The mechanisms of a folder of the library, such as `receptors`."""
    return [entry.name for entry in catalogue() if entry.stage == str(what)]


def models_in(what: str | Path | None) -> list[tuple[str, Model | QuantalError]]:
    """Names and models, in order; in a folder or the library, an error where one is not valid.

    Raises:
        ModelError: the one text that was asked for is not a valid model.
        UsageError: there is no such mechanism or file, or the folder holds none.
    """
    if what is None:
        return [(entry.name, _or_error(entry.name)) for entry in catalogue()]
    if not _is_folder(what):
        stage = _stage(what)
        if stage:
            return [(name, _or_error(name)) for name in stage]
        name, model = str(what), load(what)
        if "\n" in name or name.endswith(".syn"):
            name = model.name
        return [(name, model)]
    folder = Path(what)
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
