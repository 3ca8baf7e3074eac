"""Attendances at emergency departments: ECDS by the names of HES and of SUS+, and the older A&E data set of HES."""

import pandas as pd
import pyarrow as pa

from ..draft import Draft
from ..tables import Folder
from ..tally import Batch, Tally
from .episodes import about
from .fields import ABOUT, cells, code, moment, names_of, tables_with, timed

ECDS, AE = "arrdate", "arrivaldate"
# ECDS arrival mode, SNOMED CT: emergency road ambulance, with medical escort, non-emergency, air.
_AMBULANCE = ("1048031000000100", "1048041000000109", "1048021000000102", "1048051000000107")
_SAME_DAY = "05"  # emergency care department type
_DIED = ("63238001", "75004002")  # ECDS discharge status: dead on arrival, died in the department
_OF_ECDS = ("arrdate", "arrtime", "arrived", "departdate", "departtime", "departed", "arrmode", "chief", "mechanism",
            "department", "category", "status", "duplicate")  # fmt: skip
_OF_AE = (
    "arrivaldate",
    "arrivaltime",
    "arrived",
    "depdur",
    "aearrivalmode",
    "aeattendcat",
    "aeattenddisp",
    "aepatgroup",
)
_COLUMNS = ("person_id", "start", "end", "same_day", "ambulance", "fatal", "chief", "mechanism", "provider", "sex",
            "ethnos", "mydob", "dob", "file", "row")  # fmt: skip


def read_attendances(folder: Folder, tally: Tally) -> pd.DataFrame:
    """Attendances with person_id, start, end and codes; no rows without a table of either."""
    parts = [_sound(_empty(_OF_ECDS), _ecds, tally)]
    for wanted, columns, of in ((ECDS, _OF_ECDS, _ecds), (AE, _OF_AE, _ae)):
        for name in tables_with(folder, wanted):
            batches = folder.batches(name, names_of((*ABOUT, *columns)), tally)
            parts += [_sound(batch, of, tally) for batch in batches]
    for name in set(tables_with(folder, ECDS)) - set(tables_with(folder, ECDS, "department")):
        tally.notes.append(f"{name} has no type of department: same-day emergency care is not told apart")
    rows = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
    again = rows.duplicated(["person_id", "start", "provider"])
    tally.passed_over["attendance that stands again"] += int(again.sum())
    return rows[~again].reset_index(drop=True)


def _empty(columns: tuple[str, ...]) -> Batch:
    return Batch("", 1, pa.table({name: pa.array([], pa.string()) for name in names_of((*ABOUT, *columns))}))


def _sound(batch: Batch, of, tally: Tally) -> pd.DataFrame:
    frame = of(batch.table, about(batch))
    rules = [
        ("no person", frame["person_id"].notna().to_numpy()),
        ("no day of arrival", frame["start"].notna().to_numpy()),
        ("left before arriving", ~(frame["end"] < frame["start"]).to_numpy()),
    ]
    frame = frame[tally.passed(batch, rules)]
    tally.passed_over["planned follow-up or duplicate attendance"] += int(frame["over"].sum())
    return frame.loc[~frame["over"], list(_COLUMNS)]


def _ecds(table: pa.Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Of attendance category 4 are planned follow-ups; an end without a time of day is not known."""
    left = moment(table, "departdate", "departtime", "departed")
    return frame.assign(
        start=moment(table, "arrdate", "arrtime", "arrived"),
        end=left.where(timed(table, "departtime", "departed")),
        same_day=_is(table, "department", _SAME_DAY, "5"),
        ambulance=_is(table, "arrmode", *_AMBULANCE),
        fatal=_is(table, "status", *_DIED),
        chief=code(table, "chief"),
        mechanism=code(table, "mechanism"),
        over=_is(table, "category", "4") | _is(table, "duplicate", "1"),
    )


def _ae(table: pa.Table, frame: pd.DataFrame) -> pd.DataFrame:
    """HES A&E to 2019-20: arrival mode 1 is an ambulance, category 2 a planned follow-up, disposal 10 a death, patient
    group 70 brought in dead; departure is told in minutes from the arrival.
    """
    start = moment(table, "arrivaldate", "arrivaltime", "arrived")
    minutes = pd.to_numeric(cells(table, "depdur").to_pandas(), errors="coerce").clip(0, 9_999)
    return frame.assign(
        start=start,
        end=start + pd.to_timedelta(minutes, unit="min").astype("timedelta64[us]"),
        same_day=False,
        ambulance=_is(table, "aearrivalmode", "1"),
        fatal=_is(table, "aeattenddisp", "10") | _is(table, "aepatgroup", "70"),
        chief=None,
        mechanism=None,
        over=_is(table, "aeattendcat", "2"),
    )


def _is(table: pa.Table, column: str, *codes: str) -> pd.Series:
    return code(table, column).isin(codes)


def write_attendances(rows: pd.DataFrame, draft: Draft, tally: Tally) -> None:
    """Attendances, arrivals by ambulance, and what brought people in: a fall is seen here long before it is coded."""
    seen = rows.assign(code=rows["same_day"].map({True: "sdec_attendance", False: "ed_attendance"}), value=None)
    brought = rows[rows["ambulance"]].assign(code="ambulance_callout", value=1.0)
    said = [rows.assign(code="SNOMED:" + rows[name], value=None)[rows[name].notna()] for name in ("chief", "mechanism")]
    events = pd.concat([seen, brought, *said], ignore_index=True)
    for one, count in events["code"][len(seen) + len(brought) :].value_counts().items():
        tally.codes[str(one)] += int(count)
    draft.add(
        "events",
        resident_id=pa.array(events["person_id"], pa.string()),
        time=pa.array(events["start"]),
        code=pa.array(events["code"], pa.string()),
        value=pa.array(events["value"].astype("float64"), from_pandas=True),
        source=pa.array(["urgent_care"] * len(events), pa.string()),
    )
