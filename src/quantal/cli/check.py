"""`quantal check`: every problem of a text, all at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quantal.cli.options import Json


def command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Files of the language.")],
    as_json: Json = False,
) -> None:
    """Check model files: syntax, names, units, sizes, connections."""
    from quantal.cli.printing import print_json
    from quantal.errors import ModelError, Problem, Where

    problems: list[Problem] = []
    for file in files:
        if not file.exists():
            problems.append(Problem(Where(str(file)), "no such file"))
            continue
        try:
            warnings = _examine(file)
        except ModelError as error:
            problems.extend(error.problems)
        else:
            if not as_json:
                for warning in warnings:
                    print(f"warning: {warning}")
                print(f"{file}: no problems")
    if as_json:
        print_json([_row(problem) for problem in problems])
    if problems:
        if as_json:
            raise typer.Exit(ModelError.exit_code)
        raise ModelError(problems)


def _examine(file: Path) -> list[str]:
    from quantal.experiments.loading import examine, load

    return [str(warning) for warning in examine(load(file)).warnings]


def _row(problem: object) -> dict[str, object]:
    from quantal.errors import Problem

    assert isinstance(problem, Problem)
    where = problem.where
    return {
        "file": where.file,
        "line": where.line,
        "column": where.column,
        "message": problem.message,
    }
