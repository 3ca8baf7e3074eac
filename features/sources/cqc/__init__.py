"""The CQC's "Care directory with filters" (HSCA_Active_Locations, ODS, XLSX or CSV) as homes and their ratings.

One row is one registered location; care homes that are not dormant become homes by their Location ID. The directory
knows no residents: what it gives is the homes that stays and other sources point to. columns.csv says which heading is
which, ratings.csv what each rating is worth.
"""

from pathlib import Path

from ..draft import Draft
from ..options import Options
from ..tally import Tally
from .directory import open_directory
from .given import read_given, with_given
from .homes import read_homes, write_homes
from .ratings import write_ratings


def read(source: Path, draft: Draft, tally: Tally, options: Options) -> None:
    """Fill `draft` from the directory `source`, a file or the folder with it. Raises HistoryError where none of its
    sheets has the columns of the directory or no row is a care home, UsageError for the file of `options.homes`."""
    given = read_given(options.homes) if options.homes else None
    batch = open_directory(source)
    tally.read[batch.file] += len(batch)
    homes = read_homes(batch, tally)
    write_homes(homes if given is None else with_given(homes, given, tally), draft)
    write_ratings(homes, draft, tally)
    tally.notes.append("residents and stays are not in the directory: bring them from another source")


__all__ = ["read"]
