"""Named arrays as bytes, and back: what is told of a block or a locality between two passes."""

from collections.abc import Mapping
from io import BytesIO

import numpy as np


def bytes_of(arrays: Mapping[str, np.ndarray]) -> bytes:
    stream = BytesIO()
    np.savez(stream, **dict(arrays))  # type: ignore[arg-type]
    return stream.getvalue()


def arrays_of(data: bytes) -> dict[str, np.ndarray]:
    with np.load(BytesIO(data)) as found:
        return dict(found)
