"""Exact stochastic simulation in compiled code: networks, bounds, random numbers, the loop."""
