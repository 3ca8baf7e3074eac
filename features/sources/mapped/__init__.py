"""Plain CSV or Parquet extracts, read by a mapping in TOML that says which of their columns is which of ours.

    [[read]]
    file = "observations"                  # observations.csv, in any case; * stands for anything
    table = "events"
    columns = { resident_id = "Client ID", time = "Recorded", code = "Type", value = "Reading" }
    formats = { time = "%d/%m/%Y %H:%M" }  # where it is not ISO 8601, or several in a list; without a zone London's
    values.code = { "Weight (kg)" = "weight_kg", "Blood pressure" = "" }   # theirs = ours; "" leaves the row out
    values.value = { "" = "0", "*" = "1" } # an empty cell is 0, any other word 1
    only = { Status = ["5", "6"] }         # rows with these words alone; ["*"] those with any, [""] those with none
    shares.value = { part = ["Used"], whole = ["Beds"] }   # one column or sum of columns as a share of another
    constants = { source = "care_record" }
    system = "SNOMED"                      # before codes that no line of `values.code` names

Rows that break the contract are dropped with their place: see `rules`. Where the mapping reads homes or residents, rows
of others are dropped too. `presets` are mappings for extracts whose columns are known; `sketch` writes a first mapping
from the headings and first rows of a folder, to be edited.
"""

from .mapping import Mapping, Read, load
from .reading import read
from .sketch import sketch

__all__ = ["Mapping", "Read", "load", "read", "sketch"]
