"""Cutting a text into its statements, each with its block, before anything is parsed.

A statement starts at column 0 with its word; one mistake therefore never hides the next
statement, and a misspelt word is met here, with the nearest right one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from quantal.errors import ModelError, Problem, Where, did_you_mean

DEEPEST = 256
"""Parentheses that nest deeper are refused before parsing."""

STATEMENTS = (
    "mechanism", "synapse", "cell", "circuit", "source", "doi", "preparation", "note",
    "temperature", "parameter", "let", "place", "species", "scheme", "state", "gate",
    "membrane", "input", "exchange", "event", "reaction", "current", "on", "role", "q10",
    "discrete", "continuous", "use", "connect", "target", "for",
)  # fmt: skip
"""The words with which a statement starts."""

FREE_TEXT = ("source", "doi", "preparation", "note", "figure")
_CODE = re.compile(r'"[^"\n]*"|#.*|[()]')
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement's word and text, and the number of its first line."""

    word: str
    text: str
    line: int


def statements(text: str, file: str, problems: list[Problem]) -> list[Statement]:
    """The statements of a text; what cannot be one is noted in `problems`.

    Raises:
        ModelError: parentheses nest deeper than 256.
    """
    cutter = _Cutter(file, problems)
    for number, line in enumerate(text.split("\n"), 1):
        cutter.take(line, number)
    found = cutter.finish()
    if not found and len(problems) > 3:
        message = "not a mechanism text: no line starts with a word of the language"
        raise ModelError([Problem(Where(file), message)])
    return found


class _Cutter:
    """Takes one line after another and keeps the statement that is being read."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self.file = file
        self.problems = problems
        self.found: list[Statement] = []
        self.word = ""
        self.first = 0
        self.lines: list[str] = []
        self.open_lines: list[int] = []
        self.skipping = False

    def take(self, line: str, number: int) -> None:
        """Add one line to the statement it belongs to, or start the next."""
        if "\t" in line:
            self._note(number, "a tab; indent with spaces")
            line = line.replace("\t", "    ")
        starts = bool(line) and line[0] not in " #"
        word = _first_word(line)
        if starts and self.open_lines and word in STATEMENTS:
            self._unclosed()
        if starts and not self.open_lines:
            self._start(word, line, number)
        elif not self.lines and line.strip() and not line.lstrip().startswith("#"):
            if not self.skipping:
                self._note(number, "an indented line before any statement; start at column 1")
            self.skipping = True
            return
        if self.lines:
            self.lines.append(line)
        if not self._is_free_text(line):
            self._count(line, number)

    def finish(self) -> list[Statement]:
        """The statements, the last one closed."""
        if self.open_lines:
            self._unclosed()
        self._close()
        return self.found

    def _start(self, word: str, line: str, number: int) -> None:
        self._close()
        self.skipping = word not in STATEMENTS
        if self.skipping:
            hint = did_you_mean(word, STATEMENTS)
            hint = hint or "; a statement starts with a word such as `parameter` or `scheme`"
            self._note(number, f"{_shown(word, line)} starts no statement{hint}")
            return
        self.word, self.first, self.lines = word, number, [""]

    def _close(self) -> None:
        if self.lines:
            text = "\n".join(self.lines[1:]).rstrip() + "\n"
            self.found.append(Statement(self.word, text, self.first))
        self.lines = []
        self.open_lines = []

    def _is_free_text(self, line: str) -> bool:
        word = _first_word(line.lstrip(" "))
        if line[:1] == " ":
            return self.word == "target" and word in ("figure", "note") and not self.open_lines
        return word in FREE_TEXT and not self.open_lines

    def _count(self, line: str, number: int) -> None:
        for match in _CODE.finditer(line):
            if match.group() == "(":
                self.open_lines.append(number)
                if len(self.open_lines) > DEEPEST:
                    message = f"parentheses nest deeper than {DEEPEST}"
                    raise ModelError([Problem(Where(self.file), message)])
            elif match.group() == ")" and self.open_lines:
                self.open_lines.pop()

    def _unclosed(self) -> None:
        self._note(self.open_lines[-1], "`(` is never closed")
        self.lines = []
        self.open_lines = []

    def _note(self, line: int, message: str) -> None:
        self.problems.append(Problem(Where(self.file, line), message))


def _shown(word: str, line: str) -> str:
    """The start of a line, fit to be printed."""
    visible = "".join(sign for sign in line[:20] if sign.isprintable()).strip()
    return f"`{word or visible}`" if word or visible else "an unprintable sign"


def _first_word(line: str) -> str:
    match = _WORD.match(line)
    return match.group() if match else ""
