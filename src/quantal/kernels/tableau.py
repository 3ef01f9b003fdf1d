"""The coefficients of a Rosenbrock method, as data."""

from __future__ import annotations

from dataclasses import dataclass

Row = tuple[float, ...]


@dataclass(frozen=True)
class Tableau:
    """A stiffly accurate Rosenbrock method in the form without matrix products.

    With W = 1/(h gamma) I - J, the increments follow from
    W u_i = f(t + c_i h, y + sum a_ij u_j) + sum C_ij u_j / h + h d_i df/dt,
    the new state is the last argument plus the last increment, and the last increment
    is also the error estimate (Hairer & Wanner 1996, Solving ODEs II, IV.7).
    Dense output at t + x h with z = 1 - x, K_r = sum dense_rj u_j:
    z y0 + x (y1 + z (K_1 + x (K_2 + x K_3 ...))).

    `order` is that of the new state, `error_order` that of the embedded one,
    `dense_order` that of the dense output.
    """

    name: str
    source: str
    order: int
    error_order: int
    dense_order: int
    gamma: float
    a: tuple[Row, ...]
    C: tuple[Row, ...]
    c: Row
    d: Row
    dense: tuple[Row, ...]

    @property
    def stages(self) -> int:
        return len(self.c)


@dataclass(frozen=True)
class Pair:
    """An explicit Runge-Kutta pair whose last stage is the first of the next step.

    k_i = f(t + c_i h, y + h sum a_ij k_j); the new state is the last stage's argument, the
    error h sum e_i k_i. The last two stages lie at the step's end, so that the change of f
    between them tells the largest rate there (Hairer & Wanner 1996, Solving ODEs II, IV.2).
    Dense output as for a `Tableau`, with h k_i for u_i.

    `reach` is the largest h times rate at which a decaying mode is damped well. The error
    estimate is multiplied by `caution`: found by experiment, so that the result keeps a
    tolerance as well as that of the Rosenbrock method does.
    """

    name: str
    source: str
    order: int
    error_order: int
    dense_order: int
    reach: float
    caution: float
    a: tuple[Row, ...]
    c: Row
    error: Row
    dense: tuple[Row, ...]

    @property
    def stages(self) -> int:
        return len(self.c)
