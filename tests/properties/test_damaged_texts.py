"""Whatever is damaged in a text, the answer is a model or one clear error."""

from __future__ import annotations

import random
import re

import pytest

from quantal.assembly.flatten import assemble
from quantal.compiler.check import check
from quantal.errors import ModelError, Problem
from quantal.library.catalogue import catalogue, find, load
from quantal.model.reader import read_text

WORD = re.compile(r"\[[^\]]*\]|[A-Za-z_][\w.]*|\d[\d.]*|[-+*/^=<>:]+")
TEXTS = {entry.name: find(entry.name).read_text(encoding="utf-8") for entry in catalogue()}
WORDS = sorted({word for text in TEXTS.values() for word in WORD.findall(text)})
DAMAGED = 150


def damaged(text: str, chance: random.Random) -> str:
    """One line left out, said twice, or with one word exchanged for another of the library."""
    lines = text.split("\n")
    number = chance.randrange(len(lines))
    what = chance.choice(("left out", "twice", "word", "word", "word"))
    if what == "left out":
        del lines[number]
    elif what == "twice":
        lines.insert(chance.randrange(len(lines)), lines[number])
    elif found := list(WORD.finditer(lines[number])):
        old = chance.choice(found)
        line = lines[number]
        lines[number] = line[: old.start()] + chance.choice(WORDS) + line[old.end() :]
    return "\n".join(lines)


def problems_of(text: str) -> tuple[Problem, ...]:
    try:
        flat, problems = assemble(read_text(text, "x.syn", load), load)
        check(flat, problems)
    except ModelError as error:
        return error.problems
    return ()


@pytest.mark.parametrize("seed", range(DAMAGED))
def test_a_damaged_text_is_read_or_refused_with_a_line(seed: int) -> None:
    chance = random.Random(seed)
    text = damaged(TEXTS[chance.choice(sorted(TEXTS))], chance)
    for problem in problems_of(text):
        assert problem.where.file
        assert problem.where.line is not None
        assert problem.message
