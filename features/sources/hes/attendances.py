"""ECDS: attendances at emergency departments, by the names of HES-ECDS."""

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..draft import Draft
from ..tables import Folder
from ..tally import Batch, Tally
from .episodes import person
from .fields import PERSON, code, day, tables_with

ECDS = ("arrdate_ec",)
# ECDS arrival mode, SNOMED CT: emergency road ambulance, with medical escort, non-emergency, air.
_AMBULANCE = ("1048031000000100", "1048041000000109", "1048021000000102", "1048051000000107")
_SAME_DAY = "05"  # emergency care department type
_TYPES = ("deptype_ec", "dept_type_ec", "ec_department_type")
_CODES = ("arrmode_ec", "chief_ec", "injmech_ec", "sex", "ethnos", "mydob", "dob", "procode3", "procodet", *_TYPES)
_COLUMNS = ("person_id", "start", "end", "same_day", "ambulance", "chief", "mechanism", "provider", "sex", "ethnos",
            "mydob", "dob")  # fmt: skip


def read_attendances(folder: Folder, tally: Tally) -> pd.DataFrame:
    """Attendances with person_id, start, end and codes; no rows without a table of ECDS."""
    columns = (*PERSON, *_CODES, "arrdate_ec", "arrtime_ec", "departdate_ec", "departtime_ec")
    names = tables_with(folder, ECDS)
    parts = [_attendances(batch, tally) for name in names for batch in folder.batches(name, columns, tally)]
    if parts:
        return pd.concat(parts, ignore_index=True)
    empty = pd.DataFrame({name: pd.Series(dtype=object) for name in _COLUMNS})
    return empty.astype(
        {"start": "datetime64[us, UTC]", "end": "datetime64[us, UTC]", "same_day": bool, "ambulance": bool}
    )


def _attendances(batch: Batch, tally: Tally) -> pd.DataFrame:
    table = batch.table
    kind = code(table[_TYPES[0]]).fillna(code(table[_TYPES[1]])).fillna(code(table[_TYPES[2]]))
    frame = pd.DataFrame({name: code(table[name]) for name in ("sex", "ethnos", "mydob", "dob")})
    frame = frame.assign(
        person_id=person(table),
        start=_moment(table, "arr"),
        end=_moment(table, "depart"),
        same_day=(kind.str.zfill(2) == _SAME_DAY).to_numpy(bool),
        ambulance=code(table["arrmode_ec"]).isin(_AMBULANCE).to_numpy(bool),
        chief=code(table["chief_ec"]),
        mechanism=code(table["injmech_ec"]),
        provider=code(table["procode3"]).fillna(code(table["procodet"]).str[:3]),
    )
    rules = [
        ("no person", frame["person_id"].notna().to_numpy()),
        ("no day of arrival", frame["start"].notna().to_numpy()),
        ("left before arriving", ~(frame["end"] < frame["start"]).to_numpy()),
    ]
    return frame.loc[tally.passed(batch, rules), list(_COLUMNS)]


def _moment(table: pa.Table, which: str) -> pd.Series:
    """A day with its time, 10:45 or 1045; midnight where there is none."""
    digits = pc.replace_substring(pc.utf8_trim_whitespace(table[f"{which}time_ec"]), ":", "").to_pandas()
    minutes = pd.to_numeric(digits.str[:2], errors="coerce") * 60 + pd.to_numeric(digits.str[2:4], errors="coerce")
    return day(table[f"{which}date_ec"]) + pd.to_timedelta(minutes.fillna(0), unit="min").astype("timedelta64[us]")


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
    first = rows[rows["same_day"]].groupby(rows["provider"].fillna("?"))["start"].min()
    tally.notes += [f"same-day emergency care of {who} is in ECDS from {at:%Y-%m-%d} on" for who, at in first.items()]
