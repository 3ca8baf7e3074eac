"""Homes and stays that a person gives, in place of what a source says of where people live."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..contract import TABLES
from ..history import read_data_set, read_table
from ..problems import HistoryError, Problem, UsageError
from ..write import write_table
from .door import Door
from .options import Options
from .tally import Batch, Tally


def settle(folder: Path, options: Options, door: Door, tally: Tally) -> dict[str, int]:
    """Write homes and stays of the options' files to `folder`, and events of homes if those are a history's.

    Ids in the file of stays are the source's own; stays of people whom it does not know are dropped and counted.
    Returns the rows of each table. Raises UsageError for stays without homes, HistoryError with all that is wrong.
    """
    if options.stays is None:
        return {}
    if options.homes is None:
        raise UsageError("--stays says who lives where: give the homes with --homes, a CSV or a history")
    found: dict[str, pa.Table] = {}
    problems: list[Problem] = []
    for name, path in (("homes", options.homes), ("home_events", options.homes), ("stays", options.stays)):
        found[name], wrong = _table(path, name)
        problems += [problem for problem in wrong if problem.severity == "error"]
    problems += _unknown(found)
    if problems:
        raise HistoryError(problems)
    admitted = {name: door.admit(name, table) for name, table in found.items()}
    admitted["stays"] = _of_known(admitted["stays"], folder, options.stays.name, tally)
    if not found["home_events"].num_rows:
        del admitted["home_events"]  # those of the source stay
    return {
        name: write_table(folder / f"{name}.parquet", table, TABLES[name].schema) for name, table in admitted.items()
    }


def _of_known(stays: pa.Table, folder: Path, file: str, tally: Tally) -> pa.Table:
    people = pq.read_table(folder / "residents.parquet", columns=["resident_id"])["resident_id"]
    known = pc.is_in(stays["resident_id"], value_set=people.combine_chunks()).to_numpy(zero_copy_only=False)
    return stays.filter(pa.array(tally.passed(Batch(file, 1, stays), [("unknown person", known)])))


def _table(path: Path, name: str) -> tuple[pa.Table, list[Problem]]:
    table = TABLES[name]
    if path.is_dir():
        return read_table(path, table)
    if name == "home_events":
        return table.schema.empty_table(), []
    if not path.is_file():
        raise UsageError(f"{path} is not there")
    return read_data_set(path, table)


def _unknown(found: dict[str, pa.Table]) -> list[Problem]:
    """Stays in homes that nobody names."""
    known = set(found["homes"]["home_id"].to_pylist())
    named = found["stays"]["home_id"].to_pylist()
    lost = [row for row, home in enumerate(named, 1) if home not in known]
    if not lost:
        return []
    says, hint = "home that the homes do not have", "Add the home, or mend the id"
    return [Problem("stays", "home_id", says, "error", len(lost), f"row {lost[0]:,}", hint)]
