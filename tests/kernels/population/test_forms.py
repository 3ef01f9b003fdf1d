"""Parameter-only factors join the terms of a sum; what two sums share stays shared."""

from quantal.kernels.population.forms import scaled
from quantal.kernels.symbolic.dag import CONSTANT, VARIABLE, Graph
from quantal.kernels.symbolic.equations import PARAMETER, STATE


def reaction():
    """x <-> y with two constants: the flux, and the graph and step that it lies in."""
    graph = Graph()
    x, y, on, off, h = (
        graph.leaf(STATE, 0), graph.leaf(STATE, 1), graph.leaf(PARAMETER, 0, CONSTANT),
        graph.leaf(PARAMETER, 1, CONSTANT), graph.leaf("length", 0, CONSTANT),
    )  # fmt: skip
    return graph, graph.subtract(graph.multiply(on, x), graph.multiply(off, y)), h


def test_a_scaled_flux_costs_no_product_that_varies():
    graph, flux, h = reaction()
    products = [
        node for node in graph.ancestors([scaled(graph, h, flux)])
        if graph.operation[node] == "*" and graph.level[node] == VARIABLE
    ]  # fmt: skip
    assert len(products) == 2
    for node in products:
        coefficient, factor = graph.arguments[node]
        assert graph.level[coefficient] == CONSTANT
        assert factor in graph.leaf_of


def test_what_one_state_loses_is_the_node_that_the_other_gains():
    graph, flux, h = reaction()
    loses = scaled(graph, h, graph.negate(flux))
    gains = scaled(graph, h, flux)
    assert graph.operation[loses] == "neg"
    assert graph.arguments[loses] == (gains,)
