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
_DECLARED = re.compile(r"^\s*(?:input|exchange|species) +([A-Za-z_]+)", re.MULTILINE)
_USED = re.compile(r"^\s*use +\S+ *= *([\w/]+)", re.MULTILINE)

TRANSMITTERS = {
    "acetylcholine": ("ach",),
    "anandamide": ("AEA", "aea"),
    "ATP": ("atp",),
    "CGRP": ("cgrp",),
    "dopamine": ("dopamine",),
    "dynorphin": ("dynorphin",),
    "GABA": ("gaba",),
    "glutamate": ("glu",),
    "glycine": ("gly",),
    "noradrenaline": ("noradrenaline",),
    "serotonin": ("serotonin",),
    "substance P": ("substance_p",),
    "VIP": ("vip",),
}
"""Transmitters, and the names that ports and species of the library give them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One mechanism of the library. `name` is its path there, `stage` the folder.

    `transmitters` are those that its ports and species are, or that its title names; a
    variant has those of its parent, an assembly those of its parts.
    """

    name: str
    kind: str
    stage: str
    title: str
    source: str
    path: Path
    transmitters: tuple[str, ...] = ()


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
        if _exists(candidate):
            return candidate
    wanted = name.removesuffix(SUFFIX)
    paths = _paths()
    if wanted in paths:
        return paths[wanted]
    same = [known for known in paths if known.rpartition("/")[2] == wanted]
    if len(same) == 1:
        return paths[same[0]]
    if same:
        names = " and ".join(f"`{known}`" for known in same)
        raise UsageError(f"`{name}` could be {names}: write the folder too")
    raise UsageError(_missing(name, wanted, beside))


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


def _exists(path: Path) -> bool:
    """Whether there is such a file; a name that no file can have is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


@cache
def _paths() -> dict[str, Path]:
    """The library's files by their names, without opening them."""
    return {
        path.relative_to(LIBRARY).with_suffix("").as_posix(): path
        for path in sorted(LIBRARY.rglob(f"*{SUFFIX}"))
    }


@cache
def _entries() -> tuple[Entry, ...]:
    return tuple(_entry(name, path) for name, path in _paths().items())


def _entry(name: str, path: Path) -> Entry:
    text = path.read_text(encoding="utf-8")
    header = _HEADER.search(text)
    source = _SOURCE.search(text)
    return Entry(
        name,
        header.group(1) if header else "mechanism",
        name.partition("/")[0],
        (header.group(3) or "") if header else "",
        source.group(1).strip() if source else "",
        path,
        tuple(sorted(_transmitters(name), key=str.lower)),
    )


@cache
def _transmitters(name: str) -> frozenset[str]:
    """The transmitters of a mechanism and of those that it is made from."""
    text = _paths()[name].read_text(encoding="utf-8")
    header = _HEADER.search(text)
    title = (header.group(3) or "") if header else ""
    declared = {found.group(1) for found in _DECLARED.finditer(text)}
    found = {
        transmitter
        for transmitter, names in TRANSMITTERS.items()
        if declared.intersection(names) or re.search(rf"\b{transmitter}\b", title, re.IGNORECASE)
    }
    parts = [header.group(2)] if header and header.group(2) else []
    parts += [used.group(1) for used in _USED.finditer(text)]
    return frozenset(found).union(*(_transmitters(part) for part in map(_known, parts) if part))


def _known(name: str) -> str | None:
    """The full name of a mechanism of the library, by its path or its last part."""
    paths = _paths()
    if name in paths:
        return name
    return next((known for known in paths if known.rpartition("/")[2] == name), None)


def _missing(name: str, wanted: str, beside: Path | None) -> str:
    """What is said of a name that nothing has; the nearest may be a file beside."""
    shown = "".join(sign if sign.isprintable() else "?" for sign in name[:80])
    if name.endswith(SUFFIX) or name.startswith((".", "/", "~")):
        return _missing_file(name, shown)
    known = list(_paths())
    inside = [entry for entry in known if entry.startswith(f"{wanted.rstrip('/')}/")]
    if inside:
        return f"`{shown}` is a folder of the library; it holds {_some(inside)}"
    nearby = [*_stems(beside), *known, *(entry.rpartition("/")[2] for entry in known)]
    hint = did_you_mean(wanted, nearby)
    similar = [entry for entry in known if wanted and wanted.lower() in entry]
    if not hint and similar:
        hint = f"; it holds {_some(similar)}"
    return f"nothing in the library is called `{shown}`{hint}"


def _stems(beside: Path | None) -> list[str]:
    """The names of the texts beside a file, or in a folder."""
    if beside is None:
        return []
    try:
        folder = beside if beside.is_dir() else beside.parent
        return sorted(path.stem for path in folder.glob(f"*{SUFFIX}"))
    except OSError:
        return []


def _missing_file(name: str, shown: str) -> str:
    try:
        path = Path(name)
        if path.is_dir():
            return f"`{shown}` is a folder; name one of its `{SUFFIX}` files"
        if path.exists():
            return f"`{shown}` is no regular file; expected a text that ends in `{SUFFIX}`"
        beside = [entry.name for entry in path.parent.iterdir()]
    except (OSError, ValueError):
        beside = []
    return f"no file `{shown}`{did_you_mean(Path(name).name, beside)}"


def _some(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown
