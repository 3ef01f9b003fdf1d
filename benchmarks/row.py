"""One line of the benchmark table, and the machine it was measured on."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """A problem, what Quantal needs for it, and what a peer needs in the same run.

    `ours` and `theirs` are in `unit`, smaller is better; `error` and `peer_error` are
    the largest departure from a reference as a share of the quantity's range; `memory`
    is the peak in MB. A peer that is not installed leaves `theirs` empty and says so in
    `note`.
    """

    problem: str
    ours: float
    unit: str
    peer: str = ""
    theirs: float | None = None
    error: float | None = None
    peer_error: float | None = None
    memory: float | None = None
    goal: str = ""
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times faster than the peer."""
        return None if self.theirs is None else self.theirs / self.ours

    def as_dict(self) -> dict[str, Any]:
        """The row as plain data; `peer` is then the peer's figure, `against` its name."""
        plain = asdict(self)
        against, figure = plain.pop("peer"), plain.pop("theirs")
        return plain | {
            "peer": figure, "against": against, "ratio": self.ratio, "machine": machine(),
        }  # fmt: skip


def machine() -> str:
    """What the numbers were measured on."""
    return (
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}"
    )


def _processor() -> str:
    description = Path("/proc/cpuinfo")
    if description.exists():
        for line in description.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()
