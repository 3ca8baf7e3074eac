"""What sources with visits have in common: which emergency attendance led to an admission, and one home for all."""

import numpy as np
import pandas as pd
import pyarrow as pa

from .draft import Draft

UNKNOWN_METHOD = "99"  # NHS Data Dictionary, ADMISSION METHOD: not known
FROM_EMERGENCY = "21"
_BEFORE = pd.Timedelta(hours=24)  # an attendance that ends no longer before an admission led to it
_STILL_SEEN = pd.Timedelta(days=365)
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

    Both have person_id, start and end (NaT while it lasts).
    """
    if not len(admitted) or not len(seen):
        return pd.Series(False, admitted.index)
    left = admitted[["person_id", "start"]].reset_index(names="row").sort_values("start", kind="stable")
    right = seen.assign(left=seen["end"].fillna(seen["start"]), began=seen["start"])
    right = right[["person_id", "began", "left"]].sort_values("began", kind="stable")
    near = pd.merge_asof(left, right, left_on="start", right_on="began", by="person_id")
    found = near.set_index("row")["left"].reindex(admitted.index)
    return found.notna() & (found >= admitted["start"] - _BEFORE)


def method_of(admitted: pd.DataFrame, told: pd.Series, seen: pd.DataFrame, *, emergencies: bool) -> pd.Series:
    """The method of admission: what is told, else from emergency care, else unknown or, if asked, an emergency."""
    rest = FROM_EMERGENCY if emergencies else UNKNOWN_METHOD
    inferred = np.where(after_emergency(admitted, seen), FROM_EMERGENCY, rest)
    return told.fillna(pd.Series(inferred, admitted.index))


def one_home(stays: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One home for everyone; `stays` (person_id, moved_in, moved_out) of those seen in the last year go on."""
    last = stays["moved_out"].max()
    out = stays["moved_out"].mask(stays["moved_out"] > last - _STILL_SEEN)
    home = _HOME | {"beds": float(np.clip(stays["person_id"].nunique(), 1, 500))}
    return pd.DataFrame([home]), stays.assign(moved_out=out, home_id=EVERYONE).reset_index(drop=True)


def write_stays(draft: Draft, homes: pd.DataFrame, stays: pd.DataFrame, died: pd.Series) -> None:
    """Homes and stays of the contract; a stay ends with the death of `died` (by person_id) at the latest."""
    when = died.reindex(stays["person_id"]).set_axis(stays.index)
    out = stays["moved_out"].mask(when.notna() & ~(when >= stays["moved_out"]), when)
    names = ("home_id", "name", "home_type", "beds", "practice", "pcn")
    draft.add("homes", **{name: pa.array(homes[name]) for name in names})
    draft.add(
        "stays",
        resident_id=pa.array(stays["person_id"]),
        home_id=pa.array(stays["home_id"]),
        moved_in=pa.array(stays["moved_in"]),
        moved_out=pa.array(out.astype("datetime64[us, UTC]")),
    )
