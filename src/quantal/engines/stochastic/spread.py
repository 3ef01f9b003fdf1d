"""Chunks of trials on all cores, with progress; Ctrl-C keeps what is whole."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Protocol, TypeVar

from quantal.engines.base import Settings
from quantal.engines.stochastic.chunk import Stopped


class Done(Protocol):
    """What a chunk gives: it knows its trials."""

    trials: range


Result = TypeVar("Result", bound=Done)


def spread(
    one: Callable[[range], Result], chunks: Sequence[range], settings: Settings, end: float,
    stop: threading.Event,
) -> tuple[list[Result], str]:  # fmt: skip
    """All chunks in the order of their trials, and a sentence on how it went.

    `stop` is set when the others should give up, at Ctrl-C or after an error.
    """
    count = sum(len(trials) for trials in chunks)
    workers = max(min(settings.workers or os.cpu_count() or 1, len(chunks)), 1)
    done: list[Result] = []
    pool = ThreadPoolExecutor(workers)
    waiting: set[Future[Result]] = {pool.submit(one, trials) for trials in chunks}
    interrupted = False
    try:
        while waiting:
            finished, waiting = wait(waiting, timeout=0.1, return_when=FIRST_COMPLETED)
            done += [future.result() for future in finished]
            if finished and settings.progress:
                settings.progress(sum(len(each.trials) for each in done) / count)
    except KeyboardInterrupt:
        interrupted = True
    finally:
        stop.set()
        for future in waiting:
            future.cancel()
        pool.shutdown(wait=True)
    if interrupted:
        done += _late(waiting)
    done.sort(key=lambda result: result.trials.start)
    whole = sum(len(result.trials) for result in done)
    if interrupted:
        return done, (
            f"The run was stopped after {whole} of {count} trials; those are whole, and the same "
            "as in a run that was not stopped."
        )
    return done, f"The run reached its end at {end:g} ms in {whole} trials."


def _late(futures: Iterable[Future[Result]]) -> list[Result]:
    """Chunks that were whole by the time the others had stopped."""
    whole = []
    for future in futures:
        if future.done() and not future.cancelled():
            try:
                whole.append(future.result())
            except Stopped:
                continue
    return whole
