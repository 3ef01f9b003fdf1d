"""Whatever is thrown at the reader, it answers with a model or a `ModelError`."""

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quantal.errors import ModelError
from quantal.library.catalogue import catalogue
from quantal.model.reader import read_text

SEEDS = [entry.path.read_text(encoding="utf-8") for entry in catalogue()][::3]
ALPHABET = "abcV0123456789 \n\t()[]{}=+-*/^:,.#\"'<>~%_\\;$é∞\u202e\0\x1f"
PIECES = ["for", "rate", "(", "]", "{i}", "{0..9}", "1e400", "0 .. 9", "target", "  "]


def outcome(text):
    """The model, or the problems."""
    try:
        return read_text(text, lookup=lambda name, beside: read_text("mechanism p\n"))
    except ModelError as error:
        return error.problems


def mutated(rng, text):
    """One of seven mistakes made in a text."""
    i, j = sorted(rng.randrange(len(text) + 1) for _ in range(2))
    lines = text.split("\n")
    rng.shuffle(lines)
    signs = "".join(rng.choice(ALPHABET) for _ in range(3))
    return rng.choice(
        [
            text[:i] + text[i + rng.randrange(1, 5) :],
            text[:i] + signs + text[i:],
            text[:i] + text[j:],
            text[:j] + text[i:j] + text[j:],
            "\n".join(lines),
            "\n".join(line[rng.randrange(3) :] for line in text.split("\n")),
            text[:i] + rng.choice(PIECES) + text[i + 1 :],
        ]
    )


@pytest.mark.parametrize("seed", range(90))
def test_a_mutated_text(seed):
    rng = random.Random(seed)
    text = rng.choice(SEEDS)
    for _ in range(rng.randrange(1, 4)):
        text = mutated(rng, text)
    assert outcome(text)


@given(st.text(max_size=200) | st.text(ALPHABET, max_size=300))
@settings(max_examples=150, deadline=None)
@example("\x1f")
@example("\x0b\x0c\x1c let")
@example("\ud800")
def test_any_text_at_all(text):
    assert outcome(text)
    assert outcome("mechanism m\n" + text)
    assert outcome("mechanism m\nscheme r = A B\n  " + text)
