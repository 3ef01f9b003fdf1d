"""What a syntax mistake means, in words: what stands there, what was expected instead."""

from __future__ import annotations

from quantal.errors import Problem, Where, did_you_mean
from quantal.model.reading.names import RESERVED
from quantal.model.reading.parser import SyntaxMistake
from quantal.model.reading.tables import load
from quantal.units import UnitError, parse_unit

_OPERATORS = frozenset({"PLUS", "MINUS", "TIMES", "OVER", "POWER", "COMPARISON", "AND", "OR"})
_KINDS = {
    "NAME": "a name", "NUMBER": "a number", "UNIT": "a unit such as `[mM]`",
    "STRING": "a description in quotes", "_END": "the end of the line",
    "_INDENT": "an indented block", "_DEDENT": "the end of the block", "$END": "the end",
    "TEXT": "a text line", "FIGURE": "`figure`", "KIND": "`mechanism`",
    "SIDE": "`inside` or `outside`", "SIZE": "`volume` or `surface`",
    "DIRECTION": "`up` or `down`", "OUT": "`out`", "NOT": "`not`", "AND": "`and`",
    "ARROW": "`->` or `<->`", "CONNECTOR": "`=` or `->`", "ASSIGN": "`=`, `+=`, `-=` or `*=`",
    "PERCENT": "`%`", "MINUS": "`-`", "PLUS": "`+`",
}  # fmt: skip


def problem(mistake: SyntaxMistake, file: str, word: str) -> Problem:
    """The problem that a mistake in a statement starting with `word` amounts to."""
    found = mistake.found
    where = Where(file, found.line, found.column)
    expected = mistake.expected
    if found.terminal == "uneven":
        return Problem(where, "this line is indented unlike the others of its block")
    if found in RESERVED and "NAME" in expected:
        return Problem(
            Where(file, found.line),
            f"`{found}` is a word of the language; choose another name, such as `{found}_1`",
        )
    if found.terminal == "_INDENT":
        return Problem(where, "an indented line, but the one above takes no block")
    if "UNIT" in expected and _is_unit(found):
        return Problem(where, f"a unit stands in brackets: write `[{found}]`")
    if found.terminal in ("_END", "$END", "_DEDENT") and "_INDENT" in expected:
        return Problem(Where(file, found.line), f"`{word}` needs an indented block below it")
    return Problem(where, f"{_shown(mistake)}; expected {_expectation(expected)}{_near(mistake)}")


def _shown(mistake: SyntaxMistake) -> str:
    found = mistake.found
    if found.terminal in ("_END", "$END", "_DEDENT"):
        return "the line ends too early"
    if found == '"':
        return "a description that is not closed on its line"
    if found == "[":
        return "a `[` that is not closed; `[…]` holds a unit"
    return f"`{found}` cannot stand here"


def _is_unit(found: str) -> bool:
    try:
        parse_unit(found)
    except UnitError:
        return False
    return found.isalpha()


def _expectation(expected: frozenset[str]) -> str:
    """The terminals in words, the operators as one."""
    words = _words(expected)
    if "NAME" in expected and "NUMBER" in expected and "MINUS" in expected:
        return "an expression"
    shown = [_KINDS[terminal] for terminal in sorted(expected) if _plainly(terminal, expected)]
    shown = [f"`{word}`" for word in words] + shown
    if len(expected & _OPERATORS) > 2:
        shown.append("an operator")
    return " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _plainly(terminal: str, expected: frozenset[str]) -> bool:
    grouped = terminal in _OPERATORS and len(expected & _OPERATORS) > 2
    return terminal in _KINDS and not grouped


def _words(expected: frozenset[str]) -> list[str]:
    """The words and signs of the language among the terminals."""
    patterns = load().terminals
    words = []
    for terminal in sorted(expected):
        if terminal in patterns and terminal not in _KINDS and terminal not in _OPERATORS:
            words.append(patterns[terminal].pattern.removesuffix(r"(?!\w)").replace("\\", ""))
    return sorted(words)


def _near(mistake: SyntaxMistake) -> str:
    found = str(mistake.found)
    return did_you_mean(found, _words(mistake.expected)) if found.isalpha() else ""
