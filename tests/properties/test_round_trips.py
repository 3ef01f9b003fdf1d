"""Whatever is written reads back the same."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.model.sameness import said
from tests.properties.made_models import UNITS, expressions, models

from quantal.expression import Apply, Name, Number, to_text
from quantal.model.reader import read_text
from quantal.model.writer import write
from quantal.protocols.text import parse_quantity
from quantal.units import parse_unit


@given(models())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_model_written_and_read_is_the_same(model):
    text = write(model)
    again = read_text(text)
    assert write(again) == text
    differing = said(again) != said(model)
    assert not differing, text


@given(expressions)
@settings(max_examples=200, deadline=None)
@example(Apply("^", (Apply("neg", (Name("a"),)), Number(2.0, text="2"))))
@example(Apply("neg", (Apply("neg", (Name("a"),)),)))
def test_an_expression_written_and_read_is_the_same(tree):
    (let,) = read_text(f"mechanism m\nlet x = {to_text(tree)}\n").lets
    assert let.expression == tree


@given(st.sampled_from(UNITS), st.floats(-1e12, 1e12))
def test_a_quantity_survives_its_units(unit, value):
    written = parse_unit(unit)
    assert written.from_internal(written.to_internal(value)) == pytest.approx(value, rel=1e-14)
    quantity = parse_quantity(f"{value!r} {unit if unit != '1' else ''}")
    assert quantity.value == written.to_internal(value)


def test_a_loop_says_the_same_as_its_lines_written_out():
    looped = "mechanism m\nscheme v = V{0..3}\n  for i in 0 .. 2\n    V{i} <-> V{i+1} : 2*k, k\n"
    lines = "".join(f"  V{i} <-> V{i + 1} : 2*k, k\n" for i in range(3))
    plain = f"mechanism m\nscheme v = V0 V1 V2 V3\n{lines}"
    assert said(read_text(looped)) == said(read_text(plain))
