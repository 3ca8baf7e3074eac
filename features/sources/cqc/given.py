"""What a person says about homes that the directory does not: practice, network, deprivation, whom to write to."""

import csv
from pathlib import Path

import pandas as pd

from ...problems import UsageError
from ..tally import Tally

_KEYS = ("home_id", "ods_code", "postcode")  # the surest first
_SAYS = ("practice", "pcn", "imd_decile", "region", "phone", "email", "round_day")
_DECILES = tuple(range(1, 11))


def read_given(path: Path) -> pd.DataFrame:
    """What the file says of each home, by its surest key. Raises UsageError with everything that is wrong with it."""
    given = _cells(path)
    key = pd.Series(None, given.index, dtype=object)
    for name in _KEYS:
        key = key.fillna(_keys(given[name], name))
    decile = pd.to_numeric(given["imd_decile"], errors="coerce")
    faults = {
        f"no {', '.join(_KEYS[:-1])} or {_KEYS[-1]}": key.isna(),
        "the same home twice": key.duplicated() & key.notna(),
        "imd_decile is not from 1 to 10": given["imd_decile"].notna() & ~decile.isin(_DECILES),
    }
    wrong = [f"row {n + 1:,}: {says}" for says, rows in faults.items() for n in rows[rows].index]
    if wrong:
        raise UsageError(f"{path}:\n  " + "\n  ".join(wrong))
    return given.assign(imd_decile=decile).set_index(key)[list(_SAYS)]


def _cells(path: Path) -> pd.DataFrame:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            heading, *rows = list(csv.reader(stream)) or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise UsageError(f"{path}: {fault}") from None
    names = [name.strip().lower() for name in heading]
    wrong = [f"it needs a column {', '.join(some[:-1])} or {some[-1]}" for some in (_KEYS, _SAYS)
             if not set(some) & set(names)]  # fmt: skip
    wrong += [f"row {n:,}: {len(row)} cells where the heading has {len(names)}" for n, row in enumerate(rows, 1)
              if len(row) != len(names)]  # fmt: skip
    if len(set(names)) < len(names):
        wrong.append("a column name stands twice")
    if wrong:
        raise UsageError(f"{path}:\n  " + "\n  ".join(wrong))
    columns = {name: [row[at].strip() or None for row in rows] for at, name in enumerate(names)}
    empty: list[None] = [None] * len(rows)
    return pd.DataFrame({name: pd.Series(columns.get(name, empty), dtype=object) for name in (*_KEYS, *_SAYS)})


def with_given(homes: pd.DataFrame, given: pd.DataFrame, tally: Tally) -> pd.DataFrame:
    """Homes with what is said of them: by home_id, else by ODS code, else by postcode."""
    told = pd.DataFrame(None, homes.index, given.columns, dtype=object)
    known = pd.Series(False, homes.index)
    for name in _KEYS:
        key = _keys(homes[name], name)
        fresh = ~known & key.isin(given.index)
        told[fresh] = given.loc[key[fresh]].to_numpy(object)
        known |= fresh
    tally.notes.append(f"the file of homes says nothing of {int((~known).sum()):,} of {len(homes):,} homes")
    before = homes.reindex(columns=list(_SAYS))
    return homes.assign(**{name: told[name].fillna(before[name]) for name in _SAYS})


def _keys(cells: pd.Series, name: str) -> pd.Series:
    """Keys of one kind, without blanks and case: a code of one kind never meets one of another."""
    return cells.map(lambda cell: f"{name}:{''.join(cell.upper().split())}", na_action="ignore")
