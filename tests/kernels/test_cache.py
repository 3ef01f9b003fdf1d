"""Machine code is found again for the same structure, and only for that."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.engines.programs import names, program, pulses, stimulus

from quantal.engines.base import Settings
from quantal.engines.rosenbrock import RODAS4, RODAS5P
from quantal.engines.stiff import ENGINE
from quantal.kernels import cache
from quantal.kernels.signature import signature

ROOT = Path(__file__).parents[2]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty cache folder, and nothing in memory."""
    monkeypatch.setenv("QUANTAL_CACHE", str(tmp_path))
    cache.forget()
    yield tmp_path / "kernels"
    cache.forget()


def made(k=0.7, order=1):
    x, v, rate, u = names("x v k u")
    return program(
        {"x": (-rate * x**order + u, 1.0), "v": (x - v, 0.0)},
        {"k": k}, drives=["u"], clampable=["v"],
    )  # fmt: skip


def decays(exact_rate, the_program=None, **more):
    the_program = the_program or made()
    driven = stimulus(the_program, 1.0, [pulses([], 0.0, 0.0, 0.0)], **more)
    trajectory = ENGINE.run(the_program, driven, Settings(1e-8, 1e-12, np.array([1.0])))
    assert trajectory["x"][0] == pytest.approx(np.exp(-exact_rate), rel=1e-6)
    return trajectory.statistics["cached"] == 1.0


def test_the_second_run_finds_the_first_ones_code_in_memory_and_on_disk(place):
    assert not decays(0.7)
    assert decays(0.7)
    cache.forget()
    assert decays(0.7)
    assert len(list(place.iterdir())) == 1


def test_parameters_protocols_clamps_and_samples_never_compile_again(place):
    decays(0.7)
    assert decays(0.2, parameters=np.array([0.2]))
    assert decays(0.3, made(k=0.3))
    assert decays(0.7, clamps={1: pulses([0.5], 0.1, 0.0, 1.0)}, stops=(0.5, 0.6))
    assert decays(0.7, changes=((1.0, 0, 9.0),))
    assert len(list(place.iterdir())) == 1


def test_structure_and_method_make_other_code():
    base = signature(made(), RODAS5P)
    assert signature(made(k=5.0), RODAS5P) == base
    assert signature(replace(made(), title="other", roles={"a": "x"}), RODAS5P) == base
    assert signature(made(order=2), RODAS5P) != base
    assert signature(made(), RODAS4) != base
    free = replace(made(), states=tuple(replace(s, clampable=False) for s in made().states))
    assert signature(free, RODAS5P) != base


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "foreign", "head"])
def test_a_damaged_entry_is_made_again(place, damage):
    decays(0.7)
    (entry,) = place.iterdir()
    whole = entry.read_bytes()
    flipped = bytearray(whole)
    flipped[-100] ^= 0xFF
    broken = {
        "flip": bytes(flipped), "cut": whole[:-50], "empty": b"", "foreign": b"<html>\n" * 9,
        "head": whole.replace(b'"states": 2', b'"states": 3'),
    }  # fmt: skip
    assert broken[damage] != whole
    entry.write_bytes(broken[damage])
    cache.forget()
    assert not decays(0.7)
    assert entry.read_bytes() == whole
    cache.forget()
    assert decays(0.7)


def test_code_is_not_loaded_from_a_folder_that_others_can_write_to(place):
    decays(0.7)
    place.chmod(0o777)
    cache.forget()
    assert not decays(0.7)


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("QUANTAL_CACHE", str(tmp_path / "file"))
    cache.forget()
    assert not decays(0.7)


def test_a_write_that_fails_leaves_nothing_behind(place, monkeypatch):
    def fails(*_):
        raise OSError(28, "no space left on device")

    monkeypatch.setattr(os, "replace", fails)
    assert not decays(0.7)
    assert list(place.iterdir()) == []


def test_old_entries_make_room(place, monkeypatch):
    monkeypatch.setattr(cache, "MOST_ENTRIES", 2)
    for order in (1, 2, 3, 4):
        cache.kernel_for(made(order=order), RODAS5P)
    assert len(list(place.iterdir())) == 2


CHILD = """
from tests.kernels.test_cache import decays
print(decays(0.7))
"""


def test_two_processes_share_one_folder(place):
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    children = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD], cwd=ROOT, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]  # fmt: skip
    for child in children:
        output, errors = child.communicate(timeout=60)
        assert child.returncode == 0, errors
        assert output.strip() in ("True", "False")
    assert len(list(place.iterdir())) == 1
    assert decays(0.7)


def test_a_hit_imports_neither_the_generator_nor_the_graph(place):
    decays(0.7)
    code = CHILD + (
        "import sys\n"
        "print([m for m in sys.modules if m.startswith(('quantal.kernels.generate', "
        "'quantal.kernels.symbolic'))])"
    )
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, text=True,
        capture_output=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout.split("\n")[:2] == ["True", "[]"]
