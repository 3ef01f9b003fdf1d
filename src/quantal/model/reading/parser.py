"""One statement's text to its syntax tree: the LALR(1) automaton and its contextual lexer.

The lexer tries only the terminals that the automaton can take next, so the words of the
language are known by position. Line ends inside parentheses mean nothing; elsewhere the
indentation after them opens and closes blocks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

from quantal.model.reading.tables import Rule, load

END_OF_TEXT = "$END"
_PIECE = re.compile(r'\w[\w.]*|"[^"\n]*"|\[[^\[\]\n]*\]|[\s\S]')


class Token(str):
    """A piece of text with its terminal, line and column (both from 1)."""

    __slots__ = ("column", "line", "terminal")
    terminal: str
    line: int
    column: int

    @classmethod
    def make(cls, text: str, terminal: str, line: int, column: int) -> Token:
        """A token of a terminal at a place."""
        token = cls(text)
        token.terminal, token.line, token.column = terminal, line, column
        return token


@dataclass(slots=True)
class Tree:
    """A node of the syntax: its rule, its parts (None where an optional part is absent)."""

    rule: str
    parts: list[Node] = field(default_factory=list)
    line: int = 0


Node = Tree | Token | None


class SyntaxMistake(Exception):
    """The text stops making sense at `found`; `expected` are the terminals that fit there."""

    def __init__(self, found: Token, expected: frozenset[str]) -> None:
        super().__init__(found)
        self.found = found
        self.expected = expected


def parse(text: str, start: str = "statement", line: int = 1) -> Tree | Token:
    """The tree of one statement (or one `splice`) whose first line has number `line`.

    Raises:
        SyntaxMistake: with the token that does not fit and what would.
    """
    tables = load()
    lexer = _Lexer(text, line)
    states, values, lines = [tables.starts[start]], list[Node](), list[int]()
    end = tables.ends[start]
    while True:
        try:
            token = lexer.next(states[-1])
        except SyntaxMistake as mistake:
            raise SyntaxMistake(mistake.found, _accepted(states)) from None
        while True:
            action = tables.actions[states[-1]].get(token.terminal)
            if action is None:
                if token.terminal == END_OF_TEXT and states[-1] == end:
                    result = values[-1]
                    assert result is not None
                    return result
                raise SyntaxMistake(token, _accepted(states))
            if action >= 0:
                states.append(action)
                values.append(token)
                lines.append(token.line)
                break
            _reduce(tables.rules[-1 - action], states, values, lines)


def _reduce(rule: Rule, states: list[int], values: list[Node], lines: list[int]) -> None:
    size = rule.length
    taken = values[-size:] if size else []
    first = lines[-size] if size else (lines[-1] if lines else 1)
    parts: list[Node] = []
    for index, spliced, empty in rule.keep:
        parts += [None] * empty
        node = taken[index]
        if spliced and isinstance(node, Tree):
            parts += node.parts
        else:
            parts.append(node)
    parts += [None] * rule.empty_after
    if size:
        del states[-size:], values[-size:], lines[-size:]
    single = rule.transparent and len(parts) == 1
    values.append(parts[0] if single else Tree(rule.node, parts, first))
    lines.append(first)
    states.append(load().actions[states[-1]][rule.origin])


@cache
def _known() -> frozenset[str]:
    return frozenset({*load().terminals, "_INDENT", "_DEDENT", END_OF_TEXT})


@cache
def _expected(state: int) -> frozenset[str]:
    return _known().intersection(load().actions[state])


def _accepted(states: list[int]) -> frozenset[str]:
    """The terminals that really fit after these states.

    A state's own list is wider: LALR merges states of equal items, so a terminal may
    lead to reductions after which it does not fit.
    """
    return frozenset(name for name in _expected(states[-1]) if _fits(states, name))


def _fits(states: list[int], terminal: str) -> bool:
    tables = load()
    stack = list(states)
    while True:
        action = tables.actions[stack[-1]].get(terminal)
        if action is None:
            return terminal == END_OF_TEXT and stack[-1] in tables.ends.values()
        if action >= 0:
            return True
        rule = tables.rules[-1 - action]
        del stack[len(stack) - rule.length :]
        stack.append(tables.actions[stack[-1]][rule.origin])


@cache
def _candidates(state: int, first: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The terminals to try in a state at a character, in the grammar's order of preference."""
    wanted = _expected(state)
    return tuple(pair for pair in _starting_with(first) if pair[0] in wanted)


@cache
def _ignored() -> re.Pattern[str]:
    """Blanks and comments, of which no other terminal takes the first character."""
    tables = load()
    each = "|".join(tables.terminals[name].pattern for name in sorted(tables.ignored))
    return re.compile(f"(?:{each})+")


@cache
def _starting_with(first: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (name, pattern)
        for name, pattern in load().terminals.items()
        if name not in load().ignored and _may_start(pattern.pattern, first)
    )


def _may_start(pattern: str, first: str) -> bool:
    """Whether a terminal could start with a character; certain only where it is one word."""
    head = pattern.removeprefix("\\")[0]
    one_word = pattern[0] == "\\" or (head.isalnum() and "|" not in pattern)
    return not one_word or head == first


class _Lexer:
    """Hands out one token at a time, asked for by the automaton's state.

    `last_line` is the line of the last line end outside parentheses: where a block or a
    text is found to be incomplete, the mistake is on that line.
    """

    def __init__(self, text: str, line: int) -> None:
        self.text = text
        self.position = 0
        self.line = line
        self.line_start = 0
        self.depth = 0
        self.indents = [0]
        self.last_line = line
        self.waiting: list[Token] = []

    def next(self, state: int) -> Token:
        """The next token that fits the state.

        Raises:
            SyntaxMistake: nothing that fits comes next.
        """
        if self.waiting:
            return self.waiting.pop(0)
        while self.position < len(self.text):
            blank = _ignored().match(self.text, self.position)
            if blank is not None:
                self.position = blank.end()
                continue
            if self.depth and self.text[self.position] == "\n":
                self._advance(self.position + 1)
                continue
            token = self._match(state)
            if token.terminal == "_END":
                self._advance(self.position + len(token))
            else:
                self.position += len(token)
            self.depth += (token == "(") - (token == ")")
            if token.terminal == "_END":
                self.last_line = token.line
                self._indentation(token, state)
            return token
        return self._close()

    def _match(self, state: int) -> Token:
        """The piece of text that comes next, as the first terminal that takes it."""
        for name, pattern in _candidates(state, self.text[self.position]):
            match = pattern.match(self.text, self.position)
            if match is not None and match.end() > self.position:
                return self._token(match.group(), name)
        raise SyntaxMistake(self._offender(), _expected(state))

    def _token(self, text: str, terminal: str) -> Token:
        return Token.make(text, terminal, self.line, self.position - self.line_start + 1)

    def _advance(self, position: int) -> None:
        newlines = self.text.count("\n", self.position, position)
        if newlines:
            self.line += newlines
            self.line_start = self.text.rfind("\n", 0, position) + 1
        self.position = position

    def _indentation(self, token: Token, state: int) -> None:
        """Queue the openings and closings of blocks that a line end brings."""
        if self.position == len(self.text):
            return
        width = len(token) - token.rfind("\n") - 1
        if width > self.indents[-1]:
            self.indents.append(width)
            self.waiting.append(self._token("", "_INDENT"))
        while width < self.indents[-1]:
            self.indents.pop()
            self.waiting.append(Token.make("", "_DEDENT", self.last_line, 1))
        if width != self.indents[-1]:
            raise SyntaxMistake(self._token("", "uneven"), _expected(state))

    def _close(self) -> Token:
        while len(self.indents) > 1:
            self.indents.pop()
            self.waiting.append(Token.make("", "_DEDENT", self.last_line, 1))
        self.waiting.append(Token.make("", END_OF_TEXT, self.last_line, 1))
        return self.waiting.pop(0)

    def _offender(self) -> Token:
        """The word, unit, description or sign at which nothing fits."""
        match = _PIECE.match(self.text, self.position)
        assert match is not None
        return self._token(match.group(), "_END" if match.group() == "\n" else "unknown")
