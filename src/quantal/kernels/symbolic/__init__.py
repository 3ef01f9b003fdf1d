"""Expressions as a graph: simplification, derivatives, the Jacobian, its factorisation."""
