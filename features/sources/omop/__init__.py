"""OMOP CDM 5.3 and 5.4, a folder of CSV or Parquet tables or a schema of a database, as a resident history.

People become residents and their nursing-facility visits stays; inpatient visits become spells, emergency-room visits,
conditions, drugs, measurements, observations and procedures events. What OMOP does not say is left empty and not
guessed: when anything was recorded (lags stand in) and whether an admission was planned, unless
emergency care led to it. visits.csv says which visit concepts count as what.
"""

from contextlib import closing
from pathlib import Path

import pandas as pd
import pyarrow as pa

from ...problems import HistoryError, Problem
from ..draft import Draft
from ..options import Options
from ..tables import Source, open_folder
from ..tally import Tally
from .concepts import read_concepts
from .details import attendances, with_details
from .events import EVENTS, Known, write_events
from .people import read_people
from .spells import coded, write_spells
from .stays import write_stays
from .visits import admissions, read_visits


def read(source: Path, draft: Draft, tally: Tally, options: Options) -> None:
    """Fill `draft` from the folder `source`, or from the database of the options.

    Raises HistoryError without a person table, for a broken file or for a database that does not answer.
    """
    if not options.database:
        _read(open_folder(source), source.name, draft, tally, options)
        return
    from ..database import open_database  # a third of a second that folders need not wait

    with closing(open_database(options.database, options.schema)) as database:
        _read(database, options.schema, draft, tally, options)


def _read(source: Source, name: str, draft: Draft, tally: Tally, options: Options) -> None:
    if "person" not in source:
        hint = "Name the folder or the schema that holds the tables"
        raise HistoryError([Problem("person", "", "table is missing", "error", 0, name, hint)])
    people = read_people(source, draft, tally)
    visits = with_details(source, read_visits(source, people, tally), tally)
    write_stays(source, people, visits, draft, tally, options)
    admitted, seen = admissions(visits, options), attendances(visits)
    write_spells(source, admitted, draft, tally)
    _write_attendances(seen, draft)
    part = admitted["spell"] != admitted["visit_occurrence_id"]
    told = ("visit_occurrence:" + admitted["visit_occurrence_id"]).isin(seen["record"])
    tally.passed_over["visit_occurrence, inside another inpatient visit of the person"] += int((part & ~told).sum())
    beds, known_from = pa.array(admitted["visit_occurrence_id"]), pa.array(coded(admitted))
    held = Known(pa.array(people["person_id"]), read_concepts(source, tally), beds, known_from)
    for table in EVENTS:
        for batch in source.batches(table.name, table.columns, tally):
            write_events(batch, table, held, draft, tally)


def _write_attendances(seen: pd.DataFrame, draft: Draft) -> None:
    draft.add(
        "events",
        resident_id=pa.array(seen["person_id"]),
        time=pa.array(seen["arrived"]),
        code=pa.array(["ed_attendance"] * len(seen)),
        source=pa.array(["urgent_care"] * len(seen)),
        record_id=pa.array(seen["record"]),
    )
