"""Straight-line linear code and its transpose."""

import numpy as np

from quantal.kernels.generate.ir import DOUBLE, POINTER, Function
from quantal.kernels.native import compile_ir, load_object
from quantal.kernels.sensitivity.linear import Add, Scale, Values

OPERATIONS = [
    Add(("t", 0), 2.5, ("s", 0)),
    Add(("t", 0), ("c", 0), ("s", 1), minus=True),
    Add(("t", 1), 1.0, ("s", 2)),
    Add(("t", 1), -1.0, ("t", 0)),
    Scale(("t", 0), ("c", 1)),
    Add(("t", 2), ("c", 2), ("t", 1)),
    Add(("t", 2), 1.0, ("s", 0), minus=True),
]
CONSTANTS = np.array([0.7, -1.3, 3.1])


def compiled(way, sources, targets):
    import ctypes

    f = Function("f", [(POINTER, "c"), (POINTER, "given"), (POINTER, "out")], internal=False)
    values = Values(f, DOUBLE, lambda r, _: f.load("%given", r[1]) if r[0] == sources else "")
    getattr(values, way)(OPERATIONS)
    for index in range(3):
        f.store(values[targets, index] or "0.0", "%out", index)
    f.give()
    text = "declare double @llvm.fmuladd.f64(double, double, double)\n" + f.text()
    native = load_object(compile_ir(text))
    call = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3)(native.address("f"))

    def matrix():
        columns = []
        for unit in np.eye(3):
            out, given = np.zeros(3), unit.copy()
            call(CONSTANTS.ctypes.data, given.ctypes.data, out.ctypes.data)
            columns.append(out)
        return np.array(columns).T

    result = matrix()
    del native
    return result


def test_forwards_is_what_is_written():
    exact = np.array([[2.5, -0.7, 0.0], [-2.5, 0.7, 1.0], [-2.5 * 3.1 - 1.0, 0.7 * 3.1, 3.1]])
    exact[0] *= -1.3
    np.testing.assert_allclose(compiled("forwards", "s", "t"), exact, rtol=1e-15)


def test_backwards_is_the_transpose():
    forwards = compiled("forwards", "s", "t")
    np.testing.assert_allclose(compiled("backwards", "t", "s"), forwards.T, rtol=1e-15)
