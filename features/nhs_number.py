"""NHS numbers by their check digit, so that they are recognised wherever they should not be.

Ten digits; the last is 11 less the sum of the first nine weighted 10 to 2, modulo 11, where 11 stands for 0 and 10
is never issued (NHS Data Dictionary, NHS NUMBER).
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_WEIGHTS = np.arange(10, 1, -1)


def valid(numbers: pa.ChunkedArray | pa.Array) -> np.ndarray:
    """Mask of the texts that are NHS numbers, blanks and dashes inside left out of account; null is not."""
    plain = pc.replace_substring_regex(pc.fill_null(numbers, ""), "[ -]", "")
    ten = pc.match_substring_regex(plain, "^[0-9]{10}$")
    digits = pc.if_else(ten, plain, "0000000000").cast(pa.int64()).to_numpy(zero_copy_only=False)
    places = digits[:, None] // 10 ** np.arange(9, -1, -1) % 10
    check = (11 - places[:, :9] @ _WEIGHTS % 11) % 11
    return ten.to_numpy(zero_copy_only=False) & (check == places[:, 9]) & (digits > 0)


def looks_valid(text: str) -> bool:
    """Whether one text is an NHS number."""
    return bool(valid(pa.array([text], pa.string()))[0])
