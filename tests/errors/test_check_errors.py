"""Messages about models that do not fit together, verbatim. One small text each."""

import pytest
from tests.assembly.texts import checked

from quantal.errors import ModelError

RECEPTOR = """mechanism receptor
exchange glu [mM] outside
scheme receptor = C O
  C + glu <-> O : 5 [/mM/ms], 1 [/ms]
role open = O
"""
POOL = """mechanism pool
species Ca = 0.05 [uM] inside
"""
READER = """mechanism reader
input Ca [uM] inside
parameter n = 80 [channels] between 1 and 500
let x = n*Ca
"""
NMDA = """mechanism nmda_two_site
parameter koff = 5 [/s]
scheme receptor = C O
  C <-> O : 1 [/ms], koff
"""

LONE = {
    "rate constant": (
        """mechanism x
input glu [mM] outside
scheme r = C O
  C + glu <-> O : 4.59 [/ms], 1 [/ms]
""",
        "x.syn:4: the rate of `C + glu <-> O` comes to [mM/ms]; expected [/ms]; "
        "`4.59 [/ms]` is [/ms], expected [/mM/ms]",
    ),
    "rate constant in the file's own unit": (
        """mechanism x
species Ca = 0.1 [uM]
species B = 50 [uM]
species CaB = 0 [uM]
reaction Ca + B <-> CaB : 0.4 [/ms], 0.088 [/ms]
""",
        "x.syn:5: the rate of `Ca + B <-> CaB` comes to [uM2/ms]; expected [uM/ms]; "
        "`0.4 [/ms]` is [/ms], expected [/uM/ms]",
    ),
    "first-order constant per molar": (
        """mechanism x
species CaB = 0 [uM]
species B = 1 [uM]
reaction CaB -> B : 0.088 [/uM/ms]
""",
        "x.syn:4: the rate of `CaB -> B` comes to [/ms]; expected [uM/ms]; "
        "`0.088 [/uM/ms]` is [/uM/ms], expected [/ms]",
    ),
    "a size below zero by its parameter": (
        """mechanism x
parameter size = -3 [fL]
place p volume = size
species A = 1 [uM] in p
""",
        "x.syn:3: `p` has a negative volume, `size`; expected a volume above zero",
    ),
    "a count below zero": (
        """mechanism x
parameter few = -3 [channels]
scheme r = C O count few
  C <-> O : 1 [/ms], 1 [/ms]
""",
        "x.syn:3: `r` has a negative count, `few`; expected zero or more",
    ),
    "bare number": (
        """mechanism x
membrane V inside
let drive = V - 0
""",
        "x.syn:3: `V` is [mV] and `0` is a pure number: they cannot be subtracted; "
        "write `0 [mV]`?",
    ),
    "unknown name": (
        """mechanism x
parameter kon = 5 [/ms]
scheme r = C O
  C <-> O : kno, 1 [/ms]
""",
        "x.syn:4: nothing is called `kno`; did you mean `kon`?",
    ),
    "own reactant": (
        """mechanism x
scheme r = C O
  C <-> O : 2 [/ms]*C, 1 [/ms]
""",
        "x.syn:3: the constant `2 [/ms]*C` mentions its own reactant `C`, which mass action "
        "multiplies by itself; give the constant alone, or write `rate` and the whole law",
    ),
    "own reactant through a let": (
        """mechanism x
species A = 1 [uM]
let k = A*2 [/uM/ms]
reaction A -> nothing : k
""",
        "x.syn:4: the constant `k` mentions its own reactant `A`, which mass action "
        "multiplies by itself; give the constant alone, or write `rate` and the whole law",
    ),
    "two volumes": (
        """mechanism x
place a volume = 1 [fL]
place b volume = 1 [fL]
species X = 1 [uM] in a
species Y = 1 [uM] in b
reaction X + Y -> nothing : 1 [/uM/ms]
""",
        "x.syn:6: the rate is per volume, but the reactants live in a, b: "
        "say which with `in PLACE`",
    ),
    "charge": (
        """mechanism x
membrane V inside
species Ca = 0.05 [uM] inside
parameter g = 1 [nS]
current i = g*V carries Ca
""",
        "x.syn:5: `i` carries `Ca`, whose charge is not stated: "
        "write `charge 2` where `Ca` is declared",
    ),
    "no place": (
        """mechanism x
place spine
place cleft
place psd between spine and cleft
species N = 5 [molecules] in psd
species M = 5 [molecules] in pds
""",
        "x.syn:6: no place `pds`; did you mean `psd`?",
    ),
    "circle": (
        """mechanism x
let b = a + 1
let a = b*2
""",
        "x.syn:2: `b` is defined through itself",
    ),
    "role of itself": (
        """mechanism x
parameter relase = 1
role release = release
""",
        "x.syn:3: nothing is called `release`; did you mean `relase`?",
    ),
    "circle of roles": (
        """mechanism x
role a = 2*b
role b = 2*a
""",
        "x.syn:2: `a` is defined through itself\nx.syn:3: `b` is defined through itself",
    ),
    "circle through a current": (
        """mechanism x
membrane V inside
let g = i/V
current i = g*V
""",
        "x.syn:3: `g` is defined through itself",
    ),
    "negative volume": (
        """mechanism x
place terminal volume = -0.5 [fL]
""",
        "x.syn:2: `terminal` has a negative volume, `-0.5 [fL]`; expected a volume above zero",
    ),
    "stated unit": (
        """mechanism x
parameter kon = 2 [/mM/ms]
parameter koff = 4 [/ms]
let KD [ms] = koff/kon
""",
        "x.syn:4: `KD` is stated in [ms], but `koff/kon` is [mM]",
    ),
    "derivative": (
        """mechanism x
parameter tau = 5 [mV]
state u = 0.2
  u' = -u/tau
""",
        "x.syn:3: the derivative of `u` comes to [/mV]; expected [/ms]",
    ),
    "surface": (
        """cell x
place soma
membrane V = -65 [mV] capacitance 1 [uF/cm2] in soma
parameter g = 1 [nS]
current i = g*(V + 65 [mV])
""",
        "x.syn:5: the current `i` is of the whole place and the capacitance of `V` is per "
        "surface, but `soma` has no surface: write `place soma surface = …`",
    ),
    "two membranes": (
        """mechanism x
membrane V1 inside
membrane V2 outside
parameter g = 1 [nS]
current i = g*(V1 - V2)
""",
        "x.syn:5: `i` could leave `V1` or `V2`: say `from V1`",
    ),
    "q10 without a temperature": (
        """mechanism x
parameter k = 1 [/ms]
q10 3 for k
""",
        "x.syn:3: a q10 needs the temperature at which the constants were measured: "
        "write `temperature 22 [degC]`",
    ),
    "event": (
        """mechanism x
event spike
state u = 0
on spkie
  u += 1
""",
        "x.syn:4: no event is called `spkie`; did you mean `spike`?",
    ),
    "assignment": (
        """mechanism x
event spike
species Ca = 0 [uM]
on spike
  Ca += 5
""",
        "x.syn:5: `Ca += 5` puts a pure number into [uM]; expected [uM]; write `5 [uM]`?",
    ),
    "input in an event": (
        """mechanism x
event spike
input Ca [uM]
on spike
  Ca += 5 [uM]
""",
        "x.syn:5: an event cannot change `Ca`, which is an input; "
        "expected a state, a species or a membrane",
    ),
    "measured unit": (
        """mechanism x
input glu [mM]
let twice = 2*glu
target peak(twice) = 2 [ms] +- 1 %
  hold glu = 1 [mM]
  until 1 [ms]
""",
        "x.syn:4: `peak(twice)` comes to [mM], but the target is in [ms]",
    ),
    "measured name": (
        """mechanism x
input glu [mM]
role bound = glu
target peak(bond) = 2 [mM] +- 1 %
  hold glu = 1 [mM]
  until 1 [ms]
""",
        "x.syn:4: nothing is called `bond`; did you mean `bound`?",
    ),
    "pulsed input": (
        """mechanism x
input glu [mM]
let twice = 2*glu
target peak(twice) = 2 [mM] +- 1 %
  pulse gul = 1 [mM] for 1 [ms]
  until 1 [ms]
""",
        "x.syn:4: the protocol pulses an input that does not exist, `gul`; did you mean `glu`?",
    ),
    "pulse height": (
        """mechanism x
input glu [mM]
let twice = 2*glu
target peak(twice) = 2 [mM] +- 1 %
  pulse glu = 1 for 1 [ms]
  until 1 [ms]
""",
        "x.syn:4: the protocol pulses `glu` with `1`; expected a value in [mM]; "
        "write `1 [mM]`?",
    ),
}  # fmt: skip

ASSEMBLED = {
    "no count": (
        """synapse x
place spine
place cleft volume = 1 [fL]
place psd between spine and cleft
species glu = 0 [mM] in cleft
# the receptor consumes what it binds
use b = receptor at psd
""",
        "x.syn:7: `b.glu` is consumed by the scheme `b.receptor`, which has no count: "
        "write `scheme receptor = … count n`",
    ),
    "ambiguous": (
        """synapse x
place a
use p = pool at a
use r = reader at a
use q = pool at a
""",
        "x.syn:4: `r.Ca` could be `p.Ca` or `q.Ca`: write `connect r.Ca = p.Ca`",
    ),
    "no exchange": (
        """synapse x
use b = receptor at c
place c
""",
        "x.syn:2: `b.glu` exchanges glu, but no species `glu` lives in `c`",
    ),
    "no parameter": (
        """synapse x
use r = nmda_two_site with kof = 5 [/s]
""",
        "x.syn:2: `nmda_two_site` has no parameter `kof`; did you mean `koff`?",
    ),
    "no place of a use": (
        """synapse x
place spine
place cleft volume = 1 [fL]
place psd between spine and cleft
species glu = 0 [mM] in cleft
use b = receptor at pds
""",
        "x.syn:6: no place `pds`; did you mean `psd`?",
    ),
    "setting of another dimension": (
        """synapse x
use r = nmda_two_site with koff = 5 [mM]
""",
        "x.syn:2: `r.koff` is in [/s]; `5 [mM]` is not",
    ),
    "setting outside its bounds": (
        """synapse x
use r = reader with n = 1000
""",
        "x.syn:2: `r.n` is 1000 [channels], outside its bounds; "
        "expected between 1 and 500 [channels]",
    ),
    "computed setting of another dimension": (
        """synapse x
parameter area = 2 [um2]
use r = reader with n = 100*area
""",
        "x.syn:3: `r.n` is stated in [channels], but `100*area` is [um2]",
    ),
    "no mechanism": (
        """synapse x
use r = raeder
""",
        "x.syn:2: no mechanism `raeder`; did you mean `reader`?",
    ),
    "connected dimension": (
        """synapse x
membrane V = -65 [mV] capacitance 10 [pF]
use r = reader
connect r.Ca = V
""",
        "x.syn:4: `r.Ca` is in [uM], but `V` is in [mV]",
    ),
    "connected name": (
        """synapse x
species calcium = 1 [uM]
use r = reader
connect r.Ca = calcum
""",
        "x.syn:4: nothing is called `calcum`; did you mean `calcium`?",
    ),
    "connected port": (
        """synapse x
species calcium = 1 [uM]
use r = reader
connect r.Cu = calcium
""",
        "x.syn:4: no port is called `r.Cu`; did you mean `r.Ca`?",
    ),
    "connected event": (
        """circuit x
event spike
use r = reader
connect spike -> r.spike
""",
        "x.syn:4: no event is called `r.spike`; did you mean `spike`?",
    ),
    "exchange with what is computed": (
        """synapse x
parameter glu0 = 1 [mM]
use b = counted
connect b.glu = glu0
""",
        "x.syn:4: `b.glu` exchanges glu, but `glu0` is a parameter; expected a species",
    ),
}  # fmt: skip

COUNTED = RECEPTOR.replace("= C O", "= C O count 20")
MECHANISMS = {
    "counted": COUNTED,
    "receptor": RECEPTOR,
    "pool": POOL,
    "reader": READER,
    "nmda_two_site": NMDA,
}


def message(text: str) -> str:
    with pytest.raises(ModelError) as caught:
        checked(text, **MECHANISMS)
    return str(caught.value)


@pytest.mark.parametrize("case", LONE)
def test_a_text_that_does_not_fit_together(case: str) -> None:
    text, expected = LONE[case]
    assert message(text) == expected


@pytest.mark.parametrize("case", ASSEMBLED)
def test_an_assembly_that_does_not_fit_together(case: str) -> None:
    text, expected = ASSEMBLED[case]
    assert message(text) == expected


def test_a_problem_inside_what_is_used_names_both_lines() -> None:
    broken = "mechanism broken\nmembrane V inside\nlet drive = V - 0\n"
    with pytest.raises(ModelError) as caught:
        checked("synapse x\n\nuse b = broken\n", broken=broken)
    assert str(caught.value) == (
        "broken.syn:3 (used at x.syn:3): `b.V` is [mV] and `0` is a pure number: "
        "they cannot be subtracted; write `0 [mV]`?"
    )


def test_all_problems_come_at_once_in_the_order_of_the_text() -> None:
    text = """mechanism x
membrane V inside
parameter kon = 5 [/ms]
let drive = V - 0
let half = kno/2
place terminal volume = -1 [fL]
"""
    lines = message(text).splitlines()
    assert [line.split(": ")[0] for line in lines] == ["x.syn:4", "x.syn:5", "x.syn:6"]


def test_a_mechanism_that_uses_itself_is_refused() -> None:
    with pytest.raises(ModelError) as caught:
        checked("synapse x\nuse y = y\n", y="synapse y\nuse z = z\n", z="synapse z\nuse y = y\n")
    assert str(caught.value) == (
        "z.syn:2 (used at y.syn:2 (used at x.syn:2)): `y` uses itself: x -> y -> z -> y"
    )


def test_a_missing_port_does_not_hide_a_wrong_dimension() -> None:
    from quantal.experiments.loading import load

    text = """synapse x
place c volume = 1 [fL]
membrane V = -65 [mV] capacitance 10 [pF]
use eaat = uptake/eaat_binding at c
let drive = V - 0
"""
    with pytest.raises(ModelError) as caught:
        load(text)
    assert [str(problem.where) for problem in caught.value.problems] == [
        "<text>:4",
        "<text>:4",
        "<text>:5",
    ]
