"""Tangents as further states: the same numbers by another way."""

import numpy as np
import pytest
from tests.agreement.problems import PROBLEMS, synapse
from tests.engines.programs import names, program, stimulus

from quantal.engines.base import Settings
from quantal.engines.sensitivity.augmented import Input, augmented, tangent_name
from quantal.engines.sensitivity.solve import solve
from quantal.engines.sensitivity.varied import Varied
from quantal.engines.stiff import ENGINE
from quantal.expression import Name, evaluate
from quantal.kernels.symbolic.dag import Graph
from quantal.kernels.symbolic.derivative import gradients
from quantal.kernels.symbolic.equations import Equations
from quantal.kernels.symbolic.express import Written
from quantal.kernels.symbolic.interpret import interpret
from quantal.units import parse_unit

PURE = parse_unit("1")


@pytest.mark.parametrize("name", ["ampa", "calcium_pool", "synapse"])
def test_the_larger_program_solves_for_the_tangents(name):
    problem = synapse(160) if name == "synapse" else PROBLEMS[name]()
    made, driven = problem.program, problem.stimulus
    samples = np.linspace(0.0, driven.end, 30)
    chosen = [0, len(made.parameters) // 2]
    inputs = [Input(made.parameters[i].name, PURE, parameter=i) for i in chosen]
    recorded = [state.name for state in made.states]
    larger = augmented(made, inputs, recorded, (), ())
    settings = Settings(1e-10, 1e-12, samples)
    whole = ENGINE.run(larger.program, driven, settings)
    varied = [Varied(each.name, parameter=each.parameter) for each in inputs]
    found = solve(made, driven, settings, varied)
    for number, each in enumerate(inputs):
        size = max(np.abs(found.tangent(state)[:, number]).max() for state in recorded)
        for state in recorded:
            other = whole.internal(tangent_name(state, each.name))
            assert np.abs(other - found.tangent(state)[:, number]).max() < 1e-7 * size


def test_only_what_an_input_moves_becomes_a_state():
    y, z, k, m = names("y z k m")
    made = program({"y": (-k * y, 1.0), "z": (y - m * z, 0.0)}, {"k": 1.0, "m": 2.0})
    inputs = [Input("k", PURE, parameter=0), Input("m", PURE, parameter=1)]
    assert set(augmented(made, inputs, [], (), ()).tangents) == {(0, 0), (1, 0), (1, 1)}
    # A clamped state moves nothing.
    assert set(augmented(made, inputs, [], (0,), ()).tangents) == {(1, 1)}


def test_expressions_of_nodes_are_the_nodes():
    """All of the axon's rates, written back, read again, and evaluated both ways."""
    made = PROBLEMS["axon"]().program
    graph = Graph()
    equations = Equations(graph, made)
    nodes = [equations.node(each) for each in made.derivatives]
    leaves = [graph.leaf("state", i) for i in range(4)]
    found = gradients(graph, nodes, set(leaves))
    nodes += [slope for node in nodes for slope in found[node].values()]
    written_leaves = {("state", i): _name(made.states[i].name) for i in range(4)}
    written = Written(graph, {**written_leaves, ("drive", 0): _name("current")}, "~")
    expressions = written.all(nodes)
    values = dict(zip((s.name for s in made.states), (-50.0, 0.1, 0.5, 0.4), strict=True))
    values["current"] = 3.0
    for item in written.definitions:
        values[item.name] = float(evaluate(item.expression, values))
    simulated = [float(evaluate(each, values)) for each in expressions]
    inputs = {("state", i): v for i, v in enumerate((-50.0, 0.1, 0.5, 0.4))}
    exact = interpret(graph, nodes, {**inputs, ("drive", 0): 3.0})
    np.testing.assert_allclose(simulated, [float(value) for value in exact], rtol=1e-12)


def _name(text):
    return Name(text)


def test_the_slope_of_exprel_as_an_expression():
    graph = Graph()
    x = graph.leaf("state", 0)
    node = graph.call("exprel'", x)
    (expression,) = Written(graph, {("state", 0): _name("x")}, "~").all([node])
    points = np.array([-5.0, -0.031, -0.029, 0.0, 1e-9, 0.029, 0.031, 3.0])
    simulated = evaluate(expression, {"x": points})
    exact = interpret(graph, [node], {("state", 0): points})[0]
    np.testing.assert_allclose(simulated, exact, rtol=1e-11)


def test_the_tangent_of_a_state_that_starts_elsewhere():
    y, k = names("y k")
    made = program({"y": (-k * y, 1.0)}, {"k": 0.5})
    larger = augmented(made, [Input("initial(y)", PURE, initial=0)], ["y"], (), [(0, 0)])
    assert larger.tangents == {(0, 0): 1}
    assert larger.program.states[1].name == "d(y)/d(initial(y))"
    driven = stimulus(made, 2.0)
    whole = ENGINE.run(larger.program, driven, Settings(1e-9, 1e-12, np.array([0.0, 2.0])))
    # It starts at zero here; who runs it gives its initial value.
    assert (whole.internal("d(y)/d(initial(y))") == 0.0).all()
