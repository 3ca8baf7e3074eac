"""PERSON and DEATH as residents."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...coerce import converted
from ...problems import HistoryError, Problem
from ..draft import Draft
from ..tables import Source, whole
from ..tally import Tally
from .fields import ids, known, time

_SEX = {"8507": "M", "8532": "F"}
_DAY = r"^(\d{4}-?\d\d-?\d\d).*$"


def read_people(source: Source, draft: Draft, tally: Tally) -> pd.DataFrame:
    """person_id and died of everyone who is kept. Raises HistoryError if that is nobody."""
    columns = ("person_id", "gender_concept_id", "year_of_birth", "month_of_birth", "day_of_birth", "birth_datetime",
               "race_source_value")  # fmt: skip
    batch = whole(source, "person", columns, tally)
    who, born = ids(batch, "person_id").to_pandas(), _born(batch.table)
    last = _last_day(source)
    rules = [
        ("no person_id", known(who)),
        ("the same person_id twice", ~who.duplicated().to_numpy()),
        ("no year of birth", known(born)),
        ("born after the last day of observation", ~(born > last).to_numpy()),
    ]
    kept = tally.passed(batch, rules)
    if not kept.any():
        hint = "; ".join(f"{one.reason}: {one.rows:,} rows, {one.example}" for one in tally.dropped)
        raise HistoryError([Problem(batch.file, "", "nobody in it can be a resident", "error", len(batch), "", hint)])
    of_kept = replace(batch, table=batch.table.filter(pa.array(kept)))
    died = _deaths(source, who[kept], born[kept], tally)
    draft.add(
        "residents",
        resident_id=pa.array(who[kept]),
        date_of_birth=pa.array(born[kept].to_numpy().astype("datetime64[D]")),
        sex=pa.array([_SEX.get(one, "X") for one in ids(of_kept, "gender_concept_id").to_pylist()]),
        ethnicity=of_kept.table["race_source_value"],
        died_on=pa.array(died),
    )
    return pd.DataFrame({"person_id": who[kept].to_numpy(), "died": died.array})


def _last_day(source: Source) -> Any:
    """The last day on which anybody was observed; NaT where that is not said."""
    ends = whole(source, "observation_period", ("observation_period_end_date",), Tally())
    found = time(ends.table, "observation_period_end_date").max()
    return found.tz_convert(None) if pd.notna(found) else pd.NaT


def _born(table: pa.Table) -> pd.Series:
    """Date of birth; the middle of the year, or of the month, where no more is known."""
    written = pc.replace_substring_regex(pc.utf8_trim_whitespace(table["birth_datetime"]), _DAY, r"\1")
    exact = converted(written, "date").cast(pa.timestamp("s")).to_pandas()
    year, month, day = (
        _whole(table[f"{n}_of_birth"], high) for n, high in (("year", 9999), ("month", 12), ("day", 31))
    )
    day = np.where(day > 0, day, np.where(month > 0, 15, 1))
    first = ((year - 1970) * 12 + np.where(month > 0, month, 7) - 1).astype("datetime64[M]")
    made = first.astype("datetime64[D]") + (day - 1)
    made[(year == 0) | (made.astype("datetime64[M]") != first)] = np.datetime64("NaT")
    return exact.fillna(pd.Series(made.astype("datetime64[s]")))


def _whole(values: pa.ChunkedArray, high: int) -> np.ndarray:
    """int64 (n,): numbers from 1 to `high`, 0 for anything else."""
    numbers = pd.to_numeric(values.to_pandas(), errors="coerce").to_numpy("float64", na_value=np.nan)
    return np.where((numbers >= 1) & (numbers <= high) & (numbers % 1 == 0), numbers, 0).astype(np.int64)


def _deaths(source: Source, people: pd.Series, born: pd.Series, tally: Tally) -> pd.Series:
    """When each of `people` died, the first if there are several; NaT while they live."""
    batch = whole(source, "death", ("person_id", "death_datetime", "death_date"), tally)
    who, when = ids(batch, "person_id").to_pandas(), time(batch.table, "death_datetime", "death_date")
    birth = who.map(pd.Series(born.array, people.array)).dt.tz_localize("UTC")
    rules = [
        ("unknown person", who.isin(people).to_numpy()),
        ("no date of death", known(when)),
        ("dead before birth", ~(when < birth).to_numpy()),
    ]
    sound = np.logical_and.reduce([good for _, good in rules])
    by_time = when.where(sound).sort_values(kind="stable").index
    again = who.loc[by_time].duplicated().reindex(who.index)
    kept = tally.passed(batch, [*rules, ("another death of the same person", ~again.to_numpy())])
    return when[kept].set_axis(who[kept]).reindex(people).astype("datetime64[us, UTC]")
