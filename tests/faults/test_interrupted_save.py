"""A save that is stopped between its two moves keeps the trajectory that was there."""

import contextlib
import shutil
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import quantal
from quantal.trajectory import _scratch


def saved(glu: str) -> quantal.Trajectory:
    held = quantal.protocols.hold("glu", glu)
    return quantal.run(
        "receptors/ampa_jonas_1993", held, until="1 ms", sample="0.5 ms", record=["open"]
    )


def test_an_interrupt_while_overwriting_keeps_the_old_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, first, move = tmp_path / "x.zarr", saved("1 mM"), shutil.move
    first.save(store, ["open"])

    def stopped(source: Path, target: Path) -> object:
        if Path(source).name == "part.zarr":
            raise KeyboardInterrupt
        return move(source, target)

    monkeypatch.setattr(shutil, "move", stopped)
    with pytest.raises(KeyboardInterrupt):
        saved("2 mM").save(store, ["open"])
    monkeypatch.undo()
    np.testing.assert_array_equal(quantal.Trajectory.load(store)["open"], first["open"])
    assert [path.name for path in tmp_path.iterdir()] == ["x.zarr"]


def test_a_thread_that_still_writes_leaves_no_folder_behind(tmp_path: Path) -> None:
    """What zarr's threads do after an interrupt: files appear while their folder goes."""
    started = threading.Event()

    def keep_writing(folder: Path) -> None:
        end = time.monotonic() + 0.2
        number = 0
        while time.monotonic() < end:
            number += 1
            with contextlib.suppress(OSError):
                folder.mkdir(exist_ok=True)
                (folder / str(number)).touch()
            started.set()

    def interrupted_write() -> None:
        with _scratch(tmp_path) as folder:
            writers.append(threading.Thread(target=keep_writing, args=(folder / "part.zarr",)))
            writers[0].start()
            started.wait()
            raise KeyboardInterrupt

    writers: list[threading.Thread] = []
    with pytest.raises(KeyboardInterrupt):
        interrupted_write()
    writers[0].join()
    assert not list(tmp_path.iterdir())
