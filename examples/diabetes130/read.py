"""Diabetes 130-US hospitals (UCI) as a labelled matrix: encounters of real patients, without dates.

Outcome: readmitted within 30 days. Patients who died or went to a hospice cannot be readmitted and are left out.
`?` is missing; the literal `None` of the two laboratory results is a level: not measured.
"""

import zipfile
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from features.matrix import Matrix

FILE = "dataset_diabetes/diabetic_data.csv"
GONE = ("11", "13", "14", "19", "20", "21")  # discharge_disposition_id of the dead and of those gone to a hospice
START = date(2000, 1, 3)  # of no meaning: the data has no dates
NUMBERS = (
    "time_in_hospital", "num_lab_procedures", "num_procedures", "num_medications", "number_outpatient",
    "number_emergency", "number_inpatient", "number_diagnoses",
)  # fmt: skip
DIAGNOSES = ("diag_1", "diag_2", "diag_3")
_IDS = ("encounter_id", "patient_nbr")
_LEAST_ROWS = 200  # a level with fewer rows has no column of its own


def read(archive: Path, parts: int, seed: int = 1) -> Matrix:
    """Encounters as rows; every patient is wholly in one of `parts`, for which Mondays stand in place of dates.

    resident_id is the encounter and home_id the patient, so that what homeround keeps together by home, folds and
    bootstrap draws, is here kept together by patient.
    """
    with zipfile.ZipFile(archive) as opened, opened.open(FILE) as stream:
        table = pd.read_csv(stream, dtype=str, keep_default_na=False, na_values=["?"])
    table = table[~table["discharge_disposition_id"].isin(GONE)].reset_index(drop=True)
    columns = _columns(table)
    X = np.column_stack([np.asarray(values, np.float32) for values in columns.values()])
    return Matrix(_rows(table, parts, seed), X, tuple(columns))


def mondays(parts: int) -> tuple[date, ...]:
    """The Monday that stands for each part."""
    return tuple(START + timedelta(weeks=k) for k in range(parts))


def _rows(table: pd.DataFrame, parts: int, seed: int) -> pa.Table:
    codes, patients = pd.factorize(table["patient_nbr"])
    part = (np.random.default_rng(seed).permutation(len(patients)) % parts)[codes]
    label = pa.array((table["readmitted"] == "<30").to_numpy(float))
    return pa.table(
        {
            "resident_id": table["encounter_id"].to_list(),
            "as_of": pa.array([mondays(parts)[k] for k in part], pa.date32()),
            "home_id": table["patient_nbr"].to_list(),
            "everyone": ["everyone"] * len(table),
            "status": ["eligible"] * len(table),
            "label": label,
            "any_label": label,
        }
    )


def _columns(table: pd.DataFrame) -> dict[str, np.ndarray]:
    columns = {"age": table["age"].str.extract(r"(\d+)")[0].astype(float).to_numpy() + 5}
    columns |= {name: table[name].astype(float).to_numpy() for name in NUMBERS}
    columns |= {name: _icd9(table[name]) for name in DIAGNOSES}
    for name in table.columns.difference([*columns, *_IDS, "readmitted"], sort=False):
        counts = table[name].value_counts()
        levels = counts.index[counts >= _LEAST_ROWS]
        if len(levels) > 1:
            columns |= {f"{name}={level}": (table[name] == level).to_numpy(float) for level in levels}
    return columns


def _icd9(codes: pd.Series) -> np.ndarray:
    """ICD-9 codes in the order of their book, so that a chapter is a range: numbers, then E and V."""
    book = codes.str[0].map({"E": 1_000.0, "V": 2_000.0}).fillna(0.0)
    return (book + codes.str.lstrip("EV").astype(float)).to_numpy()
