"""OMOP CDM 5.3 and 5.4, a folder of CSV or Parquet tables, as a resident history.

People become residents and their nursing-facility visits stays; inpatient visits become spells, emergency-room visits,
conditions, drugs, measurements, observations and procedures events. What OMOP does not say is left empty and not
guessed: when anything was recorded (the lags of the settings stand in) and whether an admission was planned, unless an
emergency visit led to it. visits.csv says which visit concepts count as what.
"""

from pathlib import Path

import pyarrow as pa

from ...problems import HistoryError, Problem
from ..draft import Draft
from ..options import Options
from ..tables import open_folder
from ..tally import Tally
from .events import EVENTS, read_concepts, write_events
from .people import read_people
from .spells import write_spells
from .stays import write_stays
from .visits import admissions, read_visits


def read(source: Path, draft: Draft, tally: Tally, options: Options) -> None:
    """Fill `draft` from the folder `source`. Raises HistoryError without a person table or for a broken file."""
    folder = open_folder(source)
    if "person" not in folder:
        raise HistoryError(
            [Problem("person", "", "table is missing", "error", 0, source.name, "Name the folder of tables")]
        )
    people = read_people(folder, draft, tally)
    visits = read_visits(folder, people, tally)
    write_stays(folder, people, visits, draft, tally, options)
    admitted = admissions(visits, options)
    write_spells(folder, admitted, draft, tally)
    seen = visits[visits["kind"] == "emergency"]
    draft.add(
        "events",
        resident_id=pa.array(seen["person_id"]),
        time=pa.array(seen["start"]),
        code=pa.array(["ed_attendance"] * len(seen)),
        source=pa.array(["urgent_care"] * len(seen)),
        record_id=pa.array("visit_occurrence:" + seen["visit_occurrence_id"]),
    )
    names = read_concepts(folder, tally)
    inside = pa.array(admitted["visit_occurrence_id"])
    for table in EVENTS:
        for batch in folder.batches(table.name, table.columns, tally):
            write_events(batch, table, people, names, inside, draft, tally)
