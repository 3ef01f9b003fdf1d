"""Everything that can go wrong, as one tree.

QuantalError
├── UsageError          a call or command line that cannot be carried out       exit code 2
│   └── RecordingError  a recording that cannot be read or holds no stimulus     exit code 2
├── ModelError          a text that is not a valid model; lists every problem    exit code 3
├── RunError            a run that started and failed, and where                 exit code 1
└── TargetMissed        a published target that the model does not reproduce     exit code 4
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")


class QuantalError(Exception):
    """Base of every error that Quantal raises on purpose."""

    exit_code = 1


class UsageError(QuantalError):
    """What was asked for does not exist or does not fit."""

    exit_code = 2


class RecordingError(UsageError):
    """A recording is unreadable, or holds nothing that can drive a synapse."""


class RunError(QuantalError):
    """A run failed; the message names the time, the state and the reaction."""

    exit_code = 1


class TargetMissed(QuantalError):
    """A published target is not reproduced within its stated tolerance."""

    exit_code = 4


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a text: file, line (from 1), and column (from 1) where known.

    `used_at` is the `use` statement through which the text came in, so that an
    error inside a library file can name both lines.
    """

    file: str
    line: int | None = None
    column: int | None = None
    used_at: Where | None = None

    def __str__(self) -> str:
        parts = [self.file, self.line, self.column]
        text = ":".join(str(part) for part in parts if part is not None)
        return f"{text} (used at {self.used_at})" if self.used_at else text


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a model: where it stands and what it is."""

    where: Where
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


def all_at_once(steps: Iterable[Callable[[], Result]]) -> list[Result]:
    """What every step gives, in order.

    Raises:
        UsageError: the problems of all the steps that have one, a line each.
    """
    results: list[Result] = []
    problems: list[UsageError] = []
    for step in steps:
        try:
            results.append(step())
        except UsageError as problem:
            problems.append(problem)
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise UsageError("\n".join(dict.fromkeys(map(str, problems))))
    return results


class ModelError(QuantalError):
    """A text is not a valid model. `problems` holds all of them, in text order."""

    exit_code = 3

    def __init__(self, problems: Iterable[Problem]) -> None:
        unique = dict.fromkeys(problems)
        self.problems: tuple[Problem, ...] = tuple(
            sorted(unique, key=lambda problem: (problem.where.file, problem.where.line or 0))
        )
        super().__init__("\n".join(str(problem) for problem in self.problems))


def a_or_an(noun: str) -> str:
    """`an input`, `a species`."""
    return f"an {noun}" if noun[:1] in "aeiou" else f"a {noun}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`"; did you mean `X`?"` with the nearest known word, or `""` if none is near."""
    words = list(known)
    # `mv` for `mV`: a slip of case is nearer than any other.
    same = [candidate for candidate in words if candidate.lower() == word.lower()]
    nearest = same or difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    return f"; did you mean `{nearest[0]}`?" if nearest else ""


def unwritable(target: object, error: OSError) -> str:
    """That a result cannot be written: `x.zarr: it cannot be written (Permission denied)`."""
    return f"{target}: it cannot be written ({error.strerror or error})"
