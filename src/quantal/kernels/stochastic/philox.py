"""Random numbers as a function of (seed, trial, stream, place): Philox4x32-10 in vectors.

Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3" (SC11). Each
block of 128 bits gives one pair: a uniform number in (0, 1) and a waiting time, -log of a
second one. Nothing depends on which thread draws, in which order, or in which pieces.
"""

from __future__ import annotations

from quantal.kernels.generate.ir import DOUBLE, INTEGER, POINTER, Function, real
from quantal.kernels.stochastic.slots import keep, slot

PAIRS = 64
"""Pairs in one buffer."""
_LANES = 8
_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_STEPS = (0x9E3779B9, 0xBB67AE85)
ROUNDS = 10

_WHOLE, _REAL = f"<{_LANES} x i64>", f"<{_LANES} x double>"
_LOG_TERMS = 11
DECLARATIONS = f"declare {_REAL} @llvm.fmuladd.v{_LANES}f64({_REAL}, {_REAL}, {_REAL})\n"
_LOG_2 = 0.6931471805599453
_SQRT_2 = 1.4142135623730951


def _splat(value: int) -> str:
    return "<" + ", ".join([f"i64 {value}"] * _LANES) + ">"


def _reals(value: float) -> str:
    return "<" + ", ".join([f"double {real(value)}"] * _LANES) + ">"


def refill() -> str:
    """`refill(context)`: the next pairs of this trial and stream into the buffers.

    `seed` is the key; `draw` counts blocks of 64 pairs; `stream` and `trial` are the rest of
    the counter.
    """
    f = Function("refill", [(POINTER, "context")])
    seed, draw = slot(f, "seed", INTEGER), slot(f, "draw", INTEGER)
    trial = f.integer_add(slot(f, "first_trial", INTEGER), slot(f, "trial", INTEGER))
    first = f.emit(f"mul i64 {draw}, {PAIRS}")
    uniforms, waits = slot(f, "uniforms"), slot(f, "waits")
    ramp = "<" + ", ".join(f"i64 {lane}" for lane in range(_LANES)) + ">"
    schedule = keys(f, [_low(f, _fill(f, seed)), _high(f, _fill(f, seed))])
    with f.count(PAIRS, _LANES) as index:
        start = _fill(f, f.integer_add(first, index))
        place = f.emit(f"add {_WHOLE} {start}, {ramp}")
        words = [_low(f, place), _high(f, place), _low(f, _fill(f, trial)),
                 _high(f, _fill(f, trial))]  # fmt: skip
        words = rounds(f, words, schedule)
        _store(f, _uniform(f, words[0], words[1]), uniforms, index)
        _store(f, _minus_log(f, _uniform(f, words[2], words[3])), waits, index)
    keep(f, "draw", f.integer_add(draw, 1), INTEGER)
    keep(f, "position", "0", INTEGER)
    f.give()
    return f.text()


def _fill(f: Function, value: str) -> str:
    first = f.emit(f"insertelement {_WHOLE} poison, i64 {value}, i64 0")
    zeros = "<" + ", ".join(["i32 0"] * _LANES) + ">"
    return f.emit(f"shufflevector {_WHOLE} {first}, {_WHOLE} poison, <{_LANES} x i32> {zeros}")


def _low(f: Function, value: str) -> str:
    return f.emit(f"and {_WHOLE} {value}, {_splat(0xFFFFFFFF)}")


def _high(f: Function, value: str) -> str:
    return f.emit(f"lshr {_WHOLE} {value}, {_splat(32)}")


def keys(f: Function, key: list[str]) -> list[list[str]]:
    """The key of each round."""
    found = [key]
    for _ in range(ROUNDS - 1):
        found.append([
            _low(f, f.emit(f"add {_WHOLE} {each}, {_splat(step)}"))
            for each, step in zip(found[-1], _STEPS, strict=True)
        ])  # fmt: skip
    return found


def rounds(f: Function, words: list[str], schedule: list[list[str]]) -> list[str]:
    """The four words of a counter, mixed with the key of each round."""
    for key in schedule:
        a = f.emit(f"mul {_WHOLE} {words[0]}, {_splat(_MULTIPLIERS[0])}")
        b = f.emit(f"mul {_WHOLE} {words[2]}, {_splat(_MULTIPLIERS[1])}")
        x = f.emit(f"xor {_WHOLE} {_high(f, b)}, {words[1]}")
        y = f.emit(f"xor {_WHOLE} {_high(f, a)}, {words[3]}")
        words = [
            f.emit(f"xor {_WHOLE} {x}, {key[0]}"), _low(f, b),
            f.emit(f"xor {_WHOLE} {y}, {key[1]}"), _low(f, a),
        ]  # fmt: skip
    return words


def _uniform(f: Function, low: str, high: str) -> str:
    """(k + 1/2)/2^52 with k the upper 52 of 64 bits: never 0, never 1, exact."""
    upper = f.emit(f"shl {_WHOLE} {high}, {_splat(20)}")
    lower = f.emit(f"lshr {_WHOLE} {low}, {_splat(12)}")
    bits = f.emit(f"or {_WHOLE} {upper}, {lower}")
    between = f.emit(f"or {_WHOLE} {bits}, {_splat(0x3FF0000000000000)}")
    number = f.emit(f"bitcast {_WHOLE} {between} to {_REAL}")
    return f.real_op("fsub", number, _reals(1.0 - 2.0**-53), _REAL)


def _minus_log(f: Function, value: str) -> str:
    """-log x = -(e log 2 + 2 artanh((m - 1)/(m + 1))), m in [1/sqrt 2, sqrt 2)."""
    bits = f.emit(f"bitcast {_REAL} {value} to {_WHOLE}")
    exponent = f.emit(f"lshr {_WHOLE} {bits}, {_splat(52)}")
    fraction = f.emit(f"and {_WHOLE} {bits}, {_splat(0x000FFFFFFFFFFFFF)}")
    one_to_two = f.emit(f"or {_WHOLE} {fraction}, {_splat(0x3FF0000000000000)}")
    m = f.emit(f"bitcast {_WHOLE} {one_to_two} to {_REAL}")
    large = f.emit(f"fcmp oge {_REAL} {m}, {_reals(_SQRT_2)}")
    truths = f"<{_LANES} x i1>"
    half = f.real_op("fmul", m, _reals(0.5), _REAL)
    m = f.emit(f"select {truths} {large}, {_REAL} {half}, {_REAL} {m}")
    # The exponent as a double, by adding 2^52 in the bits and taking it away as a number.
    magic = f.emit(f"or {_WHOLE} {exponent}, {_splat(0x4330000000000000)}")
    e = f.emit(f"bitcast {_WHOLE} {magic} to {_REAL}")
    e = f.real_op("fsub", e, _reals(2.0**52 + 1023.0), _REAL)
    more = f.real_op("fadd", e, _reals(1.0), _REAL)
    e = f.emit(f"select {truths} {large}, {_REAL} {more}, {_REAL} {e}")
    less, plus = (f.real_op("fadd", m, _reals(x), _REAL) for x in (-1.0, 1.0))
    s = f.real_op("fdiv", less, plus, _REAL)
    z = f.real_op("fmul", s, s, _REAL)
    series = _reals(-2.0 / (2 * _LOG_TERMS - 1))
    for term in reversed(range(1, _LOG_TERMS - 1)):
        series = _fma(f, series, z, _reals(-2.0 / (2 * term + 1)))
    tail = f.real_op("fmul", f.real_op("fmul", series, z, _REAL), s, _REAL)
    artanh = _fma(f, s, _reals(-2.0), tail)
    return _fma(f, e, _reals(-_LOG_2), artanh)


def _fma(f: Function, a: str, b: str, c: str) -> str:
    call = f"@llvm.fmuladd.v{_LANES}f64({_REAL} {a}, {_REAL} {b}, {_REAL} {c})"
    return f.emit(f"call {_REAL} {call}")


def _store(f: Function, value: str, base: str, index: str) -> None:
    f.do(f"store {_REAL} {value}, ptr {f.address(base, index, DOUBLE)}, align 8")
