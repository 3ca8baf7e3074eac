"""Homes and stays: visits to nursing facilities, or everyone under observation as one home."""

from pathlib import Path

import pandas as pd

from ...problems import HistoryError, Problem, UsageError
from ..draft import Draft
from ..encounters import together
from ..encounters import write_stays as write
from ..options import Options
from ..seen import runs, stays_of
from ..tables import Source, whole
from ..tally import Tally
from .fields import ids, known, time, trimmed
from .visits import kinds

_HOMES = ("care_site_id", "home_id", "name", "home_type", "beds", "practice", "pcn")
_ELSEWHERE = "visit_occurrence, to a facility that is none of the homes"


def write_stays(
    source: Source, people: pd.DataFrame, visits: pd.DataFrame, draft: Draft, tally: Tally, options: Options
) -> None:
    """Homes and stays: from visits to nursing facilities, or everyone under observation as one home.

    Raises HistoryError if nobody stays anywhere, UsageError for a file of homes that cannot be used.
    """
    homes = _homes(source, visits, tally, options)
    visited = visits[visits["kind"] == "facility"]
    if homes is None:
        tally.passed_over[_ELSEWHERE] += len(visited)
        homes, stays = _whole_site(source, people, tally)
    else:
        stays = visited[visited["care_site_id"].isin(homes["care_site_id"])]
        tally.passed_over[_ELSEWHERE] += len(visited) - len(stays)
        stays = stays.rename(columns={"start": "moved_in", "end": "moved_out"})
        stays = stays.merge(homes[["care_site_id", "home_id"]], on="care_site_id")
    if not len(stays) and not options.stays:
        hint = "A stay is a visit to one of the homes or, where there are none, a row of observation_period"
        raise HistoryError([Problem("visit_occurrence", "", "nobody stays anywhere", "error", 0, "", hint)])
    write(draft, homes, stays, people.set_index("person_id")["died"])


def _homes(source: Source, visits: pd.DataFrame, tally: Tally, options: Options) -> pd.DataFrame | None:
    """Homes by care site: those of the mapping file, else the nursing facilities among the care sites; None without.

    Beside a file of stays the homes are those of the contract, and replace what is found here.
    """
    if options.homes and not options.stays:
        return _given(options.homes)
    batch = whole(source, "care_site", ("care_site_id", "care_site_name", "place_of_service_concept_id"), tally)
    site, place = (ids(batch, name).to_pandas() for name in ("care_site_id", "place_of_service_concept_id"))
    rules = [("no care_site_id", known(site)), ("the same care_site_id twice", ~site.duplicated().to_numpy())]
    kept = tally.passed(batch, rules)
    used = visits.loc[visits["kind"] == "facility", "care_site_id"]
    home = kept & ((place.map(kinds()) == "facility") | site.isin(used.dropna())).to_numpy()
    tally.passed_over["care_site, no facility"] += int((kept & ~home).sum())
    if not home.any():
        return None
    most = visits[visits["kind"] == "facility"].groupby("care_site_id")["person_id"].nunique()
    tally.notes.append("type of home, beds, practice and network are not in OMOP: give them with --homes")
    names = trimmed(batch.table["care_site_name"]).to_pandas()[home]
    return pd.DataFrame(
        {
            "care_site_id": site[home],
            "home_id": site[home],
            "name": names.fillna(site[home]),
            "home_type": "nursing",
            "beds": site[home].map(most).fillna(1).clip(1, 500).astype(float),
            "practice": "unknown",
            "pcn": "unknown",
        }
    )


def _given(path: Path) -> pd.DataFrame:
    """The file of homes that a person wrote."""
    if not path.is_file():
        raise UsageError(f"{path} is no CSV file of homes: a history goes with --stays")
    homes = pd.read_csv(path, dtype=str)
    missing = [name for name in _HOMES if name not in homes]
    if missing:
        raise UsageError(
            f"{path.name}: a file of homes needs the columns {', '.join(_HOMES)}; not there: {', '.join(missing)}"
        )
    return homes.assign(beds=pd.to_numeric(homes["beds"], errors="coerce").astype(float))


def _whole_site(source: Source, people: pd.DataFrame, tally: Tally) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One home for everyone under observation, and for a year after: many extracts end it with the last record."""
    columns = ("person_id", "observation_period_start_date", "observation_period_end_date")
    batch = whole(source, "observation_period", columns, tally)
    who = ids(batch, "person_id").to_pandas()
    begin, end = (time(batch.table, name) for name in columns[1:])
    died = who.map(people.set_index("person_id")["died"])
    rules = [
        ("unknown person", who.isin(people["person_id"]).to_numpy()),
        ("no start that can be read", known(begin)),
        ("ends before it starts", ~(end < begin).to_numpy()),
        ("begins after death", ~(begin > died).to_numpy()),
    ]
    kept = tally.passed(batch, rules)
    periods = pd.DataFrame({"person_id": who[kept], "start": begin[kept], "end": end[kept]})
    return together(stays_of(runs(periods, ["person_id"]), people.set_index("person_id")["died"], periods["end"].max()))
