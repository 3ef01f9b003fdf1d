"""Which provider a port finds, and what becomes of ports that find none."""

from tests.assembly.texts import checked, flat

from quantal.assembly.connections import Connection, connections
from quantal.expression import Name, to_text

CHANNEL = """mechanism channel
exchange Ca [uM] inside
input Ca_out as Ca [mM] = 2 [mM] outside
membrane V inside
parameter g = 1 [mS/cm2]
current i = g*(V - nernst(2, Ca, Ca_out)) carries Ca
"""
SENSOR = """mechanism sensor
input Ca [uM] inside
scheme s = A B
  A + Ca <-> B : 0.1 [/uM/ms], 1 [/ms]
role bound = B
"""
DOMAIN = """mechanism domain
input i [uA/cm2] inside
parameter resistance = 5 [uM]
let near = resistance*i/1 [uA/cm2]
role Ca = near + 0.05 [uM]
"""
PLACES = """place terminal volume = 1 [fL] surface = 5 [um2]
place cleft volume = 0.01 [fL]
place membrane_patch between terminal and cleft surface = 1 [um2]
"""


def test_inside_and_outside_are_two_places() -> None:
    model = flat(
        "synapse x\n"
        + PLACES
        + "membrane V = -70 [mV] capacitance 1 [pF] in terminal\n"
        "species Ca = 0.05 [uM] in terminal charge 2\nspecies Cao as_is = 2 [mM] in cleft\n"
        "use channel = channel at membrane_patch\n".replace(" as_is", ""),
        channel=CHANNEL,
    )
    assert connections(model) == [
        Connection("channel.Ca", "terminal", "Ca"),
        Connection("channel.V", "terminal", "V"),
        Connection("channel.Ca_out", "outside", None),
    ]
    (current,) = model.currents
    assert current.carries == "Ca"
    assert (current.from_membrane, current.site) == ("V", "membrane_patch")
    assert to_text(current.expression) == "channel.g*(V - nernst(2, Ca, channel.Ca_out))"


def test_of_a_volume_inside_and_outside_are_itself() -> None:
    text = "synapse x\n" + PLACES + "species Ca = 0.05 [uM] in terminal charge 2\n"
    model = flat(text + "use channel = channel at terminal\n", channel=CHANNEL)
    assert [row.provider for row in connections(model)] == ["Ca", "Ca", None]


def test_an_exchange_by_the_assembly_consumes() -> None:
    counted = SENSOR.replace("= A B", "= A B count 10")
    text = "synapse x\n" + PLACES + "species Ca = 0.05 [uM] in terminal charge 2\n"
    reading = flat(text + "use s = sensor at terminal\n", sensor=counted)
    consuming = flat(text + "use s = sensor at terminal with exchange Ca\n", sensor=counted)
    assert [name for _, name in reading.reactions[0].left] == ["s.A", "s.Ca"]
    assert [name for _, name in consuming.reactions[0].left] == ["s.A", "Ca"]


def test_a_computed_role_becomes_a_let_under_the_name_of_the_port() -> None:
    checked_model = checked(
        "synapse x\n" + PLACES + "use near = domain at terminal\nuse s = sensor at terminal\n",
        domain=DOMAIN,
        sensor=SENSOR,
    )
    model = checked_model.model
    (let,) = [let for let in model.lets if let.name == "s.Ca"]
    assert to_text(let.expression) == "near.near + 0.05 [uM]"
    assert checked_model.order.index("near.near") < checked_model.order.index("s.Ca")
    assert [port.name for port in model.ports] == ["near.i"]


def test_connect_overrides_what_a_used_assembly_connected_inside() -> None:
    inner = "synapse inner\n" + PLACES + "species Ca = 0.05 [uM] in terminal\n"
    inner += "use s = sensor at terminal\n"
    outer = "circuit x\nspecies Ca_bath = 1 [uM]\nuse syn = inner\n"
    kept = flat(outer, inner=inner, sensor=SENSOR)
    changed = flat(outer + "connect syn.s.Ca = Ca_bath\n", inner=inner, sensor=SENSOR)
    assert _let(kept, "syn.s.Ca") == Name("syn.Ca")
    assert _let(changed, "syn.s.Ca") == Name("Ca_bath")


def test_an_input_of_the_assembly_reaches_those_who_ask_for_its_role() -> None:
    text = "synapse x\n" + PLACES + "input Ca [uM] = 0.1 [uM]\nuse s = sensor at membrane_patch\n"
    model = flat(text, sensor=SENSOR)
    assert [port.name for port in model.ports] == ["Ca"]
    assert [name for _, name in model.reactions[0].left] == ["s.A", "Ca"]


def test_a_mechanism_alone_keeps_its_names_and_its_ports() -> None:
    model = flat(CHANNEL)
    assert [port.name for port in model.ports] == ["Ca", "Ca_out", "V"]
    assert model.currents[0].from_membrane == "V"
    checked(CHANNEL)


def test_unplaced_mechanisms_share_the_nameless_place_of_their_cell() -> None:
    leak = "mechanism leak\nmembrane V inside\nparameter g = 1 [nS]\ncurrent i = g*V\n"
    cell = "cell x\nmembrane V = -65 [mV] capacitance 10 [pF]\nuse leak = leak\n"
    assert flat(cell, leak=leak).currents[0].from_membrane == "V"


def test_two_cells_do_not_share_a_nameless_place() -> None:
    cell = "cell c\nmembrane V = -65 [mV] capacitance 10 [pF]\n"
    probe = "mechanism probe\ninput V [mV]\nlet twice = 2*V\n"
    model = flat("circuit x\nuse a = c\nuse b = c\nuse p = probe\n", c=cell, probe=probe)
    assert [port.name for port in model.ports] == ["p.V"]


def test_a_setting_in_the_assembly_own_names_becomes_a_let() -> None:
    gain = "mechanism gain\nparameter k = 2 [uM]\nlet twice = 2*k\n"
    result = checked(
        "synapse x\nparameter base = 3 [uM]\nuse a = gain with k = 2*base\n", gain=gain
    )
    (let,) = [let for let in result.model.lets if let.name == "a.k"]
    assert to_text(let.expression) == "2*base"
    assert result.units["a.k"].text == "uM"
    assert result.order == ("a.k", "a.twice")


def _let(model, name):  # type: ignore[no-untyped-def]
    (found,) = [let.expression for let in model.lets if let.name == name]
    return found
