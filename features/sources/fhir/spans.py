"""When each patient was seen, in memory that grows with patients and the years in which nobody saw them."""

import pandas as pd

from ..seen import runs
from .values import instants

_BATCH = 50_000
_UTC = "datetime64[us, UTC]"


class Spans:
    """Starts and ends of encounters by whom they were of, as their references say, joined over less than a year."""

    def __init__(self) -> None:
        self._waiting: list[tuple[str, str, str]] = []
        self._latest = pd.Series(dtype=_UTC)
        self._told = pd.DataFrame(
            {"who": pd.Series(dtype=str), "start": pd.Series(dtype=_UTC), "end": pd.Series(dtype=_UTC)}
        )

    def add(self, who: str, start: str, end: str) -> None:
        self._waiting.append((who, start, end))
        if len(self._waiting) >= _BATCH:
            self.frame()

    def frame(self) -> pd.DataFrame:
        """`who`, `start` and `end` of runs; one without a start that can be read is left out, an end before it too."""
        new = pd.DataFrame(self._waiting, columns=["who", "start", "end"])
        for name in ("start", "end"):
            new[name] = instants(new[name]).to_pandas().set_axis(new.index).astype(_UTC)
        self._latest = pd.concat([self._latest, new["start"]]).nlargest(1)
        ends = new[new["end"] > new["start"]]
        rows = pd.concat([self._told, new.assign(end=new["start"]), ends.assign(start=ends["end"])], ignore_index=True)
        self._told = runs(rows, ["who"])
        self._waiting = []
        return self._told

    def last(self) -> pd.Timestamp:
        """When the last encounter of all began, NaT without any: an end may be a stand-in for one that is not known."""
        self.frame()
        return self._latest.max()
