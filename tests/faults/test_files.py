"""Results that cannot be written, and stores that are none."""

import pytest
import xarray

import quantal
from quantal.errors import UsageError
from quantal.trajectory import Trajectory

DECAY = """mechanism decay
state x = 1
  x' = -x/1 [ms]
"""


@pytest.mark.parametrize("ending", ["zarr", "png"])
def test_a_result_below_a_file_cannot_be_written(tmp_path, ending):
    (tmp_path / "file").write_text("")
    target = tmp_path / "file" / f"x.{ending}"
    result = quantal.run(DECAY, until=1.0)
    keep = {
        "zarr": lambda: result.save(target),
        "png": lambda: quantal.draw(result, ["x"], path=target),
    }
    with pytest.raises(UsageError, match=rf"x\.{ending}: it cannot be written"):
        keep[ending]()


def test_a_store_without_units_is_no_trajectory(tmp_path):
    xarray.Dataset({"x": ("time", [1.0])}, {"time": [0.0]}).to_zarr(
        tmp_path / "x.zarr", consolidated=False
    )
    with pytest.raises(UsageError, match="not a trajectory that Quantal wrote"):
        Trajectory.load(tmp_path / "x.zarr")
