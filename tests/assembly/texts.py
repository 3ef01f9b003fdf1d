"""Models from short texts: one main text, and the mechanisms it uses by name."""

from __future__ import annotations

from pathlib import Path

from quantal.assembly.flatten import flatten
from quantal.compiler.check import Checked, check
from quantal.errors import UsageError, did_you_mean
from quantal.model.model import Model
from quantal.model.reader import read_text


def flat(text: str, **mechanisms: str) -> Model:
    """The flat model of `x.syn`; each used mechanism is a file `NAME.syn`."""

    def lookup(name: str, beside: Path | None) -> Model:
        if name not in mechanisms:
            raise UsageError(f"no mechanism `{name}`{did_you_mean(name, mechanisms)}")
        return read_text(mechanisms[name], f"{name}.syn", lookup)

    return flatten(read_text(text, "x.syn", lookup), lookup)


def checked(text: str, **mechanisms: str) -> Checked:
    """The flat model of `x.syn`, checked."""
    return check(flat(text, **mechanisms))
