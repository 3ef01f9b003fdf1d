"""Warnings: loops that drive themselves, and binding faster than diffusion."""

from tests.assembly.texts import checked

LOOP = """mechanism x
input glu [mM]
parameter kon = 5 [/mM/ms]
scheme r = C B O D
  C + glu <-> B : kon, 2 [/ms]
  B <-> O : 4 [/ms], 1 [/ms]
  C <-> D : 0.3 [/ms], 0.1 [/ms]
  D + glu <-> O : {closing}
"""


def warnings(text: str) -> list[str]:
    return [str(warning) for warning in checked(text).warnings]


def test_a_balanced_loop_is_silent() -> None:
    # K(C-B) K(B-O) = 2.5*4 = 10 per mM; K(C-D) K(D-O) = 3 * 10/3.
    assert warnings(LOOP.format(closing="10 [/mM/ms], 3 [/ms]")) == []


def test_a_wrong_factor_of_ten_in_a_loop_is_named() -> None:
    (warning,) = warnings(LOOP.format(closing="10 [/mM/ms], 0.3 [/ms]"))
    assert warning.startswith("x.syn:")
    assert "drives itself" in warning
    assert "a factor of 10;" in warning
    assert all(state in warning for state in "CBOD")


PRECISE = """mechanism x
input glu [mM]
parameter kon = 5.000 [/mM/ms]
scheme r = C B O D
  C + glu <-> B : kon, 2.000 [/ms]
  B <-> O : 4.000 [/ms], 1.000 [/ms]
  C <-> D : 0.3000 [/ms], 0.1000 [/ms]
  D + glu <-> O : 10.00 [/mM/ms], {closing} [/ms]
"""


def test_a_hundredth_shows_where_the_digits_are_printed() -> None:
    assert warnings(PRECISE.format(closing="3.020")) == []
    assert len(warnings(PRECISE.format(closing="3.060"))) == 1


def test_the_rounding_of_a_paper_drives_no_loop() -> None:
    """Each of eight constants of two digits may be off by up to 5 %."""
    assert warnings(LOOP.format(closing="10 [/mM/ms], 3.1 [/ms]")) == []


def test_a_loop_that_consumes_may_drive_itself() -> None:
    # Glutamate is bound on one way round and not on the other: work is done.
    assert warnings(LOOP.format(closing="10 [/ms], 0.3 [/ms]").replace("D + glu", "D")) == []


def test_a_step_that_depends_on_voltage_is_left_alone() -> None:
    text = LOOP.format(closing="10 [/mM/ms], 0.3 [/ms]*exp(V/20 [mV])")
    assert warnings(text + "membrane V inside\n") == []


def test_constants_through_lets_count_as_constant() -> None:
    text = LOOP.format(closing="10 [/mM/ms], away") + "let away = kon*0.06 [mM]\n"
    (warning,) = warnings(text)
    assert "a factor of 10;" in warning


def test_binding_faster_than_diffusion_is_named() -> None:
    text = """mechanism x
input glu [mM]
scheme r = C O
  C + glu <-> O : 28.4 [/uM/ms], 1 [/ms]
"""
    assert warnings(text) == [
        "x.syn:4: `C + glu <-> O` binds at 2.84e+10 /M/s, faster than diffusion allows "
        "(1e10 /M/s); is the constant per mM, not per uM?"
    ]
    assert warnings(text.replace("28.4", "9.9")) == []


def test_binding_of_two_species_is_looked_at_too() -> None:
    text = """mechanism x
species A = 1 [uM]
species B = 1 [uM]
species AB = 0 [uM]
reaction A + B <-> AB : {} [/uM/ms], 1 [/ms]
"""
    assert len(warnings(text.format(11))) == 1
    assert warnings(text.format(9)) == []


def test_an_input_that_nothing_reads_is_named() -> None:
    text = "mechanism x\ninput glu [mM]\ninput gly [mM]\nlet twice = 2*glu\n"
    assert warnings(text) == [
        "x.syn:3: nothing depends on `gly`; should something be connected to it?"
    ]
