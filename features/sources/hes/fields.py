"""Values as HES writes them: days, codes, and what stands for unknown."""

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...coerce import converted
from ..tables import Folder

PERSON = ("token_person_id", "encrypted_hesid", "pseudo_hesid", "der_pseudo_nhs_number")
# HES data dictionary: stand-ins for a day that is not known, or not yet.
_NO_DAY = (1582, 1800, 1801, 1900)
_NINES = r"^9+[xX]?$|^&$|^-$"


def tables_with(folder: Folder, wanted: tuple[str, ...]) -> list[str]:
    """Names of the tables whose heading has all of these columns."""
    return [name for name in folder.files if set(wanted) <= folder.columns(name)]


def day(values: pa.ChunkedArray) -> pd.Series:
    """Midnight in London of days written 2021-03-01, 20210301 or 01/03/2021; NaT where unknown."""
    text = pc.replace_substring_regex(pc.utf8_trim_whitespace(values), r"^(\d{2})/(\d{2})/(\d{4})$", r"\3-\2-\1")
    found = converted(text, "instant").to_pandas()
    return found.mask((found + pd.Timedelta(hours=2)).dt.year.isin(_NO_DAY))


def code(values: pa.ChunkedArray) -> pd.Series:
    """Codes without blanks; None for empty cells."""
    text = pc.utf8_trim_whitespace(values)
    return pc.if_else(pc.equal(text, ""), None, text).to_pandas()


def known(values: pd.Series) -> pd.Series:
    """Codes without what stands for unknown: nines, `&`, `-`."""
    return values.mask(values.str.fullmatch(_NINES).fillna(False).astype(bool))
