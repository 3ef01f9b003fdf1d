"""When to step explicitly and when implicitly, decided in generated code along the run.

An explicit step costs a fraction of a Rosenbrock step, but h times the largest rate must
stay below the pair's `reach`. It is given up where accuracy alone would allow longer steps for
some steps in a row. It is taken up again where the implicit steps come down to it. The
largest rate shows between the last two stages; as a fast mode at rest does not show there,
every few steps it is estimated by one more turn of a power iteration too.
"""

from __future__ import annotations

from quantal.kernels.generate.explicit import (
    UNKNOWN,
    add_square,
    quotient,
    right_side,
    sum_of,
)
from quantal.kernels.generate.ir import DOUBLE, INTEGER, POINTER, VECTOR, Function, real, splat
from quantal.kernels.generate.tables import keep, slot
from quantal.kernels.layout import LANES, Layout
from quantal.kernels.tableau import Pair

PATIENCE = 3
"""So many steps in a row accuracy alone would allow to be longer."""
FADING = 0.95
"""The square of the largest rate seen is forgotten by this factor in each step.

Between two stages at rest a fast mode does not show, and would be taken for absent."""
EXPLICIT_LOOK = 12
"""Explicit steps between two looks."""
TAKE_UP = 1.5
"""Implicit steps are shorter than so many times what stability allows."""
IMPLICIT_TURNS = 2
"""Turns of the power iteration at each look between implicit steps."""
MOST_REFUSED = 5
"""So many explicit steps may be rejected in a row."""
LAST_LOOK = 256
"""Most implicit steps between two looks; they double at each return to implicit steps."""


def explicit_accepted(f: Function, pair: Pair) -> None:
    """After an explicit step: no longer one than is stable, or implicit ones from now on."""
    keep(f, "refused", "0", INTEGER)
    passed = f.integer_add(slot(f, "since_look", INTEGER), 1)
    keep(f, "since_look", passed, INTEGER)
    with f.when(f.compare("sge", passed, str(EXPLICIT_LOOK), INTEGER)):
        keep(f, "since_look", "0", INTEGER)
        seen = slot(f, "rate_squared", DOUBLE)
        f.call("look_at_rates", (POINTER, "%context"))
        keep(f, "rate_squared", f.larger(seen, slot(f, "rate_squared", DOUBLE)), DOUBLE)
    faded = f.real_op("fmul", slot(f, "fastest_squared", DOUBLE), real(FADING))
    fastest = f.larger(slot(f, "rate_squared", DOUBLE), faded)
    keep(f, "fastest_squared", fastest, DOUBLE)
    h = slot(f, "h", DOUBLE)
    over = _is_beyond(f, pair.reach, h, fastest)
    more = f.integer_add(slot(f, "held_up", INTEGER), 1)
    held_up = f.select(over, more, "0", INTEGER)
    keep(f, "held_up", held_up, INTEGER)
    with f.when(over):
        root = f.call("llvm.sqrt.f64", (DOUBLE, fastest), returns=DOUBLE)
        stable = f.real_op("fdiv", real(pair.reach), root)
        leaves = f.compare("sge", held_up, str(PATIENCE), INTEGER)
        keep(f, "h", f.select(leaves, h, stable), DOUBLE)
        with f.when(leaves):
            _to_implicit(f)


def explicit_rejected(f: Function, pair: Pair, step: str) -> None:
    """A step that failed beyond the reach, or twice by overflow, was too long for stability.

    Steps that fail again and again for another reason are left to the implicit method too.
    """
    beyond = _is_beyond(f, pair.reach, step, slot(f, "rate_squared", DOUBLE))
    failed = f.compare("sgt", slot(f, "failures", INTEGER), "1", INTEGER)
    refused = f.integer_add(slot(f, "refused", INTEGER), 1)
    keep(f, "refused", refused, INTEGER)
    often = f.compare("sgt", refused, str(MOST_REFUSED), INTEGER)
    with f.when(f.emit(f"or i1 {f.emit(f'or i1 {beyond}, {failed}')}, {often}")):
        _to_implicit(f)


def _is_beyond(f: Function, reach: float, step: str, rate_squared: str) -> str:
    """Whether a step times a rate is more than a reach; squares save a root."""
    reached = f.real_op("fmul", f.real_op("fmul", step, step), rate_squared)
    return f.compare("ogt", reached, real(reach**2))


def _to_implicit(f: Function) -> None:
    keep(f, "explicit", "0", INTEGER)
    keep(f, "held_up", "0", INTEGER)
    keep(f, "since_look", "0", INTEGER)
    period = slot(f, "look_after", INTEGER)
    longer = f.emit(f"shl i64 {period}, 1")
    most = f.compare("sgt", longer, str(LAST_LOOK), INTEGER)
    keep(f, "look_after", f.select(most, str(LAST_LOOK), longer, INTEGER), INTEGER)


def implicit_accepted(f: Function, pair: Pair) -> None:
    """After an implicit step: now and then a look at whether explicit ones would do."""
    passed = f.integer_add(slot(f, "since_look", INTEGER), 1)
    keep(f, "since_look", passed, INTEGER)
    due = f.compare("sge", passed, slot(f, "look_after", INTEGER), INTEGER)
    used = f.compare("ne", slot(f, "use_pair", INTEGER), "0", INTEGER)
    with f.when(f.emit(f"and i1 {due}, {used}")):
        keep(f, "since_look", "0", INTEGER)
        for _ in range(IMPLICIT_TURNS):
            f.call("look_at_rates", (POINTER, "%context"))
        rate, h = slot(f, "rate_squared", DOUBLE), slot(f, "h", DOUBLE)
        far = _is_beyond(f, TAKE_UP * pair.reach, h, rate)
        known = f.compare("ogt", rate, real(0.0))
        with f.when(f.emit(f"and i1 {f.emit(f'xor i1 {far}, true')}, {known}")):
            keep(f, "fastest_squared", rate, DOUBLE)
            keep(f, "explicit", "1", INTEGER)
            keep(f, "ready", str(UNKNOWN), INTEGER)


def look_at_rates(layout: Layout) -> Function:
    """`look_at_rates(context)`: one step of a power iteration with the Jacobian at `argument`.

    J v is the change of f along v, which is as long as the tolerance; v is kept from one
    look to the next and turns towards the fastest direction.
    """
    f = Function("look_at_rates", [(POINTER, "context")])
    here, moved, out = slot(f, "argument"), slot(f, "change"), slot(f, "extra")
    direction, absolute, later = slot(f, "direction"), slot(f, "absolute"), slot(f, "slope")
    relative = f.broadcast(slot(f, "relative", DOUBLE))
    right_side(f, "argument", out)
    with f.count(layout.padded, LANES) as index:
        value = f.load_vector(here, index)
        value = f.real_op("fadd", value, f.load_vector(direction, index), VECTOR)
        f.store_vector(value, moved, index)
    right_side(f, "change", later)
    change, distance = f.variable(VECTOR, splat(0.0)), f.variable(VECTOR, splat(0.0))
    with f.count(layout.padded, LANES) as index:
        size = f.call(
            f"llvm.fabs.v{LANES}f64", (VECTOR, f.load_vector(here, index)), returns=VECTOR
        )
        scale = f.fma(relative, size, f.load_vector(absolute, index), VECTOR)
        weight = f.real_op("fdiv", splat(1.0), scale, VECTOR)
        add_square(f, distance, f.load_vector(direction, index), weight)
        image = f.real_op("fsub", f.load_vector(later, index), f.load_vector(out, index), VECTOR)
        add_square(f, change, image, weight)
        f.store_vector(image, direction, index)
    length = sum_of(f, change)
    keep(f, "rate_squared", quotient(f, length, sum_of(f, distance)), DOUBLE)
    root = f.call("llvm.sqrt.f64", (DOUBLE, length), returns=DOUBLE)
    shrink = f.broadcast(f.real_op("fdiv", real(1.0), f.larger(root, real(1e-300))))
    # x/x is not a number at zero and at infinity: then it begins anew.
    usable = f.compare("oeq", f.real_op("fdiv", length, length), real(1.0))
    with f.count(layout.padded, LANES) as index:
        value = f.real_op("fmul", f.load_vector(direction, index), shrink, VECTOR)
        start = f.load_vector(absolute, index)
        chosen = f.emit(f"select i1 {usable}, {VECTOR} {value}, {VECTOR} {start}")
        f.store_vector(chosen, direction, index)
    f.give()
    return f
