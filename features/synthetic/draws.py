"""Random numbers for whole columns, from the same counters that the compiled simulation uses."""

import numpy as np

from .jit import jit, key_of, uniform


@jit
def keys(seed, first, second):
    """uint64 stream keys of integer pairs (first[i], second[i])."""
    out = np.empty(len(first), np.uint64)
    for i in range(len(first)):
        out[i] = key_of(seed, first[i], second[i])
    return out


@jit
def uniforms(stream, counter, purpose):
    """float64 in [0, 1) for each (stream[i], counter[i]) and one purpose."""
    out = np.empty(len(stream))
    for i in range(len(stream)):
        out[i] = uniform(stream[i], counter[i], purpose)
    return out


class Draws:
    """One number per row and purpose, for rows with stream keys and counters."""

    def __init__(self, stream: np.ndarray, counter: np.ndarray) -> None:
        self.stream, self.counter = stream, np.asarray(counter, np.int64)

    def take(self, rows: np.ndarray) -> "Draws":
        return Draws(self.stream[rows], self.counter[rows])

    def u(self, purpose: int) -> np.ndarray:
        """Uniform in [0, 1)."""
        return uniforms(self.stream, self.counter, purpose)

    def between(self, purpose: int, low: float, high: float) -> np.ndarray:
        """Uniform in [low, high)."""
        return low + (high - low) * self.u(purpose)

    def pick(self, purpose: int, weights: tuple[float, ...]) -> np.ndarray:
        """An index for each row, with these weights."""
        edges = np.cumsum(weights) / np.sum(weights)
        return np.minimum(np.searchsorted(edges, self.u(purpose), side="right"), len(weights) - 1)


def pseudonyms(numbers: np.ndarray, seed: int) -> np.ndarray:
    """40-bit pseudonyms of numbers below 2**40: a keyed permutation, so that two people never share one."""
    mask = np.uint64((1 << 40) - 1)
    key = np.random.Generator(np.random.Philox(key=[seed, 0x50534555])).integers(0, 1 << 40, 4, np.uint64)
    z = numbers.astype(np.uint64)
    for k in key:
        z = (z + k) & mask
        z = (z * np.uint64(0x2545F4914F6CDD1D)) & mask  # odd, hence invertible modulo 2**40
        z ^= z >> np.uint64(21)
    return z
