"""What is public: each name has a docstring and stands on the page for Python."""

import inspect
from pathlib import Path

import pytest

import quantal
from quantal import errors

PAGE = (Path(__file__).parents[2] / "docs" / "python.md").read_text()
NAMES = [name for name in quantal.__all__ if name != "__version__"]
PROTOCOLS = [name for name in vars(quantal.protocols) if getattr(
    getattr(quantal.protocols, name), "__module__", "").startswith("quantal.")]  # fmt: skip
ERRORS = [
    name
    for name, item in vars(errors).items()
    if inspect.isclass(item) and issubclass(item, errors.QuantalError)
]


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_there_documented_and_on_its_page(name):
    item = getattr(quantal, name)
    assert inspect.getdoc(item)
    assert f"quantal.{name}" in PAGE


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_protocol_is_documented_and_on_the_page(name):
    assert inspect.getdoc(getattr(quantal.protocols, name))
    assert f"`{name}(" in PAGE


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_is_documented_and_on_the_page(name):
    assert inspect.getdoc(getattr(errors, name))
    assert f"{name}`" in PAGE


def test_an_unknown_name_is_refused_as_python_does():
    with pytest.raises(AttributeError, match="no attribute `rnu`"):
        quantal.rnu  # noqa: B018
