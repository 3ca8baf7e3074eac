"""What sources with visits have in common: which emergency attendance led to an admission, and one home for all."""

import numpy as np
import pandas as pd
import pyarrow as pa

from .draft import Draft

UNKNOWN_METHOD = "99"  # NHS Data Dictionary, ADMISSION METHOD: not known
FROM_EMERGENCY = "21"
_BEFORE = pd.Timedelta(hours=24)  # an attendance that ends no longer before an admission led to it
EVERYONE = "site"
_HOME = {
    "home_id": EVERYONE,
    "name": "The whole extract",
    "home_type": "nursing",
    "practice": "unknown",
    "pcn": "unknown",
}


def after_emergency(admitted: pd.DataFrame, seen: pd.DataFrame) -> pd.Series:
    """Whether an attendance of the same person began before the admission and ended at most a day before it.

    Both have person_id, start and end (NaT while it lasts). An attendance led to one admission, the first after it: a
    second is a transfer, or another matter.
    """
    if not len(admitted) or not len(seen):
        return pd.Series(False, admitted.index)
    left = admitted[["person_id", "start"]].reset_index(names="row").sort_values("start", kind="stable")
    right = seen.assign(left=seen["end"].fillna(seen["start"]), began=seen["start"])
    right = right[["person_id", "began", "left"]].sort_values("began", kind="stable").reset_index(names="visit")
    near = pd.merge_asof(left, right, left_on="start", right_on="began", by="person_id")
    near = near[near["left"] >= near["start"] - _BEFORE].drop_duplicates("visit")
    return pd.Series(admitted.index.isin(near["row"]), admitted.index)


def method_of(admitted: pd.DataFrame, told: pd.Series, seen: pd.DataFrame, *, emergencies: bool) -> pd.Series:
    """The method of admission: what is told, else from emergency care, else unknown or, if asked, an emergency."""
    rest = FROM_EMERGENCY if emergencies else UNKNOWN_METHOD
    inferred = np.where(after_emergency(admitted, seen), FROM_EMERGENCY, rest)
    return told.fillna(pd.Series(inferred, admitted.index))


def day_ends(times: pd.Series, zone: str) -> pd.Series:
    """Midnight is how a day without a clock is written: its last moment, for only then what it tells is sure."""
    local = times.dt.tz_convert(zone)
    ends = (local + pd.DateOffset(days=1) - pd.Timedelta(microseconds=1)).dt.tz_convert("UTC")
    return times.mask(local == local.dt.normalize(), ends)


def together(stays: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One home, and the stays of everyone in it."""
    home = _HOME | {"beds": float(np.clip(stays["person_id"].nunique(), 1, 500))}
    return pd.DataFrame([home]), stays.assign(home_id=EVERYONE).reset_index(drop=True)


def write_stays(draft: Draft, homes: pd.DataFrame, stays: pd.DataFrame, died: pd.Series) -> None:
    """Homes and stays of the contract; a stay ends with the death of `died` (by person_id) at the latest.

    When an end was recorded is told where `stays` has `moved_out_recorded_at`, but for those that death ended.
    """
    when = died.reindex(stays["person_id"]).set_axis(stays.index)
    by_death = when.notna() & ~(when >= stays["moved_out"])
    out = stays["moved_out"].mask(by_death, when)
    unsaid = pd.Series(pd.NaT, stays.index, dtype="datetime64[us, UTC]")
    recorded = stays.get("moved_out_recorded_at", unsaid).mask(by_death)
    names = ("home_id", "name", "home_type", "beds", "practice", "pcn")
    draft.add("homes", **{name: pa.array(homes[name]) for name in names})
    draft.add(
        "stays",
        resident_id=pa.array(stays["person_id"]),
        home_id=pa.array(stays["home_id"]),
        moved_in=pa.array(stays["moved_in"]),
        moved_out=pa.array(out.astype("datetime64[us, UTC]")),
        moved_out_recorded_at=pa.array(recorded.astype("datetime64[us, UTC]")),
    )
