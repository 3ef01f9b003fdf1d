"""A gap junction looks at one membrane on each side."""

from tests.assembly.texts import checked, flat

from quantal.expression import to_text

GAP = """mechanism gap
membrane V1 as V inside
membrane V2 as V outside
parameter g = 1 [nS]
current i = g*(V1 - V2) from V1 to V2
"""
CELL = """cell soma_only
place soma
membrane V = -65 [mV] capacitance 10 [pF] in soma
parameter g = 1 [nS]
current leak = g*(V + 65 [mV])
"""
PAIR = """circuit pair
use a = soma_only
use b = soma_only
place junction between a.soma and b.soma
use gap = gap at junction with g = 0.1 [nS]
"""
PARTS = {"gap": GAP, "soma_only": CELL}


def test_the_current_leaves_one_membrane_and_enters_the_other() -> None:
    model = flat(PAIR, **PARTS)
    currents = {c.name: c for c in model.currents}
    assert to_text(currents["gap.i"].expression) == "gap.g*(a.V - b.V)"
    assert (currents["gap.i"].from_membrane, currents["gap.i"].to_membrane) == ("a.V", "b.V")
    assert currents["a.leak"].from_membrane == "a.V"
    assert model.ports == ()


def test_the_pair_fits_together() -> None:
    assert set(checked(PAIR, **PARTS).current_readings.values()) == {"whole"}


def test_ports_without_a_partner_can_be_connected_by_hand() -> None:
    plain = GAP.replace(" as V", "")
    text = "\n".join(line for line in PAIR.splitlines() if not line.startswith("place")).replace(
        " at junction", ""
    )
    text += "\nconnect gap.V1 = a.V\nconnect gap.V2 = b.V\n"
    model = flat(text, gap=plain, soma_only=CELL)
    (current,) = [c for c in model.currents if c.name == "gap.i"]
    assert (current.from_membrane, current.to_membrane) == ("a.V", "b.V")
