"""Homes and stays: encounters at care homes, who is said to run where a person lives, or everyone as one home."""

import pandas as pd

from ...problems import HistoryError, Problem
from ..draft import Draft
from ..encounters import together
from ..encounters import write_stays as write
from ..seen import runs, stays_of
from ..tally import Tally
from .homes import Home, Homes
from .people import People
from .resources import kept
from .spans import Spans

_STAY = ["person_id", "home_id", "moved_in", "moved_out", "moved_out_recorded_at"]


def write_stays(draft: Draft, people: People, seen: Spans, lived: pd.DataFrame, homes: Homes, tally: Tally) -> None:
    """Stays of everyone at care homes; one home for all, a year from each encounter on, where there is none.

    `seen` are encounters of all classes; `lived` are those at homes. Whose record is out of use is gone when the last
    encounter of all begins: that it would be was known no sooner.
    Raises HistoryError where no patient has an encounter whose time can be read.
    """
    spans, last = seen.frame(), seen.last()
    spans = spans.assign(person_id=spans["who"].map(people.of)).query("person_id != ''")
    if not len(spans):
        hint = "A patient stands in a home from the first encounter on: export Encounter too"
        raise HistoryError([Problem("Encounter", "", "there is none of a patient with a time", "error", 0, "", hint)])
    present = stays_of(runs(spans, ["person_id"]), people.died, last)
    told, stays = _at_homes(present, people, lived, last, homes, tally)
    if told:
        tally.notes.append("beds, practice and network are not in FHIR; the type of a home is that of facilities.csv")
        table = pd.DataFrame([vars(home) for home in told]).assign(practice="unknown", pcn="unknown")
        count = stays.groupby("home_id")["person_id"].nunique()
        table["beds"] = table["home_id"].map(count).clip(1, 500).astype(float)
    else:
        table, stays = together(present)
    closed = stays["moved_out"].isna() & ~stays["person_id"].map(lambda who: people[who].current)
    stays["moved_out"] = stays["moved_out"].mask(closed, last).clip(lower=stays["moved_in"])
    died = people.died.reindex(stays["person_id"]).set_axis(stays.index)
    write(draft, table, stays.assign(moved_in=stays["moved_in"].mask(died < stays["moved_in"], died)), people.died)


def _at_homes(
    present: pd.DataFrame, people: People, lived: pd.DataFrame, last: pd.Timestamp, homes: Homes, tally: Tally
) -> tuple[list[Home], pd.DataFrame]:
    """Homes where somebody lives, and the stays: of each person those of the first of three kinds of evidence.

    Encounters as an inpatient at a home are stays of their own period. Who has none lives where Patient's managing
    organisation says, and who has none either, where a home visit was: for a year from each on.
    """
    rows = kept(lived, [("ends before it starts", lived["moved_out"] < lived["moved_in"])], tally)
    admitted = rows[rows["kind"] == "inpatient"]
    run_by = {who: homes.of("Organization", people[who].lives_at) for who in present["person_id"]}
    managed = present.assign(home=present["person_id"].map(run_by)).dropna(subset=["home"])
    seen = rows[rows["kind"] == "visit"].assign(home_id=lambda t: t["home"].map(lambda home: home.home_id))
    by_id = {home.home_id: home for home in seen["home"]}
    spans = seen[["person_id", "home_id"]].assign(start=seen["moved_in"], end=seen["moved_out"])
    found_at = runs(spans, ["person_id", "home_id"])
    visited = stays_of(found_at, people.died, last).assign(home=lambda t: t["home_id"].map(by_id))
    found = admitted
    for more in (managed, visited):
        found = pd.concat([found, more[~more["person_id"].isin(found["person_id"])]], ignore_index=True)
    found["home_id"] = [home.home_id for home in found["home"]]
    told = {home.home_id: home for home in reversed(found["home"].tolist())}
    return list(told.values()), found[_STAY]
