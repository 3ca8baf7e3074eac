"""The latest overall rating of each home, at the day it was published.

The directory has no older ratings: before its publication a home has none in this history. A rating that a new
provider inherited with the home (CQC, continuing regulatory history) is kept, as it was given for the same place, and
marked `inherited` in the text.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow as pa

from ...codelists.rows import number, read
from ...coerce import converted
from ..draft import Draft
from ..tally import Tally

_ISO = r"\d{4}-\d{2}-\d{2}"
_MOST = 5
_WIDEST = 40


@cache
def values() -> Mapping[str, float | None]:
    """What each word is worth, as ratings.csv has it; None where it says that there is no rating."""
    return {row["word"].casefold(): number(row["value"]) for row in read(Path(__file__).with_name("ratings.csv"))}


def write_ratings(homes: pd.DataFrame, draft: Draft, tally: Tally) -> None:
    """A `cqc_rating` for each home whose rating and day of publication can be read; the others are counted."""
    words = homes["rating"].map(str.casefold, na_action="ignore")
    _note_unknown(homes["rating"][words.notna() & ~words.isin(list(values()))], tally)
    value = words.map(values()).astype("float64")
    day = published(homes["published"])
    lost = int((value.notna() & day.isna()).sum())
    if lost:
        tally.notes.append(f"ratings without a day of publication that can be read: {lost:,} left out")
    kept = (value.notna() & day.notna()).to_numpy(bool)
    text = homes["inherited"].map({"Y": "inherited"})
    draft.add(
        "home_events",
        home_id=pa.array(homes["home_id"][kept], pa.string()),
        time=pa.array(day[kept]),
        code=pa.array(["cqc_rating"] * int(kept.sum()), pa.string()),
        value=pa.array(value[kept]),
        text=pa.array(text[kept], pa.string(), from_pandas=True),
        recorded_at=pa.array(day[kept]),
    )


def published(cells: pd.Series) -> pd.Series:
    """Midnight in London of days written 2021-03-01 or 01/03/2021; NaT where none can be read."""
    text = cells.astype("str")
    uk = pd.to_datetime(text, format="%d/%m/%Y", errors="coerce").dt.strftime("%Y-%m-%d")
    iso = text.str.extract(f"^({_ISO})(?:[T ].*)?$", expand=False)
    found = converted(pa.chunked_array([pa.array(iso.fillna(uk), pa.string(), from_pandas=True)]), "instant")
    return found.to_pandas().set_axis(cells.index)


def _note_unknown(words: pd.Series, tally: Tally) -> None:
    counts = words.str[:_WIDEST].value_counts()
    tally.notes += [f"rating {word!r} is not known: {n:,} left out" for word, n in counts.head(_MOST).items()]
    if len(counts) > _MOST:
        tally.notes.append(f"other ratings that are not known: {int(counts[_MOST:].sum()):,} left out")
