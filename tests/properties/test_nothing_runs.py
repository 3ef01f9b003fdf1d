"""Nothing that stands in a text is ever executed: an audit hook watches."""

import sys
from contextlib import contextmanager

import pytest

from quantal.errors import ModelError, UsageError
from quantal.model.reader import read_text
from quantal.protocols.text import parse_action

PAYLOADS = [
    "__import__('os').system('touch owned')", "__import__('os').getpid()", "().__class__",
    "exec('1')", "eval('1')", "open('/etc/passwd').read()", "lambda: 0", "[x for x in ()]",
    "__builtins__", "{{7*7}}", "${7*7}", "`id`", "; import os", "a.__class__.__mro__",
    "getattr(a, b)", "compile('1', '', 'eval')", "globals()", "𝐞𝐱𝐞𝐜(1)", "%s%n", "\\x41",
    "x := 3", "f'{a}'", "1 if 1 else 1", "a@b", "~a", "a.b()", "print(1)", "breakpoint()",
    "__debug__", "__class__", "!!python/object/apply:os.system [id]", "a\u202eb", "аdmin()",
]  # fmt: skip
POSITIONS = [
    "let x = {}", "{}", "parameter {} = 5", "species {} = 5 [mM]", "role {} = x",
    "let x = 5 [{}]", "let x{{{}}} = 5", "on {}\n  x = 3", "use a = {}", "use a = b with n = {}",
    "scheme r = A {}", "target peak({}) = 3 +- 1 %", "reaction {} -> B : 3", "temperature {}",
    "mechanism {}", "for {} in 0 .. 3\n  let y{{i}} = 3",
]  # fmt: skip
WATCHED = ("exec", "compile", "import", "os.", "subprocess", "socket", "open", "ctypes")
_seen: list[str] = []
_watching = False


def _watch(event, _arguments):
    if _watching and event.startswith(WATCHED):
        _seen.append(event)


@pytest.fixture(scope="module")
def hook():
    """Audit hooks cannot be removed, so one is added and switched."""
    sys.addaudithook(_watch)


@contextmanager
def watching():
    """What the interpreter is asked to run or open meanwhile."""
    global _watching
    with pytest.raises(ModelError):
        read_text("mechanism m\nlet x = 5 mV\n")  # loads all that messages need
    _seen.clear()
    _watching = True
    try:
        yield _seen
    finally:
        _watching = False


def test_the_hook_would_see_an_execution(hook):
    with watching() as seen:
        exec("1")
    assert seen == ["compile", "exec"]


def test_payloads_give_messages_and_run_nothing(hook):
    with watching() as seen:
        for position in POSITIONS:
            for payload in PAYLOADS:
                with pytest.raises(ModelError):
                    read_text(f"mechanism m\n{position.format(payload)}\n")
    assert seen == []


def test_payloads_in_protocol_lines_run_nothing(hook):
    with watching() as seen:
        for payload in PAYLOADS:
            for form in ("{}", "V = {}", "V = 5 {}", "{} = 5 mV", "V = 5 mV for {}"):
                with pytest.raises(UsageError):
                    parse_action("pulse", form.format(payload))
    assert seen == []
