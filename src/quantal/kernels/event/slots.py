"""What the compiled loop is given: one array of addresses, whole numbers and doubles."""

from __future__ import annotations

SLOTS = {
    name: number
    for number, name in enumerate((
        # Members to carry, where each stands among its stretches, and its modes.
        "members", "member_count", "offsets", "position", "states",
        # Of each stretch: begin, end, kind (a height's number or below), place of its height.
        "begin", "end", "kind", "place",
        # Times at which sums are wanted.
        "grid_start", "spacing", "rows",
        # How modes decay, how long a pulse acts, and in how many cells its root is cut.
        "rates", "window", "cells", "per_cell",
        # Propagators of whole pulses, and what is seen of a pulse in each cell.
        "few_ends", "few_cells", "any_ends", "any_cells", "degrees",
        # Sums: modes that join and leave (rows + 1, padded), what is seen in pulses (rows, m).
        "joined", "seen",
    ))
}  # fmt: skip
"""Name -> place among the 8-byte slots."""

QUIET, ANY, ODD = -1, -2, -3
"""Kinds of stretches: without a pulse; of any height, by table; left to the caller."""
DEGREE = 7
"""Of the polynomials in a cell."""
