"""Every kinetic scheme of the library: the chemistry that holds whatever its constants are.

Rates are read off the compiled Program, never retyped (`schemes.py` here).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.library.schemes import (
    loop_products,
    rate_matrix,
    slopes,
    steps,
    surroundings,
    values,
)

from quantal import engines
from quantal.engines.base import Settings
from quantal.experiments.loading import load, prepare
from quantal.expression import Name, Number, substitute
from quantal.library.catalogue import catalogue
from quantal.program import Program
from quantal.stimulus import Piecewise, Stimulus

BALANCED = 0.02
"""Published constants have two or three digits, which leaves their loops open by this much."""

DRIVEN = {
    "receptors/ampa_geiger_1999_as_copied": (998.0, "a constant a thousand times too large"),
    "receptors/ampa_postlethwaite_2007_as_coded": (2.0, "the reverse of statistical factors"),
    "receptors/glycine_burzomato_2004": (1.044, "rounding: two constants follow from the others"),
    "receptors/nachr_alpha7_gay_2008": (4.69e7, "desensitised states are left another way, fast"),
    "receptors/nachr_alpha7_gay_2008_w55a": (1.35e7, "desensitised states are left another way"),
    "receptors/nachr_edelstein_1996": (1.028, "rounding of the allosteric constants"),
    "receptors/nmda_kampa_2004": (1.477, "blocked states were fitted with rates of their own"),
    "receptors/p2x2_moffatt_hume_2007": (1.031, "rounding"),
    "receptors/p2x3_sokolova_2006": (1.61e10, "desensitised states are left by dummy constants"),
}
"""Loops that are not balanced as published: the largest product, and why."""

STILL = 1e-12
"""/ms; slower than this counts as not moving."""


def drive_free(program: Program) -> bool:
    """Whether every state is one of a scheme, so that the drives alone set its rates."""
    return all(state.kind == "occupancy" for state in program.states)


def programs() -> dict[str, Program]:
    """The mechanisms of the library that have a scheme, by name."""
    found = {e.name: prepare(load(e.path)) for e in catalogue() if e.kind == "mechanism"}
    return {
        name: program
        for name, program in found.items()
        if any(state.kind == "occupancy" for state in program.states)
    }


SCHEMES = programs()
ALONE = {name: program for name, program in SCHEMES.items() if drive_free(program)}
OPENING = {
    name: program
    for name, program in ALONE.items()
    if "open" in program.roles.keys() | {item.name for item in program.definitions}
}

every_scheme = pytest.mark.parametrize("name", SCHEMES)
every_scheme_alone = pytest.mark.parametrize("name", ALONE)
every_channel = pytest.mark.parametrize("name", OPENING)


def run(program: Program, until: float) -> tuple[np.ndarray, np.ndarray]:
    """Times (n,) and states (n, n_states) with every drive held."""
    held = surroundings(program)
    stimulus = Stimulus(
        0.0,
        until,
        np.array([slot.value for slot in program.parameters]),
        tuple(Piecewise.constant(held[slot.name]) for slot in program.drives),
    )
    result = engines.get("stiff").run(program, stimulus, Settings(relative=1e-8))
    return result.time, np.array([result.internal(s.name) for s in program.states]).T


def test_there_are_schemes():
    assert len(SCHEMES) > 30
    assert len(OPENING) > 20


@every_scheme
def test_microscopic_reversibility(name):
    """Round every loop of reversible steps, the constants of both ways have one product.

    Colquhoun & Hawkes 1982 Phil Trans R Soc Lond B 300:1.
    """
    program = SCHEMES[name]
    products = loop_products(program, surroundings(program))
    largest = max((max(p, 1.0 / p) for p in products.values()), default=1.0)
    if name in DRIVEN:
        assert largest == pytest.approx(DRIVEN[name][0], rel=0.01), products
    else:
        assert largest < 1.0 + BALANCED, products


@every_scheme
def test_loops_do_not_depend_on_the_ligand(name):
    """A loop binds as much as it unbinds: no concentration drives it."""
    program = SCHEMES[name]
    once = surroundings(program)
    ten = {key: value if key == "V" else 10.0 * value for key, value in once.items()}
    simulated, exact = loop_products(program, ten), loop_products(program, once)
    assert simulated == pytest.approx(exact)


@every_scheme
def test_what_leaves_one_state_enters_another(name):
    """The reactions' rates out of each state sum to zero, and give the equations."""
    program = SCHEMES[name]
    held = surroundings(program)
    matrix = rate_matrix(program, held)
    inside = [i for i, state in enumerate(program.states) if state.kind == "occupancy"]
    largest = np.abs(matrix).max()
    assert largest > 0.0
    assert np.all(matrix - np.diag(np.diag(matrix)) >= 0.0)
    np.testing.assert_allclose(matrix.sum(axis=0), 0.0, atol=1e-12 * largest)
    simulated = slopes(program, held)[np.ix_(inside, inside)]
    np.testing.assert_allclose(simulated, matrix[np.ix_(inside, inside)], atol=1e-9 * largest)


@every_scheme_alone
def test_the_long_run_is_the_null_vector(name):
    """What the equations settle at is the steady state that linear algebra gives."""
    program = ALONE[name]
    matrix = rate_matrix(program, surroundings(program))
    rates = np.sort(np.abs(np.linalg.eigvals(matrix).real))
    schemes = sum(len(each.indices) > 1 for each in program.invariants)
    if rates[schemes] < STILL * rates[-1] or rates[schemes - 1] > STILL * rates[-1]:
        pytest.skip("more than one steady state without its input")
    _, simulated = run(program, 40.0 / rates[schemes])
    exact = np.zeros(len(program.states))
    for each in program.invariants:
        block = matrix[np.ix_(each.indices, each.indices)]
        exact[list(each.indices)] = null_vector(block)
    np.testing.assert_allclose(simulated[-1], exact, atol=1e-6)


def null_vector(matrix: np.ndarray) -> np.ndarray:
    """The steady state of a rate matrix, summing to one: its last right singular vector."""
    scaled = matrix / np.maximum(np.abs(matrix).max(axis=1, keepdims=True), 1e-300)
    vector = np.linalg.svd(scaled)[2][-1]
    return np.asarray(vector / vector.sum())


@every_channel
def test_mean_open_time(name):
    """An open state that nothing enters again empties in 1/sum(rates out of it), on average."""
    program = OPENING[name]
    held = surroundings(program)
    for index in open_states(program):
        out = sum(s.rate for s in steps(program, held) if s.start == index)
        out += sum(s.back for s in steps(program, held) if s.end == index)
        times, occupancy = run(opened(program, index), 40.0 / out)
        simulated = np.trapezoid(occupancy[:, index], times)
        assert simulated == pytest.approx(1.0 / out, rel=1e-3), program.states[index].name


def open_states(program: Program) -> list[int]:
    """The states in which the channel conducts: those that alone make the role `open`."""
    held = surroundings(program)
    identity = np.eye(len(program.states))
    role = program.roles.get("open", "open")
    found = [i for i in range(len(identity)) if values(program, identity[i], held)[role] > 0.0]
    assert found
    return found


def opened(program: Program, index: int) -> Program:
    """The program with all channels in one state, and every way back into it closed."""
    others = {s.name for i, s in enumerate(program.states) if i != index}
    definitions = {d.name: d.expression for d in program.definitions}

    def alone(name: Name) -> Number | Name:
        if name.name in others:
            return Number(0.0)
        if name.name in definitions:
            return substitute(definitions[name.name], alone)
        return name

    derivatives = list(program.derivatives)
    derivatives[index] = substitute(derivatives[index], alone)
    initial = [Number(float(i == index)) for i in range(len(program.states))]
    return replace(
        program, derivatives=tuple(derivatives), initial=tuple(initial), equilibria=(),
        reactions=(),
    )  # fmt: skip
