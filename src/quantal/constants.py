"""Physical constants in Quantal's internal units: ms, um, mV, pA, K.

Exact values of the 2019 SI. The mole is a number, so Faraday's constant is the
elementary charge and the gas constant is Boltzmann's.
"""

AVOGADRO = 6.02214076e23
"""Molecules in a mole."""

ELEMENTARY_CHARGE = 1.602176634e-19 * 1e15
"""Charge of a proton in pA ms (1 C = 1e15 pA ms)."""

BOLTZMANN = 1.380649e-23 * 1e18
"""Boltzmann's constant in pA ms mV / K (1 J = 1e18 pA ms mV)."""

ZERO_CELSIUS = 273.15
"""0 degC in K."""
