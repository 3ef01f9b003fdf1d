"""Derivatives of what the stiff engine computes: tangents and the adjoint over one tape."""
