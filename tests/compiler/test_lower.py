"""What is said becomes the equations that a physiologist would write by hand."""

from __future__ import annotations

import numpy as np
import pytest

from quantal.constants import AVOGADRO, ELEMENTARY_CHARGE
from quantal.engines.initial import initial_state
from quantal.errors import ModelError
from quantal.experiments.loading import load, prepare
from quantal.expression import evaluate
from quantal.program import Assignment, Firing, Program

MM = AVOGADRO * 1e-3 / 1e15  # molecules in a um3 of 1 mM
HEAD = 'mechanism x "x"\n'


def lowered(text: str) -> Program:
    return prepare(load(HEAD + text))


def slopes(
    program: Program, drives: dict[str, float] | None = None, **states: float
) -> dict[str, float]:
    """d/dt of every state by plain evaluation, at the start or with some states changed."""
    parameters = np.array([slot.value for slot in program.parameters])
    given = np.array(
        [(drives or {}).get(slot.name, slot.default or 0.0) for slot in program.drives]
    )
    y = initial_state(program, parameters, given)
    names = {s.name: v for s, v in zip(program.parameters, parameters, strict=True)}
    names |= {s.name: v for s, v in zip(program.drives, given, strict=True)}
    names |= {s.name: v for s, v in zip(program.states, y, strict=True)} | states
    names["time"] = 0.0
    for item in program.definitions:
        names[item.name] = evaluate(item.expression, names)
    return {
        state.name: float(evaluate(d, names))
        for state, d in zip(program.states, program.derivatives, strict=True)
    }


def test_each_direction_uses_its_own_reactants_volume() -> None:
    p = lowered(
        "place a volume = 2 [fL]\nplace b volume = 0.5 [fL]\n"
        "species A = 3 [mM] in a\nspecies B = 1 [mM] in b\n"
        "reaction A <-> B : 0.1 [/ms], 0.4 [/ms]\n"
    )
    moved = 0.1 * 3 * MM * 2.0 - 0.4 * 1 * MM * 0.5  # molecules per ms
    simulated = slopes(p)
    assert simulated["A"] == pytest.approx(-moved / 2.0, rel=1e-12)
    assert simulated["B"] == pytest.approx(moved / 0.5, rel=1e-12)


def test_a_counted_scheme_consumes_what_it_binds() -> None:
    p = lowered(
        "place cleft volume = 0.01 [fL]\nspecies glu = 1 [mM] in cleft\n"
        "parameter n = 80 [channels]\nscheme r = C O count n\n"
        "  C + glu <-> O : 5 [/mM/ms], 2 [/ms]\n"
    )
    simulated = slopes(p)
    assert simulated["O"] == pytest.approx(5.0)
    assert simulated["glu"] == pytest.approx(-80 * 5.0 / 0.01, rel=1e-12)


def test_no_receptors_bind_nothing() -> None:
    p = lowered(
        "place cleft volume = 0.01 [fL]\nspecies glu = 1 [mM] in cleft\n"
        "parameter n = 0 [channels]\nscheme r = C O count n\n"
        "  C + glu <-> O : 5 [/mM/ms], 2 [/ms]\n"
    )
    assert slopes(p) == {"C": -5.0, "O": 5.0, "glu": 0.0}


def test_a_calcium_current_fills_the_inside() -> None:
    p = lowered(
        "place cell volume = 1 [fL]\nspecies Ca = 0.1 [uM] in cell charge 2\n"
        "membrane V inside\ncurrent i = 1 [nS]*(V - 50 [mV]) carries Ca\n"
    )
    ions = 1.0 * 120.0 / (2 * ELEMENTARY_CHARGE)  # -120 pA inward at -70 mV
    assert slopes(p, {"V": -70.0})["Ca"] == pytest.approx(ions / 1.0, rel=1e-12)


def test_density_currents_meet_a_whole_capacitance_through_the_surface() -> None:
    p = lowered(
        "place soma volume = 1 [fL]\nplace out\n"
        "place skin between soma and out surface = 1000 [um2]\n"
        "membrane V = -60 [mV] capacitance 1 [uF/cm2] in skin\n"
        "current i = 0.3 [mS/cm2]*(V + 54 [mV])\n"
    )
    # 0.3 mS/cm2 over 1 uF/cm2 is 0.3 /ms.
    assert slopes(p)["V"] == pytest.approx(-0.3 * -6.0, rel=1e-12)


def test_a_gap_junction_leaves_one_membrane_and_enters_the_other() -> None:
    p = lowered(
        "place a\nplace b\nmembrane V1 = -60 [mV] capacitance 10 [pF] in a\n"
        "membrane V2 = -70 [mV] capacitance 20 [pF] in b\n"
        "current i = 2 [nS]*(V1 - V2) from V1 to V2\n"
    )
    assert slopes(p) == {"V1": pytest.approx(-2.0), "V2": pytest.approx(1.0)}


def test_q10_scales_gates_schemes_and_parameters() -> None:
    text = (
        "temperature 20 [degC]\nparameter k = 2 [/ms]\nscheme s = A B\n  A -> B : 3 [/ms]\n"
        "gate m\n  inf = 1\n  tau = 1 [ms]\nstate u = 1\n  u' = -k*u\nq10 2 for s m k\n"
    )
    p = lowered(text)
    warm = next(i for i, slot in enumerate(p.parameters) if slot.name == "temperature")
    parameters = [slot.value for slot in p.parameters]
    assert parameters[warm] == pytest.approx(293.15)
    at = {slot.name: value for slot, value in zip(p.parameters, parameters, strict=True)}
    at |= {"temperature": 303.15, "time": 0.0, "A": 1.0, "B": 0.0, "m": 0.0, "u": 1.0}
    for item in p.definitions:
        at[item.name] = evaluate(item.expression, at)
    found = {s.name: evaluate(d, at) for s, d in zip(p.states, p.derivatives, strict=True)}
    assert found == {
        "A": pytest.approx(-6.0), "B": pytest.approx(6.0),
        "m": pytest.approx(2.0), "u": pytest.approx(-4.0),
    }  # fmt: skip


def test_a_named_reaction_counts_events_of_the_whole_place() -> None:
    p = lowered(
        "parameter n = 600 [sites]\nscheme site = V E count n\n  release = V -> E : 0.5 [/ms]\n"
    )
    item = next(d for d in p.definitions if d.name == "release")
    names = {"V": 0.25, "n": 600.0, "release forward": 0.5 * 0.25}
    assert evaluate(item.expression, names) == pytest.approx(75.0)


def test_events_become_assignments_and_firings_in_order() -> None:
    p = lowered(
        "event spike\nstate u = 0.2\n"
        "species docked = 10 [vesicles]\nspecies gone = 0 [vesicles]\n"
        "on spike after 0.5 [ms]\n  u += 0.5*(1 - u)\n  docked -> gone times binomial(docked, u)\n"
    )
    (handler,) = p.handlers
    assign, fire = handler.actions
    assert isinstance(assign, Assignment)
    assert isinstance(fire, Firing)
    assert handler.delay is not None
    assert evaluate(handler.delay, {}) == 0.5
    assert evaluate(assign.value, {"u": 0.2}) == pytest.approx(0.6)
    assert evaluate(fire.times, {"docked": 10.0, "u": 0.6}) == pytest.approx(6.0)
    gains = {p.states[i].name: evaluate(share, {}) for i, share in fire.changes}
    assert gains == {"docked": -1.0, "gone": 1.0}


def test_a_size_that_does_not_cancel_is_asked_for() -> None:
    with pytest.raises(ModelError, match="needs the volume of `a`, which is not given"):
        lowered(
            "place a\nplace b volume = 1 [fL]\nspecies A = 1 [mM] in a\nspecies B = 0 [mM] in b\n"
            "reaction A -> B : 1 [/ms]\n"
        )


def test_ghk_has_its_limit_at_zero_and_no_current_at_the_nernst_potential() -> None:
    p = lowered(
        "membrane V inside\nparameter P = 0.2e-3 [cm/s]\n"
        "let flux = P*ghk(V, 2, 0.0001 [mM], 2 [mM])\n"
    )
    item = next(d for d in p.definitions if d.name == "flux")
    at = {"P": 0.2e-3 * 1e4 / 1e3, "temperature": 295.15}
    exact = -2 * ELEMENTARY_CHARGE * (2.0 - 0.0001) * MM * at["P"]
    assert evaluate(item.expression, at | {"V": 0.0}) == pytest.approx(exact, rel=1e-9)
    reversal = 8.617333262e-2 * 295.15 / 2 * np.log(2 / 0.0001)  # kT/(2 e) ln, mV
    assert abs(evaluate(item.expression, at | {"V": reversal})) < 1e-9 * abs(exact)


def test_rows_carry_what_a_count_of_molecules_needs() -> None:
    p = lowered(
        "place cell volume = 2 [fL]\nspecies A = 1 [uM] in cell\nspecies B = 0 [uM] in cell\n"
        "parameter n = 40 [channels]\nscheme r = C O count n\n  C + A <-> O : 5 [/mM/ms], 2 [/ms]\n"
        "reaction 2 A <-> B : 0.3 [/mM/ms], 1 [/ms]\n"
    )
    bind, pair = p.reactions
    names = [state.name for state in p.states]
    a, b, closed = (names.index(name) for name in ("A", "B", "C"))
    assert set(bind.reactants) == {(closed, 1), (a, 1)}
    assert bind.forward_size is not None
    assert evaluate(bind.forward_size, {"n": 40.0}) == 40.0
    assert pair.reactants == ((a, 2),)
    assert pair.products == ((b, 1),)
    assert pair.forward_size is not None
    assert evaluate(pair.forward_size, {}) == 2.0
    size = p.states[a].size
    assert size is not None
    assert evaluate(size, {}) == 2.0
