"""Five problems as Programs, each beside an independent right-hand side for scipy.

The right-hand sides are written separately, from the same published equations, and share
no code with the Programs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from tests.engines.programs import call, edges, names, program, pulses, stimulus, tree

from quantal.program import Assignment, Handler, Program
from quantal.stimulus import Piecewise, Stimulus

Rates = Callable[[float, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Problem:
    """A Program with its stimulus, and the same problem for scipy.

    scipy runs from stop to stop; at each it calls `jump(t, y)` if there is one.
    """

    program: Program
    stimulus: Stimulus
    rates: Rates
    y0: np.ndarray
    method: str = "DOP853"
    jump: Callable[[float, np.ndarray], np.ndarray] | None = None
    jumps: tuple[float, ...] = ()
    stops: tuple[float, ...] = field(default=())


def chain(pairs: list[tuple[str, str, object]]) -> dict[str, object]:
    """Derivatives of states joined by net fluxes (from, to, flux)."""
    total: dict[str, object] = {}
    for source, target, flux in pairs:
        for state, term in ((source, -flux), (target, flux)):
            total[state] = total[state] + term if state in total else term
    return total


# -- AMPA receptor, Jonas, Major & Sakmann 1993 J Physiol 472:615 -------------------------

JONAS = {
    "k1": 4.59, "km1": 4.26, "k2": 28.4, "km2": 3.26, "al": 4.24, "be": 0.9, "a1": 2.89,
    "b1": 0.0392, "a2": 0.172, "b2": 0.000727, "a3": 0.0177, "b3": 0.004, "k3": 1.27,
    "km3": 0.0457, "a4": 0.0168, "b4": 0.1904,
}  # fmt: skip
JONAS_STATES = ("C0", "C1", "C2", "O", "C3", "C4", "C5")


def jonas_fluxes(glu) -> list[tuple[str, str, object]]:
    k1, km1, k2, km2, al, be, a1, b1, a2, b2, a3, b3, k3, km3, a4, b4 = names(" ".join(JONAS))
    c0, c1, c2, o, c3, c4, c5 = names(" ".join(JONAS_STATES))
    return [
        ("C0", "C1", k1 * glu * c0 - km1 * c1), ("C1", "C2", k2 * glu * c1 - km2 * c2),
        ("C2", "O", al * c2 - be * o), ("C1", "C3", a1 * c1 - b1 * c3),
        ("C2", "C4", a2 * c2 - b2 * c4), ("O", "C5", a3 * o - b3 * c5),
        ("C3", "C4", k3 * glu * c3 - km3 * c4), ("C4", "C5", a4 * c4 - b4 * c5),
    ]  # fmt: skip


def jonas_matrix(glu: float) -> np.ndarray:
    """The same scheme as a rate matrix."""
    p, index = JONAS, {name: i for i, name in enumerate(JONAS_STATES)}
    matrix = np.zeros((7, 7))
    for a, b, forward, backward in [
        ("C0", "C1", p["k1"] * glu, p["km1"]), ("C1", "C2", p["k2"] * glu, p["km2"]),
        ("C2", "O", p["al"], p["be"]), ("C1", "C3", p["a1"], p["b1"]),
        ("C2", "C4", p["a2"], p["b2"]), ("O", "C5", p["a3"], p["b3"]),
        ("C3", "C4", p["k3"] * glu, p["km3"]), ("C4", "C5", p["a4"], p["b4"]),
    ]:  # fmt: skip
        i, j = index[a], index[b]
        matrix[[i, j], i] += (-forward, forward)
        matrix[[j, i], j] += (-backward, backward)
    return matrix


def ampa() -> Problem:
    """Two pulses of 1 mM glutamate, 1 ms each, 10 ms apart."""
    (glu,) = names("glu")
    derivatives = chain(jonas_fluxes(glu))
    start = dict.fromkeys(JONAS_STATES, 0.0) | {"C0": 1.0}
    made = program(
        {name: (derivatives[name], start[name]) for name in JONAS_STATES}, JONAS, drives=["glu"]
    )
    times = (1.0, 11.0)
    drive = pulses(times, 1.0, 0.0, 1.0)
    resting, bound = jonas_matrix(0.0), jonas_matrix(1.0)

    def rates(t: float, y: np.ndarray) -> np.ndarray:
        return (bound if any(a <= t < a + 1.0 for a in times) else resting) @ y

    stops = edges(times, 1.0)
    y0 = np.array([start[name] for name in JONAS_STATES])
    return Problem(made, stimulus(made, 30.0, [drive], stops=stops), rates, y0, stops=stops)


# -- Hodgkin & Huxley 1952 J Physiol 117:500, with a current pulse ---------------------------


def axon() -> Problem:
    """A spike train under 10 uA/cm2 from 5 to 45 ms."""
    v, m, h, n, current = names("V m h n current")
    am = 1.0 / call("exprel", -(v + 40.0) / 10.0)
    an = 0.1 / call("exprel", -(v + 55.0) / 10.0)
    bm, bn = 4.0 * call("exp", -(v + 65.0) / 18.0), 0.125 * call("exp", -(v + 65.0) / 80.0)
    ah = 0.07 * call("exp", -(v + 65.0) / 20.0)
    bh = 1.0 / (call("exp", -(v + 35.0) / 10.0) + 1.0)
    sodium, potassium = 120.0 * m**3 * h * (v - 50.0), 36.0 * n**4 * (v + 77.0)
    ionic = sodium + potassium + 0.3 * (v + 54.4)
    y0 = np.array([-65.0, 0.05, 0.6, 0.32])
    made = program(
        {
            "V": (current - ionic, -65.0), "m": (am * (1 - m) - bm * m, 0.05),
            "h": (ah * (1 - h) - bh * h, 0.6), "n": (an * (1 - n) - bn * n, 0.32),
        },
        drives=["current"], clampable=["V"],
    )  # fmt: skip

    def rates(t: float, y: np.ndarray) -> np.ndarray:
        v, m, h, n = y
        injected = 10.0 if 5.0 <= t < 45.0 else 0.0
        x, z = -(v + 40.0) / 10.0, -(v + 55.0) / 10.0
        am = 1.0 if x == 0.0 else x / np.expm1(x)
        an = 0.1 if z == 0.0 else 0.1 * z / np.expm1(z)
        ionic = 120.0 * m**3 * h * (v - 50.0) + 36.0 * n**4 * (v + 77.0) + 0.3 * (v + 54.4)
        return np.array([
            injected - ionic,
            am * (1 - m) - 4.0 * np.exp(-(v + 65.0) / 18.0) * m,
            0.07 * np.exp(-(v + 65.0) / 20.0) * (1 - h) - h / (1.0 + np.exp(-(v + 35.0) / 10.0)),
            an * (1 - n) - 0.125 * np.exp(-(v + 65.0) / 80.0) * n,
        ])  # fmt: skip

    stops = edges([5.0], 40.0)
    drive = pulses([5.0], 40.0, 0.0, 10.0)
    return Problem(made, stimulus(made, 50.0, [drive], stops=stops), rates, y0, stops=stops)


# -- Robertson 1966: three reactions with rates nine powers of ten apart ----------------------


def robertson() -> Problem:
    """To t = 1e4; the fast state is of size 1e-5."""
    a, b, c = names("a b c")
    slow, fast, middle = 0.04 * a, 3e7 * b * b, 1e4 * b * c
    made = program(
        {"a": (middle - slow, 1.0), "b": (slow - middle - fast, 0.0), "c": (fast, 0.0)},
        scales={"b": 1e-5},
    )

    def rates(t: float, y: np.ndarray) -> np.ndarray:
        r1, r2, r3 = 0.04 * y[0], 3e7 * y[1] ** 2, 1e4 * y[1] * y[2]
        return np.array([-r1 + r3, r1 - r2 - r3, r2])

    return Problem(made, stimulus(made, 1e4), rates, np.array([1.0, 0.0, 0.0]), method="Radau")


# -- a buffered calcium pool, driven by decaying influx, refilled by an event -----------------


def calcium_pool() -> Problem:
    """Ca with a fast buffer and a saturable pump; influx decays after each of two events."""
    ca, cab, inflow = names("Ca CaB influx")
    on, off, total, vmax, km, tau = names("on off total vmax km tau")
    binding = on * ca * (total - cab) - off * cab
    values = {"on": 0.4, "off": 0.088, "total": 80.0, "vmax": 2.0, "km": 0.5, "tau": 0.6}
    made = program(
        {
            "Ca": (inflow - binding - vmax * ca / (km + ca), 0.05),
            "CaB": (binding, 14.0), "influx": (-inflow / tau, 0.0),
        },
        values, events=["spike"],
        handlers=[Handler("spike", (Assignment(2, tree(inflow + 30.0)),))],
    )  # fmt: skip
    times = (2.0, 12.0)

    def rates(t: float, y: np.ndarray) -> np.ndarray:
        bound = 0.4 * y[0] * (80.0 - y[1]) - 0.088 * y[1]
        return np.array([y[2] - bound - 2.0 * y[0] / (0.5 + y[0]), bound, -y[2] / 0.6])

    def jump(t: float, y: np.ndarray) -> np.ndarray:
        return y + np.array([0.0, 0.0, 30.0])

    driven = stimulus(made, 40.0, events=tuple((t, "spike") for t in times))
    y0 = np.array([0.05, 14.0, 0.0])
    return Problem(made, driven, rates, y0, "Radau", jump, times, times)


# -- one synapse: calcium sensor, transmitter, AMPA, NMDA, passive cell --------------------------

SYNAPSE = {
    "kon": 0.09, "koff": 9.5, "b": 0.25, "gam": 6.0, "tref": 5000.0, "nves": 8.0, "q": 1.5,
    "tauG": 0.1, "Rb": 5.0, "Ru": 0.0129, "Rd": 0.0084, "Rr": 0.0068, "Ro": 0.0465,
    "Rc": 0.0738, "Mg": 1.0, "gA": 2.0, "gN": 1.0, "C": 100.0, "gL": 10.0, "EL": -65.0,
}  # fmt: skip
REST, PEAK, WIDTH, REACH = 0.05, 30.0, 0.5, 1.4
SHARPNESS = 4.0 * np.log(2.0) / WIDTH**2
SENSOR = tuple(f"S{i}" for i in range(6))
NMDA = ("N0", "N1", "N2", "NO", "ND")
SYNAPSE_STATES = (*SENSOR, "E", "G", *JONAS_STATES, *NMDA, "V")


def calcium(t: float, centres: np.ndarray) -> float:
    """Gaussian transients on a resting level, cut off where they fall below 1e-8."""
    s = t - centres
    return REST + PEAK * float(np.sum(np.exp(-SHARPNESS * s * s) * (np.abs(s) < REACH)))


def calcium_table(centres: np.ndarray, pieces: int) -> tuple[Piecewise, tuple[float, ...]]:
    """The same as cubics, with stops where each transient begins and ends."""
    knots, rows, stops = [-1e300], [[REST, 0, 0, 0, 0, 0]], []
    for centre in centres:
        edge = np.linspace(-REACH, REACH, pieces + 1)
        value = REST + PEAK * np.exp(-SHARPNESS * edge**2)
        slope = -2.0 * SHARPNESS * edge * (value - REST)
        h, rise = np.diff(edge), np.diff(value)
        c2 = (3.0 * rise / h - 2.0 * slope[:-1] - slope[1:]) / h
        c3 = (slope[:-1] + slope[1:] - 2.0 * rise / h) / h**2
        knots += (centre + edge).tolist()
        zero = np.zeros(pieces)
        rows += np.stack([value[:-1], slope[:-1], c2, c3, zero, zero], axis=1).tolist()
        rows.append([REST, 0, 0, 0, 0, 0])
        stops += [centre - REACH, centre + REACH]
    return Piecewise(np.array(knots), np.array(rows)), tuple(stops)


def synapse_program() -> Program:
    """The P1 benchmark: 21 states, calcium given as a drive."""
    kon, koff, b, gam, tref, nves, q, tau, rb, ru, rd, rr, ro, rc, mg, ga, gn, c, gl, el = names(
        " ".join(SYNAPSE)
    )
    ca, e, g, v = names("Ca E G V")
    s = names(" ".join(SENSOR))
    n0, n1, n2, no, nd = names(" ".join(NMDA))
    (open_ampa,) = names("O")
    pairs = [
        (SENSOR[i], SENSOR[i + 1], (5 - i) * kon * ca * s[i] - (i + 1) * koff * b**i * s[i + 1])
        for i in range(5)
    ]
    (release,) = names("release")
    pairs += [("S5", "E", release), ("E", "S0", e / tref), *jonas_fluxes(g)]
    pairs += [("N0", "N1", rb * g * n0 - ru * n1), ("N1", "N2", rb * g * n1 - ru * n2)]
    pairs += [("N2", "NO", ro * n2 - rc * no), ("N2", "ND", rd * n2 - rr * nd)]
    derivatives = chain(pairs)
    derivatives["G"] = nves * q * release - g / tau
    block = 1.0 / (call("exp", -0.062 * v) * mg / 3.57 + 1.0)
    derivatives["V"] = -(gl * (v - el) + (ga * open_ampa + gn * block * no) * v) / c
    start = dict.fromkeys(SYNAPSE_STATES, 0.0) | {"S0": 1.0, "C0": 1.0, "N0": 1.0, "V": -65.0}
    return program(
        {name: (derivatives[name], start[name]) for name in SYNAPSE_STATES},
        SYNAPSE | JONAS, drives=["Ca"], definitions={"release": gam * s[5]}, clampable=["V"],
        name="synapse",
    )  # fmt: skip


def synapse_rates(centres: np.ndarray) -> Rates:
    """The right-hand side of the synapse for scipy."""
    p = SYNAPSE
    off = [n * p["koff"] * p["b"] ** (n - 1) for n in range(1, 6)]
    resting, bound = jonas_matrix(0.0), jonas_matrix(1.0)
    binding = bound - resting

    def rates(t: float, y: np.ndarray) -> np.ndarray:
        a = p["kon"] * calcium(t, centres)
        j = [(5 - i) * a * y[i] - off[i] * y[i + 1] for i in range(5)]
        released, refilled, glu = p["gam"] * y[5], y[6] / p["tref"], y[7]
        sensor = [refilled - j[0], j[0] - j[1], j[1] - j[2], j[2] - j[3], j[3] - j[4]]
        n0, n1, n2, no, nd, v = y[15:]
        w1, w2 = p["Rb"] * glu * n0 - p["Ru"] * n1, p["Rb"] * glu * n1 - p["Ru"] * n2
        w3, w4 = p["Ro"] * n2 - p["Rc"] * no, p["Rd"] * n2 - p["Rr"] * nd
        block = 1.0 / (1.0 + np.exp(-0.062 * v) * p["Mg"] / 3.57)
        current = p["gL"] * (v - p["EL"]) + (p["gA"] * y[11] + p["gN"] * block * no) * v
        return np.array([
            *sensor, j[4] - released, released - refilled, 12.0 * released - glu / p["tauG"],
            *((resting + glu * binding) @ y[8:15]),
            -w1, w1 - w2, w2 - w3 - w4, w3, w4, -current / p["C"],
        ])  # fmt: skip

    return rates


def synapse(pieces: int = 800) -> Problem:
    """Three transients of 30 uM at 50 Hz."""
    made = synapse_program()
    centres = np.array([5.0, 25.0, 45.0])
    table, stops = calcium_table(centres, pieces)
    y0 = np.zeros(21)
    y0[[0, 8, 15, 20]] = 1.0, 1.0, 1.0, -65.0
    driven = stimulus(made, 50.0, [table], stops=stops)
    return Problem(made, driven, synapse_rates(centres), y0, stops=stops)


PROBLEMS = {
    "ampa": ampa, "axon": axon, "robertson": robertson, "calcium_pool": calcium_pool,
    "synapse": synapse,
}  # fmt: skip
