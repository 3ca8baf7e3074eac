"""Hospital Episode Statistics and SUS extracts by their real column names: APC episodes and ECDS attendances.

A table is known by its columns, not by its name. Episodes become provider spells and these continuous inpatient spells:
admission fields come from the first episode, discharge fields from the last. What HES writes for "unknown" (days in
1582, 1800, 1801 and 1900, codes of nines) is missing. Where people live is not in HES: everyone stands as one home.
"""

from pathlib import Path

import pandas as pd

from ...problems import HistoryError, Problem
from ..draft import Draft
from ..encounters import one_home, write_stays
from ..options import Options
from ..tables import open_folder
from ..tally import Tally
from .attendances import ECDS, read_attendances, write_attendances
from .episodes import APC, read_episodes
from .people import write_people
from .spells import continuous, provider_spells, write_spells


def read(source: Path, draft: Draft, tally: Tally, options: Options) -> None:
    """Fill `draft` from the folder `source`. Raises HistoryError where no table has the columns of APC."""
    folder = open_folder(source)
    episodes = read_episodes(folder, tally)
    if episodes is None:
        hint = f"It needs {', '.join(APC)}"
        raise HistoryError([Problem("APC", "", "no table has its columns", "error", 0, source.name, hint)])
    attendances = read_attendances(folder, tally)
    died = write_people(episodes, attendances, draft, tally)
    write_spells(continuous(provider_spells(episodes)), died.index, draft)
    write_attendances(attendances[attendances["person_id"].isin(died.index)], draft, tally)
    seen = pd.concat([episodes[["person_id", "start", "end"]], attendances[["person_id", "start", "end"]]])
    seen = seen[seen["person_id"].isin(died.index)]
    span = seen.groupby("person_id").agg(moved_in=("start", "min"), moved_out=("end", "max")).reset_index()
    span["moved_out"] = span["moved_out"].fillna(span["moved_in"])
    tally.notes.append("where people live is not in HES: everyone stands as one home from the first record on")
    homes, stays = one_home(span)
    write_stays(draft, homes, stays, died)


__all__ = ["APC", "ECDS", "read"]
