"""Who lives where, where only records tell: present from a record on, and gone once there was none for a year.

A stay that ended with a person's last record would say that there is no later one, and the list of a day would be
chosen by what came after it. So whether somebody is present at an instant follows from the records before it alone.
"""

import pandas as pd

YEAR = pd.Timedelta(days=365)


def runs(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Spans of the same `by`, from `start` to `end`, joined where no more than a year lies between them."""
    rows = rows.dropna(subset=["start"]).sort_values([*by, "start"], kind="stable", ignore_index=True)
    rows["end"] = rows["end"].fillna(rows["start"])
    groups = [rows[name] for name in by]
    latest = rows.groupby(groups)["end"].cummax().groupby(groups).shift()
    begins = latest.isna() | (rows["start"] - latest > YEAR)
    joined = rows.assign(run=begins.cumsum()).groupby("run", sort=False)
    return joined.agg(**{name: (name, "first") for name in by}, start=("start", "min"), end=("end", "max")).reset_index(
        drop=True
    )


def moments(rows: pd.DataFrame) -> pd.DataFrame:
    """Starts and known ends of `rows` (person_id, start, end), each an instant at which somebody was seen."""
    at = pd.concat([rows["start"], rows["end"]], ignore_index=True)
    who = pd.concat([rows["person_id"]] * 2, ignore_index=True)
    return pd.DataFrame({"person_id": who, "start": at, "end": at}).dropna(subset=["start"])


def stays_of(found: pd.DataFrame, died: pd.Series, last: pd.Timestamp) -> pd.DataFrame:
    """A stay from the start of each run to a year after its end; those that would end after `last` are open.

    The absence is known on the day that it begins. No stay begins after death, which `died` tells by person_id; who
    has records from after it alone was there when it came.
    """
    when = died.reindex(found["person_id"]).set_axis(found.index)
    late = when < found["start"]
    moved_in = found["start"].mask(late, when)
    out = found["end"] + YEAR
    out = out.mask(out > last)
    rows = found.drop(columns=["start", "end"]).assign(moved_in=moved_in, moved_out=out, moved_out_recorded_at=out)
    return rows[~(late & found["person_id"].duplicated())].reset_index(drop=True)
