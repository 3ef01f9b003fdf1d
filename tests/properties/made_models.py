"""Hypothesis strategies for expressions and whole models, as the reader would make them."""

from dataclasses import replace

from hypothesis import strategies as st

from quantal.errors import Where
from quantal.expression import FUNCTIONS, ONE, Apply, Name, Number
from quantal.model.model import KINDS, Model
from quantal.model.processes import Assign, Current, Emit, Fire, On, Reaction
from quantal.model.quantities import EventPort, Let, Parameter, Scheme, Species, State
from quantal.model.reading.names import RESERVED
from quantal.units import parse_unit

HERE = Where("made.syn")
UNITS = ["1", "mM", "uM", "/mM/ms", "/ms", "/s", "mV", "pA", "uA/cm2", "um2", "fL", "nS", "pA ms"]
BINARY = ["+", "-", "*", "/", "^", "<", "<=", ">", ">=", "==", "!=", "and", "or"]

units = st.sampled_from(UNITS).map(parse_unit)
names = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,6}", fullmatch=True).filter(
    lambda name: name not in RESERVED
)
magnitudes = st.floats(min_value=0.0, max_value=1e12, allow_subnormal=False)
descriptions = st.text(
    st.characters(codec="utf-8", exclude_characters='"', exclude_categories=["C", "Z"]), max_size=8
)


@st.composite
def numbers(draw):
    """A number whose value, dimension and text belong together."""
    unit = draw(units)
    sign = draw(st.sampled_from(["", "-"]))
    digits = sign + repr(draw(magnitudes)).removesuffix(".0")
    text = digits if unit.text == "1" else f"{digits} [{unit.text}]"
    return Number(unit.to_internal(float(digits)), unit.dimension, text)


def _applied(children):
    binary = st.tuples(st.sampled_from(BINARY), children, children)
    functions = st.sampled_from([(name, count or 2) for name, count in FUNCTIONS.items()])
    calls = functions.flatmap(
        lambda f: st.tuples(*[children] * f[1]).map(lambda arguments: Apply(f[0], arguments))
    )
    # `-5` is a number of its own, not the negative of one.
    negated = children.filter(lambda child: not isinstance(child, Number))
    return st.one_of(
        binary.map(lambda t: Apply(t[0], (t[1], t[2]))),
        negated.map(lambda child: Apply("neg", (child,))),
        children.map(lambda child: Apply("not", (child,))),
        calls,
    )


expressions = st.recursive(st.one_of(numbers(), names.map(Name)), _applied, max_leaves=12)
coefficients = expressions.map(lambda amount: Apply("*", (Name("q"), amount)))


def unit_of(number):
    """The unit a number is written in."""
    return parse_unit(number.text.partition("[")[2].rstrip("]") or "1")


@st.composite
def models(draw):
    """A model with one of nearly every kind of declaration, its names all different."""
    pool = draw(st.lists(names, min_size=12, max_size=12, unique=True))
    name, parameter, let, species, scheme, a, b, state, spike, first, second, current = pool
    value, start = draw(numbers()), draw(numbers())
    maybe = st.none() | expressions
    return Model(
        draw(st.sampled_from(KINDS)),
        name,
        HERE,
        draw(descriptions),
        parameters=(
            Parameter(parameter, value, unit_of(value), HERE, description=draw(descriptions)),
        ),
        lets=(Let(let, draw(expressions), draw(st.none() | units), HERE),),
        species=(
            Species(
                species,
                start,
                unit_of(start),
                HERE,
                draw(st.sampled_from([None, "inside", "outside", "cleft"])),
                draw(st.none() | st.integers(-3, 3)),
                draw(descriptions),
            ),
        ),
        schemes=(
            Scheme(
                scheme, (a, b), HERE, draw(maybe), draw(st.sampled_from(["first", "equilibrium"]))
            ),
        ),
        states=(State(state, draw(coefficients), draw(units), HERE, draw(maybe)),),
        events=(EventPort(spike, HERE, draw(st.booleans())),),
        reactions=_reactions(draw, (first, second), scheme, (a, b), species),
        currents=(Current(current, draw(expressions), HERE, draw(st.none() | units)),),
        handlers=(_handler(draw, spike, (a, b), species, draw(maybe)),),
    )


def _reactions(draw, called, scheme, states, species):
    two = Number(2.0, text="2")
    binding = Reaction(
        None,
        ((ONE, states[0]), (two, species)),
        ((ONE, states[1]),),
        "mass action",
        draw(expressions),
        draw(expressions),
        HERE,
        scheme,
    )
    made = Reaction(
        called[0],
        (),
        ((draw(coefficients), species),),
        "rate",
        draw(expressions),
        None,
        HERE,
        place=draw(st.sampled_from([None, "cleft"])),
    )
    order = draw(st.permutations([binding, made, replace(made, name=called[1])]))
    return tuple(order)


def _handler(draw, spike, states, species, delay):
    operator = draw(st.sampled_from(["=", "+=", "-=", "*="]))
    return On(
        spike,
        (
            Assign(species, operator, draw(expressions), HERE),
            Fire(((ONE, states[0]),), ((ONE, states[1]),), draw(expressions), HERE),
            Emit(spike, HERE),
        ),
        HERE,
        delay,
    )
