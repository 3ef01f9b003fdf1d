"""The sixteen fragments of the language's definition read as they should."""

import pytest

from quantal.expression import to_text
from quantal.model.processes import Assign, Crosses, Emit, Fire
from quantal.model.reader import read_text

FRAGMENTS = {
    "hodgkin_huxley": """
parameter gNa = 120 [mS/cm2]
parameter shock = 7 [mV]
membrane V = -65 [mV] capacitance 1 [uF/cm2]
gate m
  alpha = 1 [/ms]/exprel(-(V + 40 [mV])/10 [mV])
  beta = 4 [/ms]*exp(-(V + 65 [mV])/18 [mV])
gate h
  inf = 0.5
  tau = 1 [ms]
event stimulus
current iNa = gNa*m^3*h*(V - 50 [mV])
q10 3 for m h
on stimulus
  V += shock
""",
    "calcium_current_into_a_pool": """
exchange Ca [uM] inside
membrane V inside
current i = g*m^2*(V - E) carries Ca
species CaB [uM] = Btot - Btot/(1 + rest/0.22 [uM]) inside
""",
    "ghk": """
input Ca_in as Ca [mM] inside
input Ca_out as Ca [mM] outside
current i = p*O*ghk(V, 2, Ca_in, Ca_out)
""",
    "fusion_from_every_state": """
scheme vesicle = V{0..5} fused
  for i in 0 .. 5
    release_{i} = V{i} -> fused : I*f^i
""",
    "sites_that_consume_pools": """
scheme site = V{0..5} kiss empty count n
  for i in 0 .. 4
    V{i} + Ca <-> V{i+1} : (5 - i)*kon, (i + 1)*koff*b^i
  full = V5 -> empty + membrane + q glu : gamma*0.8
  partial = V5 -> kiss + (0.3*q) glu : gamma*0.2
  kiss -> V0 : 2 [/s]
  empty + recycling -> V0 : kdock
reaction membrane -> recycling : 0.067 [/s]
reaction membrane -> endosome : 0.03 [/s]
""",
    "filling": """
reaction fill = glu_c -> glu_v rate Vmax*drive*glu_c/(Km + glu_c)
reaction leaky = glu_v -> glu_c : leak
""",
    "cleft_rings": """
place ring2 volume = pi*((0.2 [um])^2 - (0.1 [um])^2)*h
place sheath2 between glia and ring2
reaction glu1 -> glu2 rate D*2*pi*0.1 [um]*h/0.1 [um]*(glu1 - glu2)
use eaat2 = eaat_binding at sheath2 with n = 500 [molecules]
use ampa = ampa_jonas_1993 at psd with exchange glu, n = 80 [channels]
""",
    "ampa": """
scheme receptor = C0 C1 O
  C0 + glu <-> C1 : 4.59 [/mM/ms], 4.26 [/ms]
current i = n*g*O*(V - 0 [mV])
""",
    "magnesium": "let unblocked = 1/(1 + Mg/3.57 [mM]*exp(-0.062 [/mV]*V))",
    "block_as_a_step": """
scheme receptor = U UMg
  U + Mg <-> UMg : on_c, 2.438 [/s]*off
""",
    "gaba_b": """
state R = 0
  R' = 0.66 [/mM/ms]*gaba*(1 - R - D) - 0.020 [/ms]*R + 0.0053 [/ms]*D
reaction nothing -> G rate 0.083 [uM/ms]*R
let open = G^4/(G^4 + 100 [uM4])
""",
    "tsodyks_markram": """
on spike
  u += U*(1 - u)
  release = u*x
  x -= release
""",
    "hennig": """
on spike
  p = 1 - exp(-k*(ca*c)^4)
  released = pool*p
  pool -= released
""",
    "serotonin": """
reaction ext + Bfree <-> B : 36000 [/uM/h], 20000 [/h]
reaction cyt <-> ves rate 1230 [uM/h]*cyt/(0.2 [uM] + cyt), 1 [/h]*ves
reaction G -> Gi rate 200 [/uM/h]*T*G
""",
    "acetylcholinesterase": """
scheme enzyme = E AE AcE AAcE count density
  AE -> AcE + choline : 112 [/ms]
for i in 0 .. 59
  place lamina{i} between muscle and ring{i} surface = pi*Rm^2*(((i + 1)/60)^4 - (i/60)^4)
  use e{i} = ache_acyl_enzyme at lamina{i} with density = ache
  connect e{i}.ach = ach{i}
""",
    "gap_junction": """
membrane V1 inside
membrane V2 outside
current i = N*G*g0*(V1 - V2) from V1 to V2
""",
}


def read(name):
    return read_text(f"mechanism {name}\n{FRAGMENTS[name]}", f"{name}.syn")


@pytest.mark.parametrize("name", FRAGMENTS)
def test_a_fragment_reads(name):
    assert read(name).name == name


def test_gates_of_both_kinds():
    m, h = read("hodgkin_huxley").gates
    assert to_text(m.alpha) == "1 [/ms]/exprel(-(V + 40 [mV])/10 [mV])"
    assert (m.inf, h.alpha) == (None, None)
    assert (to_text(h.inf), to_text(h.tau)) == ("0.5", "1 [ms]")


def test_a_membrane_with_a_value_has_a_capacitance_and_without_is_a_port():
    model = read("hodgkin_huxley")
    (membrane,) = model.membranes
    assert (membrane.initial.value, to_text(membrane.capacitance)) == (-65.0, "1 [uF/cm2]")
    assert model.ports == ()
    v1, v2 = read("gap_junction").ports
    assert [(p.kind, p.name, p.side) for p in (v1, v2)] == [
        ("membrane", "V1", "inside"),
        ("membrane", "V2", "outside"),
    ]
    (current,) = read("gap_junction").currents
    assert (current.from_membrane, current.to_membrane) == ("V1", "V2")


def test_a_port_may_have_a_local_name():
    inside, outside = read("ghk").ports
    assert [(p.name, p.role, p.side) for p in (inside, outside)] == [
        ("Ca_in", "Ca", "inside"),
        ("Ca_out", "Ca", "outside"),
    ]


def test_loops_in_a_scheme_are_unrolled():
    (scheme,) = read("sites_that_consume_pools").schemes
    assert scheme.states == ("V0", "V1", "V2", "V3", "V4", "V5", "kiss", "empty")
    binding = read("sites_that_consume_pools").reactions[:5]
    assert [reaction.text for reaction in binding[:2]] == ["V0 + Ca <-> V1", "V1 + Ca <-> V2"]
    assert to_text(binding[4].forward) == "(5 - 4)*kon"
    assert to_text(binding[4].backward) == "(4 + 1)*koff*b^4"
    released = read("fusion_from_every_state").reactions
    assert [reaction.name for reaction in released] == [f"release_{i}" for i in range(6)]


def test_products_may_have_named_and_computed_coefficients():
    full, partial = read("sites_that_consume_pools").reactions[5:7]
    assert [(to_text(c), n) for c, n in full.right] == [
        ("1", "empty"),
        ("1", "membrane"),
        ("q", "glu"),
    ]
    assert [(to_text(c), n) for c, n in partial.right] == [("1", "kiss"), ("0.3*q", "glu")]
    assert partial.text == "V5 -> kiss + (0.3*q) glu"


def test_words_known_by_position_stay_free_for_biology():
    species = read("calcium_current_into_a_pool").species[0]
    assert to_text(species.initial) == "Btot - Btot/(1 + rest/0.22 [uM])"
    assert read("filling").reactions[0].law == "rate"
    assert to_text(read("filling").reactions[0].forward) == "Vmax*drive*glu_c/(Km + glu_c)"
    assert read("sites_that_consume_pools").reactions[-2].left[0][1] == "membrane"


def test_use_takes_settings_and_exchanges():
    eaat, ampa = read("cleft_rings").uses
    assert (eaat.name, eaat.mechanism, eaat.place) == ("eaat2", "eaat_binding", "sheath2")
    assert eaat.exchanges == ()
    assert ampa.exchanges == ("glu",)
    assert [(name, to_text(value)) for name, value in ampa.settings] == [("n", "80 [channels]")]


def test_an_empty_side_and_a_state_with_its_equation():
    model = read("gaba_b")
    assert model.reactions[0].left == ()
    assert model.states[0].derivative is not None
    assert to_text(model.lets[0].expression) == "G^4/(G^4 + 100 [uM4])"


def test_events_act_from_top_to_bottom():
    (handler,) = read("tsodyks_markram").handlers
    assert handler.trigger == "spike"
    assert [(a.target, a.operator) for a in handler.actions] == [
        ("u", "+="),
        ("release", "="),
        ("x", "-="),
    ]
    assert all(isinstance(action, Assign) for action in handler.actions)


def test_sixty_rings_come_from_one_loop():
    model = read("acetylcholinesterase")
    assert (len(model.places), len(model.uses), len(model.connections)) == (60, 60, 60)
    assert model.places[59].outside == "ring59"
    assert to_text(model.places[1].surface) == "pi*Rm^2*(((1 + 1)/60)^4 - (1/60)^4)"
    assert (model.connections[7].target, model.connections[7].source) == ("e7.ach", "ach7")


def test_crossings_delays_firings_and_emissions():
    model = read_text("""mechanism m
event spike out
on axon.V crosses 0 [mV] up
  emit spike
on spike after 0.6 [ms]
  docked -> empty + q glu times binomial(docked, p)
connect axon.spike -> far.spike delay 2.5 [ms]
""")
    crossing, firing = model.handlers
    assert isinstance(crossing.trigger, Crosses)
    assert crossing.trigger.direction == "up"
    assert isinstance(crossing.actions[0], Emit)
    assert to_text(firing.after) == "0.6 [ms]"
    (fire,) = firing.actions
    assert isinstance(fire, Fire)
    assert to_text(fire.times) == "binomial(docked, p)"
    (connection,) = model.connections
    assert (connection.source, connection.target) == ("axon.spike", "far.spike")
    assert connection.is_event
    assert to_text(connection.delay) == "2.5 [ms]"


def test_parameters_have_bounds_distributions_and_descriptions():
    model = read_text("""mechanism m
parameter kon = 4.59 [/mM/ms] between 1 and 20 "binding"
parameter q = 5000 [molecules] ~ gamma(cv = 0.3) per firing
""")
    kon, q = model.parameters
    assert kon.description == "binding"
    assert kon.low.value == pytest.approx(kon.value.value / 4.59)
    assert kon.high.text == "20 [/mM/ms]"
    assert (q.distribution.family, q.distribution.per) == ("gamma", "firing")
    assert q.distribution.arguments[0][1].value == 0.3


def test_a_target_may_sweep_and_window_what_it_measures():
    model = read_text("""mechanism m
target peak(release) = 1.18e-5, 3.03e-4, 0.0135 [/ms] +- 0.5 %
  sweep Ca = 1, 2, 5 [uM]
  rest 50 [ms]
  until 40 [ms]
  figure Fig. 3 # not a comment
  note as published
target peak(open, since = 10 [ms])/peak(open, until = 10 [ms]) = 0.54 +- 0.01
  train spike every 10 [ms] count 5 at 3 [ms]
  pulse glu = 1 [mM] decaying 1 [ms] every 10 [ms] count 2 at 3 [ms]
  step V = 0 [mV] at 5 [ms]
  set kon = 5 [/ms]
  drive glu = 1 [mM]*time/1 [ms]
target least(shock, highest(V, since = 1 [ms]) > 0 [mV]) = 6.49 [mV] +- 1 %
""")
    swept, ratio, threshold = model.targets
    assert [value.text for value in swept.values] == [
        "1.18e-5 [/ms]",
        "3.03e-4 [/ms]",
        "0.0135 [/ms]",
    ]
    assert [value.text for value in swept.protocol.sweep.values] == ["1 [uM]", "2 [uM]", "5 [uM]"]
    assert (swept.protocol.rest, swept.protocol.until) == (50.0, 40.0)
    assert (swept.figure, swept.note) == ("Fig. 3 # not a comment", "as published")
    assert ratio.text == "peak(open, since = 10 [ms])/peak(open, until = 10 [ms])"
    assert (ratio.relative, ratio.tolerance.value) == (False, 0.01)
    assert [type(a).__name__ for a in ratio.protocol.actions] == [
        "Train", "Pulse", "Step", "Set", "Drive",
    ]  # fmt: skip
    assert threshold.text == "least(shock, highest(V, since = 1 [ms]) > 0 [mV])"
