"""Other keys than the tests' own, for `make proof`: every seed is moved by QUANTAL_PROOF_KEY."""

import os

import pytest

import quantal

KEY = int(os.environ.get("QUANTAL_PROOF_KEY", "0"))


@pytest.fixture(autouse=True)
def other_key(monkeypatch):
    """Runs with the seed that a test says, moved by the key."""
    if KEY:
        run = quantal.run
        monkeypatch.setattr(
            quantal, "run",
            lambda *a, **more: run(*a, **{**more, "seed": more.get("seed", 0) + 1_000_003 * KEY}),
        )  # fmt: skip
