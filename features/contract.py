"""The resident history: the one input contract.

Eight tables in a folder of Parquet or CSV data sets. `Column.known` names the column that says when a field's value
became known; a value counts as of t only when its own time is before t and its recording time is before t + grace.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pyarrow as pa

INSTANT = pa.timestamp("us", tz="UTC")
TYPES: Mapping[str, pa.DataType] = MappingProxyType(
    {
        "text": pa.string(),
        "instant": INSTANT,
        "date": pa.date32(),
        "number": pa.float64(),
        "flag": pa.bool_(),
    }
)


@dataclass(frozen=True)
class Column:
    """One column: its kind (a key of `TYPES`), whether every row needs it, and which values are possible."""

    name: str
    kind: str = "text"
    required: bool = False
    allowed: frozenset[str] = frozenset()
    low: float | None = None
    high: float | None = None

    @property
    def type(self) -> pa.DataType:
        return TYPES[self.kind]


@dataclass(frozen=True)
class Table:
    """One table: columns in order, the columns that identify a row, and where other tables' ids point."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    refers: tuple[str, ...] = ()
    optional: bool = False

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([(c.name, c.type) for c in self.columns])

    def column(self, name: str) -> Column:
        return next(c for c in self.columns if c.name == name)


def _need(name: str, kind: str = "text", **rest) -> Column:
    return Column(name, kind, required=True, **rest)


def _may(name: str, kind: str = "text", **rest) -> Column:
    return Column(name, kind, **rest)


# Any dated row may be one version of a record that was corrected or withdrawn later.
_VERSION = (_may("record_id"), _may("retracted", "flag"))

HOME_TYPES = frozenset({"residential", "nursing", "learning_disability"})
STAY_TYPES = frozenset({"permanent", "respite", "discharge_to_assess"})
OBJECTION_KINDS = frozenset({"national_data_opt_out", "type_1", "local"})

# NHS Data Dictionary, ADMISSION METHOD: elective, emergency, maternity and other.
EMERGENCY_METHODS = frozenset(["21", "22", "23", "24", "25", "28", "2A", "2B", "2C", "2D"])
_OTHER_METHODS = frozenset(["11", "12", "13", "31", "32", "81", "82", "83", "84", "89", "98", "99"])
ADMISSION_METHODS = EMERGENCY_METHODS | _OTHER_METHODS
TRANSFER_METHOD = "2B"

TABLES: Mapping[str, Table] = MappingProxyType(
    {
        t.name: t
        for t in (
            Table(
                "homes",
                (
                    _need("home_id"),
                    _need("name"),
                    _need("home_type", allowed=HOME_TYPES),
                    _need("beds", "number", low=1, high=500),
                    _need("practice"),
                    _need("pcn"),
                    _may("region"),
                    _may("imd_decile", "number", low=1, high=10),
                    _may("phone"),
                    _may("email"),
                    _may("round_day"),
                    _may("ods_code"),
                ),
                key=("home_id",),
            ),
            Table(
                "home_events",
                (
                    _need("home_id"),
                    _need("time", "instant"),
                    _need("code"),
                    _may("value", "number"),
                    _may("text"),
                    _may("recorded_at", "instant"),
                    *_VERSION,
                ),
                refers=("home_id",),
                optional=True,
            ),
            Table(
                "residents",
                (
                    _need("resident_id"),
                    _need("date_of_birth", "date"),
                    _need("sex", allowed=frozenset({"F", "M", "X"})),
                    _may("ethnicity"),
                    _may("died_on", "instant"),
                    _may("died_recorded_at", "instant"),
                ),
                key=("resident_id",),
            ),
            Table(
                "stays",
                (
                    _need("resident_id"),
                    _need("home_id"),
                    _need("moved_in", "instant"),
                    _may("moved_out", "instant"),
                    _may("moved_out_recorded_at", "instant"),
                    _may("recorded_at", "instant"),
                    _may("stay_type", allowed=STAY_TYPES),
                    _may("funding", allowed=frozenset({"self", "council", "nhs"})),
                    _may("admitted_from"),
                    _may("practice"),
                    *_VERSION,
                ),
                refers=("resident_id", "home_id"),
            ),
            Table(
                "spells",
                (
                    _need("spell_id"),
                    _need("resident_id"),
                    _need("admitted_at", "instant"),
                    _may("discharged_at", "instant"),
                    _may("discharge_recorded_at", "instant"),
                    _need("admission_method", allowed=ADMISSION_METHODS),
                    _may("primary_diagnosis"),
                    _may("secondary_diagnoses"),
                    _may("procedures"),
                    _may("discharge_destination"),
                    _may("ready_for_discharge_on", "instant"),
                    _may("provider"),
                    _may("cost", "number", low=0, high=1_000_000),
                    _may("recorded_at", "instant"),
                    _may("coded_at", "instant"),
                    *_VERSION,
                ),
                refers=("resident_id",),
            ),
            Table(
                "events",
                (
                    _need("resident_id"),
                    _need("time", "instant"),
                    _need("code"),
                    _may("value", "number"),
                    _may("text"),
                    _may("unit"),
                    _may("recorded_at", "instant"),
                    _may("source"),
                    _may("by"),
                    *_VERSION,
                ),
                refers=("resident_id",),
            ),
            Table(
                "objections",
                (
                    _need("resident_id"),
                    _need("kind", allowed=OBJECTION_KINDS),
                    _need("from", "instant"),
                    _may("to", "instant"),
                    _may("recorded_at", "instant"),
                    *_VERSION,
                ),
                refers=("resident_id",),
                optional=True,
            ),
            Table(
                "identities",
                (
                    _need("resident_id"),
                    _need("nhs_number"),
                    _need("given_name"),
                    _need("family_name"),
                    _may("room"),
                ),
                key=("resident_id",),
                refers=("resident_id",),
                optional=True,
            ),
        )
    }
)

# identities are read only where names are joined on request, never by features or models: their encrypted file, and
# its index of keyed digests.
PSEUDONYMOUS = tuple(name for name in TABLES if name != "identities")
SEALED, INDEX = "identities.sealed", "identities.index"

# Fields that become known later than the rest of their row, by table and the column that says when.
LATER: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "stays": {"moved_out_recorded_at": ("moved_out",)},
        "spells": {
            "discharge_recorded_at": ("discharged_at", "discharge_destination", "ready_for_discharge_on"),
            "coded_at": ("primary_diagnosis", "secondary_diagnoses", "procedures", "cost"),
        },
    }
)

# Which column says when a field became known, by table: (time, recorded).
RECORDED: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "home_events": (("time", "recorded_at"),),
        "residents": (("died_on", "died_recorded_at"),),
        "stays": (("moved_in", "recorded_at"), ("moved_out", "moved_out_recorded_at")),
        "spells": (
            ("admitted_at", "recorded_at"),
            ("discharged_at", "discharge_recorded_at"),
            ("discharged_at", "coded_at"),
        ),
        "events": (("time", "recorded_at"),),
        "objections": (("from", "recorded_at"),),
    }
)
