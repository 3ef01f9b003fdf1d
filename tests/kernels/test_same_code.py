"""One Program gives one code, whatever order Python's sets of names happen to have.

Else a kernel that is compiled anew differs in the last bits, and trials would not go on
bit for bit from where they stopped.
"""

import os
import subprocess
import sys

SCRIPT = """
import hashlib
from quantal.engines.rosenbrock import RODAS5P
from quantal.engines.runge_kutta import TSIT5
from quantal.experiments.loading import load, prepare
from quantal.kernels.generate.module import write_module
text, _ = write_module(prepare(load("synapses/calyx_of_held")), RODAS5P, TSIT5)
print(hashlib.sha256(text.encode()).hexdigest())
"""


def code(seed: str) -> str:
    environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_the_code_does_not_depend_on_the_order_of_sets():
    assert code("0") == code("7")
