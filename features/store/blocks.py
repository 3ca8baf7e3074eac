"""Which block a resident is in."""

import numpy as np
import pyarrow as pa

from .._hashing import hash_strings


def block_of(ids: pa.ChunkedArray | pa.Array, blocks: int) -> np.ndarray:
    """int64 block of each resident id: its FNV-1a hash (store/layout.py) modulo the number of blocks."""
    return (hash_strings(ids) % np.uint64(blocks)).astype(np.int64)
