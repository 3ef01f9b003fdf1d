"""From bytes to text, or to a sentence that says what was given instead."""

from __future__ import annotations

from pathlib import Path

from quantal.errors import ModelError, Problem, Where, did_you_mean

LARGEST = 4 * 1024 * 1024
"""Bytes; the largest published mechanism has a few thousand."""

_SIGNATURES = (
    (b"\x1f\x8b", "a gzip archive; unpack it first"),
    (b"PK\x03\x04", "a zip archive; unpack it first"),
    (b"BZh", "a bzip2 archive; unpack it first"),
    (b"\xfd7zXZ", "an xz archive; unpack it first"),
    (b"\x89HDF", "an HDF5 file, not text"),
    (b"\x89PNG", "a picture, not text"),
    (b"\xff\xd8\xff", "a picture, not text"),
    (b"%PDF", "a PDF, not plain text"),
    (b"ABF", "a recording (ABF), not a mechanism; use it with `quantal compare`"),
    (b"\xff\xfe", "text in UTF-16; save it as UTF-8"),
    (b"\xfe\xff", "text in UTF-16; save it as UTF-8"),
)


def file_text(path: Path) -> str:
    """The text of a file.

    Raises:
        ModelError: the file is missing, a folder, too large, or not a text.
    """
    name = shown(path)
    if path.is_dir():
        raise _refused(name, f"a folder, not a file; expected one such as `{name}/NAME.syn`")
    if not path.is_file():
        folder = path.parent
        beside = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
        raise _refused(name, f"no such file in `{folder}`{did_you_mean(path.name, beside)}")
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except OSError as error:
        raise _refused(name, f"cannot be read: {error.strerror}") from None
    return decoded(content, name)


def shown(path: Path) -> str:
    """How messages call a file: as seen from the working folder, else by its name."""
    if not path.is_absolute():
        return str(path)
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else path.name


def decoded(content: bytes, file: str) -> str:
    """The text that bytes hold, as UTF-8.

    Raises:
        ModelError: the bytes are too many, or not UTF-8 text.
    """
    if len(content) > LARGEST:
        raise _refused(file, "larger than 4 MB; a mechanism has a few kB")
    for signature, what in _SIGNATURES:
        if content.startswith(signature):
            raise _refused(file, what)
    if b"\0" in content:
        zeros = content[:200].count(0)
        utf16 = 0.3 < zeros / min(len(content), 200) < 0.7
        raise _refused(file, "text in UTF-16; save it as UTF-8" if utf16 else "binary, not text")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ModelError(
            [Problem(Where(file, line), "a byte that is not UTF-8; save the text as UTF-8")]
        ) from None


def checked(text: str, file: str) -> str:
    """The text with plain line ends, once it is known to be neither empty nor another format.

    Raises:
        ModelError: saying what the text is.
    """
    if len(text) > LARGEST:
        raise _refused(file, "larger than 4 MB; a mechanism has a few kB")
    if "\0" in text:
        raise _refused(file, "binary, not text")
    plain = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    start = plain.lstrip()[:200].lower()
    if not start:
        raise _refused(file, "empty; a mechanism starts with `mechanism NAME`")
    if start.startswith(("<!doctype html", "<html")):
        raise _refused(file, "a web page (HTML), not a mechanism; download the text itself")
    if start.startswith(("<?xml", "<sbml", "<neuroml")):
        raise _refused(file, "XML, not a mechanism text")
    if start.startswith(("neuron", "title")) and "{" in plain:
        raise _refused(file, "NMODL (.mod), not a mechanism text")
    if start.startswith(("{", "[")):
        raise _refused(file, "JSON or a list, not a mechanism text")
    return plain


def _refused(file: str, what: str) -> ModelError:
    return ModelError([Problem(Where(file), what)])
