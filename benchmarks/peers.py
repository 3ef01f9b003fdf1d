"""Other simulators beside ours: where they are installed, and how one is kept ready to run.

A peer is used where this Python can import it, or where `QUANTAL_PEERS` names a folder with
a virtual environment for it: `$QUANTAL_PEERS/brian2/bin/python`. Peers that are not found
are skipped by name.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any


def python_of(module: str) -> Path | None:
    """The interpreter that can import a peer, if there is one."""
    if find_spec(module) is not None:
        return Path(sys.executable)
    folder = os.environ.get("QUANTAL_PEERS")
    found = Path(folder) / module / "bin" / "python" if folder else None
    return found if found is not None and found.exists() else None


class Peer:
    """A script of a peer in a process of its own: it prepares once, then runs when told to.

    It prepares, which may mean compiling, while the caller goes on; `ready` waits for it. The
    script prints one line of JSON when it is ready, and one for each line that it reads.
    """

    def __init__(self, python: Path, script: Path, *arguments: str) -> None:
        environment = os.environ | {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
        # A prepared library may be looked for in the environment's own folder.
        environment["VIRTUAL_ENV"] = str(python.parent.parent)
        self._process = subprocess.Popen(
            [str(python), str(script), *arguments], env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def ready(self) -> dict[str, Any]:
        """What the script says when it is prepared.

        Raises:
            RuntimeError: it could not be prepared; the last line that it said.
        """
        return self._answer()

    def measure(self) -> dict[str, Any]:
        """What one run takes."""
        assert self._process.stdin is not None
        self._process.stdin.write("run\n")
        self._process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def _answer(self) -> dict[str, Any]:
        """The next line that is JSON.

        Raises:
            RuntimeError: the process ended without one.
        """
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{"):
                found: dict[str, Any] = json.loads(line)
                return found
        assert self._process.stderr is not None
        said = self._process.stderr.read().strip().splitlines()[-1:] or ["no message"]
        raise RuntimeError(said[0])
