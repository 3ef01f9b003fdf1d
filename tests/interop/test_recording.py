"""What is not a recording is refused in one sentence."""

import sys
from pathlib import Path

import pytest

from quantal.errors import RecordingError, UsageError
from quantal.interop.artefacts import stimulus_times
from quantal.interop.recording import read

RECORDINGS = Path(__file__).parents[3] / "shared" / "data" / "recordings"
APPLICATION = RECORDINGS / "nmda_application.abf"
real = pytest.mark.skipif(not APPLICATION.exists(), reason=f"{APPLICATION} is not here")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html><body>404</body></html>", "not an ABF file"),
        (b"", "not an ABF file"),
        (b"ABF2" + bytes(200), "cannot be read as ABF"),
        (b"ABF " + bytes(10_000), "cannot be read as ABF|holds no sweeps"),
    ],
)
def test_a_file_that_is_not_abf(tmp_path, content, message):
    pytest.importorskip("pyabf")
    file = tmp_path / "x.abf"
    file.write_bytes(content)
    with pytest.raises(RecordingError, match=message):
        read(file)


def test_no_file_and_a_folder(tmp_path):
    for path in (tmp_path / "none.abf", tmp_path):
        with pytest.raises(RecordingError, match="no such recording"):
            read(path)


def test_without_pyabf_the_extra_is_named(tmp_path, monkeypatch):
    file = tmp_path / "x.abf"
    file.write_bytes(b"ABF2")
    monkeypatch.setitem(sys.modules, "pyabf", None)
    with pytest.raises(RecordingError, match=r"quantal\[recordings\]"):
        read(file)


@real
def test_a_recording_without_stimuli_is_refused():
    with pytest.raises(RecordingError, match="too coarse"):
        stimulus_times(read(APPLICATION))


@real
def test_a_channel_that_is_not_there():
    with pytest.raises(UsageError, match="no channel 7; it has 1"):
        read(APPLICATION, channel=7)
