"""`use … over zone`: receptors at many zones, of which few have released."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from tests.assembly.texts import flat

import quantal
from quantal.errors import ModelError

RECEPTOR = """mechanism receptor
temperature 22 [degC]
input glu [mM] outside
scheme receptor = C A O D count 80
  C + glu <-> A : 5 [/mM/ms], 2 [/ms]
  opening = A <-> O : 8 [/ms], 1 [/ms]
  A <-> D : 1 [/ms], 0.05 [/ms]
q10 2 for receptor
role open = O
"""
ZONES = """synapse x
temperature 32 [degC]
parameter often = 0.1 [/ms]
parameter gone = 0.3 [/ms]
place cell
place cleft volume = 1 [fL]
place psd between cell and cleft
scheme zone = quiet hit count 600
  quiet -> hit : often
  hit -> quiet : gone
let near [mM] = 1 [mM]
let far [mM] = 0.01 [mM]
use ampa = receptor at psd over zone
connect ampa.glu_quiet = far
connect ampa.glu_hit = near
"""


def product(until: float) -> np.ndarray:
    """Occupancies (8,) of C A O D, quiet then hit, by an independent matrix at 32 degC."""

    def receptor(glu: float) -> np.ndarray:
        rates = np.zeros((4, 4))
        for i, j, forward, backward in ((0, 1, 5 * glu, 2), (1, 2, 8, 1), (1, 3, 1, 0.05)):
            rates[j, i] += forward
            rates[i, i] -= forward
            rates[i, j] += backward
            rates[j, j] -= backward
        return 2.0 * rates

    quiet, hit = receptor(0.01), receptor(1.0)

    def rhs(_: float, y: np.ndarray) -> np.ndarray:
        moved = 0.1 * y[:4] - 0.3 * y[4:]
        return np.concatenate([quiet @ y[:4] - moved, hit @ y[4:] + moved])

    start = np.eye(8)[0]
    solution = solve_ivp(rhs, (0, until), start, method="Radau", rtol=1e-10, atol=1e-13)
    return solution.y[:, -1]


def test_the_product_is_the_exact_mean_of_independent_zones(tmp_path):
    (tmp_path / "receptor.syn").write_text(RECEPTOR)
    (tmp_path / "x.syn").write_text(ZONES)
    result = quantal.run(tmp_path / "x.syn", until=7.0, relative=1e-8)
    exact = product(7.0)
    simulated = [
        result[f"ampa.{state}_{zone}"][-1] for zone in ("quiet", "hit") for state in "CAOD"
    ]
    assert simulated == pytest.approx(exact, rel=1e-6)
    assert result["ampa.open"][-1] == pytest.approx(exact[2] + exact[6], rel=1e-6)
    assert result["hit"][-1] == pytest.approx(exact[4:].sum(), rel=1e-6)


def test_the_sum_keeps_the_names_of_the_used_mechanism():
    model = flat(ZONES, receptor=RECEPTOR)
    lets = {let.name for let in model.lets}
    assert {"ampa.C", "ampa.O", "ampa.opening"} <= lets
    assert not [port.name for port in model.ports]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("over zone\n", "over zoned\n", "no scheme is called `zoned`; did you mean `zone`?"),
        (
            "  quiet -> hit : often",
            "  quiet -> hit rate often*quiet",
            "`zone` has others multiplied over it: each of its lines must be one state to one "
            "state with constants",
        ),
        ("use ampa = receptor", "use ampa = nothing_bound", "has no scheme that could be over"),
    ],
)
def test_what_cannot_be_multiplied_is_said(old, new, message):
    text = ZONES.replace(old, new)
    none = "mechanism nothing_bound\ninput glu [mM] outside\nlet twice = 2*glu\n"
    with pytest.raises(ModelError) as caught:
        flat(text, receptor=RECEPTOR, nothing_bound=none)
    assert any(message in problem.message for problem in caught.value.problems)


@pytest.mark.parametrize("line", ["quiet -> hit times 30", "quiet -= 0.1"])
def test_an_event_that_moves_the_zones_is_refused(line):
    """It would move the zones and leave the receptors over them behind."""
    text = f"{ZONES}event spike\non spike\n  {line}\n"
    with pytest.raises(ModelError, match="`zone` has others multiplied over it, which an event"):
        flat(text, receptor=RECEPTOR)


def test_a_computed_quantity_cannot_read_what_differs_between_zones():
    receptor = RECEPTOR.replace("role open", "let bound = glu/1 [mM]\nrole open")
    with pytest.raises(ModelError, match=r"`ampa\.bound` reads `ampa\.glu`"):
        flat(ZONES, receptor=receptor)
