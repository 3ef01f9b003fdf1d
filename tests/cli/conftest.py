"""The command line, in this process."""

from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from quantal.cli.application import application


@pytest.fixture
def quantal() -> Callable:
    """`quantal("run", "NAME")` gives the result with exit_code, stdout and stderr."""
    app = application()
    return lambda *arguments: CliRunner().invoke(app, [str(a) for a in arguments])
