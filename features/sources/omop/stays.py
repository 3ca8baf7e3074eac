"""Homes and stays: visits to nursing facilities, or everyone under observation as one home."""

import pandas as pd

from ..draft import Draft
from ..encounters import one_home
from ..encounters import write_stays as write
from ..options import Options
from ..tables import Folder
from ..tally import Tally
from .fields import ids, known, time
from .visits import visit_concepts


def write_stays(
    folder: Folder, people: pd.DataFrame, visits: pd.DataFrame, draft: Draft, tally: Tally, options: Options
) -> None:
    """Homes and stays: from visits to nursing facilities, or everyone under observation as one home."""
    homes = _homes(folder, visits, tally, options)
    if homes is None:
        homes, stays = _whole_site(folder, people, tally)
    else:
        stays = visits[visits["care_site_id"].isin(homes["care_site_id"]) & (visits["kind"] == "facility")]
        stays = stays.rename(columns={"start": "moved_in", "end": "moved_out"})
        stays = stays.merge(homes[["care_site_id", "home_id"]], on="care_site_id")
    write(draft, homes, stays, people.set_index("person_id")["died"])


def _homes(folder: Folder, visits: pd.DataFrame, tally: Tally, options: Options) -> pd.DataFrame | None:
    """Homes by care site: those of the mapping file, else the nursing facilities among the care sites; None without."""
    if options.homes:
        return pd.read_csv(options.homes, dtype=str).assign(beds=lambda t: t["beds"].astype(float))
    columns = ("care_site_id", "care_site_name", "place_of_service_concept_id")
    sites = folder.whole("care_site", columns, tally).table.to_pandas()
    facility = {key for key, row in visit_concepts().items() if row["kind"] == "facility"}
    used = visits.loc[visits["kind"] == "facility", "care_site_id"]
    homes = sites[sites["place_of_service_concept_id"].isin(facility) | sites["care_site_id"].isin(used.dropna())]
    if not len(homes):
        return None
    most = visits[visits["kind"] == "facility"].groupby("care_site_id")["person_id"].nunique()
    ids = homes["care_site_id"]
    tally.notes.append("type of home, beds, practice and network are not in OMOP: give them with --homes")
    return pd.DataFrame(
        {
            "care_site_id": ids,
            "home_id": ids,
            "name": homes["care_site_name"].fillna(ids),
            "home_type": "nursing",
            "beds": ids.map(most).fillna(1).clip(1, 500).astype(float),
            "practice": "unknown",
            "pcn": "unknown",
        }
    )


def _whole_site(folder: Folder, people: pd.DataFrame, tally: Tally) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One home for everyone under observation; who was seen in the extract's last year is still there."""
    columns = ("person_id", "observation_period_start_date", "observation_period_end_date")
    batch = folder.whole("observation_period", columns, tally)
    who = ids(batch.table["person_id"]).to_pandas()
    begin, end = (time(batch.table, name) for name in columns[1:])
    rules = [("unknown person", who.isin(people["person_id"]).to_numpy()), ("no start that can be read", known(begin)),
             ("ends before it starts", ~(end < begin).to_numpy())]  # fmt: skip
    kept = tally.passed(batch, rules)
    tally.notes.append("no nursing facility among the care sites: everyone under observation stands as one home")
    return one_home(pd.DataFrame({"person_id": who[kept], "moved_in": begin[kept], "moved_out": end[kept]}))
