"""Compiled helpers: counter-based random numbers and a compile cache that notices any change in this package."""

import hashlib
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np

# numba's own cache looks only at the file of the outermost function, so an edited callee would be served stale.
_STAMP = hashlib.sha256(b"".join(p.read_bytes() for p in sorted(Path(__file__).parent.glob("*.py")))).hexdigest()

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_PURPOSES = np.uint64(1024)
_UNIT = 1.0 / 9007199254740992.0  # 2 ** -53


def jit(function: Callable[..., Any]) -> Any:
    """`numba.njit` with the GIL released and the compiled code kept until any source file here changes."""
    compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    compiled._cache._cache_file._source_stamp = _STAMP
    return compiled


def leaf(function: Callable[..., Any]) -> Any:
    """A compiled part of a `jit` function that allocates nothing and so needs no (costly) reference counts."""
    return numba.njit(error_model="numpy", no_cfunc_wrapper=True, _nrt=False)(function)  # type: ignore[call-overload]


def typed(signature: str) -> Callable[[Callable[..., Any]], Any]:
    """`jit` for one signature only: numba would compile a small function anew for every literal it is called with."""

    def compile_once(function: Callable[..., Any]) -> Any:
        compiled = jit(function)
        compiled.compile(signature)
        compiled.disable_compile()
        return compiled

    return compile_once


@numba.njit(inline="always")
def mix(z):
    """The splitmix64 finaliser (Steele, Lea and Flood 2014): uint64 -> well mixed uint64."""
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return z ^ (z >> _S31)


@typed("uint64(int64, int64, int64)")
def key_of(seed, a, b):
    """A stream key from three integers."""
    z = mix(np.uint64(seed) * _GOLDEN + _GOLDEN)
    z = mix(z ^ (np.uint64(a) * _MIX_1 + _GOLDEN))
    return mix(z ^ (np.uint64(b) * _MIX_2 + _GOLDEN))


@typed("float64(uint64, int64, int64)")
def uniform(key, day, purpose):
    """A number in [0, 1) that depends only on (key, day, purpose); purpose below 1024."""
    count = np.uint64(day) * _PURPOSES + np.uint64(purpose)
    return float(mix(key + count * _GOLDEN) >> _S11) * _UNIT


@typed("float64(uint64, int64, int64)")
def normal(key, day, purpose):
    """A standard normal (Box-Muller) from purposes `purpose` and `purpose + 1`."""
    u = 1.0 - uniform(key, day, purpose)
    return math.sqrt(-2.0 * math.log(u)) * math.cos(6.283185307179586 * uniform(key, day, purpose + 1))


@typed("float64(float64, float64, float64)")
def whole(value, low, high):
    """The nearest whole number, kept between two bounds."""
    return min(max(math.floor(value + 0.5), low), high)


@leaf
def copy_into(target, source):
    """Copy one vector into another; a slice assignment would allocate a third in case the two overlap."""
    for i in range(len(target)):
        target[i] = source[i]
