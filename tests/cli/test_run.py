"""`quantal run`: what it prints, what it writes, what it refuses."""

import json

import numpy as np
import pytest
import scipy.linalg

AMPA = "receptors/ampa_jonas_1993"
PULSE = ("--pulse", "glu = 1 mM for 1 ms")


def open_fraction(times: np.ndarray, glu: float, duration: float) -> np.ndarray:
    """The scheme of Jonas et al. solved by matrix exponentials, independently."""
    states = ["C0", "C1", "C2", "O", "C3", "C4", "C5"]
    lines = [
        ("C0", "C1", 4.59, 4.26, True), ("C1", "C2", 28.4, 3.26, True),
        ("C2", "O", 4.24, 0.9, False), ("C1", "C3", 2.89, 0.0392, False),
        ("C3", "C4", 1.27, 0.0457, True), ("C2", "C4", 0.172, 0.000727, False),
        ("C4", "C5", 0.0168, 0.1904, False), ("O", "C5", 0.0177, 0.004, False),
    ]  # fmt: skip

    def generator(concentration: float) -> np.ndarray:
        q = np.zeros((7, 7))
        for a, b, forward, backward, binds in lines:
            i, j = states.index(a), states.index(b)
            rate = forward * concentration if binds else forward
            q[j, i] += rate
            q[i, i] -= rate
            q[i, j] += backward
            q[j, j] -= backward
        return q

    start = np.eye(7)[0]
    end_of_pulse = scipy.linalg.expm(generator(glu) * duration) @ start
    return np.array(
        [
            (
                scipy.linalg.expm(generator(glu) * t) @ start
                if t <= duration
                else scipy.linalg.expm(generator(0.0) * (t - duration)) @ end_of_pulse
            )[3]
            for t in times
        ]
    )


def test_json_has_the_stated_form_and_the_exact_values(quantal):
    done = quantal(
        "run", AMPA, *PULSE, "--until", "100 ms", "--sample", "0.01 ms", "--record", "open",
        "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    data = json.loads(done.stdout)
    assert list(data) == ["time", "open"]
    assert data["time"]["unit"] == "ms"
    assert data["open"]["unit"] == "1"
    time = np.array(data["time"]["values"])
    assert len(time) == len(data["open"]["values"]) == 10_001
    assert time[0] == 0.0
    assert time[-1] == 100.0
    simulated = np.array(data["open"]["values"])[::250]
    exact = open_fraction(time[::250], 1.0, 1.0)
    assert np.max(np.abs(simulated - exact)) < 1e-5


def test_several_pulses_are_one_train(quantal):
    done = quantal(
        "run", AMPA, *PULSE, "--pulse", "glu = 1 mM for 1 ms at 50 ms", "--until", "60 ms",
        "--sample", "0.1 ms", "--record", "open", "--json",
    )  # fmt: skip
    data = json.loads(done.stdout)
    time, opened = np.array(data["time"]["values"]), np.array(data["open"]["values"])
    first, second = opened[time < 50].max(), opened[time >= 50].max()
    assert 0.1 < second < first


def test_a_transient_may_decay(quantal):
    arguments = ("--until", "10 ms", "--sample", "0.1 ms", "--record", "glu", "--json")
    done = quantal("run", AMPA, "--pulse", "glu = 1.1 mM decaying 1.2 ms", *arguments)
    data = json.loads(done.stdout)
    exact = 1.1 * np.exp(-np.array(data["time"]["values"]) / 1.2)
    assert np.allclose(data["glu"]["values"], exact, rtol=1e-6)


def test_a_parameter_and_a_clamp_scale_the_current(quantal):
    def peak_current(*more):
        done = quantal(
            "run", AMPA, *PULSE, "--until", "10 ms", "--sample", "0.01 ms", "--record", "i,open",
            "--json", *more,
        )  # fmt: skip
        assert done.exit_code == 0, done.output
        data = json.loads(done.stdout)
        return min(data["i"]["values"]), max(data["open"]["values"])

    current, opened = peak_current("--hold", "V = -70 mV", "--set", "n=20 channels")
    assert current == pytest.approx(20 * 8e-3 * opened * -70, rel=1e-9)  # pS times mV: fA


def test_a_table_says_peak_time_and_final(quantal):
    done = quantal("run", AMPA, *PULSE, "--until", "20 ms", "--record", "open")
    assert done.exit_code == 0, done.output
    assert "open" in done.stdout
    assert "0.5949" in done.stdout
    assert "reached its end" in done.stdout


def test_save_and_draw_write_whole_files(quantal, tmp_path):
    store, picture = tmp_path / "x.zarr", tmp_path / "x.png"
    done = quantal(
        "run", AMPA, *PULSE, "--until", "5 ms", "--record", "open", "--save", store, "--draw",
        picture,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.png", "x.zarr"]
    measured = quantal("measure", store, "peak(open)", "--json")
    assert json.loads(measured.stdout)[0]["value"] == pytest.approx(0.595, rel=0.005)
    again = quantal("draw", store, "open", "-o", tmp_path / "y.svg")
    assert again.exit_code == 0
    assert (tmp_path / "y.svg").read_text().lstrip().startswith("<?xml")


def test_only_a_trajectory_is_overwritten(quantal, tmp_path):
    notes, folder, store = tmp_path / "notes.txt", tmp_path / "data", tmp_path / "x.zarr"
    notes.write_text("do not lose me")
    folder.mkdir()
    arguments = ("run", AMPA, *PULSE, "--until", "1 ms", "--record", "open", "--save")
    for path in (notes, folder):
        done = quantal(*arguments, path)
        assert done.exit_code == 2
        assert "is no trajectory" in done.stderr
    assert notes.read_text() == "do not lose me"
    assert folder.is_dir()
    assert [quantal(*arguments, store).exit_code for _ in range(2)] == [0, 0]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("receptors/ampa_jonas_1992", "--until", "1 ms"), 2, "ampa_jonas_1993"),
        ((AMPA, "--pulse", "gluu = 1 mM for 1 ms", "--until", "1 ms"), 2, "glu"),
        ((AMPA, "--pulse", "glu = 1 mV for 1 ms", "--until", "1 ms"), 2, "mV"),
        ((AMPA, "--pulse", "glu = 1 mn for 1 ms", "--until", "1 ms"), 2, "unknown unit `mn`"),
        ((AMPA, "--pulse", "much glutamate", "--until", "1 ms"), 2, "much glutamate"),
        ((AMPA, *PULSE, "--until", "1 mM"), 2, "not a time"),
        ((AMPA, *PULSE, "--until", "9 ms", "--record", "opne"), 2, "open"),
        ((AMPA, *PULSE, "--until", "9 ms", "--engine", "stif"), 2, "stiff"),
        ((AMPA, *PULSE), 2, "until"),
        ((AMPA, *PULSE, "--until", "9 ms", "--pulses", "x"), 2, "--pulses"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_message(quantal, arguments, code, said):
    done = quantal("run", *arguments)
    assert done.exit_code == code, done.output
    assert said in done.stderr
    assert "Traceback" not in done.output
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.syn", b"<!DOCTYPE html><html><body>Not found</body></html>"),
        ("binary.syn", bytes(range(256)) * 20),
        ("deep.syn", b"mechanism deep\nlet x = " + b"(" * 10_000 + b"1" + b")" * 10_000),
        ("empty.syn", b""),
    ],
)
def test_a_file_that_is_no_model_is_refused(quantal, tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    for verb in (("check", path), ("run", path, "--until", "1 ms"), ("show", path)):
        done = quantal(*verb)
        assert done.exit_code == 3, done.output
        assert done.stderr.startswith(f"{path.name}: ")
        assert len(done.stderr.splitlines()) < 10
        assert "Traceback" not in done.output


def test_every_problem_is_told_at_once(quantal, tmp_path):
    path = tmp_path / "wrong.syn"
    path.write_text(
        "mechanism wrong\ninput glu [mM] outside\nscheme r = C O\n"
        "  C + glu <-> O : kno, 1 [/ms]\nlet x = 1 [mV] + 2\nrole open = P\n"
    )
    done = quantal("check", path)
    assert done.exit_code == 3
    lines = done.stderr.splitlines()
    assert [line.split(":")[1] for line in lines] == ["4", "5", "6"]
    listed = json.loads(quantal("check", path, "--json").stdout)
    assert [problem["line"] for problem in listed] == [4, 5, 6]


def test_a_folder_stands_for_its_files(quantal, tmp_path):
    done = quantal("check", tmp_path)
    assert done.exit_code == 2
    assert "no mechanism here" in done.stderr
    (tmp_path / "one.syn").write_text("mechanism one\nlet x = 1 [mV] + 2\n")
    (tmp_path / "two.syn").write_text("mechanism two\nlet y = kno\n")
    done = quantal("check", tmp_path)
    assert done.exit_code == 3
    assert "one.syn:2" in done.stderr
    assert "two.syn:2" in done.stderr
    assert quantal("check", tmp_path / "three.syn").exit_code == 2
