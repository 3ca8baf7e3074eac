"""When each patient was first and last seen, in memory that grows with patients alone."""

import pandas as pd

from .values import instants

_BATCH = 50_000
_UTC = "datetime64[us, UTC]"


class Spans:
    """First start and last end of encounters by whom they were of, as their references say."""

    def __init__(self) -> None:
        self._waiting: list[tuple[str, str, str]] = []
        self._told = pd.DataFrame(
            {"who": pd.Series(dtype=str), "start": pd.Series(dtype=_UTC), "end": pd.Series(dtype=_UTC)}
        )

    def add(self, who: str, start: str, end: str) -> None:
        self._waiting.append((who, start, end))
        if len(self._waiting) >= _BATCH:
            self.frame()

    def frame(self) -> pd.DataFrame:
        """`who`, `start` and `end`; what has no start that can be read is left out, no end before it is believed."""
        new = pd.DataFrame(self._waiting, columns=["who", "start", "end"])
        for name in ("start", "end"):
            new[name] = instants(new[name]).to_pandas().set_axis(new.index).astype(_UTC)
        new["end"] = new["end"].where(new["end"] >= new["start"], new["start"])
        rows = pd.concat([self._told, new.dropna(subset=["start"])], ignore_index=True)
        self._told = rows.groupby("who", sort=False).agg(start=("start", "min"), end=("end", "max")).reset_index()
        self._waiting = []
        return self._told
