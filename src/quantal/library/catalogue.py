"""What the library holds, and finding a mechanism by its name.

The first lines of a file say its kind, title and source, so listing the library parses
nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from quantal.errors import UsageError, did_you_mean
from quantal.model.model import Model
from quantal.model.reader import read_file

LIBRARY = Path(__file__).parent
SUFFIX = ".syn"

_HEADER = re.compile(
    r'^(mechanism|synapse|cell|circuit)\s+\w+(?:\s+from\s+([\w/]+))?(?:\s+"([^"\n]*)")?',
    re.MULTILINE,
)
_SOURCE = re.compile(r"^source[ ]+([^\n]*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One mechanism of the library. `name` is its path there, `stage` the folder."""

    name: str
    kind: str
    stage: str
    title: str
    source: str
    path: Path


def catalogue() -> list[Entry]:
    """All mechanisms of the library, by stage and name."""
    return list(_entries())


def find(name: str, beside: Path | None = None) -> Path:
    """The file of a mechanism.

    Looked up beside the file `beside` (or in that folder) first, then as a path, then in
    the library: by its path there (`receptors/ampa_jonas_1993`), or by the last part of
    it where that is unique.

    Raises:
        UsageError: there is no such mechanism (with the nearest name), or there are two.
    """
    for candidate in _beside(name, beside):
        if candidate.is_file():
            return candidate
    wanted = name.removesuffix(SUFFIX)
    entries = _entries()
    for entry in entries:
        if entry.name == wanted:
            return entry.path
    same = [entry for entry in entries if entry.name.rpartition("/")[2] == wanted]
    if len(same) == 1:
        return same[0].path
    if same:
        names = " and ".join(f"`{entry.name}`" for entry in same)
        raise UsageError(f"`{name}` could be {names}: write the folder too")
    raise UsageError(_missing(name, wanted, entries))


def load(name: str, beside: Path | None = None) -> Model:
    """The model of a name, as `find` finds it; variants find their parents alike.

    Raises:
        UsageError: there is no such mechanism.
        ModelError: its text is not a valid model.
    """
    return read_file(find(name, beside), lookup=load)


def _beside(name: str, beside: Path | None) -> list[Path]:
    """Files that a name could mean outside the library."""
    if "\0" in name:
        return []
    paths = []
    if beside is not None:
        folder = beside if beside.is_dir() else beside.parent
        paths += [folder / f"{name}{SUFFIX}", folder / name]
    return [*paths, Path(name), Path(f"{name}{SUFFIX}")]


@cache
def _entries() -> tuple[Entry, ...]:
    return tuple(_entry(path) for path in sorted(LIBRARY.rglob(f"*{SUFFIX}")))


def _entry(path: Path) -> Entry:
    text = path.read_text(encoding="utf-8")
    header = _HEADER.search(text)
    source = _SOURCE.search(text)
    relative = path.relative_to(LIBRARY)
    return Entry(
        relative.with_suffix("").as_posix(),
        header.group(1) if header else "mechanism",
        relative.parts[0],
        (header.group(3) or "") if header else "",
        source.group(1).strip() if source else "",
        path,
    )


def _missing(name: str, wanted: str, entries: tuple[Entry, ...]) -> str:
    if ("/" in name and name.endswith(SUFFIX)) or name.startswith((".", "/", "~")):
        folder = Path(name).parent
        beside = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
        return f"no file `{name}`{did_you_mean(Path(name).name, beside)}"
    known = [entry.name for entry in entries]
    known += [entry.name.rpartition("/")[2] for entry in entries]
    return f"nothing in the library is called `{name}`{did_you_mean(wanted, known)}"
