"""Where a run starts: gates at rest, schemes at equilibrium, values in any order."""

import numpy as np
import pytest

from quantal.engines.initial import initial_state
from quantal.errors import RunError
from quantal.expression import ONE, ZERO, Apply, Expression, Name, Number
from quantal.program import (
    Definition,
    DriveSlot,
    Equilibrium,
    ParameterSlot,
    Program,
    StateVariable,
)
from quantal.units import parse_unit


def minus(a: Expression, b: Expression) -> Expression:
    return Apply("-", (a, b))


def times(a: Expression, b: Expression) -> Expression:
    return Apply("*", (a, b))


def program(names: list[str], initial: list[Expression], **more: object) -> Program:
    unit = parse_unit("1")
    return Program(
        name="p", title="", states=tuple(StateVariable(n, unit, "number", 1.0) for n in names),
        parameters=(ParameterSlot("k", 3.0, unit),), drives=(DriveSlot("glu", None, unit),),
        initial=tuple(initial), **{"definitions": (), "derivatives": (ZERO,) * len(names), **more},
    )  # fmt: skip


def start(p: Program, glu: float = 0.0, held: dict[int, float] | None = None) -> np.ndarray:
    return initial_state(p, np.array([3.0]), np.array([glu]), held=held)


def test_initial_values_may_use_later_states_and_definitions() -> None:
    double = Definition("double", times(Number(2.0), Name("b")), None)
    p = program(["a", "b"], [Name("double"), Name("k")], definitions=(double,))
    np.testing.assert_allclose(start(p), [6.0, 3.0])


def test_a_held_state_decides_what_depends_on_it() -> None:
    p = program(["V", "m"], [Number(-65.0), times(Name("V"), Number(2.0))])
    np.testing.assert_allclose(start(p, held={0: 10.0}), [10.0, 20.0])


def test_a_scheme_settles_where_its_fluxes_balance() -> None:
    # C0 <-> C1 (glu, 4) and C1 <-> O (2, 1): occupancies in proportion 1 : glu/4 : glu/2.
    c0, c1, o = Name("C0"), Name("C1"), Name("O")
    bind = Definition("bind", minus(times(Name("glu"), c0), times(Number(4.0), c1)), None)
    gate = Definition("gate", minus(times(Number(2.0), c1), o), None)
    p = program(
        ["C0", "C1", "O"], [ONE, ZERO, ZERO], definitions=(bind, gate),
        derivatives=(
            Apply("neg", (Name("bind"),)), minus(Name("bind"), Name("gate")), Name("gate"),
        ),
        equilibria=(Equilibrium((0, 1, 2)),),
    )  # fmt: skip
    weights = np.array([1.0, 0.7 / 4, 0.7 / 2])
    np.testing.assert_allclose(start(p, glu=0.7), weights / weights.sum(), rtol=1e-12)


def test_a_scheme_without_one_steady_state_is_refused() -> None:
    p = program(["A", "B"], [ONE, ZERO], equilibria=(Equilibrium((0, 1)),))
    with pytest.raises(RunError, match="more than one steady state"):
        start(p)


def test_a_value_that_depends_on_itself_is_named() -> None:
    p = program(["a", "b"], [Name("b"), Name("a")])
    with pytest.raises(RunError, match="`a` depends on itself"):
        start(p)


def test_a_value_that_is_no_number_is_named() -> None:
    p = program(["a"], [Apply("log", (Number(-1.0),))])
    with pytest.raises(RunError, match="initial value of `a` is not a number"):
        start(p)
