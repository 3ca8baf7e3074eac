"""Values of OMOP tables: ids, times, and whether there is one."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...coerce import converted


def ids(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Ids as text; whole numbers that came by way of a decimal column lose their `.0`."""
    return pc.replace_substring_regex(pc.utf8_trim_whitespace(values), r"^(-?\d+)\.0+$", r"\1")


def time(table: pa.Table, *columns: str) -> pd.Series:
    """The first of these columns that can be read as a time, UTC; NaT where none can."""
    found = pc.coalesce(*(converted(pc.utf8_trim_whitespace(table[name]), "instant") for name in columns))
    return found.to_pandas()


def known(values: pd.Series) -> np.ndarray:
    return values.notna().to_numpy()
