"""Protocol lines as people type them: `"glu = 1 mM for 1 ms at 50 ms"`, units without brackets.

Command line and Python share these. Every refusal quotes what was written, says what is
wrong with it, and shows the form with an example.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import TypeVar

from quantal.errors import UsageError, did_you_mean
from quantal.expression import Number
from quantal.protocols.drive_text import MistakenDrive, drive_expression
from quantal.protocols.protocol import Action, Drive, Hold, Pulse, Set, Step, Train
from quantal.units import NUMBER, TIME, UnitError, parse_unit


@dataclass(frozen=True, slots=True)
class _Form:
    """How one kind of line is written."""

    what: str
    form: str
    example: str
    words: tuple[str, ...] = ()


_FORMS = {
    "pulse": _Form(
        "a pulse",
        "NAME = VALUE for TIME, or decaying TIME [every TIME count N] [at TIME]",
        "glu = 1 mM for 1 ms at 50 ms",
        ("for", "decaying", "every", "count", "at"),
    ),
    "hold": _Form("a hold", "NAME = VALUE", "V = -70 mV"),
    "set": _Form("a setting", "NAME = VALUE", "kon = 5 /mM/ms"),
    "step": _Form("a step", "NAME = VALUE [at TIME]", "V = 0 mV at 5 ms", ("at",)),
    "train": _Form(
        "a train",
        "EVENT every TIME count N [at TIME]",
        "stimulus every 10 ms count 10 at 5 ms",
        ("every", "count", "at"),
    ),
    "drive": _Form(
        "a drive", "NAME = EXPRESSION of time", "glu = 1 [mM]*exp(-time/2 [ms])"
    ),
}  # fmt: skip
_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
_QUANTITY = re.compile(r"([+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)\s*(.*)", re.DOTALL)


Result = TypeVar("Result")


class _Mistake(Exception):
    """What is wrong with a line; the caller adds the line and its form."""


def parse_quantity(text: str) -> Number:
    """A number with its unit: `1 mM`, `-70 mV`, `5 /mM/ms`, `22 degC`, `0.5`.

    Raises:
        UsageError: no number, or an unknown unit (with the nearest one).
    """
    try:
        return _quantity(text)
    except _Mistake as mistake:
        raise UsageError(f"`{text}` is not a quantity: {mistake}; write `1 mM`") from None


def parse_hold(text: str) -> Hold:
    """`V = -70 mV`: clamped for the whole run."""
    return _read("hold", text, lambda: Hold(*_assignment("hold", text)[:2]))


def parse_set(text: str) -> Set:
    """`kon = 5 /mM/ms`: a parameter, for the whole run."""
    return _read("set", text, lambda: Set(*_assignment("set", text)[:2]))


def parse_step(text: str) -> Step:
    """`V = 0 mV at 5 ms`: a new value from that time on."""

    def step() -> Step:
        name, value, clauses = _assignment("step", text)
        return Step(name, value, _at(clauses))

    return _read("step", text, step)


def parse_pulse(text: str) -> Pulse:
    """`glu = 1 mM for 1 ms`, `glu = 1.1 mM decaying 1.2 ms every 10 ms count 5 at 50 ms`."""

    def pulse() -> Pulse:
        name, value, clauses = _assignment("pulse", text)
        if ("for" in clauses) == ("decaying" in clauses):
            raise _Mistake("it needs either `for` or `decaying`")
        every = count = None
        if "every" in clauses or "count" in clauses:
            every, count = _repetition(clauses)
        return Pulse(
            name,
            value,
            _time(clauses["for"]) if "for" in clauses else None,
            _time(clauses["decaying"]) if "decaying" in clauses else None,
            _at(clauses),
            every,
            count or 1,
        )

    return _read("pulse", text, pulse)


def parse_train(text: str) -> Train:
    """`stimulus every 10 ms count 10 at 5 ms`: an event, again and again."""

    def train() -> Train:
        name, rest = _name(text)
        before, clauses = _clauses(rest, _FORMS["train"].words)
        if before:
            raise _Mistake(f"`{before}` does not belong there{_near(before, 'train')}")
        return Train(name, *_repetition(clauses), _at(clauses))

    return _read("train", text, train)


def parse_drive(text: str) -> Drive:
    """`glu = 1 [mM]*exp(-time/2 [ms])`: an expression of `time`; its units stand in brackets."""

    def drive() -> Drive:
        name, rest = _name(text)
        if not rest.startswith("="):
            raise _Mistake("`=` is missing after the name")
        try:
            return Drive(name, drive_expression(rest[1:]))
        except MistakenDrive as mistake:
            raise _Mistake(str(mistake)) from None

    return _read("drive", text, drive)


_PARSERS: dict[str, Callable[[str], Action]] = {
    "pulse": parse_pulse,
    "hold": parse_hold,
    "set": parse_set,
    "step": parse_step,
    "train": parse_train,
    "drive": parse_drive,
}


def parse_action(word: str, text: str) -> Action:
    """The action of a kind: pulse, hold, set, step, train or drive.

    Raises:
        UsageError: no such kind, or a text of another form.
    """
    if word not in _PARSERS:
        raise UsageError(
            f"`{word}` is no protocol line; expected {', '.join(_PARSERS)}"
            f"{did_you_mean(word, _PARSERS)}"
        )
    return _PARSERS[word](text)


def _read(kind: str, text: str, read: Callable[[], Result]) -> Result:
    try:
        return read()
    except _Mistake as mistake:
        form = _FORMS[kind]
        raise UsageError(
            f"`{text}` is not {form.what}: {mistake}; "
            f"write `{form.form}`, for example `{form.example}`"
        ) from None


def _assignment(kind: str, text: str) -> tuple[str, Number, dict[str, str]]:
    """`NAME = VALUE` and the clauses after it."""
    name, rest = _name(text)
    if not rest.startswith("="):
        raise _Mistake("`=` is missing after the name")
    before, clauses = _clauses(rest[1:], _FORMS[kind].words)
    try:
        return name, _quantity(before), clauses
    except _Mistake as mistake:
        raise _Mistake(f"{mistake}{_near(before, kind)}") from None


def _name(text: str) -> tuple[str, str]:
    written = text.strip()
    match = _NAME.match(written)
    if match is None:
        raise _Mistake("it does not start with a name")
    return match.group(), written[match.end() :].strip()


def _clauses(text: str, words: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """The text before the first of the words, and what follows each of them."""
    before: list[str] = []
    clauses: dict[str, list[str]] = {}
    present = before
    for piece in text.split():
        if piece in words:
            if piece in clauses:
                raise _Mistake(f"`{piece}` is given twice")
            present = clauses[piece] = []
        else:
            present.append(piece)
    for word, pieces in clauses.items():
        if not pieces:
            raise _Mistake(f"nothing follows `{word}`")
    return " ".join(before), {word: " ".join(pieces) for word, pieces in clauses.items()}


def _quantity(text: str) -> Number:
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        written = text.strip()
        raise _Mistake(f"`{written}` is no number" if written else "the value is missing")
    digits, written = match.group(1), match.group(2).strip()
    if not isfinite(float(digits)):
        raise _Mistake(f"the number `{digits}` is too large")
    if not written:
        return Number(float(digits), NUMBER, digits)
    if written.startswith("[") and written.endswith("]"):
        written = written[1:-1]
    try:
        unit = parse_unit(written)
    except UnitError as error:
        raise _Mistake(str(error)) from None
    return Number(unit.to_internal(float(digits)), unit.dimension, f"{digits} [{unit.text}]")


def _time(text: str) -> Number:
    value = _quantity(text)
    if value.dimension != TIME:
        raise _Mistake(f"`{text}` is not a time such as `1 ms`")
    if value.value < 0.0:
        raise _Mistake(f"the time `{text}` is negative")
    return value


def _at(clauses: dict[str, str]) -> Number:
    return _time(clauses["at"]) if "at" in clauses else Number(0.0)


def _repetition(clauses: dict[str, str]) -> tuple[Number, int]:
    for word in ("every", "count"):
        if word not in clauses:
            raise _Mistake(f"`{word}` is missing")
    count = clauses["count"]
    if not count.isdecimal() or int(count) < 1:
        raise _Mistake(f"the count `{count}` is not a whole number of 1 or more")
    return _time(clauses["every"]), int(count)


def _near(text: str, kind: str) -> str:
    """A hint for a misspelt word of the form."""
    hints = (did_you_mean(word, _FORMS[kind].words) for word in text.split() if word.isalpha())
    return next((hint for hint in hints if hint), "")
