"""People of HES: sex and month of birth from their records, death from how a stay or an attendance ended."""

import pandas as pd
import pyarrow as pa

from ..draft import Draft
from ..encounters import day_ends
from ..tally import Tally
from .fields import known

_SEX = {"1": "M", "2": "F"}
_DIED, _TO_THE_DEAD = "4", "79"  # discharge method, discharge destination


def write_people(episodes: pd.DataFrame, attendances: pd.DataFrame, draft: Draft, tally: Tally) -> pd.Series:
    """Residents with a month of birth before their records; when they died, by person_id (NaT while living)."""
    rows = pd.concat([episodes, attendances], ignore_index=True)
    rows = rows.assign(born=_born(rows))
    ordered = rows.sort_values("start", kind="stable")
    born = ordered.groupby("person_id")["born"].last()
    late = born > ordered.groupby("person_id")["start"].min().dt.tz_localize(None)
    _leave_out(rows, born.index[born.isna()], "no month of birth in any record of the person", tally)
    _leave_out(rows, born.index[late], "born after the person's first record", tally)
    born = born[born.notna() & ~late]
    who = ordered["person_id"]
    sex = known(ordered["sex"]).map(_SEX).groupby(who).last().reindex(born.index).fillna("X")
    ethnicity = known(ordered["ethnos"]).groupby(who).last().reindex(born.index)
    died = _died(episodes, attendances).reindex(born.index).astype("datetime64[us, UTC]")
    draft.add(
        "residents",
        resident_id=pa.array(born.index, pa.string()),
        date_of_birth=pa.array(born.dt.date, pa.date32()),
        sex=pa.array(sex, pa.string()),
        ethnicity=pa.array(ethnicity, pa.string(), from_pandas=True),
        died_on=pa.array(died),
    )
    return died


def _leave_out(rows: pd.DataFrame, people: pd.Index, reason: str, tally: Tally) -> None:
    """Every record of these people is dropped, with its place."""
    for file, these in rows[rows["person_id"].isin(people)].groupby("file", sort=False):
        tally.drop(str(file), reason, len(these), f"row {int(these['row'].min()):,}")


def _died(episodes: pd.DataFrame, attendances: pd.DataFrame) -> pd.Series:
    fatal = (episodes["dismeth"] == _DIED) | (episodes["disdest"] == _TO_THE_DEAD)
    inside = episodes[fatal].assign(at=episodes["discharged"].fillna(episodes["end"]))
    outside = attendances[attendances["fatal"]].assign(at=attendances["end"].fillna(attendances["start"]))
    both = pd.concat([inside[["person_id", "at"]], outside[["person_id", "at"]]], ignore_index=True)
    return day_ends(both["at"], "Europe/London").groupby(both["person_id"]).max()


def _born(rows: pd.DataFrame) -> pd.Series:
    """The day of birth, or the middle of the month that MYDOB (MMYYYY) names."""
    exact = pd.to_datetime(rows["dob"], format="ISO8601", errors="coerce")
    month = pd.to_datetime("15" + rows["mydob"].str.zfill(6), format="%d%m%Y", errors="coerce")
    found = exact.fillna(month)
    return found.where(found.dt.year > 1901)
