"""`start 0.9 C + 0.1 O`: where a scheme starts, and sums that are no whole."""

import numpy as np
import pytest

import quantal
from quantal.errors import ModelError

SCHEME = 'mechanism x "x"\nparameter p = 0.1\nscheme r = C O D {start}\n  C -> O : 1 [/ms]\n'


def first_row(start: str) -> list[float]:
    trajectory = quantal.run(quantal.load(SCHEME.format(start=start)), until="1 ms")
    return [float(trajectory[state][0]) for state in "COD"]


@pytest.mark.parametrize(
    ("start", "exact"),
    [
        ("", [1, 0, 0]),
        ("start O", [0, 1, 0]),
        ("start 0.6 C + 0.3 O + 0.1 D", [0.6, 0.3, 0.1]),
        ("start (1 - p) C + p D", [0.9, 0.0, 0.1]),
    ],
)
def test_a_scheme_starts_where_it_says(start: str, exact: list[float]) -> None:
    np.testing.assert_allclose(first_row(start), exact, atol=1e-15)


@pytest.mark.parametrize(
    ("start", "says"),
    [
        ("start 0.6 C + 0.3 O", "<text>:3: the occupancies at the start of `r` come to 0.9; "
         "expected a sum of 1"),
        ("start 1.5 C + (-0.5) O", "<text>:3: `r` starts with a negative occupancy"),
        ("start 0.5 C + 0.5 X", "<text>:3: the scheme `r` cannot start at `X`; expected "
         "`equilibrium` or its states"),
        ("start equilibrum", "<text>:3: the scheme `r` cannot start at `equilibrum`; expected "
         "`equilibrium` or its states; did you mean `equilibrium`?"),
    ],
)  # fmt: skip
def test_occupancies_that_are_no_whole_are_refused(start: str, says: str) -> None:
    with pytest.raises(ModelError) as refused:
        quantal.load(SCHEME.format(start=start))
    assert str(refused.value) == says


def test_shares_are_written_as_they_were_read() -> None:
    from quantal.model.reader import read_text
    from quantal.model.writer import write

    model = read_text(SCHEME.format(start="start 0.6 C + 0.3 O + 0.1 D"))
    assert "start 0.6 C + 0.3 O + 0.1 D" in write(model)
    assert read_text(write(model)).schemes[0].shares == model.schemes[0].shares
