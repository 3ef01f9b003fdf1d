"""A progress bar on stderr for work that lasts, and for nobody who is not watching."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 1.0
"""Seconds before a bar appears: most runs are over by then."""


@contextmanager
def progress_bar(title: str, quiet: bool = False) -> Iterator[Callable[[float], None] | None]:
    """A function to call with the share done, 0 to 1; None where nobody watches.

    Nobody watches where stderr is not a terminal, or with `quiet`.
    """
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    bar = Progress(console=Console(stderr=True), transient=True)
    task = bar.add_task(title, total=1.0)
    began = time.monotonic()

    def advance(share: float) -> None:
        if not bar.live.is_started and time.monotonic() - began > PATIENCE:
            bar.start()
        bar.update(task, completed=share)

    try:
        yield advance
    finally:
        bar.stop()
