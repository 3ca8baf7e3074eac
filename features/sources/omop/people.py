"""PERSON and DEATH as residents."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...coerce import converted
from ..draft import Draft
from ..tables import Folder
from ..tally import Tally
from .fields import ids, known, time

_SEX = {"8507": "M", "8532": "F"}


def read_people(folder: Folder, draft: Draft, tally: Tally) -> pd.DataFrame:
    """person_id and died of everyone who is kept."""
    columns = ("person_id", "gender_concept_id", "year_of_birth", "month_of_birth", "day_of_birth", "birth_datetime",
               "race_source_value")  # fmt: skip
    batch = folder.whole("person", columns, tally)
    who, born = ids(batch.table["person_id"]).to_pandas(), _born(batch.table)
    last = _last_day(folder)
    rules = [
        ("no person_id", known(who)),
        ("the same person_id twice", ~who.duplicated().to_numpy()),
        ("no year of birth", known(born)),
        ("born after the last day of observation", ~(born > last).to_numpy()),
    ]
    kept = tally.passed(batch, rules)
    table = batch.table.filter(pa.array(kept))
    died = _deaths(folder, who[kept], tally)
    draft.add(
        "residents",
        resident_id=pa.array(who[kept]),
        date_of_birth=pa.array(born[kept].dt.date),
        sex=pa.array([_SEX.get(one, "X") for one in ids(table["gender_concept_id"]).to_pylist()]),
        ethnicity=table["race_source_value"],
        died_on=pa.array(died),
    )
    return pd.DataFrame({"person_id": who[kept].to_numpy(), "died": died.array})


def _last_day(folder: Folder) -> Any:
    """The last day on which anybody was observed; NaT where that is not said."""
    ends = folder.whole("observation_period", ("observation_period_end_date",), Tally())
    found = time(ends.table, "observation_period_end_date").max()
    return found.tz_convert(None) if pd.notna(found) else pd.NaT


def _born(table: pa.Table) -> pd.Series:
    """Date of birth; the middle of the year, or of the month, where no more is known."""
    exact = converted(pc.utf8_trim_whitespace(table["birth_datetime"]), "date").to_pandas()
    part = {n: pd.to_numeric(table[f"{n}_of_birth"].to_pandas(), errors="coerce") for n in ("year", "month", "day")}
    month = part["month"].fillna(7)
    day = part["day"].fillna(pd.Series(np.where(part["month"].isna(), 1, 15)))
    made = pd.to_datetime(pd.DataFrame({"year": part["year"], "month": month, "day": day}), errors="coerce")
    return pd.to_datetime(exact).fillna(made)


def _deaths(folder: Folder, people: pd.Series, tally: Tally) -> pd.Series:
    batch = folder.whole("death", ("person_id", "death_datetime", "death_date"), tally)
    who, when = ids(batch.table["person_id"]).to_pandas(), time(batch.table, "death_datetime", "death_date")
    kept = tally.passed(batch, [("unknown person", who.isin(people).to_numpy()), ("no date of death", known(when))])
    first = when[kept].groupby(who[kept].to_numpy()).min()
    return first.reindex(people).astype("datetime64[us, UTC]")
