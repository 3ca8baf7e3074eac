"""Hospital Episode Statistics and SUS extracts by their real column names: APC episodes, ECDS and A&E attendances.

A table is known by its columns, not by its name. Episodes become provider spells and these continuous inpatient spells:
admission fields come from the first episode, discharge fields from the last. What HES writes for "unknown" (days in
1582, 1800, 1801 and 1900, codes of nines) is missing. Where people live is not in HES: everyone stands as one home,
present for a year from each record on.
"""

from pathlib import Path

import pandas as pd

from ...problems import HistoryError, Problem
from ..draft import Draft
from ..encounters import together, write_stays
from ..options import Options
from ..seen import moments, runs, stays_of
from ..tables import open_folder
from ..tally import Tally
from .attendances import read_attendances, write_attendances
from .episodes import APC, read_episodes
from .fields import names_of
from .notes import notes
from .people import write_people
from .spells import continuous, provider_spells, write_spells


def read(source: Path, draft: Draft, tally: Tally, options: Options) -> None:
    """Fill `draft` from the folder `source`. Raises HistoryError without a row of APC, or of anyone with a birthday."""
    folder = open_folder(source)
    episodes = read_episodes(folder, tally)
    if episodes is None:
        hint = f"It needs {' and '.join(APC)}, or in SUS+ {' and '.join(names_of(APC)[1::2])}"
        raise HistoryError([Problem("APC", "", "no table with rows has its columns", "error", 0, source.name, hint)])
    attendances = read_attendances(folder, tally)
    died = write_people(episodes, attendances, draft, tally)
    if not len(died):
        hint = "MYDOB, DOB, or in SUS+ Month_of_Birth and Year_of_Birth"
        raise HistoryError([Problem("APC", "", "nobody has a month of birth", "error", 0, source.name, hint)])
    spells = continuous(provider_spells(episodes[episodes["person_id"].isin(died.index)]))
    attendances = attendances[attendances["person_id"].isin(died.index)]
    write_spells(spells, draft)
    write_attendances(attendances, draft, tally)
    seen = pd.concat([spells[["person_id", "start", "discharged"]].rename(columns={"discharged": "end"}),
                      attendances[["person_id", "start", "end"]]])  # fmt: skip
    tally.notes += notes(spells, attendances)
    at = moments(seen)
    homes, stays = together(stays_of(runs(at, ["person_id"]), died, seen["start"].max()))
    write_stays(draft, homes, stays, died)


__all__ = ["read"]
