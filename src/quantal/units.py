"""Units and dimensions.

A dimension is five whole exponents, of time, length, voltage, current and
temperature. Internally every number is held in ms, um, mV, pA and K, which is a
coherent set (pA/mV = nS, pA ms/mV = pF). **The mole is a number**, so `[molecules]`
is 1, `[mM]` is molecules per um3, and amounts, counts and concentrations convert
through a volume with no factor to forget.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from quantal.constants import AVOGADRO, ZERO_CELSIUS
from quantal.errors import QuantalError, did_you_mean


class Dimension(NamedTuple):
    """Exponents of time, length, voltage, current and temperature."""

    time: int = 0
    length: int = 0
    voltage: int = 0
    current: int = 0
    temperature: int = 0

    def times(self, other: Dimension) -> Dimension:
        return Dimension(*(a + b for a, b in zip(self, other, strict=True)))

    def over(self, other: Dimension) -> Dimension:
        return Dimension(*(a - b for a, b in zip(self, other, strict=True)))

    def power(self, exponent: int) -> Dimension:
        return Dimension(*(a * exponent for a in self))


NUMBER = Dimension()
PER_TIME = Dimension(time=-1)
TIME = Dimension(time=1)
VOLUME = Dimension(length=3)
SURFACE = Dimension(length=2)
CONCENTRATION = Dimension(length=-3)
DENSITY = Dimension(length=-2)
VOLTAGE = Dimension(voltage=1)
CURRENT = Dimension(current=1)
TEMPERATURE = Dimension(temperature=1)
CHARGE = Dimension(time=1, current=1)
CAPACITANCE = Dimension(time=1, current=1, voltage=-1)
CONDUCTANCE = Dimension(current=1, voltage=-1)


class UnitError(QuantalError):
    """A unit that is not known; the message carries no place, the caller adds it."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class Unit:
    """A written unit: `value * scale + offset` is the value in internal units."""

    text: str
    scale: float
    dimension: Dimension
    offset: float = 0.0

    def to_internal(self, value: float) -> float:
        return value * self.scale + self.offset

    def from_internal(self, value: float) -> float:
        return (value - self.offset) / self.scale

    def __str__(self) -> str:
        return f"[{self.text}]"


# Each entry: scale to internal units, dimension, whether SI prefixes may stand before it.
_LITRE = 1e15
_BASE: dict[str, tuple[float, Dimension, bool]] = {
    "s": (1e3, TIME, True),
    "min": (6e4, TIME, False),
    "h": (3.6e6, TIME, False),
    "Hz": (1e-3, PER_TIME, True),
    "m": (1e6, Dimension(length=1), True),
    "L": (_LITRE, VOLUME, True),
    "M": (AVOGADRO / _LITRE, CONCENTRATION, True),
    "mol": (AVOGADRO, NUMBER, True),
    "V": (1e3, VOLTAGE, True),
    "A": (1e12, CURRENT, True),
    "S": (1e9, CONDUCTANCE, True),
    "Ohm": (1e-9, CONDUCTANCE.power(-1), True),
    "ohm": (1e-9, CONDUCTANCE.power(-1), True),
    "F": (1e12, CAPACITANCE, True),
    "C": (1e15, CHARGE, True),
    "K": (1.0, TEMPERATURE, False),
    "1": (1.0, NUMBER, False),
    "molecules": (1.0, NUMBER, False),
    "vesicles": (1.0, NUMBER, False),
    "channels": (1.0, NUMBER, False),
    "sites": (1.0, NUMBER, False),
    "%": (1e-2, NUMBER, False),
}
_PREFIXES = {
    "f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "µ": 1e-6, "μ": 1e-6,
    "m": 1e-3, "c": 1e-2, "d": 1e-1, "k": 1e3, "G": 1e9,
}  # fmt: skip
_FACTOR = re.compile(r"(/?)\s*([A-Za-zµμ%]+|1)(-?\d+)?")


def _symbols() -> list[str]:
    words = [*_BASE, "degC"]
    words += [p + name for name, (_, _, prefixed) in _BASE.items() if prefixed for p in _PREFIXES]
    return words


def _symbol(word: str) -> tuple[float, Dimension]:
    if word in _BASE:
        scale, dimension, _ = _BASE[word]
        return scale, dimension
    if len(word) > 1 and word[0] in _PREFIXES and word[1:] in _BASE:
        scale, dimension, prefixed = _BASE[word[1:]]
        if prefixed:
            return _PREFIXES[word[0]] * scale, dimension
    raise UnitError(f"unknown unit `{word}`{did_you_mean(word, _symbols())}")


@lru_cache(maxsize=4096)
def parse_unit(text: str) -> Unit:
    """The unit written as `mM`, `/mM/ms`, `uA/cm2` or `pA ms`.

    Each `/` divides only the unit after it; an exponent is a trailing whole number.
    `degC` may only stand alone.

    Raises:
        UnitError: an unknown symbol (with the nearest known one) or a malformed text.
    """
    written = text.strip()
    if written == "degC":
        return Unit("degC", 1.0, TEMPERATURE, ZERO_CELSIUS)
    scale, dimension, position = 1.0, NUMBER, 0
    if not written:
        raise UnitError("an empty unit; write `[1]` for a pure number")
    while position < len(written):
        match = _FACTOR.match(written, position)
        if match is None:
            raise UnitError(f"`{text}` is not a unit; write units as in `[/mM/ms]` or `[uA/cm2]`")
        slash, word, digits = match.groups()
        if word == "degC":
            raise UnitError("`degC` may only stand alone; inside a compound unit write `K`")
        factor, base = _symbol(word)
        exponent = int(digits or 1) * (-1 if slash else 1)
        scale *= factor**exponent
        dimension = dimension.times(base.power(exponent))
        position = match.end()
        while position < len(written) and written[position] == " ":
            position += 1
    return Unit(written, scale, dimension)


_WORDS = (
    (NUMBER, "1"), (TIME, "ms"), (PER_TIME, "/ms"), (CONCENTRATION, "mM"), (DENSITY, "/um2"),
    (VOLUME, "fL"), (SURFACE, "um2"), (VOLTAGE, "mV"), (CURRENT, "pA"), (TEMPERATURE, "K"),
    (CONDUCTANCE, "nS"), (CAPACITANCE, "pF"), (CHARGE, "pA ms"),
    (CONCENTRATION.over(TIME), "mM/ms"), (CONCENTRATION.times(TIME).power(-1), "/mM/ms"),
    (DENSITY.over(TIME), "/um2/ms"), (CURRENT.over(SURFACE), "uA/cm2"),
    (CONDUCTANCE.over(SURFACE), "mS/cm2"), (CAPACITANCE.over(SURFACE), "uF/cm2"),
)  # fmt: skip
_NAMED = dict(_WORDS)
_BASE_TEXT = ("ms", "um", "mV", "pA", "K")


def natural_unit(dimension: Dimension, like: str = "") -> Unit:
    """A readable unit for a dimension; with `like`, one using that unit's molar prefix.

    `natural_unit(d, like="/uM/ms")` gives `/uM/ms` instead of `/mM/ms`, so that
    messages speak the file's own language.
    """
    text = _NAMED.get(dimension)
    if text is None:
        exponents = dict(zip(_BASE_TEXT, dimension, strict=True))
        if dimension.length % 3 == 0 and dimension.voltage == dimension.current == 0:
            # A power of a volume is mostly one of a concentration: mM2/ms, not /ms/um6.
            exponents = {"mM": -exponents.pop("um") // 3} | exponents
        over = [f"{u}{e if e > 1 else ''}" for u, e in exponents.items() if e > 0]
        under = [f"/{u}{-e if e < -1 else ''}" for u, e in exponents.items() if e < 0]
        text = " ".join(over) + "".join(under)
    if "uM" in like and "mM" in text:
        text = text.replace("mM", "uM")
    return parse_unit(text)


def quotient(unit: Unit, by: Unit) -> Unit:
    """The unit of a small change over a small change: `pA` by `/mM/ms` is `pA mM ms`.

    Offsets play no part, so that `degC` counts as `K`.
    """
    over: list[str] = []
    under: list[str] = []
    for text, above, below in ((unit.text, over, under), (by.text, under, over)):
        for slash, word, digits in _FACTOR.findall("K" if text == "degC" else text):
            exponent = int(digits or 1)
            place = below if bool(slash) != (exponent < 0) else above
            if word != "1":
                place.append(f"{word}{abs(exponent) if abs(exponent) != 1 else ''}")
    for word in [each for each in over if each in under]:
        if word in under:
            over.remove(word)
            under.remove(word)
    return parse_unit(" ".join(over) + "".join(f"/{each}" for each in under) or "1")
