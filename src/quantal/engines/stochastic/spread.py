"""Chunks of trials on all cores, with progress; Ctrl-C keeps what is whole."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

from quantal.engines.base import Settings
from quantal.engines.stochastic.chunk import Stopped
from quantal.engines.stochastic.keeping import Done, Kept, remaining

Result = TypeVar("Result", bound=Done)


def spread(
    one: Callable[[range], Result], chunks: Sequence[range], settings: Settings, end: float,
    stop: threading.Event, kept: Kept[Result] | None = None,
) -> tuple[list[Result], str]:  # fmt: skip
    """All chunks in the order of their trials, and a sentence on how it went.

    `stop` is set when the others should give up, at Ctrl-C or after an error. Nothing is given
    where Ctrl-C came before the first trial was whole. What `kept`
    holds already is not run again, and what is finished is kept there at once.
    """
    count = sum(len(trials) for trials in chunks)
    done = kept.found(count) if kept else []
    before = _number(done)
    rest = remaining(chunks, done)
    workers = max(min(settings.workers or os.cpu_count() or 1, len(rest)), 1)
    pool = ThreadPoolExecutor(workers)
    waiting: set[Future[Result]] = set()
    interrupted = False
    try:
        waiting |= {pool.submit(one, trials) for trials in rest}
        if before and settings.progress:
            settings.progress(before / count)
        while waiting:
            finished, waiting = wait(waiting, timeout=0.1, return_when=FIRST_COMPLETED)
            whole = [future.result() for future in finished]
            done += whole
            if kept:
                kept.keep(whole)
            if finished and settings.progress:
                settings.progress(_number(done) / count)
            if settings.stop is not None and settings.stop.is_set():
                interrupted = True
                break
    except KeyboardInterrupt:
        interrupted = True
    finally:
        stop.set()
        for future in waiting:
            future.cancel()
        pool.shutdown(wait=True)
    if interrupted:
        done += _late(waiting)
        if kept:
            kept.keep(done)
        if done:
            # Said at once: to put many trials together and measure them may take seconds.
            logging.getLogger(__name__).warning(
                "stopped with %d of %d trials whole; these are now measured "
                "(interrupt again to leave at once)", _number(done), count,
            )  # fmt: skip
    done.sort(key=lambda result: result.trials.start)
    return done, _how_it_went(_number(done), count, before, end, interrupted, kept)


def _number(results: Iterable[Done]) -> int:
    return sum(len(result.trials) for result in results)


def _how_it_went(
    whole: int, count: int, before: int, end: float, interrupted: bool, kept: Kept[Any] | None
) -> str:
    if not interrupted:
        taken = f", {before} of which were kept from before" if before else ""
        return f"The run reached its end at {end:g} ms in {whole} trials{taken}."
    goes_on = f" They are kept in {kept.folder}: the same run goes on from there." if kept else ""
    return (
        f"The run was stopped after {whole} of {count} trials; those are whole, and the same "
        f"as in a run that was not stopped.{goes_on}"
    )


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
