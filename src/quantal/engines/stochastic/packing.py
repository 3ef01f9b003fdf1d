"""Results of trials as bytes and back, to the last bit: numbers and arrays, nothing else."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np

Result = TypeVar("Result")
_TREE = "tree"
_ZIP = b"PK"


def pack(result: Any) -> bytes:
    """A dataclass of numbers, ranges, arrays, and lists and mappings of these, as npz."""
    arrays: dict[str, np.ndarray] = {}
    tree = {each.name: _written(getattr(result, each.name), arrays) for each in fields(result)}
    arrays[_TREE] = np.frombuffer(json.dumps(tree).encode(), dtype=np.uint8)
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, **arrays)
    return stream.getvalue()


def unpack(content: bytes, kind: type[Result]) -> Result:
    """What `pack` was given, as a `kind`.

    Raises:
        ValueError: the bytes are damaged, or of something else.
    """
    if not content.startswith(_ZIP):
        raise ValueError("not what `pack` gives")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            tree = json.loads(stored[_TREE].tobytes())
            return kind(**{name: _read(value, stored) for name, value in tree.items()})
    except (OSError, EOFError, KeyError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"damaged: {error}") from error


def _written(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(value, np.ndarray):
        return ["array", _place(value, arrays)]
    if isinstance(value, range):
        return ["range", value.start, value.stop]
    if isinstance(value, dict):
        pairs = [[key, _written(item, arrays)] for key, item in value.items()]
        return ["mapping", pairs]
    if isinstance(value, list | tuple):
        return _sequence(value, arrays)
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return ["plain", value]
    raise TypeError(f"{type(value).__name__} cannot be kept")


def _sequence(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Rows of different lengths are one array and their lengths: a file each would be slow."""
    rows = all(isinstance(row, np.ndarray) and row.dtype == float and row.ndim == 1
               for row in value)  # fmt: skip
    if value and rows:
        lengths = _place(np.array([len(row) for row in value]), arrays)
        return ["rows", _place(np.concatenate(value), arrays), lengths]
    return ["list", [_written(item, arrays) for item in value]]


def _place(array: np.ndarray, arrays: dict[str, np.ndarray]) -> str:
    name = f"a{len(arrays)}"
    arrays[name] = array
    return name


def _read(node: Any, stored: Any) -> Any:
    word, *rest = node
    if word == "array":
        return stored[rest[0]]
    if word == "rows":
        return np.split(stored[rest[0]], np.cumsum(stored[rest[1]])[:-1])
    if word == "range":
        return range(*rest)
    if word == "mapping":
        return {key: _read(item, stored) for key, item in rest[0]}
    if word == "list":
        return [_read(item, stored) for item in rest[0]]
    return rest[0]
