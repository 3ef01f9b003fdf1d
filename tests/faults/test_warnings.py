"""Values that do not exist give null or an error, never a warning of numpy's."""

import quantal

TEXT = """mechanism undefined
parameter tau = 0 [ms]
state x = 1
  x' = -x/1 [ms]
let z = 1 [ms]/tau
let w = log(x - 2)
"""


def test_what_has_no_value_warns_of_nothing():
    """Warnings are errors in this suite."""
    result = quantal.run(TEXT, until=1.0)
    assert str(result["z"]) == "inf" or (result["z"] == float("inf")).all()
    assert not (result["w"] == result["w"]).any()
    assert str(result.time[0]) == "0.0"
