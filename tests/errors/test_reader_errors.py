# ruff: noqa: E501 (messages stand unbroken, as users read them)
"""What a user reads when a text is wrong, word for word."""

import time

import pytest

from quantal.errors import ModelError
from quantal.library.catalogue import load
from quantal.model.reader import read_file, read_text

SCHEME = "scheme r = A B\n"


def messages(text):
    with pytest.raises(ModelError) as caught:
        read_text(text, "x.syn")
    return str(caught.value).split("\n")


ONE_LINE = [
    ("parameter a = 5 [mn]", "x.syn:2: unknown unit `mn`; did you mean `min`?"),
    ("parameter a = 5 [mv]", "x.syn:2: unknown unit `mv`; did you mean `mV`?"),
    ("parameter a = 5 [degC/ms]", "x.syn:2: `degC` may only stand alone; inside a compound unit write `K`"),
    ("paramter a = 5", "x.syn:2: `paramter` starts no statement; did you mean `parameter`?"),
    ("scheem r = A B", "x.syn:2: `scheem` starts no statement; did you mean `scheme`?"),
    (
        "zzz a = 5",
        "x.syn:2: `zzz` starts no statement; a statement starts with a word such as "
        "`parameter` or `scheme`",
    ),
    ("parameter\ta = 5", "x.syn:2: a tab; indent with spaces"),
    (
        "parameter rate = 5",
        "x.syn:2: `rate` is a word of the language; choose another name, such as `rate_1`",
    ),
    (
        "reaction A -> count : 5 [/ms]",
        "x.syn:2: `count` is a word of the language; choose another name, such as `count_1`",
    ),
    (
        "reaction rate = A -> B : 5 [/ms]",
        "x.syn:2: `rate` is a word of the language; choose another name, such as `rate_1`",
    ),
    (
        "parameter a = 5*b",
        "x.syn:2: a parameter is a literal number; write `let a = …` for what is computed",
    ),
    ("parameter a = 5 mM", "x.syn:2:17: a unit stands in brackets: write `[mM]`"),
    ("parameter a.b = 5", "x.syn:2: `a.b` cannot be declared: dotted names belong to used mechanisms"),
    ("parameter a = 1e999", "x.syn:2: the number `1e999` is too large"),
    ("parameter a = 5 between 6 and 9", "x.syn:2: `5` is not between its bounds 6 and 9"),
    (
        "parameter a = 5 ~ gamma(cv = 0.3) per fire",
        "x.syn:2: `per fire` is unknown; expected `per firing`, `per trial` or `per copy`; "
        "did you mean `firing`?",
    ),
    ("parameter a = 5 ~ gamma(cv = 0.3)", "x.syn:2:34: the line ends too early; expected `per`"),
    ("let a = 5 +", "x.syn:2:12: the line ends too early; expected an expression"),
    ("let a = (5 + 3\nlet b = 3", "x.syn:2: `(` is never closed"),
    (
        "let a = 5 + 3)",
        "x.syn:2:14: `)` cannot stand here; expected a description in quotes or the end of the line",
    ),
    ("let a = expp(3)", "x.syn:2: `expp` is no function of the language; did you mean `exp`?"),
    ("let a = exp(3, 4)", "x.syn:2: `exp` takes 1 argument, not 2"),
    ("let a = peak(b)", "x.syn:2: `peak` is a measured quantity, which only a `target` has"),
    ("input glu outside", "x.syn:2: the unit of `glu` is missing; write `glu [mM]`"),
    ("membrane V = 5 [mV]", "x.syn:2:20: the line ends too early; expected `capacitance`"),
    (
        "current i = 5 [pA] carris Ca",
        "x.syn:2:20: `carris` cannot stand here; expected `carries`, `from`, `to`, a description "
        "in quotes, the end of the line or an operator; did you mean `carries`?",
    ),
    (
        "use a = b wih n = 5",
        "x.syn:2:11: `wih` cannot stand here; expected `at`, `over`, `with` or the end of the line; "
        "did you mean `with`?",
    ),
    (
        "connect a.x = b.y delay 5 [ms]",
        "x.syn:2: only events have a `delay`; write `connect a.event -> b.event`",
    ),
    ("temperature 22", "x.syn:2: the temperature `22` is a pure number; write `22 [degC]`"),
    ("temperature 22 [ms]", "x.syn:2: the temperature `22 [ms]` is [ms]; expected [degC]"),
    ("q10 3 [ms] for a", "x.syn:2: the factor `3 [ms]` is [ms]; expected [1]"),
    ("source", "x.syn:2: `source` says nothing"),
    ("mechanism n", "x.syn:2: a second header; `m` is already on line 1, and a file holds one"),
    ("for i in 0 .. n\n  let a{i} = 3", "x.syn:2: `n` is no loop number here; bounds and `{ }` are whole numbers"),
    ("for i in 4 .. 0\n  let a{i} = 3", "x.syn:2: `4 .. 0` runs backwards; the lower number comes first"),
    ("for i in 0 .. 0.5\n  let a{i} = 3", "x.syn:2: `0.5` is not a whole number; loops count in wholes"),
    (
        "for i in 0 .. 999999999\n  let a{i} = 3",
        "x.syn:2: `0 .. 999999999` has more than 100000 numbers; expected a shorter range",
    ),
    ("let x{k} = 4", "x.syn:2: `k` is no loop number here; bounds and `{ }` are whole numbers"),
    ("let x{i+} = 4", "x.syn:2: `{i+}` is not a number; write `V{i+1}` or `V{0..5}`"),
    ("on spike", "x.syn:2: `on` needs an indented block below it"),
    ("on spike\n  A <-> B", "x.syn:3: an event fires one way: write `->`"),
    ("let a = 5\n  b = 3", "x.syn:3:3: an indented line, but the one above takes no block"),
    (
        "on spike\n    a = 3\n  b = 3",
        "x.syn:4:3: this line is indented unlike the others of its block",
    ),
    ("state u = 0.2\n  v' = 3", "x.syn:3: this block belongs to `u`, not to `v`"),
    ("gate m\n  alpha = 3", "x.syn:2: the gate `m` needs `alpha` and `beta`, or `inf` and `tau`"),
    ("gate m\n  alpha = 3\n  betta = 4", "x.syn:4: a gate has `alpha` and `beta`, or `inf` and `tau`, not `betta`; did you mean `beta`?"),
    (
        SCHEME + "  A -> nothing : 1 [/ms]",
        "x.syn:3: the scheme `r` loses a molecule here; a scheme is closed "
        "(use `species` for things that come and go)",
    ),
    (
        SCHEME + "  A -> A + B : 1 [/ms]",
        "x.syn:3: the scheme `r` gains a molecule here; a scheme is closed "
        "(use `species` for things that come and go)",
    ),
    (
        SCHEME + "reaction A -> nothing : 1 [/ms]",
        "x.syn:3: the scheme `r` loses a molecule here; a scheme is closed "
        "(use `species` for things that come and go)",
    ),
    (
        SCHEME + "on spike\n  A -> glu times 3",
        "x.syn:4: the scheme `r` loses a molecule here; a scheme is closed "
        "(use `species` for things that come and go)",
    ),
    (
        SCHEME + "  x -> y : 1 [/ms]",
        "x.syn:3: no state of the scheme `r` takes part in `x -> y`; "
        "write it as a `reaction` of its own",
    ),
    (
        SCHEME + "  A + S -> B + T : 1 [/ms]\nscheme s = S T",
        "x.syn:3: the schemes `r` and `s` meet here; a scheme is closed "
        "(make one of them `species`)",
    ),
    (
        SCHEME + "  A <-> B : 1 [/ms]",
        "x.syn:3: `<->` takes two constants, forward and backward; one is given",
    ),
    (
        SCHEME + "  A -> B : 1 [/ms], 2 [/ms]",
        "x.syn:3: `->` takes one constant; two are given (write `<->` for both ways)",
    ),
    (
        "reaction 0.5 A -> B : 3 [/ms]",
        "x.syn:2: `0.5 A` reacts by mass action, so its coefficient is a whole number of 1 or "
        "more; write `rate` and the whole law for anything else",
    ),
    ("target peek(open) = 3 +- 1 %", "x.syn:2: `peek` is no function of the language; did you mean `peak`?"),
    ("target peak(open) = 3", "x.syn:2:22: the line ends too early; expected `+-` or `,`"),
    (
        "target peak(open, snce = 3) = 3 +- 1 %",
        "x.syn:2: a measured quantity takes `since` and `until`, not `snce`; did you mean `since`?",
    ),
    (
        "target peak(open) = 3, 4 +- 1 %\n  sweep a = 1, 2, 3",
        "x.syn:2: the target has 2 values and its sweep gives 3; expected as many",
    ),
    (
        "target peak(open) = 3 [mM] +- 1 [ms]",
        "x.syn:2: the value `1 [ms]` is [ms]; expected [mM]",
    ),
    (
        "target peak(open) = 3 +- 1 %\n  until 40 [mV]",
        "x.syn:3: the end `40 [mV]` is [mV]; expected [ms]",
    ),
    (
        "target peak(open) = 3 +- 1 %\n  until 40",
        "x.syn:3: the end `40` is a pure number; write `40 [ms]`",
    ),
    (
        "target peak(open) = 3 +- 1 %\n  puls glu = 1 [mM] for 1 [ms]",
        "x.syn:3:3: `puls` cannot stand here; expected `drive`, `hold`, `pulse`, `rest`, `set`, "
        "`step`, `sweep`, `train`, `until` or `figure`; did you mean `pulse`?",
    ),
    ("place a volume = 3 [fL] volume = 4 [fL]", "x.syn:2: `volume` is given twice"),
    ("place a between b and c volume = 3 [fL]", "x.syn:2: a place between two others is a surface; it has no `volume`"),
    ("species a = 5 [mM] in b outside", "x.syn:2: `a` is said to be in two places"),
    ("state u = 0.2\n  u' = 3\n  u' = 4", "x.syn:4: `u'` is given twice"),
    ("gate m\n  inf = 3\n  tau = 4\n  tau = 5", "x.syn:5: `tau` is given twice"),
    ("membrane V as W = 5 [mV] capacitance 3 [pF]", "x.syn:2: `as` is for ports; a membrane with a value has its own name"),
    ("membrane V in soma", "x.syn:2: a membrane without a value looks `inside` or `outside`; it is not in `soma`"),
    ("parameter a = 5 between 9 and 2", "x.syn:2: the bounds run backwards: 9 is more than 2"),
    ("parameter a = 5 ~ gama(cv = 0.3) per trial", "x.syn:2: `gama` is no distribution of the language; expected gamma, normal, lognormal, beta, uniform; did you mean `gamma`?"),
    ("parameter a = 5 ~ gamma(0.3) per trial", "x.syn:2: a distribution takes named numbers: `gamma(cv = 0.3)`"),
    ("parameter a = 5 ~ gamma(vc = 0.3) per trial", "x.syn:2: `gamma` is written `gamma(cv = …)`"),
    ("species a = 5 [mM] charge 0.5", "x.syn:2: the charge `0.5` is not a whole number such as `2`"),
    ("let x{1.5} = 4", "x.syn:2: `1.5` is not a whole number; loops count in wholes"),
    ("let x{-1} = 4", "x.syn:2: `x{-1}` has the number -1; names count from 0"),
    ("let x{2^3} = 4", "x.syn:2: `^` has no place in a loop bound; use + - *"),
    ("let x{exp(3)} = 4", "x.syn:2: a loop bound or `{ }` is a whole number, such as `i + 1`"),
    ("reaction A{0..2} -> B : 3 [/ms]", "x.syn:2: `A{0..2}` means 3 names; one name stands here"),
    ("let a = exp(b = 3)", "x.syn:2: `b = …` stands only in a measured quantity"),
    ("let a = min(3)", "x.syn:2: `min` takes two or more arguments, not 1"),
    ("target peak(until = 3 [ms]) = 3 +- 1 %", "x.syn:2: `peak` needs the quantity to measure: `peak(open)`"),
    ("q10 0 for a", "x.syn:2: the factor `0` of a q10 is not more than 0"),
    ("use a = b with n = 5, n = 6", "x.syn:2: `n` is given twice"),
    ("target final(T) = 300 [K] +- 0 [K]", "x.syn:2: the tolerance `0 [K]` is not more than 0"),
    ("target final(T) = 3 +- 1 %\n  train a every 1 [ms] count 1.5", "x.syn:3: the count `1.5` is not a whole number of 1 or more"),
    ("target final(T) = 3 +- 1 %\n  until 1 [ms]\n  until 2 [ms]", "x.syn:4: a target has one `until`; this is the second"),
    ("target final(T) = 3 +- 1 %\n  sweep a = 1\n  sweep b = 1", "x.syn:4: a target has one `sweep`; this is the second"),
    ("target final(T) = 3 +- 1 %\n  pulse a = 1 for -1 [ms]", "x.syn:3: the duration `-1 [ms]` is negative"),
    ("for rate in 0 .. 3\n  let x = 3", "x.syn:2: `rate` cannot count a loop; use a letter such as `i`"),
    ("for i in 0 .. 99999\n  for j in 0 .. 99999\n    let x{i}_{j} = 3", "x.syn:4: loops unroll to more than 100000 lines"),
    ("temperature 20 [degC]\ntemperature 22 [degC]", "x.syn:3: a second `temperature`; a file has one"),
    ("use a = b.c", "x.syn:2: `b.c` names no mechanism; write `NAME` or `FOLDER/NAME`"),
    ("let x = __import__", "x.syn:2: `__import__` starts with two underscores; names start with a letter"),
    ("scheme r = V{0..99999}\nscheme s = W{0..99999} X{0..99999} Y{0..99999} Z{0..99999} A{0..99999} B{0..99999} C{0..99999} D{0..99999} E{0..99999} F{0..99999}", "x.syn:3: ranges and loops make more than 1000000 names"),
    ("let a = b(since = 3)", "x.syn:2: `since = …` stands only in a measured quantity"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "message"), ONE_LINE, ids=[line for line, _ in ONE_LINE])
def test_one_mistake_gives_one_message(line, message):
    assert messages(f"mechanism m\n{line}\n") == [message]


def test_all_problems_of_a_text_come_at_once_in_its_order():
    text = """mechanism m
parameter a = 5 [mn]
paramter b = 5
let c = 3 [mv]*2 [zz]
let d = (3
species a = 5 [uM]
scheme r = A B
  A -> nothing : 1 [/ms]
"""
    assert messages(text) == [
        "x.syn:2: unknown unit `mn`; did you mean `min`?",
        "x.syn:3: `paramter` starts no statement; did you mean `parameter`?",
        "x.syn:4: unknown unit `mv`; did you mean `mV`?",
        "x.syn:4: unknown unit `zz`",
        "x.syn:5: `(` is never closed",
        "x.syn:6: `a` is declared twice; it is already on line 2",
        "x.syn:8: the scheme `r` loses a molecule here; a scheme is closed "
        "(use `species` for things that come and go)",
    ]


def test_a_text_without_a_header():
    assert messages("let a = 5\n") == [
        "x.syn:1: no header; a text starts with `mechanism`, `synapse`, `cell` or `circuit` "
        "and a name"
    ]
    assert messages("circut x\nlet a = 5\n") == [
        "x.syn:1: `circut` starts no statement; did you mean `circuit`?"
    ]


def parent(name, beside):
    assert name == "nmda"
    return read_text("mechanism nmda\nsource A 1990\nparameter koff = 4 [/ms] \"off\"\nparameter n = 3\n"
                     "temperature 20 [degC]\nq10 3 for koff n\nlet x = koff\n"
                     "target final(x) = 4 [/ms] +- 1 %\n  until 1 [ms]\n")  # fmt: skip


def variant(text):
    return read_text(f'mechanism v from nmda "V"\n{text}\n', "x.syn", parent)


def test_a_variant_restates_numbers_and_nothing_else():
    model = variant("source B 2000\nparameter koff = 5 [/s]\nq10 2 for n\ntemperature 30 [degC]")
    assert (model.name, model.parent, model.source) == ("v", "nmda", ("B 2000",))
    koff, n = model.parameters
    assert (koff.value.text, koff.description, n.value.value) == ("5 [/s]", "off", 3.0)
    assert [(q.names, q.factor.value) for q in model.q10s] == [(("koff",), 3), (("n",), 2)]
    assert [q.reference.text for q in model.q10s] == ["20 [degC]", "30 [degC]"]
    assert model.targets == ()
    assert model.lets[0].name == "x"
    assert model.used[0].name == "nmda"


def test_a_variant_without_a_temperature_has_its_parents():
    model = variant("source B 2000\nq10 2 for n")
    assert model.temperature.text == "20 [degC]"
    assert {q.reference.text for q in model.q10s} == {"20 [degC]"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("parameter kof = 5 [/ms]", "x.syn:2: `nmda` has no parameter `kof`; did you mean `koff`?"),
        (
            "parameter koff = 5 [ms]",
            "x.syn:2: `koff` is [/ms] in `nmda`; `5 [ms]` is [ms], expected [/ms]",
        ),
        (
            "let y = 5",
            "x.syn:2: a variant restates parameters, temperature, q10, source and targets only; "
            "write a mechanism of its own",
        ),
    ],
)
def test_what_a_variant_may_not_say(line, message):
    with pytest.raises(ModelError) as caught:
        variant(line)
    assert str(caught.value) == message


def test_what_is_wrong_with_a_parent_names_both_lines(tmp_path):
    (tmp_path / "p.syn").write_text("mechanism p\nparameter a = 1 [mn]\n")
    (tmp_path / "v.syn").write_text("# mine\nmechanism v from p\n")
    (tmp_path / "w.syn").write_text("mechanism w from ampa_jonas_1999\n")
    with pytest.raises(ModelError) as caught:
        load(str(tmp_path / "v.syn"))
    assert str(caught.value) == (
        "p.syn:2 (used at v.syn:2): unknown unit `mn`; did you mean `min`?"
    )
    with pytest.raises(ModelError) as caught:
        load(str(tmp_path / "w.syn"))
    assert str(caught.value) == (
        "w.syn:1: nothing in the library is called `ampa_jonas_1999`; "
        "did you mean `ampa_jonas_1993`?"
    )


FILES = [
    (b"", "x.syn: empty; a mechanism starts with `mechanism NAME`"),
    (b" \n\n", "x.syn: empty; a mechanism starts with `mechanism NAME`"),
    (
        b"<!DOCTYPE html>\n<html>",
        "x.syn: a web page (HTML), not a mechanism; download the text itself",
    ),
    (b"<?xml version='1.0'?>", "x.syn: XML, not a mechanism text"),
    (b"NEURON {\n}\n", "x.syn: NMODL (.mod), not a mechanism text"),
    (b'{"a": 1}', "x.syn: JSON or a list, not a mechanism text"),
    (b"\x1f\x8b\x08\x00abc", "x.syn: a gzip archive; unpack it first"),
    (b"PK\x03\x04abc", "x.syn: a zip archive; unpack it first"),
    (b"\x89HDF\r\n", "x.syn: an HDF5 file, not text"),
    (b"ABF2\0\0", "x.syn: a recording (ABF), not a mechanism; use it with `quantal compare`"),
    ("mechanism m".encode("utf-16"), "x.syn: text in UTF-16; save it as UTF-8"),
    ("mechanism m".encode("utf-16-le"), "x.syn: text in UTF-16; save it as UTF-8"),
    (b"mechanism\0\0\0\0\0\0\0m\1\2\3", "x.syn: text in UTF-16; save it as UTF-8"),
    (b"mechanism m and a lot more \0 then", "x.syn: binary, not text"),
    (b"mechanism m\nlet a = \xff\n", "x.syn:2: a byte that is not UTF-8; save the text as UTF-8"),
    (b"x" * (4 * 1024 * 1024 + 1), "x.syn: larger than 4 MB; a mechanism has a few kB"),
    (
        b"Dear all,\nthe meeting\nis moved\nto Friday.\n",
        "x.syn: not a mechanism text: no line starts with a word of the language",
    ),
]


@pytest.mark.parametrize(
    ("content", "message"), FILES, ids=[m[7:27] + str(i) for i, (_, m) in enumerate(FILES)]
)
def test_a_file_that_is_something_else_is_called_what_it_is(content, message, tmp_path):
    path = tmp_path / "x.syn"
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        read_file(path)
    assert str(caught.value) == message


def test_a_missing_file_and_a_folder(tmp_path):
    (tmp_path / "ampa.syn").write_text("mechanism m\n")
    with pytest.raises(ModelError) as caught:
        read_file(tmp_path / "apma.syn")
    assert str(caught.value) == (
        f"apma.syn: no such file in `{tmp_path}`; did you mean `ampa.syn`?"
    )
    with pytest.raises(ModelError) as caught:
        read_file(tmp_path)
    assert "a folder, not a file" in str(caught.value)


@pytest.mark.parametrize("depth", [10, 100, 255, 257, 1000, 100_000, 1_000_000])
def test_deep_nesting_is_counted_and_never_overruns(depth):
    text = "mechanism m\nlet a = " + "(" * depth + "1" + ")" * depth + "\n"
    start = time.perf_counter()
    if depth <= 256:
        assert read_text(text).lets[0].expression.value == 1.0
    else:
        assert messages(text) == ["x.syn: parentheses nest deeper than 256"]
    assert time.perf_counter() - start < 1.0


@pytest.mark.parametrize(
    "piece", ["1+", "-", "2^", "2*", "not ", "1 and ", "exp(", "[", '"', "{", "a{0..9}"]
)
def test_long_chains_of_anything_end_in_a_message(piece):
    text = f"mechanism m\nlet a = {piece * 3000}1\n"
    start = time.perf_counter()
    assert messages(text)[0].startswith("x.syn")
    assert time.perf_counter() - start < 2.0
