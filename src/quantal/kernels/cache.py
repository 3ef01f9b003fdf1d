"""Finds or makes the machine code of a Program: in memory, on disk, or by compiling.

On disk an entry is one file named by the Program's signature: a line of JSON with the
layout and the SHA-256 of what follows, then the object code. An entry that cannot be read
or does not match its hash is made again. Files appear under their names only once whole,
so that two processes may share a folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from quantal.kernels.kernel import Kernel
from quantal.kernels.layout import Layout
from quantal.kernels.native import Native, compile_ir, load_object
from quantal.kernels.signature import signature
from quantal.kernels.tableau import Pair, Tableau
from quantal.program import Program

SUFFIX = ".kernel"
MOST_ENTRIES = 400
MOST_IN_MEMORY = 32

Fields = dict[str, Any]
"""Plain data about an entry, kept as JSON beside its code."""
Wrapped = TypeVar("Wrapped")


@dataclass(frozen=True)
class Loaded:
    """A kernel, how long it took to get (s), and whether that was without compiling."""

    kernel: Kernel
    seconds: float
    cached: bool


_memory: OrderedDict[str, Any] = OrderedDict()
_signatures: dict[tuple[int, str], tuple[weakref.ref[Program], str]] = {}


def kernel_for(program: Program, tableau: Tableau, pair: Pair | None = None) -> Loaded:
    """The compiled functions of a Program for one method, or for two that alternate."""
    started = time.perf_counter()

    def write() -> tuple[str, Fields]:
        # The generator is imported only where something must be generated.
        from quantal.kernels.generate.module import write_module

        text, layout = write_module(program, tableau, pair)
        return text, asdict(layout)

    kernel, cached = remembered(_signature(program, tableau, pair), write, _kernel)
    return Loaded(kernel, time.perf_counter() - started, cached)


def _kernel(native: Native, fields: Fields) -> Kernel:
    return Kernel(native, Layout(**{**fields, "pivots": tuple(fields["pivots"])}))


def remembered(
    key: str, write: Callable[[], tuple[str, Fields]], wrap: Callable[[Native, Fields], Wrapped]
) -> tuple[Wrapped, bool]:
    """What `wrap` makes of the machine code of this key, and whether it was found, not made.

    Args:
        key: a hash of everything that the code depends on.
        write: gives the IR and plain data about it that are kept beside the code.
        wrap: makes an object of the loaded code and the plain data.
    """
    made = _memory.get(key)
    if made is not None:
        return cast("Wrapped", made), True
    native, fields, cached = _from_disk_or_made(key, write)
    made = wrap(native, fields)
    _memory[key] = made
    if len(_memory) > MOST_IN_MEMORY:
        _memory.popitem(last=False)
    return made, cached


def _signature(program: Program, tableau: Tableau, pair: Pair | None) -> str:
    """The signature; a Program cannot change, so the very same one is not read again."""
    place = (id(program), f"{tableau.name} {pair.name if pair else ''}")
    known = _signatures.get(place)
    if known is None or known[0]() is not program:
        known = (weakref.ref(program), signature(program, (tableau, pair)))
        if len(_signatures) > MOST_IN_MEMORY:
            _signatures.clear()
        _signatures[place] = known
    return known[1]


def forget() -> None:
    """Drop what is held in memory; the files stay."""
    _memory.clear()
    _signatures.clear()


def folder() -> Path:
    """`QUANTAL_CACHE`, else `XDG_CACHE_HOME/quantal`, else `~/.cache/quantal`; its kernels."""
    chosen = os.environ.get("QUANTAL_CACHE")
    if chosen:
        return Path(chosen) / "kernels"
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "quantal" / "kernels"


def _from_disk_or_made(
    key: str, write: Callable[[], tuple[str, Fields]]
) -> tuple[Native, Fields, bool]:
    path = folder() / f"{key}{SUFFIX}"
    entry = _read(path) if _is_private(path.parent) else None
    if entry is not None:
        return load_object(entry[1]), entry[0], True
    text, fields = write()
    code = compile_ir(text)
    _write(path, fields, code)
    return load_object(code), fields, False


def _is_private(place: Path) -> bool:
    """Machine code is only ever loaded from a folder that nobody else can write to."""
    try:
        status = place.stat()
    except OSError:
        return False
    mine = not hasattr(os, "getuid") or status.st_uid == os.getuid()
    return mine and not status.st_mode & 0o022


def _digest(layout: str, code: bytes) -> str:
    return hashlib.sha256(layout.encode() + b"\0" + code).hexdigest()


def _read(path: Path) -> tuple[Fields, bytes] | None:
    try:
        head, _, code = path.read_bytes().partition(b"\n")
        entry = json.loads(head)
        if entry["sha256"] != _digest(json.dumps(entry["layout"]), code):
            return None
        fields: Fields = entry["layout"]
        return fields, code
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: Path, fields: Fields, code: bytes) -> None:
    """Store an entry. A folder that cannot be written is no error: nothing is cached."""
    head = json.dumps({"layout": fields, "sha256": _digest(json.dumps(fields), code)})
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(prefix=".part-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(head.encode() + b"\n" + code)
            os.replace(part, path)
        except OSError:
            Path(part).unlink(missing_ok=True)
            return
        _prune(path.parent)
    except OSError:
        return


def _prune(place: Path) -> None:
    """Remove the oldest entries beyond a number."""
    entries = sorted(place.glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime)
    for path in entries[: max(len(entries) - MOST_ENTRIES, 0)]:
        path.unlink(missing_ok=True)
