"""CMS DE-SynPUF (synthetic Medicare beneficiaries, 2008 to 2010) as a resident history.

    python examples/synpuf/convert.py ARCHIVE_OR_FOLDER OUT [--sample 1 2 3 4] [--people N]

SynPUF does not say when anything became known. The recording times below are chosen so that nothing is known
sooner than in life; README.md beside this file says what each of them does to the result.
"""

import argparse
import os
import re
import shutil
import sys
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.contract import TABLES

ADMISSION_KNOWN = timedelta(days=1)
DISCHARGE_KNOWN = timedelta(days=1)
DIAGNOSES_KNOWN = timedelta(days=14)  # after discharge
DEATH_KNOWN = timedelta(days=7)
# Inpatient claims do not tell emergency from planned: every admission stands as an emergency through A&E.
STAND_IN_METHOD = "21"

# DE-SynPUF codebook: SP_* flags are '1' yes, '2' no; end-stage renal disease is 'Y' or '0'.
FLAGS: Mapping[str, str] = {
    "SP_ALZHDMTA": "dementia",
    "SP_CHF": "heart_failure",
    "SP_CHRNKIDN": "ckd",
    "SP_CNCR": "cancer",
    "SP_COPD": "copd",
    "SP_DEPRESSN": "depression",
    "SP_DIABETES": "diabetes",
    "SP_ISCHMCHT": "ischaemic_heart_disease",
    "SP_OSTEOPRS": "osteoporosis",
    "SP_RA_OA": "arthritis",
    "SP_STRKETIA": "stroke",
    "BENE_ESRD_IND": "ckd",
}
SEX = {"1": "M", "2": "F"}
RACE = {"1": "White", "2": "Black", "3": "Other", "5": "Hispanic"}

PERSON, ADMITTED, DISCHARGED = "DESYNPUF_ID", "CLM_ADMSN_DT", "NCH_BENE_DSCHRG_DT"
DIAGNOSES = tuple(f"ICD9_DGNS_CD_{i}" for i in range(1, 11))
_SUMMARY_COLUMNS = [PERSON, "BENE_BIRTH_DT", "BENE_DEATH_DT", "BENE_SEX_IDENT_CD", "BENE_RACE_CD", "SP_STATE_CODE",
                    "BENE_COUNTY_CD", *FLAGS]  # fmt: skip
_CLAIM_COLUMNS = [PERSON, "CLM_ID", "SEGMENT", "PRVDR_NUM", ADMITTED, DISCHARGED, *DIAGNOSES]
_SUMMARY = re.compile(r"DE1_0_(\d{4})_Beneficiary_Summary_File_Sample_(\d+)\.csv$")
_CLAIMS = re.compile(r"DE1_0_2008_to_2010_Inpatient_Claims_Sample_(\d+)\.csv$")


class SourceError(ValueError):
    """The archive or folder does not hold what was asked for."""


def convert(
    source: Path,
    out: Path,
    samples: Sequence[int] = (1, 2, 3, 4),
    *,
    people: int | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, int]:
    """Write a history of these samples to the new folder `out` and return counts.

    `people` keeps only the first so many of each sample. Raises SourceError for a file that is missing, and
    FileExistsError when `out` is there already.
    """
    if out.exists():
        raise FileExistsError(f"{out} is there already: name a new folder")
    summaries, claims = read_source(source, samples, people)
    say(f"read {len(summaries):,} beneficiary summaries and {len(claims):,} claim rows")
    stays = admissions(claims)
    tables = {
        "homes": homes(summaries),
        "residents": residents(summaries),
        "stays": places(summaries),
        "spells": spells(stays),
        "events": pd.concat([coded_diagnoses(claims, stays), summary_events(summaries)], ignore_index=True),
    }
    write(tables, out)
    counts = {"claim_rows": len(claims), **{name: len(table) for name, table in tables.items()}}
    say(f"wrote {out}: " + ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in counts.items()))
    return counts


def read_source(source: Path, samples: Sequence[int], people: int | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All yearly summaries (with a `year`) and all inpatient claims, every column as text."""
    summaries, claims = [], []
    for name, stream in _files(source):
        if (found := _SUMMARY.search(name)) and int(found[2]) in samples:
            summaries.append(_frame(stream, _SUMMARY_COLUMNS).assign(year=int(found[1]), sample=int(found[2])))
        elif (found := _CLAIMS.search(name)) and int(found[1]) in samples:
            claims.append(_frame(stream, _CLAIM_COLUMNS).assign(sample=int(found[1])))
    for kind, frames in (("beneficiary summary", summaries), ("inpatient claims", claims)):
        if absent := set(samples) - {int(frame["sample"].iloc[0]) for frame in frames if len(frame)}:
            raise SourceError(f"{source}: no {kind} of sample {', '.join(map(str, sorted(absent)))}")
    known, paid = pd.concat(summaries, ignore_index=True), pd.concat(claims, ignore_index=True)
    if people is not None:
        first = known.drop_duplicates(PERSON).sort_values(["sample", PERSON]).groupby("sample").head(people)[PERSON]
        known, paid = known[known[PERSON].isin(first)], paid[paid[PERSON].isin(first)]
    return known, paid


def _files(source: Path) -> Iterator[tuple[str, BytesIO]]:
    """Name and content of every CSV file in a folder or in a tar archive."""
    if source.is_dir():
        for path in sorted(source.rglob("*.csv")):
            yield path.name, BytesIO(path.read_bytes())
        return
    with tarfile.open(source) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.name.endswith(".csv") else None
            if content:
                yield member.name, BytesIO(content.read())


def _frame(stream: BytesIO, columns: list[str]) -> pd.DataFrame:
    return pd.read_csv(stream, dtype=str, usecols=columns)


def admissions(claims: pd.DataFrame) -> pd.DataFrame:
    """One row per admission: person, spell_id, admitted, discharged, provider.

    Segments of one claim are one admission with the dates of its first segment: later segments repeat the discharge
    but carry admission dates that the claim's own count of days contradicts. Claims of one person admitted on one
    day are one admission that lasts until the latest discharge. Claims that overlap otherwise stay apart.
    """
    first = claims.sort_values(["CLM_ID", "SEGMENT"]).drop_duplicates("CLM_ID")
    days = first.assign(admitted=_day(first[ADMITTED]), discharged=_day(first[DISCHARGED]))
    one = days.sort_values([PERSON, "admitted", "CLM_ID"]).groupby([PERSON, "admitted"], as_index=False)
    return one.agg(spell_id=("CLM_ID", "first"), discharged=("discharged", "max"), provider=("PRVDR_NUM", "first"))


def spells(stays: pd.DataFrame) -> pd.DataFrame:
    """The contract's spells. Diagnoses are ICD-9, so none is put where ICD-10 is expected: they are events."""
    return pd.DataFrame(
        {
            "spell_id": stays["spell_id"],
            "resident_id": stays[PERSON],
            "admitted_at": _instant(stays["admitted"]),
            "discharged_at": _instant(stays["discharged"]),
            "discharge_recorded_at": _instant(stays["discharged"] + DISCHARGE_KNOWN),
            "admission_method": STAND_IN_METHOD,
            "provider": stays["provider"],
            "recorded_at": _instant(stays["admitted"] + ADMISSION_KNOWN),
        }
    )


def coded_diagnoses(claims: pd.DataFrame, stays: pd.DataFrame) -> pd.DataFrame:
    """Every distinct ICD-9 diagnosis of an admission, at the admission, recorded two weeks after discharge."""
    first = claims.sort_values(["CLM_ID", "SEGMENT"]).drop_duplicates("CLM_ID")
    dated = claims[["CLM_ID", *DIAGNOSES]].merge(first[["CLM_ID", PERSON, ADMITTED]], on="CLM_ID")
    long = dated.melt([PERSON, ADMITTED], list(DIAGNOSES), value_name="code").dropna(subset="code")
    long = long.assign(admitted=_day(long[ADMITTED])).drop_duplicates([PERSON, "admitted", "code"])
    long = long.merge(stays, on=[PERSON, "admitted"]).sort_values([PERSON, "admitted", "code"])
    known = _instant(long["discharged"] + DIAGNOSES_KNOWN)
    return _events(long[PERSON], _instant(long["admitted"]), "ICD9:" + long["code"], known)


def summary_events(summaries: pd.DataFrame) -> pd.DataFrame:
    """The chronic conditions of each year's summary, dated and recorded at 23:00 on that year's last day.

    A flag stands for claims of the whole year: used within its own year it tells of admissions still to come. Each
    summary replaces the one before: a condition told again is a new version of its record, one no longer told is
    withdrawn. The summary of the year of death comes too late to tell anyone anything and is left out.
    """
    alive = summaries[summaries["BENE_DEATH_DT"].isna()]
    told = alive[[PERSON, "year"]].assign(**{concept: _told(alive, concept) for concept in FLAGS.values()})
    long = told.melt([PERSON, "year"], var_name="code", value_name="told").sort_values([PERSON, "code", "year"])
    before = long.groupby([PERSON, "code"])["told"].shift(fill_value=False)
    long = long[long["told"] | before]
    at = _year_end(long["year"])
    events = _events(long[PERSON], at, long["code"], at)
    return events.assign(record_id=long[PERSON] + ":" + long["code"], retracted=~long["told"])


def _told(summaries: pd.DataFrame, concept: str) -> pd.Series:
    flags = [flag for flag, meaning in FLAGS.items() if meaning == concept]
    return summaries[flags].isin(["1", "Y"]).any(axis=1)


def _events(person: pd.Series, time: pd.Series, code: pd.Series, recorded: pd.Series) -> pd.DataFrame:
    columns = {"resident_id": person, "time": time, "code": code, "recorded_at": recorded}
    return pd.DataFrame(columns).assign(source="claims")


def residents(summaries: pd.DataFrame) -> pd.DataFrame:
    """One row per person, from the first summary; the death from whichever summary tells it.

    SynPUF rounds births and deaths to the first of their month.
    """
    by_year = summaries.sort_values([PERSON, "year"])
    people = by_year.drop_duplicates(PERSON).set_index(PERSON)
    died = _day(by_year.dropna(subset="BENE_DEATH_DT").drop_duplicates(PERSON).set_index(PERSON)["BENE_DEATH_DT"])
    died = died.reindex(people.index)
    return pd.DataFrame(
        {
            "resident_id": people.index,
            "date_of_birth": _day(people["BENE_BIRTH_DT"]).dt.date,
            "sex": people["BENE_SEX_IDENT_CD"].map(SEX),
            "ethnicity": people["BENE_RACE_CD"].map(RACE),
            "died_on": _instant(died),
            "died_recorded_at": _instant(died + DEATH_KNOWN),
        }
    ).reset_index(drop=True)


def places(summaries: pd.DataFrame) -> pd.DataFrame:
    """Stays in the stand-in home of state and county.

    The first begins with the first year and is known from then; another county in a later year is a move on that
    year's first day, known only from that year's summary.
    """
    rows = summaries.assign(home_id=_county(summaries)).sort_values([PERSON, "year"])
    before = rows.groupby(PERSON)["home_id"].shift()
    rows = rows.assign(first=before.isna())[before.isna() | (before != rows["home_id"])]
    following = rows.groupby(PERSON)["year"].shift(-1)
    begin, end = _new_year(rows["year"]), _new_year(following)
    return pd.DataFrame(
        {
            "resident_id": rows[PERSON],
            "home_id": rows["home_id"],
            "moved_in": begin,
            "moved_out": end,
            "moved_out_recorded_at": _year_end(following),
            "recorded_at": begin.where(rows["first"], _year_end(rows["year"])),
            "stay_type": "permanent",
        }
    ).reset_index(drop=True)


def homes(summaries: pd.DataFrame) -> pd.DataFrame:
    """One stand-in home per state and county; as many beds as people ever there, within the contract's 500."""
    rows = summaries.assign(home_id=_county(summaries))
    where = ["home_id", "SP_STATE_CODE", "BENE_COUNTY_CD"]
    counted = rows.drop_duplicates([*where, PERSON]).groupby(where, as_index=False).agg(people=(PERSON, "count"))
    state = counted["SP_STATE_CODE"].radd("State ")
    return pd.DataFrame(
        {
            "home_id": counted["home_id"],
            "name": state + " county " + counted["BENE_COUNTY_CD"],
            "home_type": "residential",
            "beds": counted["people"].clip(upper=500).astype(float),
            "practice": state,
            "pcn": state,
        }
    )


def write(tables: Mapping[str, pd.DataFrame], out: Path) -> None:
    """Write every table aside, then rename the folder into place."""
    aside = out.with_name(f".{out.name}.{os.getpid()}")
    aside.mkdir(parents=True)
    try:
        for name, frame in tables.items():
            schema = pa.schema([field for field in TABLES[name].schema if field.name in frame])
            pq.write_table(pa.Table.from_pandas(frame, schema, preserve_index=False), aside / f"{name}.parquet")
        aside.rename(out)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _county(summaries: pd.DataFrame) -> pd.Series:
    return summaries["SP_STATE_CODE"] + "-" + summaries["BENE_COUNTY_CD"]


def _day(text: pd.Series) -> pd.Series:
    return pd.to_datetime(text, format="%Y%m%d")


def _new_year(year: pd.Series) -> pd.Series:
    return _instant(pd.to_datetime(year.astype("Int64").astype("string") + "-01-01"))


def _year_end(year: pd.Series) -> pd.Series:
    return _new_year(year + 1) - timedelta(hours=1)


def _instant(day: pd.Series) -> pd.Series:
    """London midnight at the start of a day, in UTC."""
    return day.dt.tz_localize("Europe/London").dt.tz_convert("UTC").dt.as_unit("us")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="CMS DE-SynPUF as a resident history")
    parser.add_argument("source", type=Path, help="the tar archive, or a folder with its unpacked CSV files")
    parser.add_argument("out", type=Path, help="new folder for the history")
    parser.add_argument("--sample", type=int, nargs="+", default=[1, 2, 3, 4], metavar="N")
    parser.add_argument("--people", type=int, metavar="N", help="only the first N people of each sample")
    given = parser.parse_args(arguments)
    try:
        convert(
            given.source, given.out, given.sample, people=given.people, say=lambda line: print(line, file=sys.stderr)
        )
    except (SourceError, OSError, tarfile.TarError) as fault:
        print(fault, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
