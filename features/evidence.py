"""The records behind a feature's value: what a clinician would look up to believe it."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from .asof import local_date, window_starts
from .build import Prepared
from .cohort import Panel
from .measures import ALL_HISTORY


@dataclass(frozen=True)
class Record:
    """One visible record: its local day, value (None if it has none), words, and where it is (Records.row)."""

    on: date
    value: float | None
    text: str | None
    row: int
    time: int


@dataclass(frozen=True)
class Look:
    """The records of one panel row as known then."""

    prepared: Prepared
    panel: Panel
    row: int

    @property
    def as_of(self) -> date:
        return self.panel.as_ofs[self.panel.week[self.row]]

    def records(self, stream: str, window: int = ALL_HISTORY) -> tuple[Record, ...]:
        """Visible records of a stream in the last `window` local days (0: all history), newest first."""
        block, week = self.prepared.residents, self.panel.week[self.row]
        t, known_at = int(self.panel.clock.t[week]), int(self.panel.clock.known_at[week])
        span = block.span(int(self.panel.entity[self.row]), stream)
        seen = (block.time[span] < t) & (block.since[span] < known_at) & (known_at <= block.until[span])
        if window:
            seen &= block.time[span] >= window_starts(self.as_of, [window])[0]
        found = np.flatnonzero(seen)[::-1] + span.start
        return tuple(self._record(int(i)) for i in found)

    def _record(self, at: int) -> Record:
        block = self.prepared.residents
        value, row, time = float(block.value[at]), int(block.row[at]), int(block.time[at])
        text = self.prepared.history["events"]["text"][row].as_py() if row >= 0 else None
        return Record(local_date(time), None if np.isnan(value) else value, text, row, time)
