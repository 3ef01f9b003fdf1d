"""One file, one thing: sizes, names and docstrings of the source."""

import ast
import re
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "quantal"
FILES = sorted(SOURCE.rglob("*.py"))
LARGEST = 400
COMFORTABLE = 250
FEW = 0.08
NAMELESS = {"utils", "util", "core", "common", "misc", "helpers", "tools", "stuff"}
FORBIDDEN_CALLS = {"eval", "exec", "sympify", "parse_expr", "compile", "__import__"}
FORBIDDEN_MODULES = {"pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "sympy"}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_file_is_larger_than_a_room():
    lengths = {relative(path): len(path.read_text().splitlines()) for path in FILES}
    too_long = {name: count for name, count in lengths.items() if count > LARGEST}
    assert not too_long


def test_few_files_are_past_a_comfortable_length():
    """They may hold more than one thing; one in twelve is what a reader puts up with."""
    long = [relative(p) for p in FILES if len(p.read_text().splitlines()) > COMFORTABLE]
    assert len(long) <= FEW * len(FILES), long


def test_no_folder_or_file_has_a_name_that_says_nothing():
    names = {path.stem for path in FILES} | {path.parent.name for path in FILES}
    assert not names & NAMELESS


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_nothing_read_is_ever_executed(path):
    """No eval, exec or pickle anywhere, so that no file's content can reach one."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in FORBIDDEN_CALLS, f"{relative(path)}:{node.lineno}"
        if isinstance(node, ast.Import):
            roots = {alias.name.split(".")[0] for alias in node.names}
            assert not roots & FORBIDDEN_MODULES, f"{relative(path)}:{node.lineno}"
        if isinstance(node, ast.ImportFrom) and node.module:
            root = node.module.split(".")[0]
            assert root not in FORBIDDEN_MODULES, f"{relative(path)}:{node.lineno}"
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert isinstance(node.value, ast.Constant), relative(path)
            assert node.value.value is False, relative(path)


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_every_public_class_and_function_has_a_docstring(path):
    tree = ast.parse(path.read_text())
    bare = []
    if path.name != "__init__.py" and not ast.get_docstring(tree):
        bare.append("the module")
    for item in tree.body:
        if not isinstance(item, ast.FunctionDef | ast.ClassDef) or item.name.startswith("_"):
            continue
        if not ast.get_docstring(item):
            bare.append(f"{item.name} (line {item.lineno})")
    assert not bare, f"{relative(path)}: {', '.join(bare)}"


def test_no_unfinished_places():
    marks = re.compile(r"\b(TODO|FIXME|XXX)\b|raise NotImplementedError")
    found = [
        f"{relative(path)}:{number}"
        for path in FILES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if marks.search(line)
    ]
    assert not found
