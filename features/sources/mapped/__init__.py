"""Plain CSV or Parquet extracts, read by a mapping in TOML that says which of their columns is which of ours.

    [[read]]
    file = "observations"                  # observations.csv, in any case
    table = "events"
    columns = { resident_id = "Client ID", time = "Recorded", code = "Type", value = "Reading" }
    formats = { time = "%d/%m/%Y %H:%M" }  # where it is not ISO 8601; times without a zone are London's
    values.code = { "Weight (kg)" = "weight_kg", "Blood pressure" = "" }   # theirs = ours; "" leaves the row out
    constants = { source = "care_record" }
    system = "SNOMED"                      # before codes that no line of `values.code` names

`sketch` writes a first mapping from the headings and first rows of a folder, to be edited.
"""

from .mapping import Mapping, Read, load
from .reading import read
from .sketch import sketch

__all__ = ["Mapping", "Read", "load", "read", "sketch"]
