"""Compile the kernel ahead of its first use: `python -m features.warm`. Numba keeps the result beside the source."""

from datetime import UTC, date, datetime
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa

from .build import features, panel_of, prepare
from .contract import PSEUDONYMOUS, TABLES
from .history import History
from .without import Twin, without

_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_ROWS: dict[str, list[dict]] = {
    "homes": [{"home_id": "h", "name": "h", "home_type": "nursing", "beds": 1.0, "practice": "p", "pcn": "n"}],
    "residents": [{"resident_id": "r", "date_of_birth": date(1940, 1, 1), "sex": "F"}],
    "stays": [{"resident_id": "r", "home_id": "h", "moved_in": _DAY, "recorded_at": _DAY}],
    "events": [{"resident_id": "r", "time": _DAY, "code": "fall", "recorded_at": _DAY, "source": "care_record"}],
}


def main() -> None:
    """One resident with one fall takes every compiled loop once."""
    tables = {n: pa.Table.from_pylist(_ROWS.get(n, []), schema=TABLES[n].schema) for n in PSEUDONYMOUS}
    prepared = prepare(History(Path(), MappingProxyType(tables), MappingProxyType({}), ()))
    panel = panel_of(prepared, (date(2026, 1, 12),), grace=0)
    without(prepared, panel, features(prepared, panel), [Twin(0, (0,))])


if __name__ == "__main__":
    main()
