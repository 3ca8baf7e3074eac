"""What a person may say about a source that the source does not say itself."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """`homes` is a CSV of homes by care_site_id; `emergencies` takes admissions of unknown method as emergencies;
    `mapping` is the TOML file that says which of a plain extract's columns is which of ours; `database` is the address
    of a database to read from instead of a folder, with its password and so never shown, and `schema` where in it."""

    homes: Path | None = None
    emergencies: bool = False
    mapping: Path | None = None
    database: str = field(default="", repr=False)
    schema: str = ""
