"""APC: finished and unfinished consultant episodes of HES, and the episodes or spells of SUS+."""

import pandas as pd
import pyarrow as pa

from ..tables import Folder
from ..tally import Batch, Tally
from .fields import ABOUT, cells, code, day, iso_days, known, names_of, tables_with

APC = ("admidate", "admimeth")
DIAGNOSES = tuple(f"diag_{n:02d}" for n in range(1, 21))
OPERATIONS = tuple(f"opertn_{n:02d}" for n in range(1, 25))
_CODES = ("epikey", "admimeth", "admisorc", "disdest", "dismeth")
_MARK = r"[^0-9A-Z]|(?<=.{4})[DA]$"
_CODE = r"[A-Z][0-9][0-9A-Z.]{1,5}"  # in SUS+ all codes stand in one cell, with marks between them
_DAYS = {"start": "epistart", "end": "epiend", "admitted": "admidate", "discharged": "disdate"}
# HES data dictionary, EPITYPE: birth episodes are those of the child; CLASSPAT: regular attenders are never admitted.
_BIRTHS, _REGULAR = ("3", "6"), ("3", "4")


def read_episodes(folder: Folder, tally: Tally) -> pd.DataFrame | None:
    """Episodes with person_id, start, end, admitted, discharged (NaT where unknown) and codes; None without any."""
    others = ("spell", "epitype", "classpat", "diagnosis", "diagnoses", "procedures")
    columns = names_of((*ABOUT, *_CODES, *_DAYS.values(), *others, *DIAGNOSES, *OPERATIONS))
    names = tables_with(folder, *APC)
    parts = [_episodes(batch, tally) for name in names for batch in folder.batches(name, columns, tally)]
    return _once(pd.concat(parts, ignore_index=True), tally) if parts else None


def _episodes(batch: Batch, tally: Tally) -> pd.DataFrame:
    table = batch.table
    frame = about(batch).assign(**{name: code(table, name) for name in _CODES})
    frame["spell"] = known(code(table, "spell"))
    for name, column in _DAYS.items():
        frame[name] = day(table, column)
    frame["start"] = frame["start"].fillna(frame["admitted"])
    frame["admitted"] = frame["admitted"].fillna(frame["start"]).clip(upper=frame["start"])
    frame["diagnoses"] = (
        _joined(table, DIAGNOSES).fillna(_listed(table, "diagnoses")).fillna(_joined(table, ("diagnosis",)))
    )
    frame["procedures"] = _joined(table, OPERATIONS).fillna(_listed(table, "procedures"))
    rules = [
        ("no person", frame["person_id"].notna().to_numpy()),
        ("no day of admission or episode start", frame["admitted"].notna().to_numpy()),
        ("episode ends before it starts", ~(frame["end"] < frame["start"]).to_numpy()),
        ("discharged before the episode starts", ~(frame["discharged"] < frame["start"]).to_numpy()),
    ]
    frame = frame[tally.passed(batch, rules)]
    birth, regular = code(table, "epitype").isin(_BIRTHS), code(table, "classpat").isin(_REGULAR)
    tally.passed_over["episode of a birth"] += int(birth[frame.index].sum())
    tally.passed_over["regular day or night attender"] += int((regular & ~birth)[frame.index].sum())
    return frame[~(birth | regular)[frame.index]]


def _once(episodes: pd.DataFrame, tally: Tally) -> pd.DataFrame:
    """One row for a person's EPIKEY, of those with a discharge or an end the last: extracts of months overlap."""
    order = episodes.assign(left=episodes["discharged"].notna(), over=episodes["end"].notna())
    order = order.sort_values(["left", "over"], kind="stable")
    again = order["epikey"].notna() & order.duplicated(["person_id", "epikey"], keep="last")
    tally.passed_over["episode that stands again under its EPIKEY"] += int(again.sum())
    return episodes[~again.sort_index()].reset_index(drop=True)


def about(batch: Batch) -> pd.DataFrame:
    """Whom each row is about: person_id, provider, sex, ethnos, dob, mydob; and its place, `file` and `row`."""
    table = batch.table
    frame = pd.DataFrame({name: code(table, name) for name in ("sex", "ethnos", "mydob")})
    month = code(table, "month").str.zfill(2) + code(table, "year")
    return frame.assign(
        dob=iso_days(table, "dob").to_pandas().astype(object),
        mydob=frame["mydob"].fillna(month),
        person_id=known(code(table, "person")),
        provider=code(table, "provider").str[:3],
        file=batch.file,
        row=range(batch.first, batch.first + len(batch)),
    )


def _joined(table: pa.Table, columns: tuple[str, ...]) -> pd.Series:
    """Codes of a row joined by `;`, in order, without points and without the D or A of dagger and asterisk."""
    joined = pd.Series("", index=range(table.num_rows), dtype=object)
    for name in columns:
        codes = _plain(known(code(table, name))).fillna("")
        joined += (";" + codes).where(codes != "", "")
    return joined.str[1:].where(joined != "", None)


def _listed(table: pa.Table, column: str) -> pd.Series:
    """The codes of one cell that holds them all, as `_joined` has them."""
    told = cells(table, column).to_pandas().astype(object).str.upper().str.findall(_CODE)
    return told.map(lambda codes: ";".join(_plain(pd.Series(codes, dtype=object))) or None, na_action="ignore")


def _plain(codes: pd.Series) -> pd.Series:
    return codes.str.upper().str.replace(_MARK, "", regex=True)
