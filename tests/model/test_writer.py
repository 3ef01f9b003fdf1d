"""Models written and read back."""

import pytest
from tests.model.sameness import said
from tests.model.test_fragments import FRAGMENTS

from quantal.expression import Apply, Name, Number, to_text
from quantal.library.catalogue import catalogue, load
from quantal.model.reader import read_text
from quantal.model.writer import write


def read_back(model):
    return read_text(write(model), "written.syn", lambda name, beside: load(name))


@pytest.mark.parametrize("name", FRAGMENTS)
def test_a_fragment_reads_back_the_same(name):
    model = read_text(f"mechanism {name}\n{FRAGMENTS[name]}")
    assert said(read_back(model)) == said(model)


@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.name)
def test_a_library_file_reads_back_the_same_and_writes_the_same(entry):
    model = load(entry.name)
    again = read_back(model)
    assert said(again) == said(model)
    assert write(again) == write(model)


def test_sameness_sees_a_different_number():
    first, second = (read_text(f"mechanism m\nparameter a = {n} [mM]\n") for n in (5, 6))
    assert said(first) != said(second)


def test_canonical_text():
    text = """synapse s "two"
source A 2000
temperature 22 [degC]
note one
note two
place cleft volume = 2 [fL] "c"
place psd between spine and cleft surface = 0.1 [um2]
input Mg as magnesium [mM] = 1 [mM] outside
membrane W inside
event spike out "s"
parameter kon = 4.59 [/mM/ms] between 1 and 20 "binding"
parameter q = 5000 [molecules] ~ gamma(cv = 0.3) per firing
let half [mM] = kon^(-1)/2 "h"
membrane V = -65 [mV] capacitance 1 [uF/cm2] in soma
species B [uM] = 2*half in cleft charge -1 "b"
state u = 0.2
  u' = -u/(5 [ms])^2
reaction first = 2 B -> nothing : kon in cleft
scheme r = C{} O count n start equilibrium
  C -> O + (2*q) B : 1 [/ms]
current i [pA] = -(V - 0 [mV])*g carries B from V to W
q10 3 for r kon
discrete r
on V crosses 0 [mV] up
  emit spike
on spike after 0.6 [ms]
  u *= 2
  C -> O + q B times binomial(C, p)
use a = receptors/ampa at psd over r with exchange glu, n = 80 [channels]
connect a.x = b.y
connect spike -> a.spike delay 2 [ms]
role open = O
target peak(open, since = 1 [ms]) = 1, 2 [mM] +- 0.5 %
  sweep Mg = 1, 2 [mM]
  pulse glu = 1 [mM] decaying 1 [ms] every 10 [ms] count 5 at 3 [ms]
  drive W = -70 [mV]*time/1 [ms]
  rest 5 [ms]
  until 50 [ms]
  figure Fig. 1
""".replace("C{}", "C")
    assert write(read_text(text)) == text


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        (Apply("^", (Number(-2.0, text="-2"), Number(2.0, text="2"))), "(-2)^2"),
        (Apply("neg", (Apply("^", (Name("a"), Name("b"))),)), "-a^b"),
        (Apply("^", (Apply("neg", (Name("a"),)), Name("b"))), "(-a)^b"),
        (Apply("-", (Name("a"), Apply("-", (Name("b"), Name("c"))))), "a - (b - c)"),
        (Apply("<", (Apply("<", (Name("a"), Name("b"))), Name("c"))), "(a < b) < c"),
        (Apply("==", (Apply("not", (Name("a"),)), Name("b"))), "(not a) == b"),
    ],
)
def test_brackets_stand_where_they_are_needed(tree, text):
    assert to_text(tree) == text
    (let,) = read_text(f"mechanism m\nlet x = {text}\n").lets
    assert let.expression == tree


def test_a_variant_writes_what_is_its_own():
    def parent(name, beside):
        return read_text(
            "mechanism p\nparameter a = 1 [mM]\nparameter b = 2\ntemperature 20 [degC]\n"
            "q10 3 for a b\nlet c = a\n"
        )

    text = (
        'mechanism v from folder/p "V"\nsource B\ntemperature 30 [degC]\n'
        "parameter a = 5 [uM]\nq10 2 for b\n"
    )
    model = read_text(text, lookup=parent)
    assert write(model) == text
    assert said(read_text(write(model), lookup=parent)) == said(model)
