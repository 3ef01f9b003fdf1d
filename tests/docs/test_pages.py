"""What the documentation says can be done, is done."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from quantal.cli.application import application

ROOT = Path(__file__).parents[2]
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text()
README = (ROOT / "README.md").read_text()
LANGUAGE = (ROOT / "docs" / "language.md").read_text()


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def test_every_command_of_the_tutorial_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for text in blocks(TUTORIAL, "quantal"):
        Path("receptor.syn").write_text(text)
    commands = [
        line[2:]
        for block in blocks(TUTORIAL, "console")
        for line in block.splitlines()
        if line.startswith("$ ")
    ]
    assert len(commands) > 15
    app = application()
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "quantal"
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 0, f"{command}\n{done.output}"
    for picture in ("open.png", "ampa.png", "calyx.png"):
        assert Path(picture).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "docs/tutorial.md",
        "docs/python.md",
        "docs/population.md",
        "docs/stochastic.md",
        "docs/quantal-analysis.md",
        "docs/gradients.md",
        "docs/events.md",
    ],
)
def test_the_python_of_a_page_runs(page, tmp_path):
    programs = blocks((ROOT / page).read_text(), "python")
    assert programs
    for program in programs:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", program],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip()


@pytest.mark.parametrize(
    "text", blocks(LANGUAGE, "quantal"), ids=lambda text: text.split(maxsplit=2)[1]
)
def test_every_file_on_the_language_page_is_valid(text):
    from quantal.experiments.loading import examine, load

    model = load(text)
    examine(model)
    assert model.source


def test_every_target_on_the_language_page_holds():
    from quantal.experiments.loading import load
    from quantal.experiments.validate import bench_of, validate_model

    for text in blocks(LANGUAGE, "quantal"):
        model = load(text)
        if model.targets:
            missed = [row for row in validate_model(model, bench_of(model)) if not row.passed]
            assert not missed


def test_the_readme_names_the_two_commands():
    assert "make run" in README
    assert "make test" in README


def test_every_command_of_the_page_on_quantal_analysis_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "quantal-analysis.md").read_text().replace("\\\n", "")
    commands = re.findall(r"^quantal run .*$", page, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        # Fewer trials of the calyx: two hundred take a while.
        few = command.replace("--engine hybrid --trials 200", "--engine hybrid --trials 4")
        done = CliRunner().invoke(application(), shlex.split(few)[1:])
        assert done.exit_code == 0, f"{command}\n{done.output}"
        assert "drawn in" in done.output
    for picture in ("calyx_of_held_trials.png", "noise.png"):
        assert Path(picture).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("page", ["quantal-analysis.md", "calyx.md"])
def test_the_pictures_of_a_page_are_there(page):
    for picture in re.findall(r"!\[[^]]*\]\(([^)]*)\)", (ROOT / "docs" / page).read_text()):
        assert (ROOT / "docs" / picture).is_file(), picture
