"""What a person may say about a source that the source does not say itself."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """`stays` is a CSV of who lives where, in place of what the source says; it comes with `homes`, a CSV or a history.
    Without it `homes` adds what OMOP and CQC do not say of homes. `emergencies` takes admissions of unknown method as
    emergencies. `mapping` are the TOML files, or names of presets, that say which of a plain extract's columns is which
    of ours. `database` is the address of a database to read in place of files, and `schema` where its tables are.
    """

    homes: Path | None = None
    stays: Path | None = None
    emergencies: bool = False
    mapping: tuple[Path | str, ...] = ()
    database: str = field(default="", repr=False)
    schema: str = ""
