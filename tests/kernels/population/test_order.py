"""Which groups of nodes share a loop, and what comes before what."""

from itertools import pairwise

from quantal.kernels.population.order import Group, by_depth, loops, order

INPUTS = {1: (), 2: (1,), 3: (1, 2), 4: (3,), 5: (), 6: (4, 5)}


def inputs(node):
    return INPUTS[node]


def test_arguments_come_first():
    found = order([6], inputs)
    assert sorted(found) == list(INPUTS)
    for node, needed in INPUTS.items():
        assert all(found.index(x) < found.index(node) for x in needed)


def test_short_groups_share_a_loop_until_it_is_long_enough():
    groups = [Group([2], [0]), Group([3], [1]), Group([4], [2]), Group([6], [3])]
    found = loops(groups, inputs, (), 3)
    assert [tuple(group.nodes) for group in found] == [(2, 3), (4, 6)]
    assert [place for group in found for place in group.places] == [0, 1, 2, 3]


def test_what_stands_apart_shares_no_loop_with_what_does_not():
    groups = [Group([2], [0]), Group([3], [1], apart=True), Group([4], [2], apart=True)]
    found = loops(groups, inputs, (), 100)
    assert [tuple(group.nodes) for group in found] == [(2,), (3, 4)]
    assert all(first.apart != second.apart for first, second in pairwise(found))


def test_pivots_wait_for_those_before_them():
    first, second = by_depth(order([6], inputs), inputs, {1, 5, 4}, 2)
    assert sorted(first) == [1, 5]
    assert second == [4]
