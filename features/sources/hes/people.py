"""People of HES: sex and month of birth from their records, death from how a stay ended."""

import pandas as pd
import pyarrow as pa

from ..draft import Draft
from ..tally import Tally
from .fields import known

_SEX = {"1": "M", "2": "F"}
_DIED, _TO_THE_DEAD = "4", "79"  # discharge method, discharge destination


def write_people(episodes: pd.DataFrame, attendances: pd.DataFrame, draft: Draft, tally: Tally) -> pd.Series:
    """Residents with a known month of birth; when they died, by person_id (NaT while living)."""
    rows = pd.concat([episodes, attendances], ignore_index=True).sort_values("start", kind="stable")
    who = rows["person_id"]
    born = _born(rows).groupby(who).last()
    tally.drop("people", "no month of birth in any record", int(born.isna().sum()), str(born.index[born.isna()].min()))
    born = born.dropna()
    sex = known(rows["sex"]).map(_SEX).groupby(who).last().reindex(born.index).fillna("X")
    ethnicity = known(rows["ethnos"]).groupby(who).last().reindex(born.index)
    fatal = (episodes["dismeth"] == _DIED) | (episodes["disdest"] == _TO_THE_DEAD)
    died = episodes["discharged"].fillna(episodes["end"])[fatal].groupby(episodes["person_id"][fatal]).max()
    died = died.reindex(born.index).astype("datetime64[us, UTC]")
    draft.add(
        "residents",
        resident_id=pa.array(born.index, pa.string()),
        date_of_birth=pa.array(born.dt.date),
        sex=pa.array(sex, pa.string()),
        ethnicity=pa.array(ethnicity, pa.string(), from_pandas=True),
        died_on=pa.array(died),
    )
    return died


def _born(rows: pd.DataFrame) -> pd.Series:
    """The day of birth, or the middle of the month that MYDOB (MMYYYY) names."""
    exact = pd.to_datetime(rows["dob"], format="ISO8601", errors="coerce")
    month = pd.to_datetime("15" + rows["mydob"].str.zfill(6), format="%d%m%Y", errors="coerce")
    found = exact.fillna(month)
    return found.where(found.dt.year > 1901)
