"""Shape of the tables that people edit: code lists, outcomes, prompts and hazards, every fault of a file at once."""

import csv
from pathlib import Path

import pandas as pd
import pandera.pandas as pa
import pytest

from features.codelists import concepts
from serving.prompt_table import AUDIENCES, ELEMENTS

ROOT = Path(__file__).resolve().parents[2]
CODE = pa.Check.str_matches(r"^[a-z][a-z0-9_]*$")
NUMBER = pa.Check.str_matches(r"^-?\d*(\.\d+)?$")
SAID = pa.Check.str_matches(r"\S")


def text(*checks: pa.Check, empty: bool = False, unique: bool = False) -> pa.Column:
    return pa.Column(str, [*checks, *(() if empty else (SAID,))], unique=unique)


CONCEPTS = pa.DataFrameSchema(
    {
        "code": text(CODE, unique=True),
        "label": text(),
        "kind": text(
            pa.Check.isin(
                [
                    "count",
                    "diagnosis",
                    "measure",
                    "review",
                    "state",
                    "home_count",
                    "home_measure",
                    "home_state",
                ]
            )
        ),
        "unit": text(empty=True),
        "low": text(NUMBER, empty=True),
        "high": text(NUMBER, empty=True),
        "feed": text(pa.Check.isin(["care_record", "gp", "community", "urgent_care", "hospital", "home"])),
        "note": text(empty=True),
    },
    checks=pa.Check(lambda t: pd.to_numeric(t["low"]).fillna(-1e9) <= pd.to_numeric(t["high"]).fillna(1e9)),
    strict=True,
    ordered=True,
)
MAPS = pa.DataFrameSchema(
    {
        "system": text(pa.Check.isin(["BNF", "DMD", "ICD10", "ICD9", "LOINC", "OPCS4", "SNOMED"])),
        "code": text(pa.Check.str_matches(r"^[A-Z0-9-]+$")),
        "match": text(pa.Check.isin(["prefix", "exact"])),
        "concept": text(pa.Check(lambda named: named.isin(concepts()))),
        "source": text(),
        "note": text(empty=True),
    },
    unique=["system", "code"],
    strict=True,
)
SIGNS = pa.DataFrameSchema(
    {
        "text": text(pa.Check(lambda said: said == said.str.casefold().str.strip()), unique=True),
        "concept": text(pa.Check(lambda named: named.isin(concepts()) & named.str.startswith("sign_"))),
        "source": text(),
    },
    strict=True,
    ordered=True,
)
SENSITIVE = pa.DataFrameSchema(
    {
        "system": text(pa.Check.isin(["ICD10", "OPCS4", "SNOMED"])),
        "code": text(pa.Check.str_matches(r"^[A-Z0-9]+$")),
        "match": text(pa.Check.isin(["prefix", "exact"])),
        **{name: text() for name in ("reason", "source", "note")},
    },
    unique=["system", "code"],
    strict=True,
    ordered=True,
)
ANTICHOLINERGIC = pa.DataFrameSchema(
    {
        "system": text(pa.Check.isin(["BNF"])),
        "code": text(pa.Check.str_matches(r"^[A-Z0-9]{9}$"), unique=True),
        "match": text(pa.Check.isin(["prefix"])),
        "drug": text(),
        "score": text(pa.Check.isin(["1", "2", "3"])),
        "source": text(),
        "note": text(empty=True),
    },
    strict=True,
    ordered=True,
)
OUTCOME = pa.DataFrameSchema(
    {
        "category": text(),
        "position": text(pa.Check.isin(["primary", "secondary", "any"])),
        "pattern": text(),
        **{
            name: text(empty=True)
            for name in ("with_secondary", "without_any", "without_procedure", "procedure_position")
        },
        "min_age": text(NUMBER, empty=True),
        "max_age": text(NUMBER, empty=True),
        "source": text(),
        "note": text(empty=True),
    },
    strict=True,
)
PROMPTS = pa.DataFrameSchema(
    {
        "id": text(unique=True),
        "when": text(),
        "not_when": text(empty=True),
        "text": text(pa.Check.str_matches(r"^(Consider |Same-day check )")),
        "element": text(pa.Check.isin(ELEMENTS)),
        "audience": text(pa.Check.isin(AUDIENCES)),
        "source": text(),
        "approver": text(empty=True),
        "review_date": text(pa.Check.str_matches(r"^\d{4}-\d{2}-\d{2}$")),
    },
    strict=True,
    ordered=True,
)
SOFT_SIGNS = pa.DataFrameSchema(
    {
        "id": text(pa.Check.str_matches(r"^(watch|do|tell|gp)-[a-z0-9-]+$"), unique=True),
        "when": text(empty=True),
        "not_when": text(empty=True),
        "kind": text(pa.Check.isin(["watch", "do", "tell", "gp"])),
        "text": text(),
        "who": text(empty=True),
        "within_days": text(pa.Check.str_matches(r"^[1-7]?$"), empty=True),
        "because": text(empty=True),
        "unless": text(pa.Check.str_matches(r"^(unless .+)?$"), empty=True),
        "card": text(pa.Check.isin(["yes", ""]), empty=True),
        "approver": text(empty=True),
        "review_date": text(pa.Check.str_matches(r"^\d{4}-\d{2}-\d{2}$")),
    },
    checks=[
        pa.Check(lambda t: t["id"].str.split("-").str[0] == t["kind"]),
        # A task says who does it and by when; what is only seen or told has neither.
        pa.Check(lambda t: (t["who"] != "") == t["kind"].isin(["do", "gp"])),
        pa.Check(lambda t: (t["within_days"] != "") == t["kind"].isin(["do", "gp"])),
        pa.Check(lambda t: (t["because"] != "") == (t["when"] != "")),
    ],
    strict=True,
    ordered=True,
)
HAZARDS = pa.DataFrameSchema(
    {
        "id": text(pa.Check.str_matches(r"^[a-z][a-z0-9-]*$"), unique=True),
        **{name: text() for name in ("hazard", "cause", "control")},
        "test": text(pa.Check.str_matches(r"^tests/.+\.py::test_\w+$")),
        "residual": text(),
        "owner": text(),
    },
    strict=True,
)
FILES = {
    "features/codelists/concepts.csv": CONCEPTS,
    "features/codelists/maps.csv": MAPS,
    "features/codelists/sensitive.csv": SENSITIVE,
    "features/codelists/signs.csv": SIGNS,
    "features/codelists/anticholinergic.csv": ANTICHOLINERGIC,
    "serving/prompts.csv": PROMPTS,
    "serving/summary/soft_signs.csv": SOFT_SIGNS,
    "docs/safety/hazards.csv": HAZARDS,
} | {
    str(path.relative_to(ROOT)): OUTCOME
    for path in sorted((ROOT / "features/codelists/outcomes").glob("*.csv"))
    if path.stem != "definitions"
}


@pytest.mark.parametrize("name", FILES)
def test_every_row_has_the_shape_of_its_table(name: str) -> None:
    table = pd.read_csv(ROOT / name, dtype=str, keep_default_na=False, quoting=csv.QUOTE_MINIMAL)
    FILES[name].validate(table, lazy=True)
    assert len(table)
