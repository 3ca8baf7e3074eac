"""Values as HES and SUS write them: columns by either's name, days, codes, and what stands for unknown."""

from collections.abc import Iterable, Mapping
from functools import reduce

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...coerce import converted
from ..tables import Folder

# HES's name (its data dictionaries), then those of SUS+, as public queries of NHS England's tables have them; that of
# the end of an episode and of its type, classification and status in SUS+ was not seen there.
NAMES: Mapping[str, tuple[str, ...]] = {
    "person": ("token_person_id", "encrypted_hesid", "pseudo_hesid", "der_pseudo_nhs_number"),
    "epikey": ("epikey", "apce_ident", "apcs_ident"),
    "spell": ("provspnops", "hospital_spell_no"),
    "epistart": ("epistart", "episode_start_date"),
    "epiend": ("epiend", "episode_end_date"),
    "epitype": ("epitype",),
    "classpat": ("classpat", "patient_classification"),
    "admidate": ("admidate", "admission_date"),
    "admimeth": ("admimeth", "admission_method"),
    "admisorc": ("admisorc", "source_of_admission"),
    "disdate": ("disdate", "discharge_date"),
    "disdest": ("disdest", "discharge_destination"),
    "dismeth": ("dismeth", "discharge_method"),
    "provider": ("procode3", "procode5", "procodet", "der_provider_code", "provider_code"),
    "sex": ("sex",),
    "ethnos": ("ethnos", "ethnic_group", "ethnic_category"),
    "dob": ("dob",),
    "mydob": ("mydob",),
    "month": ("month_of_birth",),
    "year": ("year_of_birth",),
    "diagnosis": ("der_primary_diagnosis_code", "primary_diagnosis_code"),
    "diagnoses": ("der_diagnosis_all",),
    "procedures": ("der_procedure_all",),
    "arrdate": ("arrdate_ec", "arrival_date"),
    "arrtime": ("arrtime_ec", "arrival_time"),
    "arrived": ("der_ec_arrival_date_time",),
    "departdate": ("departdate_ec", "ec_departure_date"),
    "departtime": ("departtime_ec", "ec_departure_time"),
    "departed": ("der_ec_departure_date_time",),
    "arrmode": ("arrmode_ec", "ec_arrival_mode_snomed_ct"),
    "chief": ("chief_ec", "ec_chief_complaint_snomed_ct"),
    "mechanism": ("injmech_ec", "ec_injury_mechanism_snomed_ct"),
    "department": ("ec_department_type", "aedepttype"),
    "category": ("ec_attendancecategory",),
    "status": ("ec_discharge_status_snomed_ct",),
    "duplicate": ("der_dupe_flag",),
}
ABOUT = ("person", "sex", "ethnos", "dob", "mydob", "month", "year", "provider")
# HES data dictionary: stand-ins for a day that is not known, or not yet.
_NO_DAY = (1582, 1800, 1801, 1900)
_NINES = r"^9+[xX]?$|^&$|^-$"
_CLOCK = r"^([01]\d|2[0-3]):?([0-5]\d)(?:$|:?[0-5]\d)"


def tables_with(folder: Folder, *wanted: str) -> list[str]:
    """Names of the tables whose heading has a name of each of these columns."""
    return [
        name
        for name in folder.files
        if all(folder.columns(name) & set(NAMES.get(column, (column,))) for column in wanted)
    ]


def names_of(columns: Iterable[str]) -> list[str]:
    """Every name that these columns go by."""
    return [name for column in columns for name in NAMES.get(column, (column,))]


def cells(table: pa.Table, column: str) -> pa.ChunkedArray:
    """Trimmed cells of a column by the first of its names that has any; null where they are empty."""
    parts = [pc.utf8_trim_whitespace(table[name]) for name in NAMES.get(column, (column,))]
    return reduce(pc.coalesce, [pc.if_else(pc.equal(part, ""), None, part) for part in parts])


def code(table: pa.Table, column: str) -> pd.Series:
    """Codes of a column; None for empty cells."""
    return cells(table, column).to_pandas().astype(object)


def known(values: pd.Series) -> pd.Series:
    """Codes without what stands for unknown: nines, `&`, `-`."""
    return values.mask(values.str.fullmatch(_NINES).fillna(False).astype(bool))


def day(table: pa.Table, column: str) -> pd.Series:
    """Midnight in London of days written 2021-03-01, 20210301 or 01/03/2021; NaT where unknown."""
    return _instants(iso_days(table, column))


def moment(table: pa.Table, date: str, time: str, both: str) -> pd.Series:
    """London's clock on a day: 10:45, 10:45:00 or 1045; midnight where there is no time, NaT where there is no day."""
    days = pc.utf8_slice_codeunits(iso_days(table, date), 0, 10)
    clock = cells(table, time)
    found = pc.replace_substring_regex(clock, _CLOCK + ".*$", r"\1:\2")
    clock = pc.if_else(pc.match_substring_regex(clock, _CLOCK), found, "00:00")
    told = pc.binary_join_element_wise(days, pc.fill_null(clock, "00:00"), "T")
    return _instants(pc.coalesce(iso_days(table, both), told))


def timed(table: pa.Table, time: str, both: str) -> pd.Series:
    """Whether the clock is told beside the day."""
    clock = pc.fill_null(pc.match_substring_regex(cells(table, time), _CLOCK), False)
    return pc.or_(clock, pc.is_valid(cells(table, both))).to_pandas()


def iso_days(table: pa.Table, column: str) -> pa.ChunkedArray:
    """Days as ISO 8601 has them, by whichever of three ways they are written."""
    british = pc.replace_substring_regex(cells(table, column), r"^(\d{2})/(\d{2})/(\d{4})", r"\3-\2-\1")
    return pc.replace_substring_regex(british, r"^(\d{4})(\d{2})(\d{2})$", r"\1-\2-\3")


def _instants(texts: pa.ChunkedArray) -> pd.Series:
    found = converted(texts, "instant").to_pandas().astype("datetime64[us, UTC]")
    return found.mask((found + pd.Timedelta(hours=2)).dt.year.isin(_NO_DAY))
