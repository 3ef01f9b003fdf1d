"""`quantal check`: every problem of a text, all at once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quantal.cli.options import Json

if TYPE_CHECKING:
    from quantal.errors import Problem


def command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Files or folders of them.")],
    as_json: Json = False,
) -> None:
    """Check model files: syntax, names, units, sizes, connections."""
    from quantal.cli.printing import print_json
    from quantal.errors import ModelError

    problems: list[Problem] = []
    for file in list(_every(files)):
        found, warnings = _examine(file)
        problems += found
        if not as_json:
            for warning in warnings:
                print(f"{warning} (warning)")
            if not found:
                print(f"{file}: no problems")
    if as_json:
        print_json([_row(problem) for problem in problems])
    elif problems:
        raise ModelError(problems)
    if problems:
        raise typer.Exit(ModelError.exit_code)


def _every(paths: list[Path]) -> Iterator[Path]:
    """The files meant: a folder stands for all the texts in it."""
    from quantal.errors import UsageError
    from quantal.library.catalogue import find

    for path in paths:
        within = sorted(path.rglob("*.syn"))
        if path.is_dir() and not within:
            raise UsageError(f"{path}: no mechanism here; their files end in `.syn`")
        # A name of the library will do as well; what is no file is refused with the nearest.
        if not path.is_dir():
            yield find(str(path))
        for file in within:
            if file.is_file():
                yield file
            else:
                print(f"{file}: skipped, it is no regular file", file=sys.stderr)


def _examine(file: Path) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """What is wrong with a file, and what may be."""
    from quantal.errors import ModelError
    from quantal.experiments.loading import examine, load

    try:
        return (), examine(load(file)).warnings
    except ModelError as error:
        return error.problems, ()


def _row(problem: Problem) -> dict[str, object]:
    where = problem.where
    return {
        "file": where.file,
        "line": where.line,
        "column": where.column,
        "message": problem.message,
    }
