"""Exact derivatives of the discrete solution: tangents forwards, the adjoint backwards."""
