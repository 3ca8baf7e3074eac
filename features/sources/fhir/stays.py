"""Homes and stays: encounters at care homes, who is said to run where a person lives, or everyone as one home."""

import pandas as pd

from ...problems import HistoryError, Problem
from ..draft import Draft
from ..encounters import one_home
from ..encounters import write_stays as write
from ..tally import Tally
from .homes import Home, Homes
from .people import People
from .resources import kept

_STAY = ["person_id", "home_id", "moved_in", "moved_out"]


def write_stays(
    draft: Draft, people: People, spans: pd.DataFrame, lived: pd.DataFrame, homes: Homes, tally: Tally
) -> None:
    """Stays of everyone at care homes; one home for all, from each patient's first encounter on, where there is none.

    `spans` are first and last encounters by `who`; `lived` are encounters at homes.
    Raises HistoryError where no patient has an encounter whose time can be read.
    """
    spans = spans.assign(person_id=spans["who"].map(people.of)).query("person_id != ''")
    spans = spans.groupby("person_id").agg(moved_in=("start", "min"), moved_out=("end", "max")).reset_index()
    if not len(spans):
        hint = "A patient stands in a home from the first encounter on: export Encounter too"
        raise HistoryError([Problem("Encounter", "", "there is none of a patient with a time", "error", 0, "", hint)])
    gone = spans.set_index("person_id")["moved_out"]
    told, stays = _at_homes(spans, people, lived, homes, tally)
    if told:
        tally.notes.append("beds, practice and network are not in FHIR; the type of a home is that of facilities.csv")
        table = pd.DataFrame([vars(home) for home in told]).assign(practice="unknown", pcn="unknown")
        count = stays.groupby("home_id")["person_id"].nunique()
        table["beds"] = table["home_id"].map(count).clip(1, 500).astype(float)
    else:
        table, stays = one_home(spans)
    closed = stays["moved_out"].isna() & ~stays["person_id"].map(lambda who: people[who].current)
    stays["moved_out"] = stays["moved_out"].mask(closed, stays["person_id"].map(gone)).clip(lower=stays["moved_in"])
    died = people.died.reindex(stays["person_id"]).set_axis(stays.index)
    write(draft, table, stays.assign(moved_in=stays["moved_in"].mask(died < stays["moved_in"], died)), people.died)


def _at_homes(
    spans: pd.DataFrame, people: People, lived: pd.DataFrame, homes: Homes, tally: Tally
) -> tuple[list[Home], pd.DataFrame]:
    """Homes where somebody lives, and the stays: of each person those of the first of three kinds of evidence.

    Encounters as an inpatient at a home are stays of their own period. Who has none lives where Patient's managing
    organisation says, and who has none either, where a home visit was: from first to last, and on if that is lately.
    """
    rows = kept(lived, [("ends before it starts", lived["moved_out"] < lived["moved_in"])], tally)
    admitted = rows[rows["kind"] == "inpatient"]
    run_by = {who: homes.of("Organization", people[who].lives_at) for who in spans["person_id"]}
    managed = one_home(spans)[1].assign(home=spans["person_id"].map(run_by)).dropna(subset=["home"])
    seen = rows[rows["kind"] == "visit"].assign(home_id=lambda t: t["home"].map(lambda home: home.home_id))
    first = seen.groupby(["person_id", "home_id"], as_index=False).agg(
        home=("home", "first"), moved_in=("moved_in", "min"), moved_out=("moved_out", "max")
    )
    visited = one_home(first.assign(moved_out=first["moved_out"].fillna(first["moved_in"])))[1]
    found = admitted
    for more in (managed, visited):
        found = pd.concat([found, more[~more["person_id"].isin(found["person_id"])]], ignore_index=True)
    found["home_id"] = [home.home_id for home in found["home"]]
    told = {home.home_id: home for home in reversed(found["home"].tolist())}
    return list(told.values()), found[_STAY]
