"""All verbs together: one module of this folder each, with a function `command`.

Nothing heavy is imported here, so that `quantal --help` answers at once; each verb
imports what it needs when it runs.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from quantal.cli.main import INTERRUPTED

VERBS = (
    "list", "show", "check", "run", "measure", "draw", "validate", "compare", "cite",
)  # fmt: skip
"""In the order of the help."""


def application() -> typer.Typer:
    """The command line."""
    # Plain help: rich's takes twice as long to import as everything else together.
    app = typer.Typer(
        name="quantal",
        help="Simulate neurotransmission, from the action potential to the axon hillock.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(_whole_command)
    for verb in VERBS:
        module = importlib.import_module(f"quantal.cli.{verb}")
        app.command(verb)(in_plain_words(module.command))
    return app


def _whole_command(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Simulate neurotransmission, from the action potential to the axon hillock."""
    if version:
        from quantal import __version__

        print(__version__)


def in_plain_words(command: Callable[..., None]) -> Callable[..., None]:
    """The command with every error of Quantal told as its message and exit code."""

    @functools.wraps(command)
    def spoken(*arguments: object, **options: object) -> None:
        from quantal.errors import QuantalError

        try:
            command(*arguments, **options)
        except QuantalError as error:
            print(error, file=sys.stderr)
            raise typer.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            # `quantal ... | head` closes our output: no more to say, and nothing failed.
            sys.stderr.close()
            raise typer.Exit(0) from None
        except OSError as error:
            print(f"{error.filename or 'output'}: {error.strerror or error}", file=sys.stderr)
            raise typer.Exit(1) from None

    return spoken
