"""APC: finished and unfinished consultant episodes."""

import pandas as pd
import pyarrow as pa

from ..tables import Folder
from ..tally import Batch, Tally
from .fields import PERSON, code, day, known, tables_with

APC = ("epistart", "admidate", "admimeth")
DIAGNOSES = tuple(f"diag_{n:02d}" for n in range(1, 21))
OPERATIONS = tuple(f"opertn_{n:02d}" for n in range(1, 25))
_CODES = ("epikey", "admimeth", "admisorc", "disdest", "dismeth", "procode3", "procode5", "procodet", "sex", "ethnos",
          "mydob", "dob")  # fmt: skip
_MARK = r"[^0-9A-Z]|(?<=.{4})[DA]$"
_DAYS = ("epistart", "epiend", "admidate", "disdate")


def read_episodes(folder: Folder, tally: Tally) -> pd.DataFrame | None:
    """Episodes with person_id, start, end, admitted, discharged (NaT where unknown) and codes; None without a table."""
    names = tables_with(folder, APC)
    columns = (*PERSON, *_CODES, *_DAYS, *DIAGNOSES, *OPERATIONS)
    parts = [_episodes(batch, tally) for name in names for batch in folder.batches(name, columns, tally)]
    return pd.concat(parts, ignore_index=True) if parts else None


def _episodes(batch: Batch, tally: Tally) -> pd.DataFrame:
    table = batch.table
    frame = pd.DataFrame({name: code(table[name]) for name in _CODES})
    frame["person_id"] = person(table)
    for name, column in zip(("start", "end", "admitted", "discharged"), _DAYS, strict=True):
        frame[name] = day(table[column])
    frame["start"] = frame["start"].fillna(frame["admitted"])
    frame["admitted"] = frame["admitted"].fillna(frame["start"])
    frame["provider"] = frame["procode3"].fillna(frame["procode5"].str[:3]).fillna(frame["procodet"].str[:3])
    for name, columns in (("diagnoses", DIAGNOSES), ("procedures", OPERATIONS)):
        frame[name] = _joined(table, columns)
    rules = [
        ("no person", frame["person_id"].notna().to_numpy()),
        ("no day of admission or episode start", frame["admitted"].notna().to_numpy()),
        ("episode ends before it starts", ~(frame["end"] < frame["start"]).to_numpy()),
        ("discharged before admitted", ~(frame["discharged"] < frame["admitted"]).to_numpy()),
    ]
    return frame[tally.passed(batch, rules)]


def person(table: pa.Table) -> pd.Series:
    """The first of the names that HES and SUS give a person's pseudonym."""
    found = code(table[PERSON[0]])
    for name in PERSON[1:]:
        found = found.fillna(code(table[name]))
    return found


def _joined(table: pa.Table, columns: tuple[str, ...]) -> pd.Series:
    """Codes of a row joined by `;`, in order, without points and without the D or A of dagger and asterisk."""
    joined = pd.Series("", index=range(table.num_rows))
    for name in columns:
        codes = known(code(table[name])).str.upper().str.replace(_MARK, "", regex=True).fillna("")
        joined += (";" + codes).where(codes != "", "")
    return joined.str[1:].where(joined != "", None)
