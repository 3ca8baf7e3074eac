"""What the report says of an extract as a whole: where its series break, and who came from or went to a care home."""

from collections.abc import Iterator

import pandas as pd

from ...contract import EMERGENCY_METHODS

# NHS Data Dictionary, source of admission and discharge destination, of then and now: NHS care home, local authority
# residence, independent care homes; care home with and without nursing.
_CARE_HOMES = ("54", "65", "85", "86", "55", "56")


def notes(spells: pd.DataFrame, attendances: pd.DataFrame) -> Iterator[str]:
    """Sentences for the report on continuous spells and attendances of residents."""
    came, went = spells["admisorc"].isin(_CARE_HOMES), spells["disdest"].isin(_CARE_HOMES)
    yield (
        f"of {len(spells):,} spells {int(came.sum()):,} came from a care home by their codes and {int(went.sum()):,} "
        "went to one; most residents are coded as at home"
    )
    yield from _same_day_care(spells, attendances)


def _same_day_care(spells: pd.DataFrame, attendances: pd.DataFrame) -> Iterator[str]:
    """Since when each provider tells same-day care in ECDS, and its emergency admissions that ended the same day."""
    short = spells["admimeth"].str.upper().isin(EMERGENCY_METHODS) & (spells["admitted"] == spells["discharged"])
    first = attendances[attendances["same_day"]].groupby(attendances["provider"].fillna("?"))["start"].min()
    for provider, begins in first.items():
        own = spells[short & (spells["provider"].replace("", "?") == provider)]["admitted"]
        yield (
            f"same-day emergency care of {provider} is in ECDS from {begins:%Y-%m-%d} on: emergency admissions for "
            f"less than a day were {int((own < begins).sum()):,} before and {int((own >= begins).sum()):,} since"
        )
