"""The integration loop in generated code: steps from t to the next stop.

Stops at which only drives jump are passed inside. It returns to Python at the horizon (where
something else happens), when the output is full, after a number of steps (so
that Ctrl-C is heard), at a crossing, or when it cannot go on.
"""

from __future__ import annotations

from quantal.kernels import context
from quantal.kernels.generate import explicit, switching
from quantal.kernels.generate.ir import (
    DOUBLE,
    INFINITY,
    INTEGER,
    POINTER,
    VECTOR,
    Function,
    real,
    splat,
)
from quantal.kernels.generate.output import POINTS_PER_STEP
from quantal.kernels.generate.tables import keep, pointers, slot
from quantal.kernels.layout import LANES, Layout
from quantal.kernels.tableau import Pair, Tableau

SAFETY = 0.9
SMALLEST_FACTOR = 0.2
NOT_FINITE_FACTOR = 0.25
SMALLEST_SHARE = 1e-15
"""Shortest step as a share of the time reached."""
SMALLEST_STEP = 1e-24
"""Shortest step around t = 0, in ms."""
_TINY_ERROR = 1e-8
_MEMORY = 2.5


def advance(layout: Layout, tableau: Tableau, pair: Pair | None = None) -> Function:
    """`advance(context)`: step until something has to be told; gives the reason."""
    f = Function("advance", [(POINTER, "context")], returns=INTEGER, internal=False)
    with f.repeat() as loop:
        _leave_if_asked(f)
        with f.when(f.compare("ne", slot(f, "restart", INTEGER), "0", INTEGER)):
            f.call("first_step", (POINTER, "%context"))
        step, end = _choose_step(f)
        norm = _attempt(f, pair, step, end)
        good = f.compare("ole", norm, real(1.0))
        with f.when(f.emit(f"xor i1 {good}, true")):
            _shrink(f, tableau, pair, step, norm)
        loop.again_if(f.emit(f"xor i1 {good}, true"))
        keep(f, "step", step, DOUBLE)
        keep(f, "end", end, DOUBLE)
        keep(f, "has_dense", "0", INTEGER)
        _count(f, "accepted")
        _grow(f, tableau, pair, step, norm)
        if pair is not None:
            _choose_method(f, pair)
        if layout.crossings:
            _leave_at_crossing(f, layout, end)
        f.call("commit", (POINTER, "%context"), (DOUBLE, end))
        with f.when(f.compare("oge", end, slot(f, "stop", DOUBLE))):
            with f.when(f.compare("oge", end, slot(f, "horizon", DOUBLE)), ends=True):
                f.give(str(context.REACHED))
            f.call("enter", (POINTER, "%context"), (DOUBLE, end))
            f.call("write_jump", (POINTER, "%context"))
    f.do("unreachable")
    return f


def _attempt(f: Function, pair: Pair | None, step: str, end: str) -> str:
    """A step by the method of the moment; gives its error's norm."""
    arguments = (POINTER, "%context"), (DOUBLE, step), (DOUBLE, end)
    if pair is None:
        _count(f, "factorisations")
        return f.call("attempt", *arguments, returns=DOUBLE)
    norm = f.variable(DOUBLE, real(0.0))
    implicit = _is_implicit(f)
    with f.when(implicit):
        _count(f, "factorisations")
        f.put(norm, f.call("attempt", *arguments, returns=DOUBLE))
    with f.when(f.emit(f"xor i1 {implicit}, true")):
        f.put(norm, f.call("attempt_explicit", *arguments, returns=DOUBLE))
    return f.get(norm)


def _is_implicit(f: Function) -> str:
    return f.compare("eq", slot(f, "explicit", INTEGER), "0", INTEGER)


def _choose_method(f: Function, pair: Pair) -> None:
    """After an accepted step: by which method the next one is made."""
    implicit = _is_implicit(f)
    keep(f, "by_pair", slot(f, "explicit", INTEGER), INTEGER)
    with f.when(f.emit(f"xor i1 {implicit}, true")):
        _count(f, "explicit_steps")
        # Drives jump at stops only, so that f is the same on both sides of a step's end.
        keep(f, "ready", str(explicit.AT_END), INTEGER)
        switching.explicit_accepted(f, pair)
    with f.when(implicit):
        switching.implicit_accepted(f, pair)


def _count(f: Function, name: str) -> None:
    keep(f, name, f.integer_add(slot(f, name, INTEGER), 1), INTEGER)


def _leave_if_asked(f: Function) -> None:
    left = slot(f, "steps_left", INTEGER)
    with f.when(f.compare("sle", left, "0", INTEGER), ends=True):
        f.give(str(context.BUDGET))
    keep(f, "steps_left", f.integer_add(left, -1), INTEGER)
    # One more for a jump at the stop.
    needed = f.integer_add(slot(f, "row_count", INTEGER), POINTS_PER_STEP + 1)
    full = f.compare("sgt", needed, slot(f, "row_capacity", INTEGER), INTEGER)
    by_steps = f.compare("ne", slot(f, "by_steps", INTEGER), "0", INTEGER)
    with f.when(f.emit(f"and i1 {full}, {by_steps}"), ends=True):
        f.give(str(context.FULL))


def _choose_step(f: Function) -> tuple[str, str]:
    """The step to try and where it ends: never past the stop or two landmarks."""
    t, stop = slot(f, "t", DOUBLE), slot(f, "stop", DOUBLE)
    landmarks = slot(f, "landmarks")
    with f.repeat() as loop:
        index = slot(f, "landmark", INTEGER)
        loop.leave_if(f.compare("ogt", f.load(landmarks, index), t))
        keep(f, "landmark", f.integer_add(index, 1), INTEGER)
    following = f.load(landmarks, f.integer_add(slot(f, "landmark", INTEGER), 1))
    wanted = f.smaller(slot(f, "h", DOUBLE), f.real_op("fsub", following, t))
    wanted = f.smaller(wanted, slot(f, "largest_step", DOUBLE))
    remaining = f.real_op("fsub", stop, t)
    size = f.call("llvm.fabs.f64", (DOUBLE, t), returns=DOUBLE)
    least = f.larger(f.real_op("fmul", size, real(SMALLEST_SHARE)), real(SMALLEST_STEP))
    too_small = f.compare("olt", wanted, f.smaller(least, remaining))
    with f.when(too_small, ends=True):
        failed = f.compare("ne", slot(f, "failures", INTEGER), "0", INTEGER)
        f.give(f.select(failed, str(context.NOT_FINITE), str(context.TOO_SMALL), INTEGER))
    # Close to the stop: land on it, or halve the rest so that no sliver is left.
    lands = f.compare("oge", wanted, f.real_op("fmul", remaining, real(1.0 - 1e-10)))
    half = f.real_op("fmul", remaining, real(0.5))
    step = f.select(lands, remaining, f.smaller(wanted, half))
    end = f.select(lands, stop, f.real_op("fadd", t, step))
    return step, end


def _inverse_root(f: Function, value: str, degree: int) -> str:
    """value^(-1/degree) to about a per mille: a guess from the exponent, two Newton steps."""
    bits = f.emit(f"bitcast double {value} to i64")
    # 0x3FF0… is 1.0; a logarithm to base 2 is linear in the bits.
    one = 0x3FF0000000000000
    difference = f.emit(f"sub i64 {one}, {bits}")
    guess = f.integer_add(f.emit(f"sdiv i64 {difference}, {degree}"), one)
    z = f.emit(f"bitcast i64 {guess} to double")
    for _ in range(2):
        power = _power(f, value, z, degree)
        correction = f.fma(power, real(-1.0 / degree), real(1.0 + 1.0 / degree))
        z = f.real_op("fmul", z, correction)
    return z


def _root(f: Function, tableau: Tableau, pair: Pair | None, norm: str) -> str:
    """norm^(-1/(p + 1)) with the order p of the error estimate of the method of the moment."""
    root = _inverse_root(f, norm, tableau.error_order + 1)
    if pair is None or pair.error_order == tableau.error_order:
        return root
    other = _inverse_root(f, norm, pair.error_order + 1)
    return f.select(_is_implicit(f), root, other)


def _power(f: Function, factor: str, z: str, exponent: int) -> str:
    """factor*z^exponent by squares, so that little waits for little."""
    while exponent:
        if exponent % 2:
            factor = f.real_op("fmul", factor, z)
        exponent //= 2
        z = f.real_op("fmul", z, z) if exponent else z
    return factor


def _shrink(f: Function, tableau: Tableau, pair: Pair | None, step: str, norm: str) -> None:
    """After a rejected step: a smaller one."""
    _count(f, "rejected")
    keep(f, "after_rejection", "1", INTEGER)
    finite = f.compare("olt", norm, INFINITY)
    root = _root(f, tableau, pair, f.select(finite, norm, real(1.0)))
    factor = f.larger(f.real_op("fmul", root, real(SAFETY)), real(SMALLEST_FACTOR))
    factor = f.select(finite, factor, real(NOT_FINITE_FACTOR))
    keep(f, "h", f.real_op("fmul", step, factor), DOUBLE)
    failures = f.select(finite, "0", f.integer_add(slot(f, "failures", INTEGER), 1), INTEGER)
    keep(f, "failures", failures, INTEGER)
    if pair is not None:
        with f.when(f.emit(f"xor i1 {_is_implicit(f)}, true")):
            switching.explicit_rejected(f, pair, step)


def _grow(f: Function, tableau: Tableau, pair: Pair | None, step: str, norm: str) -> None:
    """After an accepted step: the next one, by Gustafsson's predictive controller."""
    error = f.larger(norm, real(_TINY_ERROR))
    root = _root(f, tableau, pair, error)
    factor = f.real_op("fmul", root, real(SAFETY))
    last = slot(f, "last_step", DOUBLE)
    known = f.compare("ogt", last, real(0.0))
    before = f.real_op("fmul", f.select(known, last, step), slot(f, "last_root", DOUBLE))
    trend = f.real_op("fdiv", f.real_op("fmul", step, root), before)
    predicted = f.smaller(factor, f.real_op("fmul", factor, trend))
    factor = f.select(known, predicted, factor)
    rejected = f.compare("ne", slot(f, "after_rejection", INTEGER), "0", INTEGER)
    most = f.select(rejected, real(1.0), slot(f, "largest_growth", DOUBLE))
    factor = f.larger(f.smaller(factor, most), real(SMALLEST_FACTOR))
    wanted = f.real_op("fmul", step, factor)
    # A step cut short by a stop says nothing against the longer one that was planned.
    planned = slot(f, "h", DOUBLE)
    cut = f.compare("olt", step, planned)
    keep(f, "h", f.select(cut, f.larger(wanted, planned), wanted), DOUBLE)
    keep(f, "last_step", step, DOUBLE)
    # A step that was needlessly exact says little about the trend.
    keep(f, "last_root", f.smaller(root, real(_MEMORY)), DOUBLE)
    keep(f, "after_rejection", "0", INTEGER)
    keep(f, "failures", "0", INTEGER)


def _leave_at_crossing(f: Function, layout: Layout, end: str) -> None:
    """Return where a watched function changes sign at the step's middle or end."""
    t = slot(f, "t", DOUBLE)
    middle = f.real_op("fmul", f.real_op("fadd", t, end), real(0.5))
    f.call("probe", (POINTER, "%context"), (DOUBLE, middle))
    f.call("set_time", (POINTER, "%context"), (DOUBLE, end))
    f.call("crossings", *pointers(f, "argument", "constants", "drives", "now", "g_end", "scratch"))
    signs, first, second = slot(f, "sign"), slot(f, "g_middle"), slot(f, "g_end")
    found = f.variable(INTEGER, "0")
    for index in range(layout.crossings):
        sign = f.load(signs, index)
        for g in (first, second):
            product = f.real_op("fmul", sign, f.load(g, index))
            changed = f.emit(f"zext i1 {f.compare('olt', product, real(0.0))} to i64")
            f.put(found, f.emit(f"or i64 {f.get(found, INTEGER)}, {changed}"), INTEGER)
    with f.when(f.compare("ne", f.get(found, INTEGER), "0", INTEGER), ends=True):
        f.give(str(context.CROSSED))


def first_step(layout: Layout, tableau: Tableau, pair: Pair | None = None) -> Function:
    """`first_step(context)`: a step from the rates and how fast they change.

    With an Euler probe, r = |change of f|/(h |f|) is the fastest rate in sight, and the
    step is where a term (h r)^p/r |f| reaches the tolerance.
    """
    f = Function("first_step", [(POINTER, "context")])
    keep(f, "restart", "0", INTEGER)
    keep(f, "last_step", real(0.0), DOUBLE)
    keep(f, "after_rejection", "0", INTEGER)
    keep(f, "failures", "0", INTEGER)
    with f.when(f.compare("ogt", slot(f, "h", DOUBLE), real(0.0)), ends=True):
        f.give()
    f.call("start_step", (POINTER, "%context"))
    extra = slot(f, "extra")
    with f.count(layout.padded, LANES) as index:
        f.store_vector(splat(0.0), extra, index)
    t, stop = slot(f, "t", DOUBLE), slot(f, "stop", DOUBLE)
    remaining = f.real_op("fsub", stop, t)
    u = slot(f, "increments")
    after = f.address(u, layout.padded)
    _rates(f, "y", u, pair)
    speed, growth = _weighted_rates(f, layout, u)
    probe = f.smaller(f.real_op("fdiv", real(1e-4), f.larger(growth, real(1e-300))), remaining)
    _euler(f, layout, u, probe)
    f.call("set_time", (POINTER, "%context"), (DOUBLE, f.real_op("fadd", t, probe)))
    f.call("hold_clamped", (POINTER, "%context"), (POINTER, slot(f, "argument")))
    _rates(f, "argument", after, pair)
    change = _difference(f, layout, u, after)
    fastest = f.larger(f.larger(speed, change), real(1e-300))
    rate = f.real_op("fdiv", change, f.real_op("fmul", fastest, probe))
    size = f.real_op("fdiv", fastest, f.larger(rate, real(1e-300)))
    exponent = real(-1.0 / (tableau.error_order + 1))
    root = f.call("pow", (DOUBLE, f.larger(size, real(1e-12))), (DOUBLE, exponent), returns=DOUBLE)
    length = f.real_op("fdiv", root, f.larger(rate, real(1e-300)))
    usable = f.compare("ogt", length, real(0.0))
    unusable = f.real_op("fmul", remaining, real(1e-6))
    length = f.select(usable, f.smaller(length, remaining), unusable)
    keep(f, "h", length, DOUBLE)
    f.give()
    return f


def _rates(f: Function, state: str, out: str, pair: Pair | None) -> None:
    """The right-hand side; without its own code a stage with the unit factorisation."""
    if pair is not None:
        explicit.right_side(f, state, out)
        return
    point = pointers(f, state, "constants", "drives", "now", "free", "extra", "unit_lu")
    f.call("stage", *point, (POINTER, out), (POINTER, slot(f, "scratch")))


def _weighted_rates(f: Function, layout: Layout, u: str) -> tuple[str, str]:
    """Largest |f| over its tolerance, and over the state's own size."""
    y, absolute = slot(f, "y"), slot(f, "absolute")
    relative = slot(f, "relative", DOUBLE)
    speed, change = f.variable(DOUBLE, real(0.0)), f.variable(DOUBLE, real(0.0))
    with f.count(layout.states) as index:
        rate = f.call("llvm.fabs.f64", (DOUBLE, f.load(u, index)), returns=DOUBLE)
        size = f.call("llvm.fabs.f64", (DOUBLE, f.load(y, index)), returns=DOUBLE)
        scale = f.fma(relative, size, f.load(absolute, index))
        f.put(speed, f.larger(f.get(speed), f.real_op("fdiv", rate, scale)))
        f.put(change, f.larger(f.get(change), f.real_op("fdiv", rate, f.fma(
            real(1.0), size, f.real_op("fdiv", scale, relative)))))  # fmt: skip
    return f.get(speed), f.get(change)


def _euler(f: Function, layout: Layout, u: str, step: str) -> None:
    y, argument, wide = slot(f, "y"), slot(f, "argument"), f.broadcast(step)
    with f.count(layout.padded, LANES) as index:
        moved = f.fma(wide, f.load_vector(u, index), f.load_vector(y, index), VECTOR)
        f.store_vector(moved, argument, index)


def _difference(f: Function, layout: Layout, u: str, after: str) -> str:
    """Largest difference of two rate vectors over the tolerance."""
    y, absolute = slot(f, "y"), slot(f, "absolute")
    relative = slot(f, "relative", DOUBLE)
    largest = f.variable(DOUBLE, real(0.0))
    with f.count(layout.states) as index:
        change = f.real_op("fsub", f.load(after, index), f.load(u, index))
        size = f.call("llvm.fabs.f64", (DOUBLE, f.load(y, index)), returns=DOUBLE)
        scale = f.fma(relative, size, f.load(absolute, index))
        ratio = f.real_op("fdiv", f.call("llvm.fabs.f64", (DOUBLE, change), returns=DOUBLE), scale)
        f.put(largest, f.larger(f.get(largest), ratio))
    return f.get(largest)
